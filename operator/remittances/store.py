"""Remittances in an operator's database."""

from typing import Final, NamedTuple

from shuangli.database.database import Database, only
from shuangli.issuer.remittances.messages import Remittance, RemittanceAnswer, Verdict
from shuangli.issuer.remittances.store import Outcome
from shuangli.operator.remittances.tables import RECEIVED, SEEN, SENT

_SENT: Final = "SELECT 1, entry_no, wallet_no, data, outcome_no, verdict, decided_s FROM remittances_sent"
_RECEIVED: Final = (
    "SELECT 0, entry_no, wallet_no, data, outcome_no, verdict, decided_s FROM remittances_received"
)


class Kept(NamedTuple):
    """A remittance as an operator keeps it: `entry_no` is the entry that took the money, or credited it."""

    entry_no: int | None
    wallet_no: int | None
    order: Remittance
    verdict: Verdict | None
    decided_s: int | None
    is_sent: bool = True

    @property
    def other(self) -> bytes:
        """The key of the wallet at the other operator."""
        return self.order.payee if self.is_sent else self.order.payer


class RemittanceStore:
    """The tables of `operator.remittances.tables`; what writes is called inside `store.transaction()`."""

    def __init__(self, database: Database) -> None:
        """Use the tables in `database`."""
        self._database = database

    # --- sent ---------------------------------------------------------------------------------

    def add_sent(self, entry_no: int, wallet_no: int, order: Remittance) -> None:
        """Keep an order whose money the entry of this number has taken."""
        row = (
            *(entry_no, order.signed.id, wallet_no, order.payee_operator, order.amount_fen),
            *(order.signed.data, None, None, None, None, None, None),
        )
        self._database.insert(SENT, [row])

    def not_taken(self, *, after: int, most: int) -> list[tuple[int, bytes]]:
        """The first so many orders after one, by entry, that the centre has not taken yet."""
        return [
            (number, data)
            for number, data in self._database.rows(
                "SELECT entry_no, data FROM remittances_sent WHERE taken_s IS NULL AND entry_no > ?"
                " ORDER BY entry_no LIMIT ?",
                *(after, most),
            )
        ]

    def note_taken(self, entry_no: int, now_s: int) -> None:
        """Note that the centre has an order."""
        self._database.execute("UPDATE remittances_sent SET taken_s = ? WHERE entry_no = ?", now_s, entry_no)

    def end_sent(self, outcome: Outcome, now_s: int, back_no: int | None) -> None:
        """Note what has become of an order, and which entry has given the money back, if one has."""
        self._database.execute(
            "UPDATE remittances_sent SET taken_s = coalesce(taken_s, ?), outcome_no = ?, verdict = ?,"
            " decided_s = ?, answer = ?, back_no = ? WHERE order_id = ?",
            *(now_s, outcome.outcome_no, int(outcome.verdict), now_s, outcome.answer, back_no),
            outcome.order_id,
        )

    def sent(self, order_id: bytes) -> Kept | None:
        """The order with this id."""
        return self._first(f"{_SENT} WHERE order_id = ?", order_id)

    def sent_by(self, wallet_no: int, *, after: int, most: int) -> list[Kept]:
        """The first so many orders of a wallet after an entry."""
        query = f"{_SENT} WHERE wallet_no = ? AND entry_no > ? ORDER BY entry_no LIMIT ?"
        return self._all(query, wallet_no, after, most)

    # --- received -----------------------------------------------------------------------------

    def last_number(self) -> int:
        """The centre's number of the last order that was received; 0 if none was."""
        return int(only(self._database.row("SELECT coalesce(max(number), 0) FROM remittances_received")))

    def add_received(
        self, number: int, order: Remittance, wallet_no: int | None, answer: RemittanceAnswer
    ) -> None:
        """Keep an order with what is answered to it."""
        row = (
            *(number, order.signed.id, wallet_no, order.operator, order.amount_fen, order.signed.data),
            *(int(answer.verdict), answer.signed.data, None, None, None, None),
        )
        self._database.insert(RECEIVED, [row])

    def not_passed_on(self, *, after: int, most: int) -> list[tuple[int, bytes]]:
        """The first so many answers after one, by number, that the centre has not got yet."""
        return [
            (number, answer)
            for number, answer in self._database.rows(
                "SELECT number, answer FROM remittances_received WHERE passed_on_s IS NULL AND number > ?"
                " ORDER BY number LIMIT ?",
                *(after, most),
            )
        ]

    def note_passed_on(self, number: int, now_s: int) -> None:
        """Note that the centre has an answer."""
        self._database.execute(
            "UPDATE remittances_received SET passed_on_s = ? WHERE number = ?", now_s, number
        )

    def end_received(self, outcome: Outcome, now_s: int, entry_no: int | None) -> None:
        """Note what has become of an order, and which entry has credited the money, if one has."""
        self._database.execute(
            "UPDATE remittances_received SET passed_on_s = coalesce(passed_on_s, ?), outcome_no = ?,"
            " verdict = ?, decided_s = ?, entry_no = ? WHERE order_id = ?",
            *(now_s, outcome.outcome_no, int(outcome.verdict), now_s, entry_no, outcome.order_id),
        )

    def received(self, order_id: bytes) -> Kept | None:
        """The order with this id."""
        return self._first(f"{_RECEIVED} WHERE order_id = ?", order_id)

    def answered(self, order_id: bytes) -> Verdict:
        """What was answered here to an order that was received."""
        row = self._database.row("SELECT answer FROM remittances_received WHERE order_id = ?", order_id)
        return RemittanceAnswer.parse(only(row)).verdict

    def received_by(self, wallet_no: int, *, after: int, most: int) -> list[Kept]:
        """The first so many payments that a wallet was credited, after an entry."""
        query = f"{_RECEIVED} WHERE wallet_no = ? AND entry_no > ? ORDER BY entry_no LIMIT ?"
        return self._all(query, wallet_no, after, most)

    def expected_fen(self, wallet_no: int) -> int:
        """What was answered to be taken for a wallet, and is not credited yet."""
        query = (
            "SELECT coalesce(sum(amount_fen), 0) FROM remittances_received"
            " WHERE wallet_no = ? AND verdict = 0 AND outcome_no IS NULL"
        )
        return int(only(self._database.row(query, wallet_no)))

    # --- both ---------------------------------------------------------------------------------

    def of_entry(self, entry_no: int) -> Kept | None:
        """The remittance that an entry of the books belongs to: it took the money, credited it, or gave it
        back.
        """
        return self._first(f"{_SENT} WHERE entry_no = ? OR back_no = ?", entry_no, entry_no) or self._first(
            f"{_RECEIVED} WHERE entry_no = ?", entry_no
        )

    def last_outcome_no(self) -> int:
        """The number of the last outcome that is booked; 0 if none is."""
        return int(only(self._database.row("SELECT coalesce(max(outcome_no), 0) FROM outcomes_seen")))

    def note_outcome(self, outcome_no: int) -> None:
        """Note that all outcomes up to this one are booked."""
        self._database.execute("DELETE FROM outcomes_seen")
        self._database.insert(SEEN, [(outcome_no,)])

    def sent_fen(self, after_no: int, up_to_no: int) -> dict[str, int]:
        """What was paid to customers of others by outcomes of these numbers, by operator."""
        return self._paid("payee_operator", SENT.name, after_no, up_to_no)

    def received_fen(self, after_no: int, up_to_no: int) -> dict[str, int]:
        """What was credited from customers of others by outcomes of these numbers, by operator."""
        return self._paid("payer_operator", RECEIVED.name, after_no, up_to_no)

    def _paid(self, operator: str, table: str, after_no: int, up_to_no: int) -> dict[str, int]:
        query = (
            f"SELECT {operator}, sum(amount_fen) FROM {table} WHERE outcome_no > ? AND outcome_no <= ?"  # noqa: S608
            f" AND verdict = 0 GROUP BY {operator} ORDER BY {operator}"
        )
        return {name: int(total) for name, total in self._database.rows(query, after_no, up_to_no)}

    def _first(self, query: str, *values: object) -> Kept | None:
        return next(iter(self._all(query, *values)), None)

    def _all(self, query: str, *values: object) -> list[Kept]:
        return [
            Kept(
                entry_no=entry_no,
                wallet_no=wallet_no,
                order=Remittance.parse(data),
                verdict=None if outcome_no is None else Verdict(verdict),
                decided_s=decided_s,
                is_sent=bool(is_sent),
            )
            for is_sent, entry_no, wallet_no, data, outcome_no, verdict, decided_s in self._database.rows(
                query, *values
            )
        ]
