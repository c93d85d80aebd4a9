"""Payroll batches in an operator's database. Every method that writes is called inside a transaction."""

from collections.abc import Sequence

from shuangli.database.database import Database, only
from shuangli.operator.payroll.batch import Batch
from shuangli.operator.payroll.report import BatchReport, LineReport, LineState
from shuangli.operator.payroll.tables import BATCHES, LINES

_LINES = "SELECT line, wallet_no, amount_fen, reference, remittance, name, state, at_s FROM payroll_lines"


class PayrollStore:
    """The batches of one operator."""

    def __init__(self, database: Database) -> None:
        """Use the tables of payroll batches in `database`."""
        self._database = database

    def find(self, debtor_no: int, batch_id: str) -> tuple[int, bytes] | None:
        """The number and digest of an employer's batch of this name, if one was taken."""
        row = self._database.row(
            "SELECT batch_no, digest FROM payroll_batches WHERE debtor_no = ? AND batch_id = ?",
            debtor_no,
            batch_id,
        )
        return (int(row[0]), bytes(row[1])) if row else None

    def add(self, batch: Batch, *, debtor_no: int, taken_at_s: int) -> int:
        """Keep a batch whose lines all wait; gives its number."""
        batch_no = int(only(self._database.row("SELECT coalesce(max(batch_no), 0) + 1 FROM payroll_batches")))
        self._database.insert(BATCHES, [(batch_no, debtor_no, batch.batch_id, batch.digest, taken_at_s)])
        self._database.insert(
            LINES,
            [
                (
                    *(batch_no, line.line, line.wallet_no, line.amount_fen, line.reference, line.remittance),
                    *(batch.name_of(line.line), int(LineState.WAITING), None),
                )
                for line in batch.lines
            ],
        )
        return batch_no

    def waiting(self, batch_no: int, most: int) -> list[LineReport]:
        """The first lines of a batch that wait, so many at most."""
        return self._lines("WHERE batch_no = ? AND state = 0 ORDER BY line LIMIT ?", batch_no, most)

    def unfinished(self) -> list[int]:
        """The batches of which a line waits, oldest first."""
        rows = self._database.rows(
            "SELECT DISTINCT batch_no FROM payroll_lines WHERE state = 0 ORDER BY batch_no"
        )
        return [int(row[0]) for row in rows]

    def debtor_no(self, batch_no: int) -> int:
        """The wallet of the employer whose batch it is."""
        return int(
            only(self._database.row("SELECT debtor_no FROM payroll_batches WHERE batch_no = ?", batch_no))
        )

    def settle(self, batch_no: int, lines: Sequence[int], state: LineState, at_s: int) -> None:
        """Note what has become of lines that waited."""
        self._database.many(
            "UPDATE payroll_lines SET state = ?, at_s = ? WHERE batch_no = ? AND line = ? AND state = 0",
            [(int(state), at_s, batch_no, line) for line in lines],
        )

    def report(self, batch_no: int) -> BatchReport:
        """What has become of a batch so far.

        Raises:
            LookupError: there is none of this number.
        """
        row = self._database.row(
            "SELECT batch_id, debtor_no, taken_at_s FROM payroll_batches WHERE batch_no = ?", batch_no
        )
        if row is None:
            raise LookupError(f"there is no batch {batch_no}")
        batch_id, debtor_no, taken_at_s = row
        return BatchReport(
            batch_no=batch_no,
            batch_id=batch_id,
            debtor_no=debtor_no,
            taken_at_s=taken_at_s,
            lines=tuple(self._lines("WHERE batch_no = ? ORDER BY line", batch_no)),
        )

    def _lines(self, which: str, *values: object) -> list[LineReport]:
        return [
            LineReport(
                line=line,
                wallet_no=wallet_no,
                amount_fen=amount_fen,
                reference=reference,
                remittance=remittance,
                name=bytes(name),
                state=LineState(state),
                at_s=at_s,
            )
            for line, wallet_no, amount_fen, reference, remittance, name, state, at_s in self._database.rows(
                f"{_LINES} {which}", *values
            )
        ]
