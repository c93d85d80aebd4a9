"""Edge: runs a scenario and writes its results to a directory. Reads the clock, for `run.json` only.

DIR/result.json       what came of it; the same bytes for the same seed
DIR/run.json          how long it took, on what
DIR/payments.parquet  every payment attempted     DIR/cases.parquet  every case
DIR/evidence/*.cbor   one file a case             DIR/report.cbor    the centre's signed report
DIR/root-key.txt      the issuer's root key       DIR/report.html    all of it to look at
DIR/transactions.parquet   what was paid, labelled   DIR/plots/*.svg, *.png   the page's charts
DIR/datapackage.json  what the tables' columns mean
DIR/databases/        what issuer and operators wrote
DIR/abroad/           the same of the other side of a border, if there is one
"""

import platform
import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from shuangli import __version__
from shuangli.errors import BadInput, StoreError
from shuangli.issuer.cases import list_cases
from shuangli.issuer.minting import circulation
from shuangli.issuer.supply import supply_by_epoch, unpaid_on_forks_fen
from shuangli.offline.report import EVIDENCE_PREFIX, PAGE, RESULT, TABLES
from shuangli.sims.adversaries.truth import undisclosed_fen
from shuangli.sims.dictionary import TRANSACTIONS
from shuangli.sims.directories import alone_in, not_writable
from shuangli.sims.engine import Progress, Run, Side, play
from shuangli.sims.files import PACKAGE, PLOTS, REPORT, ROOT_KEY, as_json, files_of
from shuangli.sims.payments import gone_back_fen, heard_of, received_transfers, settled_payments
from shuangli.sims.results import (
    Outcome,
    check_accused,
    deeds_of,
    ledger_differences,
)
from shuangli.sims.scenario import HOUR_S, Scenario
from shuangli.sims.sides import ABROAD, results, sides_of
from shuangli.sims.system import System
from shuangli.sims.workers import usage

