"""The return desk: gives back what nobody has claimed, once, and only when nobody can be on time any more.

An output goes back when its claim deadline and grace have passed, no spend that was on time rests on it,
and every operator has signed a watermark that all it received up to then has been passed on. What a
culprit would get back is frozen. What would go back although its payee has reported its key lost waits
for a decision of people. What lies on a further branch of a fork is not in the supply: an honest payer
gets it from the guarantee fund, within the cap of its person, as it would have for claiming it.
"""

from typing import Final

from shuangli.books import transfer_entry
from shuangli.errors import BadInput, Refused, StoreError, Unverified
from shuangli.issuer import logged
from shuangli.issuer.epochs.operator_keys import check_operator
from shuangli.issuer.epochs.states import PAST, EpochState
from shuangli.issuer.facts import Frozen, OpenCoin
from shuangli.issuer.losses.desk import outlay_fen
from shuangli.issuer.losses.policy import LossPolicy
from shuangli.issuer.minting import GUARANTEE_FUND, circulation, vault
from shuangli.issuer.persons.enrolled import verify_enrolment
from shuangli.issuer.returns.due import (
    Dispute,
    Fate,
    Owed,
    Return,
    complete_up_to_s,
    fate_after_dispute,
    fate_of,
    fund_pays,
    owed,
    passed_on_s,
    supply_change,
)
from shuangli.issuer.returns.open_coins import FIRST, DueCoin
from shuangli.issuer.store import IssuerStore
from shuangli.issuer.supply import check_supply
from shuangli.messages.returns import Watermark
from shuangli.offline.trust import Trust

CLOCK_TOLERANCE_S: Final = 300
"""How far an operator's clock may be ahead of the centre's."""
MOST_FETCHED: Final = 10_000
"""Most returns that an operator is told of at once."""


