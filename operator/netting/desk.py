"""Netting at an operator: the centre's statements are checked against its own books, and then booked, once
each.

Books (debit positive): `settlement` is what the issuer holds of the operator's central-bank money, the mirror
of `reserve:NAME` there, `clearing` what its customers have sent to those of others online, a credit, or
received. A statement moves the position in money into settlement, the one in value out of the vault, and
what was sent and received out of clearing. Where the operator had not enough, it tells what value was bought
for it, and what the issuer has lent it or got back (`borrowed`); each is an entry of its own.

A statement that does not agree is kept with what is wrong, and not booked (the alarm `netting`); neither is
any after it, until it does or people have settled it with the issuer. It is looked at anew each time.
"""

from typing import Final

from shuangli.books import Entry, Posting, transfer_entries, transfer_entry
from shuangli.database.audit import post_and_log
from shuangli.days import DAY_S
from shuangli.errors import ProtocolError, Unverified
from shuangli.issuer.vaults.statements import FIRST, NettingStatement
from shuangli.offline.trust import Trust
from shuangli.operator.accounts import BORROWED, CLEARING, RESERVES, VAULT
from shuangli.operator.netting.store import NettingStore
from shuangli.operator.netting.sums import Own, Redeemed, drawn_by, fault_in
from shuangli.operator.remittances.store import RemittanceStore
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
        self._remittances = RemittanceStore(store.database)

    def pay_in(self, amount_fen: int, *, now_s: int) -> None:
        """Book central-bank money that is set aside for settlement; the issuer books the same."""
        paid_in = transfer_entry(
            kind="reserves-paid-in",
            debit=SETTLEMENT,
            credit=RESERVES,
            amount_fen=amount_fen,
            at_s=now_s,
            reference=self._operator.encode(),
        )
        post_and_log(self._store.ledger, self._store.audit, paid_in, operator=self._operator)

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
        if not fault:
            self._book(told, now_s)
        return fault

    def _book(self, told: NettingStatement, now_s: int) -> None:
        bought_fen, lent_fen, repaid_fen = told.covered
        covered = (
            ("lent", SETTLEMENT, BORROWED, lent_fen),
            ("repaid", BORROWED, SETTLEMENT, repaid_fen),
            ("vault-bought", VAULT, SETTLEMENT, bought_fen),
        )
        for entry in transfer_entries(covered, at_s=now_s, reference=told.signed.id):
            post_and_log(self._store.ledger, self._store.audit, entry, operator=self._operator)
        changes = {
            SETTLEMENT: told.position_fen,
            VAULT: -told.value_fen,
            CLEARING: told.value_fen - told.position_fen,
        }
        postings = tuple(Posting(account, change) for account, change in changes.items() if change)
        if postings:
            entry = Entry(kind="netting", at_s=now_s, reference=told.signed.id, postings=postings)
            post_and_log(self._store.ledger, self._store.audit, entry, operator=self._operator)

    def _fault(self, told: NettingStatement) -> str:
        last = self._netting.booked(self.last_no())
        number, day, outcome_no, previous_id = 0, -1, 0, FIRST
        if last is not None:
            before = NettingStatement.parse(last.data)
            number, day, previous_id = last.number, last.counted_day, before.signed.id
            outcome_no = before.outcome_no
        if (told.number, told.previous_id) != (number + 1, previous_id):
            return f"it does not follow statement {number}"
        balance_fen = self._store.ledger.balance_fen
        own = Own(
            credited_fen=self._netting.credited_fen(day, told.counted_day),
            redeemed=self._netting.redeemed(day, told.counted_day),
            sent=self._remittances.sent_fen(outcome_no, told.outcome_no),
            received=self._remittances.received_fen(outcome_no, told.outcome_no),
            loaded_fen=self._netting.loaded_fen(),
            drawn_fen=self._netting.drawn_fen(),
            money_fen=balance_fen(SETTLEMENT),
            value_fen=balance_fen(VAULT),
            owed_fen=-balance_fen(BORROWED),
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
