"""`report.html`: a run on one page that needs nothing but itself, made from its figures and tables.

    story    what the charts show, and their titles      tables   verdict, losses, books, outcomes
    series   the charts' data                            words    codes, units and amounts in words
    plots    the charts, in Matplotlib                   svg      from Matplotlib into the page
    report.html.j2, report.css   the page

The same material gives the same bytes: no clock, no host, no directory goes into the page.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from shuangli.sims.report import story, tables, words
from shuangli.sims.report.plots import Chart
from shuangli.sims.report.story import Material
from shuangli.sims.scenario import HOUR_S
from shuangli.sims.transit.network import LAID_OUT

TEMPLATE: Final = "report.html.j2"
CASES_SHOWN: Final = 10
"""Cases listed on the page, those with the largest loss; all are in `cases.parquet`."""
HOURS_SHOWN: Final = 48
"""The table by hour is left out of longer runs; it is in `result.json`."""

Charts = Mapping[str, Chart | None]


def charts_of(material: Material) -> Charts:
    """The charts of a run by name; None where there is nothing to show."""
    return {
        "demand": story.demand_chart(material),
        "rate": story.rate_chart(material),
        "unreconciled": story.unreconciled_chart(material),
        "circulating": story.circulating_chart(material),
        "latency": story.latency_chart(material),
        "detection": story.detection_chart(material),
    }


def render(material: Material, charts: Charts) -> str:
    """The page of a run, with its charts."""
    return _template().render(**_context(material), charts=charts)


def templates(*folders: Path) -> Environment:
    """The templates of pages in some folders, and the style that pages share."""
    return Environment(
        loader=FileSystemLoader((*folders, Path(__file__).parent)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _template() -> Template:
    environment = templates()
    environment.filters.update(count=words.count, duration=words.duration, clock=words.clock)
    return environment.get_template(TEMPLATE)


def _context(material: Material) -> dict[str, Any]:
    figures = material.figures
    scenario, payments = figures["scenario"], figures["payments"]
    checks = tables.checks(figures)
    holds, sentence = tables.verdict(checks)
    return {
        "figures": figures,
        "money": words.money_of(figures),
        "currency": scenario["currency"],
        "unit": words.unit_of(scenario["currency"]),
        "title": words.headline(scenario["name"], material.days),
        "is_trips": "trips" in figures,
        "date": _date(material.first_s),
        "days": material.days,
        "attempted": words.plural(payments["attempted"], "trip" if "trips" in figures else "payment"),
        "wallets": words.plural(figures["wallets"]["opened"], "wallet"),
        "paid": words.plural(payments["paid"], "payment"),
        "copied": words.plural(figures["wallets"]["copied"], "copied wallet"),
        "inputs": words.inputs(scenario["input"]),
        "laid_out": LAID_OUT in str(scenario["input"].get("network", "")),
        "outages": [
            (material.clock(from_s - material.first_s), material.clock(to_s - material.first_s))
            for from_s, to_s in material.outages
        ],
        "checks": checks,
        "holds": holds,
        "verdict": sentence,
        "hours": _hours(material),
        "losses": tables.losses(figures, material.cases),
        "cases": _cases(material),
        "supply": [(epoch["epoch"], tables.equations(figures, epoch)) for epoch in figures["supply"]],
        "books": tables.books(figures),
        "devices": tables.devices(figures),
        "outcomes": tables.outcomes(payments),
        "refusals": tables.refusals(figures),
        "hops": tables.hops(payments),
        "signatures": tables.signatures(figures),
        "numbers": tables.numbers(figures),
        "settings": tables.settings(figures, grouped=False),
        "grouped_settings": tables.settings(figures, grouped=True),
        "evidence": material.cases["evidence"][0] if material.cases.height else None,
    }


def _date(first_s: int) -> str:
    day = datetime.fromtimestamp(first_s, tz=UTC)
    return f"{day.day} {day:%B %Y}"


def _hours(material: Material) -> list[dict[str, Any]]:
    rows = [row for row in material.figures["hours"] if row["hour"] >= 0]
    if len(rows) > HOURS_SHOWN:
        return []
    return [{**row, "from": material.clock(row["hour"] * HOUR_S)} for row in rows]


def _cases(material: Material) -> list[dict[str, Any]]:
    """The cases with the largest loss, times in words."""
    shown = material.cases.sort("loss_fen", "case", descending=[True, False]).head(CASES_SHOWN)
    shown = shown.with_columns((pl.col("found_s") - pl.col("second_spend_s")).alias("delay_s"))
    return [
        {
            **row,
            "found": material.clock(row["found_s"] - material.first_s),
            "delay": "–" if row["delay_s"] is None else words.duration(row["delay_s"]),
            "key": row["culprit"].hex()[:16],
        }
        for row in shown.iter_rows(named=True)
    ]
