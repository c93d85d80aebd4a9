"""Whole payments with hard wallets, over a tap: between all kinds, and torn in the middle."""

from collections.abc import Iterator

import pytest

from shuangli.errors import LinkError
from shuangli.offline.links.tap import TapDevice, TapTerminal
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message, PayeeState, PayerState
from shuangli.wallet.counter import Counter
from shuangli.wallet.element.power import Power
from shuangli.wallet.element.reader import ElementCustody
from shuangli.wallet.element.state import MAX_SPENDS, Capacity
from shuangli.wallet.journal import MemoryJournal
from shuangli.wallet.session import stored_request
from shuangli.wallet.wallet import Wallet
from tests.element.support import Held, held_in, open_held, twin
from tests.setting import NOW
from tests.world import World

PRICE_FEN = 130
LOADED_FEN = (100, 60, 40)


def tap(payer: Wallet, payee: Wallet, request: Message, now_s: int = NOW) -> None:
    """A payer's device held against a payee's terminal, until the receipt is there.

    Raises:
        LinkError: either device has stopped.
    """
    request_id = request_id_of(request)

    def answer(message: Message) -> Message | None:
        return next(iter(payer.receive(request_id, message, now_s=now_s)), None)

    terminal = TapTerminal(TapDevice(answer).process)
    terminal.select()
    payment = terminal.send(request)
    assert payment is not None
    (receipt,) = payee.receive(request_id, payment, now_s=now_s)
    assert receipt.kind is Kind.RECEIPT
    assert terminal.send(receipt) is None


@pytest.mark.parametrize(("payer_hard", "payee_hard"), [(True, True), (True, False), (False, True)], ids=str)
def test_a_payment_between_hard_and_soft_wallets(world: World, payer_hard: bool, payee_hard: bool) -> None:
    payer = held_in(world, LOADED_FEN, name="payer").wallet if payer_hard else world.wallet(LOADED_FEN)
    payee = held_in(world, name="payee", tier=0).wallet if payee_hard else world.wallet(tier=0)
    request = payee.request(PRICE_FEN, now_s=NOW)
    tap(payer, payee, request)
    assert payer.purse.paying[request_id_of(request)].state is PayerState.PAID
    assert payer.purse.balance_fen == sum(LOADED_FEN) - PRICE_FEN
    world.hand_in(payee)
    assert world.deposit_fen(payee) == PRICE_FEN
    assert world.cases() == []
    world.check_books()


class Session:
    """A hard payer and a hard payee before a payment, and as many twins of them as are asked for."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._payer = held_in(world, LOADED_FEN, name="payer")
        self._payee = held_in(world, name="payee", tier=0)
        self.request = self._payee.wallet.request(PRICE_FEN, now_s=NOW)
        self.request_id = request_id_of(self.request)

    def twins(self) -> tuple[Held, Held]:
        """Both, at the beginning."""
        payer, payee = (
            open_held(self.world, twin(held.element), MemoryJournal(held.journal))
            for held in (self._payer, self._payee)
        )
        return payer, payee

    def steps(self) -> tuple[int, int]:
        """Steps of power that the payer's and the payee's element need for the payment."""
        payer, payee = self.twins()
        payer.element.power, payee.element.power = Power(), Power()
        tap(payer.wallet, payee.wallet, self.request)
        return payer.element.power.used, payee.element.power.used

    def cuts(self) -> Iterator[tuple[int, int | None]]:
        """Which element loses its power, and when."""
        for which, steps in enumerate(self.steps()):
            for cut in range(0, steps, 5):
                yield which, cut


def check(session: Session, payer: Held, payee: Held) -> None:
    """At any moment: spent once or not at all, and what both elements hold is no more than was loaded."""
    held_fen = payer.state.held_fen(NOW), payee.state.held_fen(NOW)
    assert held_fen[0] in (sum(LOADED_FEN), sum(LOADED_FEN) - PRICE_FEN)
    assert held_fen[1] in (0, PRICE_FEN)
    assert sum(held_fen) <= sum(LOADED_FEN)
    assert payee.wallet.purse.balance_fen <= held_fen[1]


def test_f07_f08_f10_a_tap_in_which_an_element_loses_its_power_is_made_good_by_the_next(world: World) -> None:
    """Phones are switched off with it, so each starts from its journal and its element."""
    session = Session(world)
    cuts = 0
    for which, cut in session.cuts():
        both = session.twins()
        both[which].element.power = Power(cut)
        with pytest.raises(LinkError):
            tap(both[0].wallet, both[1].wallet, session.request)
        payer, payee = (held.restart() for held in both)
        check(session, payer, payee)
        tap(payer.wallet, payee.wallet, stored_request(payee.wallet, session.request_id), NOW + 20)
        check(session, payer, payee)
        assert payer.wallet.purse.paying[session.request_id].state is PayerState.PAID
        assert payee.wallet.purse.asking[session.request_id].state is PayeeState.RECEIVED
        for held in (payer, payee):
            assert held.wallet.purse.balance_fen == held.state.held_fen(NOW)
        assert payer.state.counters.transfers == 1
        cuts += 1
    assert cuts > 100


def test_f10_a_phone_that_stays_on_catches_up_by_itself(world: World) -> None:
    """Only the element loses its power, or the way to it is cut: the phone goes on as it was."""
    session = Session(world)
    payer_steps, _ = session.steps()
    for cut in range(payer_steps - 200, payer_steps, 7):
        payer, payee = session.twins()
        payer.element.power = Power(cut)
        with pytest.raises(LinkError):
            tap(payer.wallet, payee.wallet, session.request)
        payer.element.power = Power()
        tap(payer.wallet, payee.wallet, session.request, NOW + 1)
        assert payer.wallet.purse.paying[session.request_id].state is PayerState.PAID
        assert payer.state.counters.transfers == 1
        assert payer.wallet.purse.balance_fen == payer.state.held_fen(NOW)


def test_a_hard_wallet_hands_in_as_many_coins_at_once_as_its_log_has_room_for(world: World) -> None:
    held = held_in(world, tier=0, capacity=Capacity(coins=MAX_SPENDS + 6))
    for _ in range(MAX_SPENDS // 4 + 1):
        payer = world.wallet([1, 2, 4, 8])
        request = held.wallet.request(15, now_s=NOW)
        tap(payer, held.wallet, request)
    received_fen = held.wallet.purse.balance_fen
    uploads = 0
    while held.wallet.purse.coins:
        world.hand_in(held.wallet)
        uploads += 1
    assert uploads == 2
    assert world.deposit_fen(held.wallet) == received_fen
    assert held.state.held_fen(NOW) == 0
    world.check_books()


def test_an_element_counts_for_the_wallet_file(world: World) -> None:
    """Its counter is the device's: nobody sets it back."""
    held = held_in(world)
    counter: Counter = held.custody
    assert counter.value == 0
    assert [counter.increment(), counter.increment()] == [1, 2]
    held = held.restart()
    assert held.custody.value == 2


def test_an_element_over_extended_commands(world: World) -> None:
    """Where both sides have extended length, nothing is chained, and the outcome is the same."""
    held = held_in(world, LOADED_FEN)
    custody = ElementCustody(held.element.process, extended=True)
    wallet = Wallet(key=custody, trust=world.trust(), journal=held.journal, rules=held.wallet._rules)
    shop = world.wallet(tier=0)
    before = held.element.work.exchanges
    tap(wallet, shop, shop.request(PRICE_FEN, now_s=NOW))
    assert held.element.work.exchanges - before <= 2
    assert held.state.held_fen(NOW) == sum(LOADED_FEN) - PRICE_FEN
