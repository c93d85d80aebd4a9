"""The files of a finished run, by name: pure, but for what the report's renderer reads of its own.

Everything here follows from the seed; `run` writes it, and adds how long it took.
"""

import io
import json
from collections.abc import Sequence
from typing import Any

import polars as pl

from shuangli.issuer.cases import Case
from shuangli.offline.report import EVIDENCE_PREFIX, PAGE, RESULT, sign_report
from shuangli.sims.adversaries.truth import forked_coins
from shuangli.sims.dictionary import CASES, PAYMENTS, TRANSACTIONS, descriptor
from shuangli.sims.report.page import charts_of, render
from shuangli.sims.report.story import Material
from shuangli.sims.results import Outcome
from shuangli.sims.system import System
from shuangli.sims.transactions import transactions_table

REPORT = "report.cbor"
ROOT_KEY = "root-key.txt"
PACKAGE = "datapackage.json"
PLOTS = "plots"


def files_of(system: System, outcome: Outcome, figures: dict[str, Any]) -> dict[str, bytes]:
    """All that a finished run writes but `run.json`, by its name in the directory."""
    cases = cases_table(outcome)
    calendar = outcome.scenario.plans[0].calendar
    material = Material(
        figures=figures,
        payments=outcome.payments,
        cases=cases,
        outages=calendar.outages,
        closes_s=calendar.closes_s,
    )
    charts = charts_of(material)
    files = {
        RESULT: as_json(figures),
        PAYMENTS: as_parquet(outcome.payments),
        CASES: as_parquet(cases),
        PAGE: render(material, charts).encode(),
        **{evidence_name(number, case): case.evidence for number, case in enumerate(outcome.cases, 1)},
    }
    report = sign_report(
        system.centre_key,
        network=system.anchors.network,
        made_at_s=calendar.closes_s,
        files=files,
        centre=system.centre_certificate,
    )
    labelled = transactions_table(outcome.payments, outcome.scenario, outcome.cases, outcome.deeds)
    tables = {PAYMENTS: files[PAYMENTS], CASES: files[CASES], TRANSACTIONS: as_parquet(labelled)}
    pictures = [(f"{PLOTS}/{name}", chart) for name, chart in charts.items() if chart is not None]
    return {
        **files,
        REPORT: report,
        ROOT_KEY: f"{system.anchors.root.hex()}\n".encode(),
        TRANSACTIONS: tables[TRANSACTIONS],
        PACKAGE: as_json(descriptor(figures, tables)),
        **{f"{name}.svg": chart.svg for name, chart in pictures},
        **{f"{name}.png": chart.png for name, chart in pictures},
    }


def as_json(content: dict[str, Any]) -> bytes:
    """JSON as all files of a run have it."""
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def as_parquet(table: pl.DataFrame) -> bytes:
    """A table as a Parquet file."""
    file = io.BytesIO()
    table.write_parquet(file)
    return file.getvalue()


def evidence_name(number: int, case: Case) -> str:
    """The file of a case's evidence, under the run's directory."""
    return f"{EVIDENCE_PREFIX}case-{number:05d}-{case.coin_id.hex()[:8]}.cbor"


def cases_table(outcome: Outcome) -> pl.DataFrame:
    """The table of `cases.parquet`; `kind` is the truth: what kind of adversary the culprit is."""
    second_s = forked_coins(outcome.deeds)
    guilty = outcome.guilty
    rows: Sequence[dict[str, Any]] = [
        {
            "case": number,
            "coin_id": case.coin_id,
            "culprit": case.culprit,
            "operator": case.operator,
            "face_fen": case.face_fen,
            "paid_fen": case.paid_fen,
            "loss_fen": case.loss_fen,
            "second_spend_s": second_s.get(case.coin_id),
            "found_s": case.found_s,
            "kind": guilty.get(case.culprit),
            "evidence": evidence_name(number, case),
        }
        for number, case in enumerate(outcome.cases, 1)
    ]
    return pl.DataFrame(
        rows,
        schema={
            "case": pl.Int32,
            "coin_id": pl.Binary,
            "culprit": pl.Binary,
            "operator": pl.String,
            "face_fen": pl.Int64,
            "paid_fen": pl.Int64,
            "loss_fen": pl.Int64,
            "second_spend_s": pl.Int64,
            "found_s": pl.Int64,
            "kind": pl.String,
            "evidence": pl.String,
        },
    )
