"""Payments between a few wallets with everything that can happen to them (DESIGN section 4).

Messages are lost, doubled, reordered and delivered to the wrong wallet, wallets are killed, copied
and compacted, uploads are repeated at either operator. Throughout, nothing is created and all is
accounted for; at the end, every double spend has its case and no honest key is in one.
"""

import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shuangli.errors import ProtocolError, Refused
from shuangli.messages.bundle import Bundle
from shuangli.messages.loads import Load
from shuangli.messages.notices import Acknowledgement
from shuangli.messages.session import Receipt
from shuangli.messages.transfers import CENTRE, Transfer
from shuangli.offline.states import Kind, Message
from shuangli.wallet.wallet import Wallet, request_id_of
from tests.truth import Truth
from tests.world import NAMES, NOW, TRANSFERABLE, World

PEOPLE: Final = 3
VALUES_FEN: Final = (100, 50, 20, 5)


class Sent(NamedTuple):
    """A message that somebody has sent; it may arrive anywhere, any number of times, or never."""

    request_id: bytes
    message: Message


class Payments(RuleBasedStateMachine):
    """Wallets, everything that was ever sent, and the truth that follows from it."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.world = World(Path(self.directory.name), terms=TRANSFERABLE)
        self.wallets: list[Wallet] = []
        self.copied: set[bytes] = set()
        self.sent: list[Sent] = []
        self.uploads: list[bytes] = []
        self.answers: list[bytes] = []
        self.loads: list[Load] = []
        self.transfers: dict[bytes, Transfer] = {}
        self.receipted: set[bytes] = set()
        self.now_s = NOW

    @initialize()
    def open_wallets(self) -> None:
        for _ in range(PEOPLE):
            wallet = self.world.wallet()
            self.loads.append(Load.parse(self.world.load(wallet, VALUES_FEN)))
            certificate = wallet.certificate.signed.data
            self.world.enrol(wallet, "OP02")
            wallet.install(certificate)
            self.wallets.append(wallet)

    # --- what can happen ------------------------------------------------------------------------

    @rule(payee=st.integers(0, 9), amount_fen=st.integers(1, 180))
    def ask(self, payee: int, amount_fen: int) -> None:
        message = self.wallets[payee % len(self.wallets)].request(amount_fen, now_s=self.now_s)
        self.sent.append(Sent(request_id_of(message), message))

    @precondition(lambda self: self.sent)
    @rule(recent=st.integers(0, 9), receiver=st.integers(0, 9))
    def deliver(self, recent: int, receiver: int) -> None:
        sent = self.sent[-1 - recent % len(self.sent)]
        wallet = self.wallets[receiver % len(self.wallets)]
        before = wallet.purse.checkpoint()
        try:
            replies = wallet.receive(sent.request_id, sent.message, now_s=self.now_s)
        except (ProtocolError, Refused):
            assert wallet.purse.checkpoint() == before, "what is refused changes nothing"
            return
        for reply in replies:
            self.note(reply)
            self.sent.append(Sent(sent.request_id, reply))

    @rule(
        payer=st.integers(0, 9),
        payee=st.integers(0, 9),
        amount_fen=st.integers(1, 120),
        messages=st.sampled_from([1, 2, 3, 3, 3]),
    )
    def pay(self, payer: int, payee: int, amount_fen: int, messages: int) -> None:
        """A payment that gets so far; what was sent may still arrive later."""
        self.ask(payee, amount_fen)
        for receiver in (payer, payee, payer)[:messages]:
            self.deliver(0, receiver)

    @rule(who=st.integers(0, 9), operator=st.sampled_from(NAMES), answered=st.booleans())
    def go_online(self, who: int, operator: str, answered: bool) -> None:
        """A reconciliation that gets so far."""
        self.hand_in(who)
        if self.uploads:
            self.reconcile(0, operator)
            if answered:
                self.acknowledge(0, who)

    def note(self, reply: Message) -> None:
        if reply.kind is Kind.PAYMENT:
            self.note_transfers(reply.body)
        elif reply.kind is Kind.RECEIPT:
            self.receipted.update(Receipt.parse(reply.body).transfer_ids)

    def note_transfers(self, bundle: bytes) -> None:
        for data in Bundle.decode(bundle).transfers:
            transfer = Transfer.parse(data)
            self.transfers[transfer.signed.id] = transfer

    @precondition(lambda self: len(self.wallets) < PEOPLE + 2)
    @rule(who=st.integers(0, 9))
    def copy(self, who: int) -> None:
        wallet = self.wallets[who % len(self.wallets)]
        self.copied.add(wallet.key.public)
        self.wallets.append(self.world.clone(wallet))

    @rule(who=st.integers(0, 9))
    def kill(self, who: int) -> None:
        number = who % len(self.wallets)
        killed = self.wallets[number]
        self.wallets[number] = self.world.restart(killed)
        assert self.wallets[number].purse.checkpoint() == killed.purse.checkpoint()

    @rule(who=st.integers(0, 9), forget=st.booleans())
    def compact(self, who: int, forget: bool) -> None:
        wallet = self.wallets[who % len(self.wallets)]
        wallet.compact(forget_before_s=self.now_s - 600 if forget else 0)
        assert self.world.restart(wallet).purse.checkpoint() == wallet.purse.checkpoint()

    @rule(seconds=st.sampled_from([0, 1, 60, 1_000]))
    def wait(self, seconds: int) -> None:
        self.now_s += seconds

    @rule(who=st.integers(0, 9))
    def hand_in(self, who: int) -> None:
        upload = self.wallets[who % len(self.wallets)].hand_in(now_s=self.now_s)
        if upload is not None:
            self.note_transfers(upload)
            self.uploads.append(upload)

    @precondition(lambda self: self.uploads)
    @rule(recent=st.integers(0, 5), operator=st.sampled_from(NAMES))
    def reconcile(self, recent: int, operator: str) -> None:
        upload = self.uploads[-1 - recent % len(self.uploads)]
        self.answers.append(self.world.submit(upload, operator, now_s=self.now_s).signed.data)

    @precondition(lambda self: self.answers)
    @rule(recent=st.integers(0, 5), who=st.integers(0, 9))
    def acknowledge(self, recent: int, who: int) -> None:
        answer = self.answers[-1 - recent % len(self.answers)]
        self.take_answer(self.wallets[who % len(self.wallets)], answer)

    def take_answer(self, wallet: Wallet, answer: bytes) -> None:
        key = self.world.keys[Acknowledgement.parse(answer).operator].public
        before = wallet.purse.checkpoint()
        try:
            wallet.acknowledge(answer, operator_key=key)
        except ProtocolError:
            assert wallet.purse.checkpoint() == before

    # --- what must hold -------------------------------------------------------------------------

    @invariant()
    def all_is_accounted_for(self) -> None:
        truth = Truth(self.loads, self.transfers.values())
        unspent = truth.unspent()
        assert sum(unspent.values()) == truth.loaded_fen + truth.forked_fen
        held: set[bytes] = set()
        for wallet in self.wallets:
            for coin_id, coin in wallet.purse.coins.items():
                assert truth.owner[coin_id] == wallet.key.public
                assert truth.value_fen[coin_id] == coin.value_fen
                if wallet.key.public not in self.copied:
                    assert coin_id in unspent, "an honest wallet holds a coin that it has spent"
                held.add(coin_id)
        for coin_id in unspent.keys() - held:
            owner = truth.owner[coin_id]
            if owner != CENTRE and owner not in self.copied:
                # Neither held nor redeemed, so it is in flight: the payee has not stored it yet.
                assert truth.paid_by[coin_id] not in self.receipted, "a receipt without the coin"
        assert truth.culprits <= self.copied, "an honest wallet has spent a coin twice"

    @invariant()
    def the_books_balance(self) -> None:
        self.world.check_books()
        assert {case.culprit for case in self.world.cases()} <= self.copied

    def teardown(self) -> None:
        """Everybody reconciles: every double spend has its case, and everybody else is paid."""
        for wallet in self.wallets:
            while (upload := wallet.hand_in(now_s=self.now_s)) is not None:
                self.note_transfers(upload)
                acknowledgement = self.world.submit(upload, now_s=self.now_s)
                self.take_answer(wallet, acknowledgement.signed.data)
        truth = Truth(self.loads, self.transfers.values())
        cases = self.world.cases()
        assert {case.coin_id for case in cases} == truth.forks
        assert {case.culprit for case in cases} == truth.culprits
        supply = self.world.supply()
        assert supply.forked_fen == truth.forked_fen
        self.world.check_books()
        for wallet in self.wallets:
            redeemed_fen = sum(
                transfer.pay_fen
                for transfer in self.transfers.values()
                if transfer.payee == CENTRE and transfer.payer == wallet.key.public
            )
            credited_fen = sum(self.world.deposit_fen(wallet, operator) for operator in NAMES)
            if wallet.key.public not in truth.culprits:
                assert credited_fen == redeemed_fen
        self.world.close()
        self.directory.cleanup()


Payments.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestPayments = Payments.TestCase
