"""Netting at an operator: the centre's statements are checked against its own books, and then booked, once
each.

Books (debit positive): `settlement` is what the issuer holds of the operator's central-bank money, the mirror
of `reserve:NAME` there. A statement in its favour moves value from its vault to money, one against it the
other way.

A statement that does not agree is kept with what is wrong, and not booked (the alarm `netting`); neither is
any after it, until it does or people have settled it with the issuer. It is looked at anew each time.
"""

from typing import Final

from shuangli.books import transfer_entry
from shuangli.database.audit import post_and_log
from shuangli.errors import ProtocolError, Unverified
from shuangli.issuer.vaults.statements import FIRST, NettingStatement
from shuangli.issuer.vaults.store import DAY_S
from shuangli.offline.trust import Trust
from shuangli.operator.accounts import RESERVES, VAULT
from shuangli.operator.netting.store import NettingStore
from shuangli.operator.netting.sums import Own, Redeemed, drawn_by, fault_in
from shuangli.operator.store import OperatorStore

SETTLEMENT: Final = "settlement"


class NettingDesk:
    """Takes the statements of one operator; what writes is called inside its store's transaction."""

    def __init__(self, *, store: OperatorStore, trust: Trust, operator: str) -> None:
        """Keep the books of `operator` in `store`; `trust` is its own place."""
        self._store = store
        self._trust = trust
        self._operator = operator
        self._netting = NettingStore(store.database)

    def pay_in(self, amount_fen: int, *, now_s: int) -> None:
        """Book central-bank money that is set aside for settlement; the issuer books the same."""
        self._post("reserves-paid-in", SETTLEMENT, RESERVES, amount_fen, now_s, self._operator.encode())

    def count(self, received_s: int, credited_fen: int, redeemed: dict[str, Redeemed]) -> None:
        """Count what an upload has brought, in the transaction in which it is acknowledged."""
        if credited_fen or redeemed:
            self._netting.count(received_s // DAY_S, credited_fen, redeemed)

    def last_no(self) -> int:
        """The number of the last statement that is booked; 0 if none is."""
        last = self._netting.last()
        return 0 if last is None else last.number - bool(last.fault)

    def check(self) -> None:
        """Make sure that all statements that were taken are booked.

        Raises:
            Unverified: one does not agree with the books (`netting`).
        """
        last = self._netting.last()
        if last is not None and last.fault:
            raise Unverified("netting", f"netting statement {last.number} is not booked: {last.fault}")

    def take(self, data: bytes, *, now_s: int) -> str:
        """Check a statement and book it; says what is wrong if it is not booked.

        One that is booked already changes nothing.

        Raises:
            Malformed, Unverified: it is no statement that the centre has signed for this operator.
        """
        told = NettingStatement.parse(data)
        self._check_signed(told)
        if told.number <= self.last_no():
            return ""
        fault = self._fault(told)
        self._netting.add(told.number, told.counted_day, drawn_by(told), data, fault)
        if not fault and told.position_fen:
            gets = told.position_fen > 0
            debit, credit = (SETTLEMENT, VAULT) if gets else (VAULT, SETTLEMENT)
            self._post("netting", debit, credit, abs(told.position_fen), now_s, told.signed.id)
        return fault

    def _fault(self, told: NettingStatement) -> str:
        last = self._netting.booked(self.last_no())
        number, day, previous_id = (
            (0, -1, FIRST)
            if last is None
            else (last.number, last.counted_day, NettingStatement.parse(last.data).signed.id)
        )
        if (told.number, told.previous_id) != (number + 1, previous_id):
            return f"it does not follow statement {number}"
        balance_fen = self._store.ledger.balance_fen
        own = Own(
            credited_fen=self._netting.credited_fen(day, told.counted_day),
            redeemed=self._netting.redeemed(day, told.counted_day),
            loaded_fen=self._netting.loaded_fen(),
            drawn_fen=self._netting.drawn_fen(),
            money_fen=balance_fen(SETTLEMENT),
            value_fen=balance_fen(VAULT),
        )
        return fault_in(told, own)

    def _check_signed(self, told: NettingStatement) -> None:
        """Make sure that a centre which was certified then has signed it, for this operator."""
        if (told.network, told.operator) != (self._trust.network, self._operator):
            raise Unverified("wrong-network", f"the statement is for {told.operator} on {told.network}")
        fault: ProtocolError = Unverified("unknown-signer", "no trusted centre has signed the statement")
        for centre in self._trust.centres:
            if centre.claims.valid_at(told.made_at_s):
                try:
                    self._trust.verifier.check_once(told.signed, centre.claims.key, "netting statement")
                except Unverified as error:
                    fault = error
                    continue
                return
        raise fault

    def _post(self, kind: str, debit: str, credit: str, amount_fen: int, at_s: int, reference: bytes) -> None:
        entry = transfer_entry(
            kind=kind, debit=debit, credit=credit, amount_fen=amount_fen, at_s=at_s, reference=reference
        )
        post_and_log(self._store.ledger, self._store.audit, entry, operator=self._operator)
