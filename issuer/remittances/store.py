"""Remittances in the issuer's database."""

from typing import NamedTuple

from shuangli.database.database import Database, Row, only
from shuangli.issuer.remittances.messages import Remittance, Verdict
from shuangli.issuer.remittances.tables import CLEARING, REMITTANCES


class Waiting(NamedTuple):
    """An order that nothing has become of yet, by its number."""

    number: int
    data: bytes


class Outcome(NamedTuple):
    """What has become of an order: the payee's operator's answer is empty where the centre has decided."""

    outcome_no: int
    order_id: bytes
    verdict: Verdict
    answer: bytes


class RemittanceStore:
    """The tables of `issuer.remittances.tables`; what writes is called inside the issuer's transaction."""

    def __init__(self, database: Database) -> None:
        """Use the tables in `database`."""
        self._database = database

    def is_known(self, order_id: bytes) -> bool:
        """Whether an order came before."""
        return self._database.row("SELECT 1 FROM remittances WHERE order_id = ?", order_id) is not None

    def add(self, order: Remittance) -> None:
        """Keep an order."""
        number = only(self._database.row("SELECT coalesce(max(number), 0) + 1 FROM remittances"))
        row = (
            *(number, order.signed.id, order.operator, order.payee_operator, order.amount_fen),
            *(order.expires_at_s, order.signed.data, None, None, None),
        )
        self._database.insert(REMITTANCES, [row])

    def decide(self, order_id: bytes, verdict: Verdict, answer: bytes = b"") -> bool:
        """Note what has become of an order; says no if that stands already. What is paid is to be netted."""
        decided = self._database.execute(
            "UPDATE remittances SET verdict = ?, answer = ?,"
            " outcome_no = (SELECT coalesce(max(outcome_no), 0) + 1 FROM remittances)"
            " WHERE order_id = ? AND outcome_no IS NULL",
            *(int(verdict), answer, order_id),
        )
        if decided and verdict is Verdict.PAID:
            self._database.execute(
                "INSERT INTO clearing SELECT payer_operator, payee_operator, amount_fen FROM remittances"
                " WHERE order_id = ? ON CONFLICT (payer_operator, payee_operator)"
                " DO UPDATE SET amount_fen = clearing.amount_fen + excluded.amount_fen",
                order_id,
            )
        return bool(decided)

    def expired(self, *, now_s: int, most: int) -> list[bytes]:
        """The ids of orders that nobody has answered in time: the first so many."""
        rows = self._database.rows(
            "SELECT order_id FROM remittances WHERE outcome_no IS NULL AND expires_at_s <= ?"
            " ORDER BY expires_at_s LIMIT ?",
            *(now_s, most),
        )
        return [order_id for (order_id,) in rows]

    def of_payee(self, order_id: bytes) -> tuple[str, int] | None:
        """The payee's operator of an order, and when it ends."""
        row: Row | None = self._database.row(
            "SELECT payee_operator, expires_at_s FROM remittances WHERE order_id = ?", order_id
        )
        return None if row is None else (row[0], int(row[1]))

    def waiting_for(self, operator: str, *, after: int, most: int) -> list[Waiting]:
        """The first so many orders after a number that wait for the answer of an operator."""
        rows = self._database.rows(
            "SELECT number, data FROM remittances WHERE payee_operator = ? AND number > ?"
            " AND outcome_no IS NULL ORDER BY number LIMIT ?",
            *(operator, after, most),
        )
        return [Waiting(*row) for row in rows]

    def outcomes_for(self, operator: str, *, after: int, most: int) -> list[Outcome]:
        """The first so many outcomes after a number of orders by or to an operator."""
        rows = [
            row
            for side in ("payer_operator", "payee_operator")
            for row in self._database.rows(
                f"SELECT outcome_no, order_id, verdict, answer FROM remittances WHERE {side} = ?"  # noqa: S608
                " AND outcome_no > ? ORDER BY outcome_no LIMIT ?",
                *(operator, after, most),
            )
        ]
        return [Outcome(row[0], row[1], Verdict(row[2]), row[3]) for row in sorted(rows)[:most]]

    def last_outcome_no(self) -> int:
        """The number of the newest outcome; 0 if there is none."""
        return int(only(self._database.row("SELECT coalesce(max(outcome_no), 0) FROM remittances")))

    def promised_fen(self, operator: str) -> int:
        """Reserves of an operator that its remittances need; negative if it is to get some.

        That is what it has ordered and nothing has become of, and what it is to pay when it is netted.
        """
        query = (
            "SELECT coalesce(sum(amount_fen), 0) FROM remittances"
            " WHERE payer_operator = ? AND outcome_no IS NULL"
        )
        under_way_fen = int(only(self._database.row(query, operator)))
        return under_way_fen + sum(
            amount_fen * ((payer == operator) - (payee == operator))
            for (payer, payee), amount_fen in self.clearing().items()
        )

    def clearing(self) -> dict[tuple[str, str], int]:
        """What is paid and not netted yet, in fen by (payer's operator, payee's operator)."""
        rows = self._database.rows(
            "SELECT payer_operator, payee_operator, amount_fen FROM clearing"
            " ORDER BY payer_operator, payee_operator"
        )
        return {(payer, payee): int(amount_fen) for payer, payee, amount_fen in rows}

    def end_clearing(self) -> None:
        """Note that all that was paid is netted."""
        self._database.delete(CLEARING, list(self.clearing()))
