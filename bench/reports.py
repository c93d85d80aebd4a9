"""Reports of a period: written from a log and its books, and verified again, over a million payments.

Every payment is an upload of its own, the worst case for a log. The limit is what nobody can do without:
hashing the leaves and the tree above them, once for who writes and once for who verifies. A report is
verified from its own files, from the Parquet tables of its log and books alone, and for the console, which
indexes it.
"""

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tqdm import tqdm

from bench.result import Measured, Wanted
from shuangli.books import transfer_entry
from shuangli.crypto import SigningKey, sha256
from shuangli.database.audit import AUDIT_TABLES, AuditLog
from shuangli.database.database import Database
from shuangli.database.ledger import LEDGER_TABLES, LedgerStore
from shuangli.database.opening import open_database
from shuangli.issuer.authority import Authority
from shuangli.issuer.periods.writer import Party, write_report
from shuangli.merkle import Frontier, leaf_hash
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from shuangli.offline.periods.directory import SEQUENCES, files_below, verify_directory
from shuangli.offline.periods.exporting import export
from shuangli.offline.periods.file import read_sequence
from shuangli.offline.periods.writing import Author
from shuangli.operator.console.opening import open_report

NAME: Final = "OP01"
NOW: Final = 1_780_000_000
PAYMENTS: Final = 1_000_000
IN_TRANSACTION: Final = 10_000
DEADLINES_S: Final = {
    "report.write": 30.0,
    "report.verify": 60.0,
    "report.verify.tables": 60.0,
    "report.open": 60.0,
}
MOST_MB: Final = 1_000


def measure(wanted: Wanted) -> list[Measured]:
    """`report.memory`, and what is in `DEADLINES_S`, in a process of their own for its memory."""
    if not any(map(wanted, (*DEADLINES_S, "report.memory"))):
        return []
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as one:
        seconds, peak_mb = one.submit(_measure).result()
    memory = Measured(
        name="report.memory", value=round(peak_mb), unit="MB", limit="the bound", limit_value=MOST_MB
    )
    return [
        *(
            Measured(
                name=name,
                value=round(seconds[name], 1),
                unit=f"s for {PAYMENTS:,} uploads",
                limit=f"the bound; hashing alone takes {seconds['hashing']:.1f} s",
                limit_value=DEADLINES_S[name],
            )
            for name in DEADLINES_S
        ),
        memory,
    ]


def _measure() -> tuple[dict[str, float], float]:
    root, key = SigningKey(sha256(b"root")), SigningKey(sha256(b"operator"))
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        directory, out = Path(folder), Path(folder) / "out"
        database = open_database(
            directory / "bench.sqlite", steps=[(*LEDGER_TABLES, *AUDIT_TABLES)], namespace="bench"
        )
        log, ledger = AuditLog(database, origin=NAME), LedgerStore(database)
        _fill(database, log, ledger)
        certificate = Authority(root, network="bench").certify_operator(
            NAME, key.public, not_before_s=NOW - 1, expires_at_s=NOW + 10**8
        )
        party = Party(
            network="bench",
            author=Author(key=key, certificate=certificate.signed.data),
            database=database,
            log=log,
            ledger=ledger,
            transaction=lambda: database.transaction(log, ledger),
            evidence=lambda _: b"",
        )
        with _timed(seconds, "report.write"):
            report = write_report(party, out, from_s=NOW, until_s=NOW + PAYMENTS, now_s=NOW + PAYMENTS)
        database.close()
        with _timed(seconds, "report.verify"):
            _verify(out, root.public)
        with _timed(seconds, "report.open"):
            open_report(out, root.public, progress=lambda _: None)
        export(out, report, ["parquet"])
        apart = [(out / name).rename(directory / name) for name in SEQUENCES]
        with _timed(seconds, "report.verify.tables"):
            _verify(out, root.public)
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        with _timed(seconds, "hashing"), apart[0].open("rb") as entries:
            Frontier().extended([*map(leaf_hash, read_sequence(entries))])
    return seconds, peak_mb


def _fill(database: Database, log: AuditLog, ledger: LedgerStore) -> None:
    """Settle uploads of one payment each: an event and an entry of the books."""
    for start in tqdm(range(0, PAYMENTS, IN_TRANSACTION), desc="report", file=sys.stderr, disable=None):
        with database.transaction(log, ledger):
            for number in range(start, start + IN_TRANSACTION):
                upload_id = sha256(number.to_bytes(8, "big"))
                amount_fen = 300 + number % 700
                ledger.post(
                    transfer_entry(
                        kind="redemption",
                        debit="vault",
                        credit=f"deposit:{number % 997}",
                        amount_fen=amount_fen,
                        at_s=NOW + number,
                        reference=upload_id,
                    )
                )
                told = Event.of(
                    EventKind.SETTLEMENT,
                    at_s=NOW + number,
                    operator=NAME,
                    upload_id=upload_id,
                    received_at_s=NOW + number,
                    credited_fen=amount_fen,
                    refunded_fen=0,
                    outcomes=b"\0\0",
                    waits=b"\0",
                    tier=3,
                )
                log.append([told])


def _verify(out: Path, root: bytes) -> None:
    verified = verify_directory(out, files_below(out, but=SEQUENCES), root=root)
    assert verified.report.flows[f"uploads.{NAME}.count"] == PAYMENTS


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    seconds[name] = time.monotonic() - started