class ReturnDesk:
    """Watermarks, returns and disputes of one network. What writes is called inside a transaction."""

    def __init__(self, *, store: IssuerStore, trust: Trust, policy: LossPolicy) -> None:
        """Use `store`; `trust` is the centre's own place."""
        self._store = store
        self._trust = trust
        self._policy = policy

    def take_watermark(self, data: bytes, *, now_s: int) -> None:
        """Take an operator's watermark; an older one than is known changes nothing.

        Raises:
            Malformed, Unverified: it does not hold, or no operator of this network signed it.
            Refused: it lies in the future (`clock`).
        """
        watermark = Watermark.parse(data)
        if watermark.network != self._trust.network:
            raise Unverified("wrong-network", f"the watermark is for network {watermark.network}")
        if watermark.up_to_s > now_s + CLOCK_TOLERANCE_S:
            raise Refused("clock", f"the watermark lies {watermark.up_to_s - now_s} s in the future")
        check_operator(
            watermark.signed,
            operator=watermark.operator,
            at_s=watermark.up_to_s,
            trust=self._trust,
            revoked=self._store.epochs.revoked_operators(),
            what="watermark",
        )
        self._store.returns.set_watermark(watermark.operator, watermark.up_to_s, data)

    def passed_on_s(self, *, now_s: int) -> dict[str, int]:
        """Up to when all that each operator received is known here; without those that were dismissed."""
        return passed_on_s(self._ends_s(), self._store.returns.watermarks(), now_s=now_s)

    def complete_up_to_s(self, *, now_s: int) -> int:
        """Up to when all that operators received is known here: the lowest watermark, but not the future.

        A dismissed operator holds up nothing: whatever it says from then on does not count.
        """
        return complete_up_to_s(self._ends_s(), self._store.returns.watermarks(), now_s=now_s)

    def _ends_s(self) -> dict[str, int]:
        """When the last certificate of each operator that was not dismissed expires."""
        dismissed = self._store.epochs.dismissed()
        ends_s: dict[str, int] = {}
        for certificate in self._trust.operators:
            name, expires_at_s = certificate.claims.subject or "", certificate.claims.expires_at_s
            if name not in dismissed:
                ends_s[name] = max(expires_at_s, ends_s.get(name, 0))
        return ends_s

    def return_due(
        self, *, now_s: int, after: tuple[int, int] = FIRST, most: int = 1_000
    ) -> tuple[int, int] | None:
        """Give back up to so many coins that are due, and check the supply.

        Returns after which place the next call goes on, in a transaction of its own; None once all is done.
        Whenever it is broken off, it may start again from the beginning.

        Raises:
            StoreError: the supply does not add up (`corrupt`).
        """
        up_to_s = self.complete_up_to_s(now_s=now_s)
        found = self._store.open_coins.due(up_to_s, after=after, most=most)
        suspended = self._store.epochs.in_states((EpochState.SUSPENDED,))
        for due in found:
            if due.coin.epoch not in suspended:
                self._judge(due, now_s)
        check_supply(self._store)
        return found[-1].coin.place[:2] if len(found) == most else None

    def _judge(self, due: DueCoin, now_s: int) -> None:
        goes_to = _owed(due)
        returns = self._store.returns
        fate = fate_of(
            goes_to,
            is_culprit=self._store.is_culprit,
            is_reported_lost=lambda key: returns.lost_at(key) is not None,
        )
        if fate is Fate.FROZEN:
            self._freeze(due.coin, goes_to, now_s)
        elif fate is Fate.DISPUTED:
            self._store.open_coins.dispute(due.coin)
        else:
            self._give_back(due.coin, goes_to, now_s)

    def _freeze(self, coin: OpenCoin, goes_to: Owed, now_s: int) -> None:
        self._store.open_coins.hold([coin.place[:2]])
        frozen = Frozen(coin.place, goes_to.owner, coin.due_s, goes_to.coin_id, coin.value_fen)
        self._store.audit.append(logged.freeze(self._store, [frozen], now_s=now_s))

    def _give_back(self, coin: OpenCoin, goes_to: Owed, now_s: int) -> None:
        forked = coin.place.forked
        number = self._store.returns.add(goes_to, coin, from_fund=forked, returned_s=now_s)
        if forked:
            self._store.open_coins.hold([coin.place[:2]])
            return
        self._pay_out(coin, goes_to.operator, circulation(coin.epoch), now_s, goes_to.coin_id)
        self._log(coin, goes_to.operator, number, goes_to.coin_id, now_s, since_s=goes_to.since_s)

    def _log(
        self, coin: OpenCoin, operator: str, number: int, coin_id: bytes, now_s: int, *, since_s: int = 0
    ) -> None:
        back = logged.gone_back(
            coin, operator=operator, number=number, coin_id=coin_id, since_s=since_s, at_s=now_s
        )
        self._store.audit.append([back])

    def _pay_out(self, coin: OpenCoin, operator: str, debit: str, now_s: int, reference: bytes) -> None:
        self._store.open_coins.close([coin.place[:2]])
        self._store.add_supply(coin.epoch, supply_change(coin))
        self._store.ledger.post(
            transfer_entry(
                kind="return",
                debit=debit,
                credit=vault(operator),
                amount_fen=coin.value_fen,
                at_s=now_s,
                reference=reference,
            )
        )

    def _check_settles(self, coin: OpenCoin) -> None:
        if coin.epoch in self._store.epochs.in_states((EpochState.SUSPENDED,)):
            raise StoreError("unavailable", f"epoch {coin.epoch} is suspended: nothing goes back in it")

    def returns_to(self, operator: str, *, after: int) -> list[Return]:
        """What has gone back to an operator's wallets after the number that it has seen, at most 10,000.

        What the fund is to pay in a suspended epoch waits with those after it, and holds up nothing else.
        """
        self._store.epochs.seen_returns(operator, after)
        unpaid = self._store.epochs.in_states((EpochState.SUSPENDED,))
        return self._store.returns.of_operator(operator, after=after, most=MOST_FETCHED, unpaid=unpaid)

    def claim(self, operator: str, number: int, *, person: bytes, now_s: int) -> int:
        """Let the guarantee fund pay a return to a person; gives what it has paid, in fen.

        Asked again, it gives the same answer and pays nothing more. Nothing is paid over the person's cap,
        to a culprit, or once the epoch is closed.

        Raises:
            StoreError: the epoch is suspended (`unavailable`).
            BadInput: this return does not come out of the fund (`bad-value`).
        """
        found = self._store.returns.from_fund(operator, number)
        if found is None:
            raise BadInput("bad-value", f"return {number} of {operator} is none out of the guarantee fund")
        coin, coin_id, owner, paid_fen = found
        claimed_fen = self._store.losses.fund_paid_fen(person)
        is_past = coin.epoch in self._store.epochs.in_states(PAST)
        if paid_fen or is_past or self._store.is_culprit(owner):
            return paid_fen
        self._check_settles(coin)
        left_fen = self._policy.left_fen(claimed_fen=claimed_fen, outlay_fen=outlay_fen(self._store))
        if not fund_pays(coin.value_fen, claimed_fen=claimed_fen, cap_fen=claimed_fen + left_fen):
            return 0
        self._store.losses.name_new_holders([(owner, person)])
        self._store.returns.set_paid(operator, number, coin.value_fen)
        self._store.losses.add_fund_paid(person, coin.value_fen)
        self._pay_out(coin, operator, GUARANTEE_FUND, now_s, coin_id)
        self._log(coin, operator, number, coin_id, now_s)
        check_supply(self._store)
        return coin.value_fen

    def report_lost(self, enrolment_data: bytes, *, operator: str, now_s: int) -> None:
        """Note that an operator's customer has lost a wallet: payments to its key no longer go back unasked.

        Who has signed its enrolment is its customer; a certificate, any operator could make. The enrolment is
        not kept.

        Raises:
            Malformed, Unverified: the enrolment does not hold, or was made elsewhere (`wrong-network`).
        """
        enrolment = verify_enrolment(enrolment_data, operator=operator, trust=self._trust)
        self._store.returns.add_lost_key(enrolment.key, operator, now_s)

    def disputes(self) -> list[Dispute]:
        """What waits for a decision."""
        waiting = []
        for due in self._store.open_coins.disputed():
            goes_to = owed(due.kind, due.parent, due.coin.place.position)
            waiting.append(
                Dispute(
                    parent_no=due.coin.place.parent_no,
                    position=due.coin.place.position,
                    payer=goes_to.owner,
                    payee=goes_to.payee or b"",
                    value_fen=due.coin.value_fen,
                )
            )
        return waiting

    def decide(self, dispute: Dispute, *, to_payee: bool, now_s: int) -> None:
        """Give a disputed payment to its payee, at the operator that reported the key lost, or to its payer.

        If a case has named that key in the meantime, the payment is frozen, and waits no more.

        Raises:
            BadInput: nothing of the kind waits for a decision (`bad-value`).
        """
        for due in self._store.open_coins.disputed():
            place = due.coin.place
            if place[:2] == (dispute.parent_no, dispute.position):
                goes_to = _owed(due)
                lost_at = self._store.returns.lost_at(dispute.payee)
                if to_payee and lost_at is not None:
                    goes_to = goes_to._replace(owner=dispute.payee, operator=lost_at)
                self._check_settles(due.coin)
                self._store.returns.settle_dispute(place)
                if fate_after_dispute(goes_to, is_culprit=self._store.is_culprit) is Fate.FROZEN:
                    self._freeze(due.coin, goes_to, now_s)
                else:
                    self._give_back(due.coin, goes_to, now_s)
                check_supply(self._store)
                return
        raise BadInput("bad-value", "this payment does not wait for a decision")


def _owed(due: DueCoin) -> Owed:
    """Whom a coin goes back to.

    What was given under a condition goes back to its giver once, out of circulation. What lies on a fork has
    cost the giver nothing: there it is owed to its holder, like any other value.
    """
    given = None if due.coin.place.forked else due.given
    return owed(due.kind, due.parent, due.coin.place.position, given=given)
