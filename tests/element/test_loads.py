"""Loads: an element takes in only what answers a nonce that it holds open, once (F50)."""

from dataclasses import replace

import pytest

from shuangli.errors import OutOfTurn, Refused, ShuangliError
from shuangli.messages.certificates import WalletKind
from shuangli.messages.loads import Load, LoadOrder
from shuangli.wallet.element.power import Power
from tests.element.support import SMALL, Held, held_in, key_set_of
from tests.paying import pay
from tests.setting import DAY_S, NETWORK, NOW
from tests.world import World


def minted(world: World, order: bytes, **parts: object) -> bytes:
    """A load for an order as the mint would sign it, or with other parts."""
    parsed = replace(LoadOrder.parse(order), **parts)  # type: ignore[arg-type]
    return Load.sign(
        world.keys["minting"],
        network=NETWORK,
        currency="CNY",
        order=parsed,
        epoch=1,
        issued_at_s=NOW,
        expires_at_s=NOW + 20 * DAY_S,
    ).signed.data


def refused(held: Held, load: bytes) -> str:
    before = held.state
    with pytest.raises(ShuangliError) as error:
        held.custody.take_load(load)
    assert held.state == before
    return error.value.code


def test_f50_a_load_fed_again_brings_nothing(world: World) -> None:
    held = held_in(world)
    load = world.load(held.wallet, [100, 50])
    shop = world.wallet(tier=0)
    held.custody.take_load(load)
    assert held.state.held_fen(NOW) == 150
    pay(held.wallet, shop, 100)
    held.custody.take_load(load)
    assert held.state.held_fen(NOW) == 50
    pay(held.wallet, shop, 50)
    assert refused(held, load) == "out-of-turn"
    with pytest.raises(OutOfTurn):
        held.wallet.receive_load(load)


def test_f50_two_loads_that_look_alike_are_told_apart_by_their_nonces(world: World) -> None:
    held = held_in(world)
    orders = [held.wallet.order_load([100], now_s=NOW) for _ in range(2)]
    loads = [minted(world, order) for order in orders]
    assert loads[0] != loads[1]
    for load in (*loads, *loads):
        held.custody.take_load(load)
    assert held.state.held_fen(NOW) == 200


def test_f50_a_second_load_for_one_order_is_refused(world: World) -> None:
    held = held_in(world)
    order = held.wallet.order_load([100], now_s=NOW)
    held.custody.take_load(minted(world, order))
    assert refused(held, minted(world, order, values_fen=(500,))) == "out-of-turn"


def test_f50_a_phone_cannot_open_a_nonce_again(world: World) -> None:
    """A broken phone orders with a nonce that was used, or one of its own."""
    held = held_in(world)
    order = LoadOrder.parse(held.wallet.order_load([7], now_s=NOW))
    used = LoadOrder.parse(held.wallet.order_load([100], now_s=NOW))
    held.custody.take_load(minted(world, used.signed.data))
    for nonce in (used.nonce, bytes(16)):
        with pytest.raises(OutOfTurn):
            LoadOrder.sign(
                held.custody, operator="OP01", values_fen=[9], nonce=nonce, ordered_at_s=order.ordered_at_s
            )
    again = LoadOrder.sign(held.custody, operator="OP01", values_fen=[7], nonce=order.nonce, ordered_at_s=NOW)
    assert again.signed == order.signed


def test_a_load_must_be_minted_for_this_element(world: World) -> None:
    held, other = held_in(world), world.wallet()
    order = held.wallet.order_load([100], now_s=NOW)
    assert refused(held, minted(world, order, owner=other.key.public)) == "element-refused"
    assert refused(held, minted(world, order)[:-1] + b"\0") == "element-refused"
    assert refused(held, order) == "element-refused"
    held.custody.take_load(minted(world, order))


def test_f10_a_load_cut_off_before_the_phone_noted_it_is_taken_again(world: World) -> None:
    held = held_in(world)
    load = world.load(held.wallet, [100])
    held.journal = type(held.journal)(list(held.journal)[:-1])
    held = held.restart()
    assert held.wallet.purse.balance_fen == 0
    held.wallet.receive_load(load)
    assert held.wallet.purse.balance_fen == held.state.held_fen(NOW) == 100


def test_no_more_coins_than_there_is_room_for(world: World) -> None:
    held = held_in(world, [1] * 10)
    order = held.wallet.order_load([1] * (SMALL.coins - 9), now_s=NOW)
    assert refused(held, minted(world, order)) == "element-full"
    late_s = NOW + 60 * DAY_S
    order = held.wallet.order_load([1] * SMALL.coins, now_s=late_s)
    parsed = LoadOrder.parse(order)
    load = Load.sign(
        world.keys["minting"],
        network=NETWORK,
        currency="CNY",
        order=parsed,
        epoch=1,
        issued_at_s=late_s,
        expires_at_s=late_s + DAY_S,
    )
    held.custody.take_load(load.signed.data)
    assert held.state.held_fen(late_s) == SMALL.coins


def test_the_oldest_order_gives_way(world: World) -> None:
    held = held_in(world)
    orders = [held.wallet.order_load([100], now_s=NOW) for _ in range(SMALL.orders + 1)]
    assert refused(held, minted(world, orders[0])) == "out-of-turn"
    for order in orders[1:]:
        held.custody.take_load(minted(world, order))


def test_an_element_orders_no_more_than_its_tier_may_hold(world: World) -> None:
    held = held_in(world, tier=4)
    with pytest.raises(Refused) as over:
        LoadOrder.sign(
            held.custody,
            operator="OP01",
            values_fen=[1_000_001],
            nonce=held.custody.challenge(16),
            ordered_at_s=NOW,
        )
    assert over.value.code == "over-limit"


def test_an_element_enrols_as_what_it_is(world: World) -> None:
    held = held_in(world)
    with pytest.raises(Refused, match="SIGN ENROLMENT"):
        held.wallet.enrol(kind=WalletKind.SOFT, tier=2, person=bytes(32), now_s=NOW)
    held.wallet.enrol(kind=WalletKind.HARD, tier=2, person=bytes(32), now_s=NOW)


def test_keys_and_certificates_are_only_renewed(world: World) -> None:
    held = held_in(world)
    with pytest.raises(Refused):
        held.custody.take_keys(world.operators[0].signed.data)
    held.custody.take_keys(key_set_of(world, 3))
    with pytest.raises(OutOfTurn):
        held.custody.take_keys(key_set_of(world, 2))
    with pytest.raises(Refused):
        held.custody.install(world.wallet().certificate.signed.data)
    world.enrol(world.wallet(), "OP01")
    held.element.power = Power()
    held.custody.install(held.wallet.certificate.signed.data)
