"""What operators owe each other, and what was netted and ordered, in the issuer's database."""

from collections.abc import Mapping
from typing import Final

from shuangli.database.database import Database, only
from shuangli.issuer.vaults.tables import POSITIONS, VAULT_ORDERS

DAY_S: Final = 86_400


class VaultStore:
    """The tables of vaults; what writes is called inside the issuer's transaction."""

    def __init__(self, database: Database) -> None:
        """Use the tables in `database`."""
        self._database = database

    def owe(self, redeemed: Mapping[tuple[str, str, int], int]) -> None:
        """Count what was redeemed, in fen by (operator that loaded, that redeemed, when it was received).

        What comes in for a day that has been netted is netted with the next one. What an operator redeems of
        its own loads, it owes nobody.
        """
        others = [(key, fen) for key, fen in redeemed.items() if key[0] != key[1] and fen]
        self._database.many(
            "INSERT INTO obligations VALUES (?, ?, ?, ?) ON CONFLICT (day, loader, redeemer)"
            " DO UPDATE SET amount_fen = obligations.amount_fen + excluded.amount_fen",
            [
                (received_s // DAY_S, loader, redeemer, amount_fen)
                for (loader, redeemer, received_s), amount_fen in others
            ],
        )

    def owed(self, up_to_day: int) -> dict[tuple[str, str], int]:
        """What is not netted yet, up to and with a day, in fen by (operator that loaded, that redeemed)."""
        rows = self._database.rows(
            "SELECT loader, redeemer, sum(amount_fen) FROM obligations WHERE day <= ?"
            " GROUP BY loader, redeemer ORDER BY loader, redeemer",
            up_to_day,
        )
        return {(loader, redeemer): int(total_fen) for loader, redeemer, total_fen in rows}

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

    def add_netting(self, day: int, positions: Mapping[str, int]) -> None:
        """Note that all up to a day is netted."""
        self._database.execute("DELETE FROM obligations WHERE day <= ?", day)
        rows = [(day, operator, fen) for operator, fen in positions.items()]
        self._database.insert(POSITIONS, rows or [(day, "", 0)])

    def order(self, operator: str, nonce: bytes) -> bytes | None:
        """The id of the order that used a nonce of an operator before."""
        row = self._database.row(
            "SELECT order_id FROM vault_orders WHERE operator = ? AND nonce = ?", operator, nonce
        )
        return row[0] if row else None

    def add_order(self, operator: str, nonce: bytes, order_id: bytes, done_s: int) -> None:
        """Note that an order was carried out."""
        self._database.insert(VAULT_ORDERS, [(operator, nonce, order_id, done_s)])
