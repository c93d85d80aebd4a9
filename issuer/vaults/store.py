"""What operators owe each other, and what was netted and ordered, in the issuer's database."""

from collections.abc import Iterable, Mapping

from shuangli.database.database import Database, only
from shuangli.days import DAY_S
from shuangli.issuer.vaults.netting import Due
from shuangli.issuer.vaults.tables import OBLIGATIONS, POSITIONS, STATEMENTS, VAULT_ORDERS


class VaultStore:
    """The tables of vaults; what writes is called inside the issuer's transaction."""

    def __init__(self, database: Database) -> None:
        """Use the tables in `database`."""
        self._database = database

    def owe(self, redeemed: Mapping[tuple[str, str, int], int]) -> None:
        """Count what was redeemed, in fen by (operator that loaded, that redeemed, when it was received).

        `netting.FUND` in place of the first says that the guarantee fund has paid. What comes in for a day
        that has been netted is netted with the next one.
        """
        self._database.many(
            "INSERT INTO obligations VALUES (?, ?, ?, ?) ON CONFLICT (day, loader, redeemer)"
            " DO UPDATE SET amount_fen = obligations.amount_fen + excluded.amount_fen",
            [
                (received_s // DAY_S, loader, redeemer, amount_fen)
                for (loader, redeemer, received_s), amount_fen in redeemed.items()
                if amount_fen
            ],
        )

    def dues(self) -> list[Due]:
        """What is not netted yet, by day."""
        rows = self._database.rows(
            "SELECT day, loader, redeemer, amount_fen FROM obligations ORDER BY day, loader, redeemer"
        )
        return [Due(*row) for row in rows]

    def last_netted_day(self) -> int:
        """The last day that was netted (days since 1970); -1 if none was."""
        return int(only(self._database.row("SELECT coalesce(max(day), -1) FROM positions")))

    def positions(self, day: int) -> dict[str, int]:
        """The positions of a day that was netted, in fen."""
        rows = self._database.rows(
            "SELECT operator, position_fen FROM positions WHERE day = ? AND position_fen <> 0"
            " ORDER BY operator",
            day,
        )
        return dict(rows)

    def add_netting(self, day: int, positions: Mapping[str, int], netted: Iterable[Due]) -> None:
        """Note that a day is netted, and these dues with it."""
        self._database.delete(OBLIGATIONS, [due[:3] for due in netted])
        rows = [(day, operator, fen) for operator, fen in positions.items()]
        self._database.insert(POSITIONS, rows or [(day, "", 0)])

    def last_statement(self, operator: str) -> tuple[int, int, bytes] | None:
        """An operator's newest statement: its number, the last day counted in it, and the signed object."""
        row = self._database.row(
            "SELECT number, counted_day, data FROM statements WHERE operator = ?"
            " ORDER BY number DESC LIMIT 1",
            operator,
        )
        return (row[0], row[1], row[2]) if row else None

    def add_statement(self, operator: str, number: int, counted_day: int, data: bytes) -> None:
        """Keep a signed statement."""
        self._database.insert(STATEMENTS, [(operator, number, counted_day, data)])

    def statements(self, operator: str, *, after: int, most: int) -> list[bytes]:
        """An operator's first so many statements after a number, in their order."""
        rows = self._database.rows(
            "SELECT data FROM statements WHERE operator = ? AND number > ? ORDER BY number LIMIT ?",
            operator,
            after,
            most,
        )
        return [row[0] for row in rows]

    def order(self, operator: str, nonce: bytes) -> bytes | None:
        """The id of the order that used a nonce of an operator before."""
        row = self._database.row(
            "SELECT order_id FROM vault_orders WHERE operator = ? AND nonce = ?", operator, nonce
        )
        return row[0] if row else None

    def add_order(self, operator: str, nonce: bytes, order_id: bytes, done_s: int) -> None:
        """Note that an order was carried out."""
        self._database.insert(VAULT_ORDERS, [(operator, nonce, order_id, done_s)])
