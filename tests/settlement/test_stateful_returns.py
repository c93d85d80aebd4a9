"""Payments, refusals, late news, cut-off operators, watermarks and returns in any order (DESIGN section 5).

Honest wallets go online once a day, to their own operator, reachable or not. Whatever else happens: the
supply adds up to the fen after each step; whoever is honest ends with what it was loaded and paid, less
what it paid, and in no case; nothing is paid twice; and once all deadlines have passed, every fen is
redeemed, returned or frozen.
"""

from collections import Counter
from contextlib import ExitStack
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from shuangli.errors import ProtocolError, Refused
from shuangli.issuer.facts import ObjectKind
from shuangli.issuer.returns.due import owed
from shuangli.messages.notices import Acknowledgement, Outcome
from shuangli.messages.transfers import CENTRE, CHANGE_OUTPUT, PAYEE_OUTPUT, Transfer, output_coin_id
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind
from shuangli.wallet.come_back import told_of_refusals
from shuangli.wallet.wallet import Wallet
from tests.database.places import Places
from tests.setting import DAY_S, NAMES, NOW, TRANSFERABLE
from tests.settlement.answers import spends_of
from tests.settlement.policies import PATIENT
from tests.world import World

HONEST: Final = 4
VALUES_FEN: Final = (100, 50, 20, 5)

people: Final = st.integers(0, 9)
operators: Final = st.sampled_from(NAMES)


