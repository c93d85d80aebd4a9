"""Remittances at an operator: its customers pay those of other operators online, and are paid by them.

A payment is booked before it is sent: the money leaves the payer's account for `clearing` in the
transaction that keeps the signed order. Then the order goes to the centre, which passes it on to the
payee's operator; that one looks at its customer's wallet, and keeps its signed answer before it is passed
on. Only what the centre says has become of the order (an outcome) moves money again, once, at both: to the
payee's account, or back to the payer's with the reason. Whatever is cut off in between is asked again.
"""

import threading
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from typing import Final

from shuangli.cose import Domain, Signed
from shuangli.errors import BadInput, ProtocolError, Refused, ShuangliError, StoreError, Unverified
from shuangli.issuer.epochs.operator_keys import check_operator
from shuangli.issuer.remittances.messages import Remittance, RemittanceAnswer, Verdict
from shuangli.issuer.remittances.store import Outcome, Waiting
from shuangli.messages.fields import NONCE_BYTES
from shuangli.operator.accounts import CLEARING
from shuangli.operator.bank import Bank
from shuangli.operator.customers.payments import Payments
from shuangli.operator.flow import ServiceLink
from shuangli.operator.remittances.store import Kept, RemittanceStore
from shuangli.operator.resigning import signed_by
from shuangli.operator.store import WalletRow

ANSWER_WITHIN_S: Final = 86_400
"""An order that the payee's operator has not answered by then is given back."""
_AT_ONCE: Final = 100
_REASONS: Final = {verdict.reason: verdict for verdict in Verdict}


