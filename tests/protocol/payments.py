"""Payments between a few wallets with everything that can happen to them (DESIGN section 4).

Messages are lost, doubled, reordered and delivered to the wrong wallet; power goes before and after any
write; wallets are killed and compacted, uploads are repeated at either operator. One wallet belongs to an
adversary, who copies it and forges what he can. Throughout, nothing is created, all is accounted for, and
no honest key is accused; at the end, everybody reconciles, and every double spend has its case.
"""

from collections.abc import Callable, Sequence
from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from shuangli.messages.certificates import Mode
from shuangli.messages.transfers import NO_REQUEST
from shuangli.offline.chain import Coin
from shuangli.offline.gossip import list_number
from shuangli.offline.states import Kind, Message
from tests.protocol.adversary import FORGERIES, Forged, Hand
from tests.protocol.cutting import Cut
from tests.protocol.town import HONEST, Sent, Town
from tests.setting import NAMES, STAGED

people: Final = st.integers(0, 9)
amounts_fen: Final = st.sampled_from([1, 5, 20, 20, 33, 50, 120])
steps: Final = st.sampled_from([1, 2, 3, 3, 3])
rarely: Final = st.sampled_from([False, False, False, True])
cuts: Final = st.sampled_from([Cut.NEVER, Cut.NEVER, Cut.NEVER, Cut.BEFORE_WRITE, Cut.AFTER_WRITE])


