"""The PIN: counted before it is compared (F39), and asked for by the element itself (F23)."""

from dataclasses import replace

import pytest

from shuangli.errors import BadInput, LinkError, Refused
from shuangli.offline.request import request_id_of
from shuangli.wallet.element.chip import ELEMENT_POLICY
from shuangli.wallet.element.commands import Ins, WrongPin, pin_block
from shuangli.wallet.element.power import Power
from tests.element.support import PIN, Held, element_in, held_in, remembered
from tests.paying import pay
from tests.setting import NOW
from tests.world import World


def wrong(held: Held, pin: str = "0000") -> str:
    """What a wrong PIN gets."""
    with pytest.raises(Refused) as refused:
        held.custody.verify_pin(pin)
    return refused.value.code


def test_f39_a_wrong_pin_is_counted_and_the_third_locks(world: World) -> None:
    held = held_in(world, [100])
    for tries in (2, 1, 0):
        with pytest.raises(WrongPin, match=f"{tries} tries left"):
            held.custody.verify_pin("0000")
    assert wrong(held, PIN) == "locked"
    held = held.restart()
    assert wrong(held, PIN) == "locked"
    with pytest.raises(Refused) as locked:
        pay(held.wallet, world.wallet(tier=0), 100)
    assert locked.value.code == "locked"
    assert held.state.held_fen(NOW) == held.wallet.purse.balance_fen == 100


def test_f39_the_right_pin_gives_all_tries_back(world: World) -> None:
    held = held_in(world)
    assert [wrong(held), wrong(held)] == ["wrong-pin", "wrong-pin"]
    held.custody.verify_pin(PIN)
    assert held.state.counters.tries == 3


def test_f39_cutting_the_power_gives_no_free_try(world: World) -> None:
    """Wherever a wrong try is cut off: it was counted, or it was not compared and told nothing."""
    held = held_in(world)
    held.custody.value  # noqa: B018 - the application is selected by asking for something
    element = held.element
    element.power = Power()
    wrong(held)
    for steps in range(element.power.used):
        held = held_in(world, name=f"torn/{steps}")
        before = held.element.work.carried_bytes
        held.element.power = Power(steps)
        with pytest.raises(LinkError):
            held.custody.verify_pin("0000")
        told = held.element.work.carried_bytes > before
        held.element.power = Power()
        assert remembered(held.element).counters.tries == 2 or not told


def test_what_is_no_pin_is_not_a_try(world: World) -> None:
    held = held_in(world)
    for pin in ("", "123", "123456789", "12a4", "１２３４"):
        assert wrong(held, pin) == "wrong-pin"
    for new in ("", "123", "abcd"):
        with pytest.raises(Refused):
            held.custody.change_pin(PIN, new)
    assert held.state.counters.tries == 3


def test_the_pin_is_changed_by_who_knows_it(world: World) -> None:
    held = held_in(world)
    with pytest.raises(WrongPin):
        held.custody.change_pin("0000", "1357")
    held.custody.change_pin(PIN, "1357")
    assert wrong(held, PIN) == "wrong-pin"
    held.custody.verify_pin("1357")


def test_f39_a_wrong_pin_takes_an_earlier_one_back(world: World) -> None:
    held = held_in(world, [300_000], tier=1)
    held.custody.verify_pin(PIN)
    assert wrong(held) == "wrong-pin"
    with pytest.raises(Refused) as required:
        pay(held.wallet, world.wallet(tier=0), 200_000)
    assert required.value.code == "pin-required"


def test_an_element_tells_how_many_tries_are_left(world: World) -> None:
    held = held_in(world)
    custody = held.custody
    with pytest.raises(WrongPin, match="3 tries"):
        custody._send(Ins.VERIFY, parameters=0x0081)
    custody.verify_pin(PIN)
    assert custody._send(Ins.VERIFY, parameters=0x0081) == b""


def test_f23_a_pin_is_needed_above_an_amount_and_good_for_one_payment(world: World) -> None:
    held = held_in(world, [300_000, 300_000], tier=1)
    shop = world.wallet(tier=0)
    above_fen = ELEMENT_POLICY.pin_above_fen + 1

    def try_to_pay() -> str:
        try:
            pay(held.wallet, shop, above_fen)
        except Refused as refused:
            return refused.code
        return "paid"

    assert try_to_pay() == "pin-required"
    held.custody.verify_pin(PIN)
    assert [try_to_pay(), try_to_pay()] == ["paid", "pin-required"]
    held.custody.verify_pin(PIN)
    held.element.power_off()
    assert try_to_pay() == "pin-required"
    assert shop.purse.balance_fen == above_fen


def test_f23_a_pin_is_needed_after_so_many_payments(world: World) -> None:
    policy = replace(ELEMENT_POLICY, payments_between_pins=2)
    held = held_in(world, [100] * 5, policy=policy)
    shop = world.wallet(tier=0)
    pay(held.wallet, shop, 100)
    pay(held.wallet, shop, 100)
    with pytest.raises(Refused) as required:
        pay(held.wallet, shop, 100)
    assert required.value.code == "pin-required"
    held.custody.verify_pin(PIN)
    for _ in range(3):
        pay(held.wallet, shop, 100)
    assert shop.purse.balance_fen == 500


def test_f23_a_phone_that_says_the_pin_was_given_is_not_believed(world: World) -> None:
    held = held_in(world, [300_000], tier=1)
    request = world.wallet(tier=0).request(200_000, now_s=NOW)
    with pytest.raises(Refused) as required:
        held.wallet.receive(request_id_of(request), request, now_s=NOW, pin=True)
    assert required.value.code == "pin-required"


def test_a_resend_needs_no_pin(world: World) -> None:
    held = held_in(world, [300_000], tier=1)
    request = world.wallet(tier=0).request(200_000, now_s=NOW)
    held.custody.verify_pin(PIN)
    first = held.wallet.receive(request_id_of(request), request, now_s=NOW, pin=True)
    held.journal = type(held.journal)(list(held.journal)[:-1])
    held = held.restart()
    assert held.wallet.receive(request_id_of(request), request, now_s=NOW + 1) == first


def test_an_element_is_made_with_a_pin(world: World) -> None:
    assert remembered(element_in(world, "any")).counters.pin == pin_block(PIN)
    with pytest.raises(Refused):
        pin_block("12")
    assert issubclass(WrongPin, Refused)
    assert not issubclass(WrongPin, BadInput)