class RemittanceDesk:
    """The remittances of one operator's customers; threads may use it together."""

    def __init__(
        self,
        bank: Bank,
        issuer: ServiceLink,
        transaction: Callable[[], AbstractContextManager[int]],
        payments: Payments,
        *,
        renew_keys: Callable[[], None],
    ) -> None:
        """Pay for the customers of `bank`; `transaction` is one of its database, and gives the time.

        `renew_keys` takes over what the issuer's newest key set says.
        """
        self._bank = bank
        self._payments = payments
        self._issuer = issuer
        self._transaction = transaction
        self._renew_keys = renew_keys
        self._one_at_a_time = threading.Lock()
        self.kept = RemittanceStore(bank.store.database)

    def send(
        self, payer: bytes, payee: bytes, amount_fen: int, *, operator: str, note: str, now_s: int
    ) -> Kept:
        """Take a payment out of the payer's account, and keep the signed order. In a transaction.

        Raises:
            BadInput: the payee's operator is this one (`bad-value`).
            Refused: the payer is unknown or frozen, over a limit, or has too little.
        """
        name = self._bank.terms.name
        if operator == name:
            raise BadInput("bad-value", f"operator: {name} pays its own customers by transfers: post one")
        row = self._bank.active(payer)
        self._payments.count(row, amount_fen, now_s=now_s)
        self._bank.check_funds(row.account, amount_fen, of=payer)
        number = self._bank.store.ledger.next_no()
        secret = self._bank.secret_for(b"remittance/" + number.to_bytes(8, "big"))
        order = Remittance.sign(
            self._bank.signer,
            network=self._bank.trust.network,
            operator=name,
            payee_operator=operator,
            payer=payer,
            payee=payee,
            amount_fen=amount_fen,
            note=note.encode(),
            nonce=secret[:NONCE_BYTES],
            ordered_at_s=now_s,
            expires_at_s=now_s + ANSWER_WITHIN_S,
        )
        self._bank.book("remittance", row.account, CLEARING, amount_fen, now_s, order.signed.id)
        self.kept.add_sent(number, row.wallet_no, order)
        return Kept(number, row.wallet_no, order, None, None)

    def waits(self) -> bool:
        """Whether the centre has not got some order or answer yet. In a transaction."""
        waiting = self.kept.not_taken(after=0, most=1) or self.kept.not_passed_on(after=0, most=1)
        return bool(waiting)

    def exchange(self) -> None:
        """Pass on what waits, answer what came, and book what has become of all; one thread at a time.

        Raises:
            StoreError: the issuer cannot be reached (`unavailable`): nothing is lost, ask again.
            Unverified: an outcome is not what the other operator has signed.
        """
        with self._one_at_a_time:
            kept, issuer = self.kept, self._issuer
            self._pass_on(kept.not_taken, issuer.remit, kept.note_taken, Domain.REMITTANCE)
            self._answer()
            answered = (kept.not_passed_on, issuer.answer_remittance, kept.note_passed_on)
            self._pass_on(*answered, Domain.REMITTANCE_ANSWER)
            self._take_outcomes()

    def _pass_on(
        self,
        waiting: Callable[..., list[tuple[int, bytes]]],
        send: Callable[..., None],
        note: Callable[[int, int], None],
        domain: Domain,
    ) -> None:
        """Hand in what the centre has not got; what it does not take now is tried again the next time.

        What a former key has signed is signed anew: the centre takes no word of a revoked one.
        """
        last = 0
        while True:
            with self._transaction() as now_s:
                found = waiting(after=last, most=_AT_ONCE)
            if not found:
                return
            for last, data in found:
                try:
                    said = signed_by(self._bank.signer, data, domain)
                    send(said, operator=self._bank.terms.name, now_s=now_s)
                except StoreError:
                    raise
                except ShuangliError:
                    continue
                with self._transaction() as now_s:
                    note(last, now_s)

    def _answer(self) -> None:
        """Look at what other operators' customers pay, and keep what is answered."""
        after = -1
        while True:
            with self._transaction():
                after = max(after, self.kept.last_number())
            found = self._issuer.remittances_to(self._bank.terms.name, after=after)
            if not found or found[-1].number <= after:
                return
            after = found[-1].number
            with self._transaction() as now_s:
                strange = [waiting for waiting in found if not self._judge(waiting, now_s)]
            if strange:
                # It may be of a bank that is admitted since the keys were renewed.
                self._renew_keys()
                with self._transaction() as now_s:
                    for waiting in strange:
                        self._judge(waiting, now_s)

    def _judge(self, waiting: Waiting, now_s: int) -> bool:
        """Look at an order, and keep what is answered; says no if nobody known here has signed it."""
        try:
            order = Remittance.parse(waiting.data)
            self._check_signed(order.signed, order.operator, order.ordered_at_s, revoked=self._revoked())
        except ProtocolError:
            # The centre passes on what no operator has signed: nobody here owes it an answer.
            return False
        if order.payee_operator != self._bank.terms.name or self.kept.received(order.signed.id) is not None:
            return True
        row = self._bank.store.wallet(order.payee)
        answer = RemittanceAnswer.sign(
            self._bank.signer,
            network=self._bank.trust.network,
            operator=self._bank.terms.name,
            order_id=order.signed.id,
            verdict=self._verdict(order, row),
            answered_at_s=now_s,
        )
        self.kept.add_received(waiting.number, order, None if row is None else row.wallet_no, answer)
        return True

    def _verdict(self, order: Remittance, row: WalletRow | None) -> Verdict:
        """Whether a customer may be paid so much; what was answered to be taken counts already."""
        try:
            payee = self._bank.active(order.payee)
            expected_fen = 0 if row is None else self.kept.expected_fen(row.wallet_no)
            self._payments.check_room(payee, order.amount_fen + expected_fen)
        except Refused as refused:
            return _REASONS[refused.code]
        return Verdict.PAID

    def _take_outcomes(self) -> None:
        while True:
            with self._transaction() as now_s:
                after = self.kept.last_outcome_no()
            found = self._issuer.remittance_outcomes(self._bank.terms.name, after=after, now_s=now_s)
            if not found or found[-1].outcome_no <= after:
                return
            with self._transaction() as now_s:
                for outcome in found:
                    self._book(outcome, now_s)
                self.kept.note_outcome(found[-1].outcome_no)

    def _book(self, outcome: Outcome, now_s: int) -> None:
        """Do what an outcome says, once."""
        sent = self.kept.sent(outcome.order_id)
        if sent is not None:
            self._end_sent(sent, outcome, now_s)
        received = self.kept.received(outcome.order_id)
        if received is not None:
            self._end_received(received, outcome, now_s)

    def _end_sent(self, sent: Kept, outcome: Outcome, now_s: int) -> None:
        order, back_no = sent.order, None
        if outcome.verdict is Verdict.PAID:
            self._check_answer(order, outcome)
        else:
            row = self._bank.store.wallet(order.payer)
            back_no = self._bank.store.ledger.next_no()
            account = self._bank.account_of(row)
            self._bank.book(
                "remittance-returned", CLEARING, account, order.amount_fen, now_s, order.signed.id
            )
            if row is not None:
                self._payments.uncount(row, order.amount_fen, counted_s=order.ordered_at_s)
        self.kept.end_sent(outcome, now_s, back_no)

    def _check_answer(self, order: Remittance, outcome: Outcome) -> None:
        """Make sure that the payee's operator has signed that it takes an order.

        The centre has looked whether the key was revoked by then. If it is since, that undoes nothing, and
        keeps no other outcome.
        """
        answer = RemittanceAnswer.parse(outcome.answer)
        about = (answer.order_id, answer.operator, answer.verdict)
        if about != (order.signed.id, order.payee_operator, Verdict.PAID):
            raise Unverified("not-bound", "the answer does not take this remittance")
        self._check_signed(answer.signed, answer.operator, answer.answered_at_s)

    def _end_received(self, received: Kept, outcome: Outcome, now_s: int) -> None:
        order, entry_no = received.order, None
        if outcome.verdict is Verdict.PAID:
            if self.kept.answered(outcome.order_id) is not Verdict.PAID:
                raise Unverified("not-bound", "a remittance is said to be paid that was refused here")
            entry_no = self._bank.store.ledger.next_no()
            account = self._bank.account_of(self._bank.store.wallet(order.payee))
            self._bank.book(
                "remittance-received", CLEARING, account, order.amount_fen, now_s, order.signed.id
            )
        self.kept.end_received(outcome, now_s, entry_no)

    def _revoked(self) -> Collection[bytes]:
        listed = self._bank.trust.revocations
        return () if listed is None else listed.operators

    def _check_signed(
        self, signed: Signed, operator: str, at_s: int, *, revoked: Collection[bytes] = ()
    ) -> None:
        check_operator(
            signed, operator=operator, at_s=at_s, trust=self._bank.trust, revoked=revoked, what="remittance"
        )