class Payments(Town):
    """Whatever people, devices, links and an adversary may do."""

    @initialize(paid=st.lists(st.tuples(people, people, amounts_fen, steps), min_size=1, max_size=4))
    def begin(self, paid: Sequence[tuple[int, int, int, int]]) -> None:
        self.settle()
        for payer, payee, amount_fen, messages in paid:
            self.pay(payer, payee, amount_fen, messages, Cut.NEVER)

    # --- what can happen ------------------------------------------------------------------------

    @rule(payee=people, amount_fen=amounts_fen, cut=cuts)
    def ask(self, payee: int, amount_fen: int, cut: Cut) -> None:
        self.show_request(payee, amount_fen, cut)

    @precondition(lambda self: self.sent)
    @rule(recent=people, receiver=people, astray=rarely, cut=cuts)
    def deliver(self, recent: int, receiver: int, astray: bool = True, cut: Cut = Cut.NEVER) -> None:
        """A message arrives, once more or for the first time; `astray` is with anybody."""
        sent = self.sent[-1 - recent % len(self.sent)]
        at = receiver if astray else self.awaiting(sent.request_id, sent.message.kind, receiver)
        self.hear(sent.request_id, sent.message, at, cut)

    @precondition(lambda self: self.sent)
    @rule(session=people, recent=people, receiver=people)
    def mix_up(self, session: int, recent: int, receiver: int) -> None:
        """A message comes as one of another session."""
        request_id = self.sent[-1 - session % len(self.sent)].request_id
        message = self.sent[-1 - recent % len(self.sent)].message
        self.hear(request_id, message, self.awaiting(request_id, message.kind, receiver), Cut.NEVER)

    @rule(kind=st.sampled_from([Kind.REQUEST, Kind.PAYMENT, Kind.RECEIPT]), recent=people, receiver=people)
    def repeat(self, kind: Kind, recent: int, receiver: int) -> None:
        """A message of some kind comes once more to whom it is for."""
        self.now_s += 1
        sent = self.recent(kind, recent)
        if sent is not None:
            self.hear(
                sent.request_id, sent.message, self.awaiting(sent.request_id, kind, receiver), Cut.NEVER
            )

    @rule(recent=people)
    def replay(self, recent: int) -> None:
        """An old payment comes as the answer to a new request of the same payee for the same amount (F03)."""
        old = self.recent(Kind.PAYMENT, recent)
        if old is not None:
            payee = self.awaiting(old.request_id, Kind.PAYMENT, recent)
            session = self.wallets[payee].purse.asking.get(old.request_id)
            if session is not None and self.show_request(payee, session.request.amount_fen, Cut.NEVER):
                self.hear(self.sent[-1].request_id, old.message, payee, Cut.NEVER)

    @rule(
        payer=people,
        payee=people,
        amount_fen=amounts_fen,
        messages=steps,
        cut=cuts,
    )
    def pay(self, payer: int, payee: int, amount_fen: int, messages: int, cut: Cut) -> None:
        """A payment that gets so far; what was sent may still arrive later."""
        if self.show_request(payee, amount_fen, Cut.NEVER):
            payer = payee + 1 + payer % HONEST
            for number, receiver in enumerate((payer, payee, payer)[:messages], start=1):
                self.deliver(0, receiver, cut=cut if number == messages else Cut.NEVER)

    @rule(three=st.permutations(range(HONEST + 1)), amount_fen=amounts_fen, answers=st.integers(0, 2))
    def pay_both(self, three: Sequence[int], amount_fen: int, answers: int) -> None:
        """Two payers answer one request (F53); of the payee's answers, so many are heard, by both of them."""
        payer, second, payee, *_ = three
        if not self.show_request(payee, amount_fen, Cut.NEVER):
            return
        request = self.sent[-1]
        for each in (payer, second):
            self.hear(request.request_id, request.message, each, Cut.NEVER)
            self.deliver(0, payee)
        given = [sent for sent in self.sent if sent.message.kind in (Kind.RECEIPT, Kind.REFUSAL)]
        for answer in given[-2:][:answers]:
            for each in (payer, second):
                self.hear(answer.request_id, answer.message, each, Cut.NEVER)

    @precondition(lambda self: self.sent)
    @rule(recent=people, payer=people, payee=people)
    def compare_lists(self, recent: int, payer: int, payee: int) -> None:
        request_id = self.sent[-1 - recent % len(self.sent)].request_id
        self.sent.append(Sent(request_id, list_number(self.wallets[payer % len(self.wallets)].trust)))
        for receiver in (payee, payer, payee):
            self.deliver(0, receiver)

    @rule(
        forgeries=st.lists(st.sampled_from(FORGERIES), min_size=1, max_size=3),
        victim=people,
        payee=people,
        which=people,
        uploaded=st.booleans(),
        operator=st.sampled_from(NAMES),
    )
    def forge(
        self,
        forgeries: Sequence[Callable[[Hand], Forged | None]],
        victim: int,
        payee: int,
        which: int,
        uploaded: bool,
        operator: str,
    ) -> None:
        """Forgeries go to a payee, and some to an operator."""
        for forge in forgeries:
            made = forge(self.hand(victim % HONEST, payee % HONEST, which))
            if made is None:
                continue
            for transfer in made.valid:
                self.happened.note_transfer(transfer)
            self.forged.append(made.bundle)
            if made.request_id:
                self.sent.append(Sent(made.request_id, Message(Kind.PAYMENT, made.bundle)))
                self.deliver(0, payee % HONEST)
            if uploaded:
                self.uploads.append(made.bundle)
                self.reconcile(0, operator)

    def hand(self, victim: int, payee: int, which: int) -> Hand:
        """What the adversary has in hand."""

        def ask(amount_fen: int) -> bytes:
            shown = self.show_request(payee, amount_fen, Cut.NEVER)
            return self.sent[-1].request_id if shown else NO_REQUEST

        wallet = self.wallets[HONEST]
        coins, others = wallet.purse.coins.values(), self.wallets[victim].purse.coins.values()
        return Hand(
            wallet=wallet,
            own=turned([coin for coin in coins if may_be_paid(coin)], which),
            worn=turned([coin for coin in coins if not may_be_paid(coin)], which),
            others=turned(sorted(others, key=lambda coin: -coin.hops), which),
            payee=self.wallets[payee].key.public,
            ask=ask,
            now_s=self.now_s,
        )

    @precondition(lambda self: len(self.wallets) < HONEST + 3)
    @rule()
    def copy(self) -> None:
        self.wallets.append(self.world.clone(self.wallets[HONEST]))

    @rule(who=people, compacted=st.booleans(), forget=st.booleans(), cut=cuts)
    def kill(self, who: int, compacted: bool, forget: bool, cut: Cut) -> None:
        self.switch_off(who, compacted=compacted, forget=forget, cut=cut)

    @rule(seconds=st.sampled_from([0, 1, 60, 1_000]))
    def wait(self, seconds: int) -> None:
        self.now_s += seconds

    @rule(who=people, cut=cuts)
    def hand_in(self, who: int, cut: Cut) -> None:
        self.upload(who, cut)

    @precondition(lambda self: self.uploads)
    @rule(recent=st.integers(0, 5), operator=st.sampled_from(NAMES))
    def reconcile(self, recent: int, operator: str) -> None:
        upload = self.uploads[-1 - recent % len(self.uploads)]
        self.submit(upload, operator)

    @precondition(lambda self: self.answers)
    @rule(recent=st.integers(0, 5), who=people, cut=cuts)
    def acknowledge(self, recent: int, who: int, cut: Cut) -> None:
        self.take_answer(recent, who, cut)

    @rule(who=people, operator=st.sampled_from(NAMES), steps=st.sampled_from([1, 2, 3, 3]))
    def go_online(self, who: int, operator: str, steps: int) -> None:
        """A reconciliation that gets so far."""
        self.upload(who)
        if self.uploads and steps > 1:
            self.reconcile(0, operator)
            if self.answers and steps > 2:
                self.take_answer(0, who)

    @rule(who=people)
    def hear_of_revocations(self, who: int) -> None:
        listed = self.world.issuer.centre.revocation_list(now_s=self.now_s)
        self.act(who, Cut.NEVER, lambda wallet: wallet.update_revocations(listed))

    @rule(who=people)
    def feed_an_old_load(self, who: int) -> None:
        load = self.loads[who % len(self.wallets) % len(self.loads)]
        self.act(who, Cut.NEVER, lambda wallet: wallet.receive_load(load))


class StagedPayments(Payments):
    """The same where a received coin must be reconciled before it is spent."""

    terms = STAGED


def may_be_paid(coin: Coin) -> bool:
    """Say whether the terms of a coin let its owner pay with it."""
    return coin.hops < coin.terms.hop_cap and (coin.hops == 0 or coin.terms.mode is Mode.TRANSFERABLE)


def turned(coins: list[Coin], by: int) -> list[Coin]:
    """The list from another place on."""
    at = by % len(coins) if coins else 0
    return coins[at:] + coins[:at]
