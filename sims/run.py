"""Edge: runs a scenario and writes its results to a directory. Reads the clock, for `run.json` only.

DIR/result.json       what came of it; the same bytes for the same seed
DIR/run.json          how long it took, on what
DIR/payments.parquet  every payment attempted     DIR/cases.parquet  every case
DIR/evidence/*.cbor   one file a case             DIR/report.cbor    the centre's signed report
DIR/root-key.txt      the issuer's root key       DIR/report.html    all of it to look at
DIR/databases/        what issuer and operators wrote
"""

import io
import json
import platform
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import polars as pl

from shuangli import __version__
from shuangli.errors import BadInput, StoreError
from shuangli.issuer.cases import Case, list_cases
from shuangli.issuer.minting import circulation
from shuangli.issuer.supply import supply_by_epoch, unpaid_on_forks_fen
from shuangli.offline.report import EVIDENCE_PREFIX, PAGE, RESULT, TABLES, sign_report
from shuangli.sims.adversary import forked_coins
from shuangli.sims.engine import Progress, Run, play
from shuangli.sims.payments import settled_payments
from shuangli.sims.report.page import render
from shuangli.sims.report.story import Material
from shuangli.sims.results import Outcome, copy_spends, ledger_differences, operator_certificate_of, result
from shuangli.sims.scenario import HOUR_S, Scenario
from shuangli.sims.system import EPOCH, NETWORK, System

MARKER: Final = "run.json"
DATABASES: Final = "databases"
REPORT: Final = "report.cbor"
ROOT_KEY: Final = "root-key.txt"
LIBRARIES: Final = ("cbor2", "numpy", "polars", "pynacl", "scipy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A finished run: its directory, its result and how it ran."""

    directory: Path
    result: dict[str, Any]
    run: dict[str, Any]


def run_scenario(scenario: Scenario, directory: Path, *, workers: int, progress: Progress) -> Written:
    """Play `scenario` and write everything into `directory`, replacing an earlier run there.

    Raises:
        BadInput: the directory cannot be written, or holds something else (`bad-output`).
        StoreError: the books do not balance (nothing is reported then), a worker died, or the disk is full.
    """
    prepare(directory)
    try:
        return _run(scenario, directory, workers=workers, progress=progress)
    except StoreError as error:
        # A database or a worker does not say which run it belongs to.
        raise StoreError(error.code, f"{directory}: {error}") from error


def _run(scenario: Scenario, directory: Path, *, workers: int, progress: Progress) -> Written:
    started = time.monotonic()
    started_at = datetime.now(tz=UTC)
    system = System(scenario.system, directory / DATABASES)
    try:
        run = play(system, scenario.plans, workers=workers, progress=progress)
        played_s = time.monotonic() - started
        outcome = _outcome(scenario, system, run)
        figures = result(outcome)
        _write(directory, _files(system, outcome, figures))
    finally:
        system.close()
    facts = {
        **_run_facts(started_at, played_s, time.monotonic() - started, workers, run, figures),
        "files": dict(scenario.files),
        "versions": versions(),
    }
    _write(directory, {MARKER: _json(facts)})
    return Written(directory=directory, result=figures, run=facts)


def play_only(scenario: Scenario, directory: Path) -> dict[str, Any]:
    """Play `scenario` in this process alone, with databases in the new `directory`; returns its result.

    Raises:
        StoreError: the books do not balance, or the disk is full.
    """
    directory.mkdir(parents=True)
    system = System(scenario.system, directory)
    try:
        run = play(system, scenario.plans, workers=0, progress=lambda *_: None)
        return result(_outcome(scenario, system, run))
    finally:
        system.close()


def versions() -> dict[str, str]:
    """The versions of all that a result depends on."""
    return {
        "shuangli": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def prepare(directory: Path) -> None:
    """Make the output directory, or clear what an earlier run left in it.

    Raises:
        BadInput: it cannot be written, or holds files that are no run's (`bad-output`).
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()) and not (directory / MARKER).is_file():
            raise BadInput(
                "bad-output", f"{directory}: holds files that are not of a run; name an empty directory"
            )
        # First of all, so that what is left here, whenever this process ends, is known to be a run's.
        (directory / MARKER).write_bytes(_json({"unfinished": True}))
        for name in (RESULT, *TABLES, PAGE, REPORT, ROOT_KEY):
            (directory / name).unlink(missing_ok=True)
        for name in (DATABASES, EVIDENCE_PREFIX):
            shutil.rmtree(directory / name, ignore_errors=True)
            (directory / name).mkdir()
    except OSError as error:
        raise BadInput("bad-output", f"{directory}: cannot be written ({error.strerror})") from error


def _outcome(scenario: Scenario, system: System, run: Run) -> Outcome:
    spends = copy_spends(run.cells)
    return Outcome(
        scenario=scenario,
        payments=settled_payments(run.payments.table(), system.issuer.store, scenario, spends),
        cases=list_cases(
            system.issuer.store, network=NETWORK, operator_certificate=operator_certificate_of(system)
        ),
        reports=run.cells,
        branches=run.branches,
        supply=supply_by_epoch(system.issuer.store),
        unpaid_on_forks_fen=unpaid_on_forks_fen(system.issuer.store),
        ledger_differences_fen=ledger_differences(system, run.branches),
        circulation_flow=system.issuer.store.ledger.flow_fen(circulation(EPOCH), HOUR_S),
        issuer_signatures=system.signatures(),
    )


def _files(system: System, outcome: Outcome, figures: dict[str, Any]) -> dict[str, bytes]:
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
    files = {
        RESULT: _json(figures),
        "payments.parquet": _parquet(outcome.payments),
        "cases.parquet": _parquet(cases),
        PAGE: render(material).encode(),
        **{evidence_name(number, case): case.evidence for number, case in enumerate(outcome.cases, 1)},
    }
    report = sign_report(
        system.centre_key,
        network=NETWORK,
        made_at_s=calendar.closes_s,
        files=files,
        centre=system.centre_certificate,
    )
    return {**files, REPORT: report, ROOT_KEY: f"{system.anchors.root.hex()}\n".encode()}


def _write(directory: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        try:
            (directory / name).write_bytes(data)
        except OSError as error:
            raise StoreError("unavailable", f"{name}: {error.strerror}") from error


def _json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def _parquet(table: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    table.write_parquet(file)
    return file.getvalue()


def evidence_name(number: int, case: Case) -> str:
    """The file of a case's evidence, under the run's directory."""
    return f"{EVIDENCE_PREFIX}case-{number:05d}-{case.coin_id.hex()[:8]}.cbor"


def cases_table(outcome: Outcome) -> pl.DataFrame:
    """The table of `cases.parquet`; `copied` is the truth: whether the culprit's wallet was copied."""
    second_s = forked_coins(outcome.spends)
    copied = outcome.copied_keys
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
            "copied": case.culprit in copied,
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
            "copied": pl.Boolean,
            "evidence": pl.String,
        },
    )


def _run_facts(
    started_at: datetime, played_s: float, wall_s: float, workers: int, run: Run, figures: dict[str, Any]
) -> dict[str, Any]:
    return {
        "started_at": started_at.isoformat(timespec="seconds"),
        "wall_s": round(wall_s, 3),
        "played_s": round(played_s, 3),
        "payments_per_s": round(figures["payments"]["attempted"] / played_s, 1),
        "peak_rss_mb": round(run.peak_rss_kib / 1024),
        "workers": workers,
        "machine": platform.machine(),
        "system": platform.system(),
    }
