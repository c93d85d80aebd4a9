"""A wallet that is behind its element catches up with it (F10), and takes no other journal for its own."""

from typing import Any, Final

import pytest

from shuangli.errors import LinkError, Refused, StoreError
from shuangli.offline.links.apdu import Command
from shuangli.offline.request import request_id_of
from tests.element.support import held_in
from tests.paying import pay
from tests.setting import NOW
from tests.world import World

LATER_S: Final = NOW + 10


def test_f10_a_payment_that_the_phone_did_not_note_is_noted_when_it_opens(hops: World) -> None:
    held = held_in(hops, [100, 60])
    shop = hops.wallet(tier=0)
    request = shop.request(30, now_s=NOW)
    (payment,) = held.wallet.receive(request_id_of(request), request, now_s=NOW)
    known = held.wallet.purse.checkpoint()
    held.journal = type(held.journal)(list(held.journal)[:-1])
    held = held.restart()
    assert held.wallet.purse.checkpoint() == known
    assert held.wallet.receive(request_id_of(request), request, now_s=LATER_S) == (payment,)


def test_f10_payments_on_top_of_each_other_are_noted_in_their_order(hops: World) -> None:
    held = held_in(hops, [100])
    shop = hops.wallet(tier=0)
    requests = [shop.request(amount_fen, now_s=NOW) for amount_fen in (10, 20)]
    for request in requests:
        held.wallet.receive(request_id_of(request), request, now_s=NOW)
    known = held.wallet.purse.checkpoint()
    held.journal = type(held.journal)(list(held.journal)[:-2])
    assert held.restart().wallet.purse.checkpoint() == known


def test_f10_a_running_phone_catches_up_when_its_element_says_so(hops: World) -> None:
    """The answer is lost on the way, the phone goes on: the same request, and another one, come out right."""
    for same in (True, False):
        held = held_in(hops, [100, 60], name=f"{same}")
        shop = hops.wallet(tier=0)
        first, other = (shop.request(100, now_s=NOW) for _ in range(2))
        sent = held.custody._transmit

        def lose(data: bytes, sent: Any = sent) -> bytes:
            if Command.decode(data).is_chained:
                return bytes(sent(data))
            sent(data)
            raise LinkError("link-cut")

        held.custody._transmit = lose
        with pytest.raises(LinkError):
            held.wallet.receive(request_id_of(first), first, now_s=NOW)
        held.custody._transmit = sent
        assert held.wallet.purse.balance_fen == 160
        if same:
            (payment,) = held.wallet.receive(request_id_of(first), first, now_s=LATER_S)
            assert shop.receive(request_id_of(first), payment, now_s=LATER_S)
        else:
            with pytest.raises(Refused) as short:
                held.wallet.receive(request_id_of(other), other, now_s=LATER_S)
            assert short.value.code == "insufficient-funds"
            assert request_id_of(first) in held.wallet.purse.paying
        assert held.wallet.purse.balance_fen == held.state.held_fen(NOW) == 60


def test_f10_a_redemption_that_the_phone_did_not_note_is_handed_in(world: World) -> None:
    held = held_in(world)
    pay(world.wallet([100]), held.wallet, 100)
    upload = held.wallet.hand_in(now_s=NOW)
    held.journal = type(held.journal)(list(held.journal)[:-1])
    held = held.restart()
    assert held.wallet.unanswered == (upload,)
    assert held.wallet.hand_in(now_s=LATER_S) is None
    world.hand_in(held.wallet)
    assert world.deposit_fen(held.wallet) == 100
    world.check_books()


def test_the_journal_of_another_element_is_not_taken(hops: World) -> None:
    """A journal that was set back behind the log: the wallet does not guess."""
    held = held_in(hops, [1, 2, 3, 4])
    shop = hops.wallet(tier=0)
    old = list(held.journal)
    pay(held.wallet, shop, 1 + 2)
    pay(held.wallet, shop, 3)
    pay(held.wallet, shop, 4)
    held.journal = type(held.journal)(old)
    held = held.restart()
    assert held.wallet.purse.balance_fen == 3
    with pytest.raises(StoreError) as behind:
        pay(held.wallet, shop, 2)
    assert behind.value.code == "out-of-step"


def test_a_journal_with_some_of_the_coins_is_not_taken_for_its_own(hops: World) -> None:
    held = held_in(hops, [10])
    first_load = list(held.journal)
    hops.load(held.wallet, [20])
    pay(held.wallet, hops.wallet(tier=0), 30)
    held.journal = type(held.journal)(first_load)
    with pytest.raises(StoreError, match="some of the coins"):
        held.restart()


def test_a_command_that_was_cut_in_the_middle_is_not_continued_by_the_next(hops: World) -> None:
    """The way to the element breaks between two parts of a command, and the element keeps its power."""
    held = held_in(hops, [100])
    request = hops.wallet(tier=0).request(100, now_s=NOW)
    sent = held.custody._transmit

    def cut(data: bytes) -> bytes:
        if Command.decode(data).is_chained:
            sent(data)
            raise LinkError("link-cut")
        return bytes(sent(data))

    held.custody._transmit = cut
    with pytest.raises(LinkError):
        held.wallet.receive(request_id_of(request), request, now_s=NOW)
    held.custody._transmit = sent
    assert held.wallet.receive(request_id_of(request), request, now_s=NOW)
