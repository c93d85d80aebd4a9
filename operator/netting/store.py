"""Own sums and statements of nettings, in an operator's database; it is written inside its transaction."""

from collections.abc import Mapping
from typing import NamedTuple

from shuangli.database.database import Database, only
from shuangli.operator.netting.sums import Redeemed
from shuangli.operator.netting.tables import STATEMENTS


class Told(NamedTuple):
    """A statement as it is kept: with why it is not booked, or empty."""

    number: int
    counted_day: int
    data: bytes
    fault: str


class NettingStore:
    """The tables of `operator.netting.tables`."""

    def __init__(self, database: Database) -> None:
        """Use the tables in `database`."""
        self._database = database

    def count(self, day: int, credited_fen: int, redeemed: Mapping[str, Redeemed]) -> None:
        """Count what an upload that was received on a day has brought."""
        self._database.execute(
            "INSERT INTO credited VALUES (?, ?) ON CONFLICT (day)"
            " DO UPDATE SET credited_fen = credited.credited_fen + excluded.credited_fen",
            day,
            credited_fen,
        )
        self._database.many(
            "INSERT INTO redeemed VALUES (?, ?, ?, ?) ON CONFLICT (day, loader) DO UPDATE"
            " SET settled_fen = redeemed.settled_fen + excluded.settled_fen,"
            " forked_fen = redeemed.forked_fen + excluded.forked_fen",
            [(day, loader, *amounts_fen) for loader, amounts_fen in redeemed.items()],
        )

    def credited_fen(self, after_day: int, up_to_day: int) -> int:
        """What customers were credited with for uploads that were received on these days."""
        query = "SELECT coalesce(sum(credited_fen), 0) FROM credited WHERE day > ? AND day <= ?"
        return int(only(self._database.row(query, after_day, up_to_day)))

    def redeemed(self, after_day: int, up_to_day: int) -> dict[str, Redeemed]:
        """The same by the operator that loaded, as far as it is known."""
        rows = self._database.rows(
            "SELECT loader, sum(settled_fen), sum(forked_fen) FROM redeemed WHERE day > ? AND day <= ?"
            " GROUP BY loader ORDER BY loader",
            after_day,
            up_to_day,
        )
        return {loader: Redeemed(int(settled), int(forked)) for loader, settled, forked in rows}

    def loaded_fen(self) -> int:
        """All that was ever loaded here."""
        return int(only(self._database.row("SELECT coalesce(sum(loaded_fen), 0) FROM loads_by_day")))

    def drawn_fen(self) -> int:
        """What the statements that are booked say was redeemed of it."""
        query = "SELECT coalesce(sum(drawn_fen), 0) FROM netting_statements WHERE fault = ''"
        return int(only(self._database.row(query)))

    def last(self) -> Told | None:
        """The newest statement that was taken."""
        row = self._database.row(
            "SELECT number, counted_day, data, fault FROM netting_statements ORDER BY number DESC LIMIT 1"
        )
        return Told(*row) if row else None

    def booked(self, number: int) -> Told | None:
        """The statement of this number, if it is booked."""
        row = self._database.row(
            "SELECT number, counted_day, data, fault FROM netting_statements WHERE number = ? AND fault = ''",
            number,
        )
        return Told(*row) if row else None

    def add(self, number: int, counted_day: int, drawn_fen: int, data: bytes, fault: str) -> None:
        """Keep a statement, in place of itself if it was kept with a fault."""
        self._database.delete(STATEMENTS, [(number,)])
        self._database.insert(STATEMENTS, [(number, counted_day, drawn_fen, data, fault)])