class Returns(RuleBasedStateMachine):
    """A few wallets of two operators, and what each honest one must end with."""

    def __init__(self, places: Places) -> None:
        super().__init__()
        self.until_the_end = ExitStack()
        self.world = World(self.until_the_end.enter_context(places.new()), terms=TRANSFERABLE)
        self.wallets: list[Wallet] = []
        self.now_s = NOW
        self.cut_since_s: dict[str, int] = {}
        self.due_fen: Counter[bytes] = Counter()
        self.copied: set[bytes] = set()
        self.accepted: dict[bytes, bytes] = {}

    @initialize()
    def open_wallets(self) -> None:
        for number in range(HONEST + 1):
            wallet = self.world.wallet(VALUES_FEN, operator=NAMES[number % 2], payee=PATIENT)
            self.wallets.append(wallet)
            self.due_fen[wallet.key.public] += sum(VALUES_FEN)
        self.copied.add(self.wallets[HONEST].key.public)
        self.wallets.append(self.world.clone(self.wallets[HONEST]))

    def someone(self, number: int) -> Wallet:
        return self.wallets[number % len(self.wallets)]

    # --- what can happen ------------------------------------------------------------------------

    @rule(
        payer=people,
        payee=people,
        amount_fen=st.integers(1, 120),
        rival=st.none() | people,
        fate=st.sampled_from(["answered", "payment lost", "answer lost", "answer lost"]),
    )
    def pay(self, payer: int, payee: int, amount_fen: int, rival: int | None, fate: str) -> None:
        """A payment that gets so far; if a rival was quicker, the payee refuses it.

        Whoever waits for an answer of its operator neither pays nor is paid: it could not hand in in time.
        """
        to = self.someone(payee)
        if to.purse.uploads:
            return
        try:
            request = to.request(amount_fen, now_s=self.now_s)
        except Refused:
            return
        request_id = request_id_of(request)
        for number, how in ((rival, "answered"), (payer, fate)):
            who = self.someone(number) if number is not None else to
            if who.key.public == to.key.public or request_id in who.purse.paying or who.purse.uploads:
                continue
            try:
                (payment,) = who.receive(request_id, request, now_s=self.now_s, pin=True)
            except Refused:
                continue
            if how == "payment lost":
                continue
            try:
                (answer,) = to.receive(request_id, payment, now_s=self.now_s)
            except ProtocolError:
                # It shows both branches of somebody's fork, each along with another coin: as good as lost.
                continue
            # A wallet and its copy may sign the very same payment: that is one.
            if answer.kind is Kind.RECEIPT and request_id not in self.accepted:
                self.due_fen[who.key.public] -= amount_fen
                self.due_fen[to.key.public] += amount_fen
                self.accepted[request_id] = who.key.public
            if how == "answered":
                who.receive(request_id, answer, now_s=self.now_s)

    @rule(who=people)
    def go_online(self, who: int) -> None:
        self.sync(self.someone(who))

    def sync(self, wallet: Wallet) -> None:
        """Hand in what there is; an operator that is cut off keeps it, and answers when it can."""
        name = wallet.certificate.claims.issuer
        while (upload := wallet.hand_in(now_s=self.now_s)) is not None:
            bank = self.world.banks[name]
            if name in self.cut_since_s:
                with bank.store.transaction():
                    bank.keep(upload, now_s=self.now_s)
                return
            self.acknowledge(wallet, self.world.submit(upload, name, now_s=self.now_s), name)
        if name not in self.cut_since_s:
            self.world.tell_returns(wallet, name)
            wallet.note_sync(now_s=self.now_s)

    def acknowledge(self, wallet: Wallet, answer: Acknowledgement, name: str) -> None:
        handed_in = wallet.purse.uploads[answer.upload_id]
        wallet.acknowledge(answer.signed.data, operator_key=self.world.keys[name].public)
        told = told_of_refusals(handed_in, answer.outcomes, payments=wallet.purse.paying)
        last = len(answer.outcomes) - len(told)
        outcomes = answer.outcomes[last - len(handed_in.coins) : last]
        for coin, outcome in zip(handed_in.coins, outcomes, strict=True):
            in_time = answer.received_at_s <= coin.due_s
            assert not (in_time and outcome is Outcome.LATE), "what was received in time is called late"

    @rule(operator=operators)
    def cut_off(self, operator: str) -> None:
        self.cut_since_s.setdefault(operator, self.now_s)

    @rule(operator=operators)
    def heal(self, operator: str) -> None:
        """The operator reaches the centre again and passes on what it has, before it says anything else."""
        if self.cut_since_s.pop(operator, None) is not None:
            bank = self.world.banks[operator]
            with self.world.transaction():
                for upload in bank.pending():
                    bank.reconcile(upload.data, now_s=self.now_s)

    @rule(operator=operators)
    def say_what_is_complete(self, operator: str) -> None:
        if operator in self.cut_since_s:
            with self.world.banks[operator].store.transaction():
                self.world.banks[operator].watermark(now_s=self.now_s)
        else:
            self.world.sign_watermark(operator, now_s=self.now_s)

    @rule(most=st.integers(1, 4))
    def give_back(self, most: int) -> None:
        """Operators that are cut off say nothing to the centre, and hear nothing of it."""
        there = [name for name in NAMES if name not in self.cut_since_s]
        self.world.return_due(now_s=self.now_s, operators=there, most=most, told=there)

    @rule(days=st.integers(1, 4))
    def wait(self, days: int) -> None:
        """Time goes by, and everybody honest goes online once a day."""
        for _ in range(days):
            for wallet in self.wallets[:HONEST]:
                self.sync(wallet)
            self.now_s += DAY_S

    # --- what must hold -------------------------------------------------------------------------

    @invariant()
    def the_books_balance(self) -> None:
        self.world.check_books()
        assert {case.culprit for case in self.world.cases()} <= self.copied, "an honest key is in a case"

    def teardown(self) -> None:
        try:
            if self.wallets:
                self.all_deadlines_pass()
                self.check_the_end()
        finally:
            self.world.close()
            self.until_the_end.close()

    def all_deadlines_pass(self) -> None:
        for operator in NAMES:
            self.heal(operator)
        for wallet in self.wallets:
            self.sync(wallet)
        self.now_s += 60 * DAY_S
        self.world.return_due(now_s=self.now_s, most=3)
        for wallet in self.wallets:
            self.sync(wallet)

    def check_the_end(self) -> None:
        world = self.world
        world.check_books()
        culprits = {case.culprit for case in world.cases()}
        supply = world.supply()
        if not culprits:
            assert supply.loaded_fen == supply.redeemed_fen + supply.returned_fen
        assert all(self.is_frozen(*row, culprits) for row in self.open_coins()), "value is stuck"
        for wallet in self.wallets[:HONEST]:
            credited_fen = sum(world.deposit_fen(wallet, operator) for operator in NAMES)
            due_fen = self.due_fen[wallet.key.public]
            assert credited_fen >= due_fen, "an honest wallet has lost something"
            if not culprits:
                assert credited_fen == due_fen + self.unclaimed_fen(wallet)
        self.check_nothing_is_paid_twice()

    def unclaimed_fen(self, wallet: Wallet) -> int:
        """What came back to a wallet although it was received, since the copied one did not hand it in."""
        return sum(
            session.returned_fen
            for request_id, session in wallet.purse.paying.items()
            if self.accepted.get(request_id) == wallet.key.public
        )

    def open_coins(self) -> list[tuple[ObjectKind, bytes, int]]:
        store = self.world.issuer.store
        places = store.database.rows("SELECT parent_no, position FROM open_coins")
        return [(*store.objects.get(number), position) for number, position in places]

    def is_frozen(self, kind: int, data: bytes, position: int, culprits: set[bytes]) -> bool:
        """Say whether a culprit would get an open coin, or has claimed it in vain."""
        goes_to = owed(ObjectKind(kind), data, position)
        return goes_to.owner in culprits or goes_to.payee in culprits

    def check_nothing_is_paid_twice(self) -> None:
        """No coin is paid twice, nor one and what was made of it, but for the two branches of a fork."""
        store = self.world.issuer.store
        rows = store.database.rows
        transfers = [Transfer.parse(data) for data, _ in store.objects.of_kind(ObjectKind.TRANSFER)]
        parent = {
            output_coin_id(transfer.signed.id, spend.coin_id, output): spend.coin_id
            for transfer in transfers
            for spend in transfer.spends
            for output in (PAYEE_OUTPUT, CHANGE_OUTPUT)
        }
        centre = {transfer.signed.id for transfer in transfers if transfer.payee == CENTRE}
        returned = [coin_id for (coin_id,) in rows("SELECT coin_id FROM returns WHERE paid_fen > 0")]
        coins = {spend.coin_id for transfer in transfers for spend in transfer.spends} | parent.keys()
        claimed = [
            coin_id
            for coin_id in coins
            for spent in spends_of(store, coin_id)
            if spent.settled_fen
            and (
                spent.kind is ObjectKind.REFUSAL
                or Transfer.parse(store.object(spent.number)).signed.id in centre
            )
        ]
        assert len({*returned, *claimed}) == len(returned) + len(claimed), "one coin is paid twice"
        for coin_id, due_s in rows("SELECT coin_id, due_s FROM returns"):
            for spent in spends_of(store, coin_id):
                received_s = store.objects.received_s(spent.number)
                assert received_s > due_s, "a claim in time rests on what went back"
        forked = {coin_id for coin_id in coins if len(spends_of(store, coin_id)) > 1}
        for coin_id in (*returned, *claimed):
            above = coin_id
            while (above := parent.get(above, b"")) != b"":
                assert above not in returned, "a coin went back, and what was made of it was paid"
                assert above not in claimed or above in forked, "a coin was paid, and what was made of it"


def test_whatever_happens_each_gets_back_what_is_due(places: Places) -> None:
    class ReturnsThere(Returns):
        def __init__(self) -> None:
            super().__init__(places)

    examples = settings(max_examples=30 // places.share, stateful_step_count=40, deadline=None)
    run_state_machine_as_test(ReturnsThere, settings=examples)