MARKER: Final = "run.json"
DATABASES: Final = "databases"
DEVICES_IN_MEMORY: Final = 20_000
"""Runs with so many devices at most keep their databases in memory where nobody asks for these."""
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
        BadInput: the directory cannot be written, holds something else, or another run is at work there
            (`bad-output`).
        StoreError: the books do not balance (nothing is reported then), a worker died, or the disk is full.
    """
    try:
        with alone_in(directory):
            for name, _ in sides_of(scenario):
                prepare(directory / name)
            return _run(scenario, directory, workers=workers, progress=progress)
    except StoreError as error:
        # A database or a worker does not say which run it belongs to.
        raise StoreError(error.code, f"{directory}: {error}") from error


def _run(scenario: Scenario, directory: Path, *, workers: int, progress: Progress) -> Written:
    started = time.monotonic()
    started_at = datetime.now(tz=UTC)
    with ExitStack() as closing:
        sides = [(side, directory / name) for name, side in sides_of(scenario)]
        systems = [System(side.system, place / DATABASES) for side, place in sides]
        for system in systems:
            closing.callback(system.close)
        runs = _played(scenario, systems, workers=workers, progress=progress)
        played_s = time.monotonic() - started
        outcomes = [
            _outcome(side, system, run) for (side, _), system, run in zip(sides, systems, runs, strict=True)
        ]
        figures = results(outcomes)
        for (_, place), system, outcome, mine in zip(sides, systems, outcomes, figures, strict=True):
            _write(place, files_of(system, outcome, mine))
    facts = {
        **_run_facts(started_at, played_s, time.monotonic() - started, workers, runs[0], figures[0]),
        "files": dict(scenario.files),
        "versions": versions(),
    }
    for _, place in reversed(sides):
        _write(place, {MARKER: as_json(facts)})
    return Written(directory=directory, result=figures[0], run=facts)


def _played(scenario: Scenario, systems: Sequence[System], *, workers: int, progress: Progress) -> list[Run]:
    """The runs of all sides of a scenario, the one at home first."""
    home, *others = systems
    abroad = None
    if scenario.abroad is not None:
        abroad = Side(others[0], scenario.abroad.plans)
    run = play(home, scenario.plans, workers=workers, progress=progress, abroad=abroad)
    return [run, *((run.abroad,) if run.abroad is not None else ())]


def play_only(scenario: Scenario, directory: Path) -> dict[str, Any]:
    """Play `scenario` in this process alone; returns its result.

    Databases are in memory, so that nothing waits for the disk, or in the new `directory` in a large run.

    Raises:
        StoreError: the books do not balance, or the disk is full.
    """
    sides = sides_of(scenario)
    small = sum(len(plan.devices) for _, side in sides for plan in side.plans) <= DEVICES_IN_MEMORY
    with ExitStack() as closing:
        systems = []
        for name, side in sides:
            if not small:
                (directory / name).mkdir(parents=True)
            systems.append(System(side.system, None if small else directory / name))
            closing.callback(systems[-1].close)
        runs = _played(scenario, systems, workers=0, progress=lambda *_: None)
        outcomes = [
            _outcome(side, system, run) for (_, side), system, run in zip(sides, systems, runs, strict=True)
        ]
        return results(outcomes)[0]


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
        (directory / MARKER).write_bytes(as_json({"unfinished": True}))
        for name in (RESULT, *TABLES, TRANSACTIONS, PACKAGE, PAGE, REPORT, ROOT_KEY):
            (directory / name).unlink(missing_ok=True)
        shutil.rmtree(directory / ABROAD, ignore_errors=True)
        for name in (DATABASES, EVIDENCE_PREFIX, PLOTS):
            shutil.rmtree(directory / name, ignore_errors=True)
            (directory / name).mkdir()
    except OSError as error:
        raise not_writable(directory, error) from error


def _outcome(scenario: Scenario, system: System, run: Run) -> Outcome:
    deeds = deeds_of(run.cells)
    received = received_transfers(system.issuer.store)
    cases = list_cases(system.issuer.store, trust=system.issuer.trust)
    outcome = Outcome(
        scenario=scenario,
        payments=settled_payments(run.payments.table(), received, scenario, deeds),
        cases=cases,
        reports=run.cells,
        branches=run.branches,
        supply=supply_by_epoch(system.issuer.store),
        unpaid_on_forks_fen=unpaid_on_forks_fen(system.issuer.store),
        ledger_differences_fen=ledger_differences(system, run.branches),
        circulation_flow=[
            flow
            for epoch in system.plan.epochs
            for flow in system.issuer.store.ledger.flow_fen(circulation(epoch), HOUR_S)
        ],
        issuer_signatures=system.signatures(),
        gone_back_fen=gone_back_fen(system.issuer.store),
        undisclosed_fen=(
            undisclosed_fen(deeds, heard_of(system.issuer.store, received, deeds)) if deeds else 0
        ),
    )
    check_accused(outcome.cases, outcome.guilty)
    return outcome


def _write(directory: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        try:
            (directory / name).write_bytes(data)
        except OSError as error:
            raise StoreError("unavailable", f"{name}: {error.strerror}") from error


def _run_facts(
    started_at: datetime, played_s: float, wall_s: float, workers: int, run: Run, figures: dict[str, Any]
) -> dict[str, Any]:
    return {
        "started_at": started_at.isoformat(timespec="seconds"),
        "wall_s": round(wall_s, 3),
        "played_s": round(played_s, 3),
        "payments_per_s": round(figures["payments"]["attempted"] / played_s, 1),
        # The workers are gone by the time the tables are made: that needs what the main process needs.
        "peak_rss_mb": round(max(run.peak_rss_kib, usage().peak_rss_kib) / 1024),
        "cpu_s": {place: round(used_s, 3) for place, used_s in run.cpu_s.items()},
        "workers": workers,
        "machine": platform.machine(),
        "system": platform.system(),
    }
