"""The page of a study: `report.html`, which needs nothing but itself.

The same runs give the same bytes: no clock, no host, no directory goes into it.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import polars as pl
from jinja2 import Template

from shuangli.sims.report.page import templates
from shuangli.sims.report.plots import Chart
from shuangli.sims.report.words import plural
from shuangli.sims.studies.design import Design
from shuangli.sims.studies.measures import ALL_MEASURES
from shuangli.sims.studies.numbers import figure, interval, level, title
from shuangli.sims.studies.plots import point_text
from shuangli.sims.studies.record import Record

TEMPLATE: Final = "study.html.j2"
MOST_ROWS: Final = 60
"""A longer table is left out of the page; it is among the files."""
DESIGNS: Final = {
    Design.GRID: "every combination of the levels",
    Design.LATIN_HYPERCUBE: "a Latin hypercube",
    Design.SOBOL: "a Sobol’ design",
}
WIDE: Final = ("levels-", "differences-")
"""What the names of pictures begin with that need the page's whole width."""
ALWAYS: Final = (
    "Every point runs with the same seeds. With the same seed the same people make the same trips or payments"
    " and the same wallets are copied, so that a difference between two points is due to the settings.",
    "An interval of a mean is a t-interval over seeds at 95 %. It says how much the choice of seeds leaves"
    " open, not whether the model is right.",
)
READING: Final = {
    Design.GRID: (
        "A difference is paired: with each seed, the value at the point less that at the baseline. Two"
        " intervals are given, by Student’s t and by the BCa bootstrap (five seeds or more). Each holds for"
        " itself: of 20 comparisons, one misses the truth on average. “clear” says that none contains 0.",
        "First-order index: the part of the variance over the grid that a setting explains alone. Total"
        " index: the part that would be left without it, what it does together with others included. They are"
        " those of the grid, with all combinations alike likely; the interval is a t-interval over seeds.",
    ),
    Design.SOBOL: (
        "Sobol’ indices are estimated from the means over seeds by the method of Saltelli and others (2010)."
        " The interval is a bootstrap over the points of the design. An estimate may lie a little below 0 or"
        " above 1.",
    ),
    Design.LATIN_HYPERCUBE: (
        "A rank coefficient is the standardised coefficient of a regression of the measure’s ranks on those"
        " of all settings: 1 or −1 would be a steady rise or fall with this setting alone. With a low R², the"
        " measure does not follow the settings steadily, and the coefficients say little. The interval is a"
        " bootstrap over points.",
    ),
}


def render(
    record: Record,
    tables: dict[str, pl.DataFrame],
    fits: dict[str, float],
    pictures: Mapping[str, Sequence[Chart]],
    *,
    runs: int,
    missing: int,
    sound: bool,
) -> str:
    """The page, from the record, the tables of `figures`, and the pictures of each measure."""
    design = Design(record.design)
    points, seeds = len(record.points), len(record.seeds)
    fixed = {name: value for name, value in record.config.items() if name not in record.axes}
    return _template().render(
        heading=record.about or f"A study of {record.scenario}",
        lede=f"{plural(points, 'point')} by {DESIGNS[design]}, {plural(seeds, 'seed')} each.",
        facts=[
            ("Scenario", record.scenario),
            ("Varied", ", ".join(record.axes)),
            ("Seeds", _some(record.seeds)),
            *([("Files", ", ".join(record.files))] if record.files else []),
        ],
        runs=runs,
        missing=missing,
        sound=sound,
        baseline=point_text(record, record.baseline),
        parts=[
            _part(record, measure, tables, fits.get(measure), pictures[measure])
            for measure in record.measures
        ],
        point_head=(", ".join(record.axes), "n", "mean", "95 % t-interval", "sd"),
        difference_head=(", ".join(record.axes), "n", "mean", "t", "bootstrap", "clear"),
        sensitivity_head=("setting", "index", "value", "95 % interval"),
        reading=[*ALWAYS, *READING[design]],
        settings=[(name, level(name, value)) for name, value in fixed.items()],
        versions=", ".join(f"{name} {version}" for name, version in record.versions.items()),
    )


@cache
def _template() -> Template:
    return templates(Path(__file__).parent).get_template(TEMPLATE)


def _some(numbers: Sequence[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[:10])
    return shown if len(numbers) <= 10 else f"{shown}, … ({len(numbers)})"


def _part(
    record: Record,
    measure: str,
    tables: dict[str, pl.DataFrame],
    fit: float | None,
    pictures: Sequence[Chart],
) -> dict[str, Any]:
    """What the page says of one measure."""
    of_it = {name: table.filter(pl.col("measure") == measure) for name, table in tables.items()}
    return {
        "id": measure.replace(".", "-"),
        "measure": measure,
        "title": title(measure),
        "unit": ALL_MEASURES[measure].unit,
        "wide": [picture for picture in pictures if picture.name.startswith(WIDE)],
        "small": [picture for picture in pictures if not picture.name.startswith(WIDE)],
        "points": _rows(record, of_it["points"], ("t",)),
        "differences": _rows(record, of_it["differences"], ("t", "bootstrap")),
        "sensitivity": [
            (row["setting"], row["index"], figure(row["value"]), interval(row["low"], row["high"]))
            for row in of_it["sensitivity"].iter_rows(named=True)
        ],
        "fit": "" if fit is None else f"R² = {figure(fit)}",
    }


def _rows(record: Record, table: pl.DataFrame, intervals: Sequence[str]) -> list[tuple[str, ...]]:
    if table.height > MOST_ROWS:
        return []
    return [
        (
            point_text(record, row["point"]),
            str(row["n"]),
            figure(row["mean"]),
            *(interval(row[f"{name}_low"], row[f"{name}_high"]) for name in intervals),
            ("yes" if row["clear"] else "no") if "clear" in row else figure(row["sd"]),
        )
        for row in table.iter_rows(named=True)
    ]
