"""The desk of remittances: the one place that decides what becomes of a payment between two operators.

The payer's operator hands in its signed order, the payee's hands in its signed answer, and both read what
has become of it (outcomes, numbered). An order is decided once: by the answer, or by the centre where the
payer's operator has not the reserves or may not order, the payee's is none of this network, or its answer
came too late. So neither side acts on a connection that broke: it asks again until there is an outcome.

What is paid is a debt between the operators, netted with all others (`issuer.vaults.desk`). It is taken only
while the payer's operator has the reserves for it, so that the payee's can credit at once.
"""

from typing import Final

from shuangli.cose import Signed
from shuangli.errors import Refused, Unverified
from shuangli.issuer.epochs.operator_keys import check_operator, is_signed_by
from shuangli.issuer.remittances.messages import Remittance, RemittanceAnswer, Verdict
from shuangli.issuer.remittances.store import Outcome, Waiting
from shuangli.issuer.store import IssuerStore
from shuangli.issuer.vaults.desk import lent, reserve
from shuangli.offline.trust import Trust

MOST_WAITING: Final = 500
MOST_OUTCOMES: Final = 1_000
_AT_ONCE: Final = 1_000


class RemittanceDesk:
    """Decides about remittances; every method is called inside the issuer's transaction."""

    def __init__(self, *, store: IssuerStore, trust: Trust) -> None:
        """Use `store`; `trust` is the issuer's own place."""
        self._store = store
        self._trust = trust
        self._remittances = store.remittances

    def take_order(self, data: bytes, *, now_s: int) -> None:
        """Take an order; the same one again changes nothing.

        One that its operator has signed with a key that is revoked, or was not valid by the time in it, is
        given back: its customer's money would wait for ever for a centre that does not take it.

        Raises:
            Malformed, Unverified: it does not hold, or no operator of this network has signed it.
        """
        order = Remittance.parse(data)
        if self._remittances.is_known(order.signed.id):
            return
        try:
            self._check(order.signed, order.network, order.operator, order.ordered_at_s)
            verdict = self._objection(order, now_s)
        except Unverified:
            if order.network != self._trust.network or not is_signed_by(
                order.signed, operator=order.operator, trust=self._trust, what="remittance"
            ):
                raise
            verdict = Verdict.NOT_ADMITTED
        self._remittances.add(order)
        if verdict is not None:
            self._remittances.decide(order.signed.id, verdict)

    def _objection(self, order: Remittance, now_s: int) -> Verdict | None:
        """Why the centre does not pass an order on, if so."""
        dismissed = self._store.epochs.dismissed()
        known = {
            certificate.claims.subject
            for certificate in self._trust.operators
            if certificate.claims.valid_at(now_s)
        }
        if order.payee_operator not in known - dismissed:
            return Verdict.NOT_ADMITTED
        if now_s >= order.expires_at_s:
            return Verdict.TOO_LATE
        balance_fen = self._store.ledger.balance_fen
        held_fen = -balance_fen(reserve(order.operator)) - balance_fen(lent(order.operator))
        if order.amount_fen > held_fen - self._remittances.promised_fen(order.operator):
            return Verdict.RESERVES_SHORT
        return None

    def take_answer(self, data: bytes, *, now_s: int) -> None:
        """Take an answer; if its order was decided before, this changes nothing.

        Raises:
            Malformed, Unverified: it does not hold, or no operator of this network has signed it.
            Refused: there is no such order to this operator (`not-found`).
        """
        answer = RemittanceAnswer.parse(data)
        self._check(answer.signed, answer.network, answer.operator, answer.answered_at_s)
        found = self._remittances.of_payee(answer.order_id)
        if found is None or found[0] != answer.operator:
            raise Refused("not-found", f"there is no remittance {answer.order_id.hex()} to {answer.operator}")
        if now_s >= found[1]:
            self._remittances.decide(answer.order_id, Verdict.TOO_LATE)
        else:
            self._remittances.decide(answer.order_id, answer.verdict, data)

    def waiting_for(self, operator: str, *, after: int) -> list[Waiting]:
        """Orders to an operator after a number that wait for its answer, at most 500."""
        return self._remittances.waiting_for(operator, after=after, most=MOST_WAITING)

    def outcomes_for(self, operator: str, *, after: int, now_s: int) -> list[Outcome]:
        """What has become of orders by and to an operator after an outcome's number, at most 1,000."""
        for order_id in self._remittances.expired(now_s=now_s, most=_AT_ONCE):
            self._remittances.decide(order_id, Verdict.TOO_LATE)
        return self._remittances.outcomes_for(operator, after=after, most=MOST_OUTCOMES)

    def _check(self, signed: Signed, network: str, operator: str, at_s: int) -> None:
        if network != self._trust.network:
            raise Unverified("wrong-network", f"the remittance is for network {network}")
        check_operator(
            signed,
            operator=operator,
            at_s=at_s,
            trust=self._trust,
            revoked=self._store.epochs.revoked_operators(),
            what="remittance",
        )
