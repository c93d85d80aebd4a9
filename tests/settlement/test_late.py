"""What is handed in late is recorded, and changes nothing until somebody shows that it was not (F20)."""

import pytest

from shuangli.issuer.supply import Supply
from shuangli.wallet.wallet import Wallet
from tests.forging import bundle, outputs_of, sign_away
from tests.paying import coins_of, pay
from tests.setting import DAY_S, NOW
from tests.settlement.answers import EXPIRED_S, outcomes
from tests.world import World


def claimed(world: World, payer: Wallet, amount_fen: int = 60) -> tuple[Wallet, bytes]:
    """A shop that was paid at NOW, and its upload."""
    shop = world.wallet(tier=0)
    world.enrol(shop, "OP02")
    pay(payer, shop, amount_fen)
    return shop, shop.hand_in(now_s=NOW) or b""


def figures(supply: Supply) -> tuple[int, ...]:
    """What must not depend on the order: both branches of a fork together."""
    paid_fen = supply.redeemed_fen + supply.fund_paid_fen
    open_fen = supply.outstanding_fen + supply.forked_open_fen
    return supply.loaded_fen, supply.forked_fen, supply.void_fen, paid_fen, open_fen


def test_f20_below_what_is_late_all_is_late(world: World) -> None:
    rider = world.wallet([100])
    (coin,) = coins_of(rider)
    copy = world.clone(rider)
    _, upload = claimed(world, rider)
    assert outcomes(world, upload, now_s=EXPIRED_S + 1) == ["LATE", "LATE"]
    supply = world.supply()
    assert (supply.outstanding_fen, supply.redeemed_fen) == (100, 0), "the loaded coin is as open as before"
    world.check_books()
    # It is known all the same: whoever has signed the coin away again is caught.
    _, other = claimed(world, copy)
    assert outcomes(world, other, now_s=EXPIRED_S + 1) == ["FORKED", "LATE"]
    assert [case.coin_id for case in world.cases()] == [coin.coin_id]


@pytest.mark.parametrize("late_first", [True, False])
def test_a_payment_that_one_operator_had_in_time_is_settled_whoever_comes_first(
    world: World, late_first: bool
) -> None:
    shop, upload = claimed(world, world.wallet([100]))
    arrivals = [("OP02", NOW), ("OP01", EXPIRED_S + 1)]
    results = [
        outcomes(world, upload, operator, now_s=now_s)
        for operator, now_s in (reversed(arrivals) if late_first else arrivals)
    ]
    if late_first:
        assert results == [["LATE", "LATE"], ["SETTLED", "SETTLED"]]
    else:
        assert results == [["SETTLED", "SETTLED"], ["REPEAT", "REPEAT"]]
    assert (world.deposit_fen(shop, "OP02"), world.deposit_fen(shop, "OP01")) == (60, 0)
    supply = world.supply()
    assert (supply.redeemed_fen, supply.outstanding_fen) == (60, 40)
    world.check_books()


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_of_two_branches_the_one_in_time_takes_the_coin(world: World, order: tuple[int, int, int]) -> None:
    """A late branch is worth nothing, until it is shown to be in time as well: then the fund pays for one."""
    rider = world.wallet([100])
    copy = world.clone(rider)
    one, two = claimed(world, rider, 60)[1], claimed(world, copy, 70)[1]
    arrivals = [(one, "OP01", EXPIRED_S + 1), (two, "OP01", NOW), (one, "OP02", NOW)]
    seen = set()
    for position in order:
        upload, operator, now_s = arrivals[position]
        outcomes(world, upload, operator, now_s=now_s)
        world.check_books()
        seen.add(position)
        supply = world.supply()
        in_time = len(seen & {1, 2})
        if seen >= {0, 1} and 2 not in seen:
            assert (supply.redeemed_fen, supply.fund_paid_fen, supply.void_fen) == (70, 0, 100)
        if in_time == 2:
            assert (supply.redeemed_fen + supply.fund_paid_fen, supply.void_fen) == (130, 0)
    assert figures(world.supply()) == (100, 100, 0, 130, 40 + 30)
    (case,) = world.cases()
    assert (case.culprit, case.loss_fen) == (rider.key.public, 30)


@pytest.mark.parametrize("reverse", [True, False])
def test_a_payment_in_time_takes_the_coin_from_a_late_redemption(world: World, reverse: bool) -> None:
    rider = world.wallet([100])
    (coin,) = coins_of(rider)
    late = bundle([coin], sign_away(rider, [(coin, 100)], now_s=NOW))
    _, upload = claimed(world, rider)
    uploads = [(late, EXPIRED_S + 1), (upload, NOW)]
    for data, now_s in reversed(uploads) if reverse else uploads:
        outcomes(world, data, "OP01" if data is late else "OP02", now_s=now_s)
    assert figures(world.supply()) == (100, 100, 100, 60, 40)
    assert len(world.cases()) == 1
    world.check_books()


def test_two_late_branches_leave_the_coin_open(world: World) -> None:
    """It goes back to nobody: its owner is the culprit."""
    rider = world.wallet([100])
    copy = world.clone(rider)
    for payer in (rider, copy):
        _, upload = claimed(world, payer)
        outcomes(world, upload, now_s=EXPIRED_S + 1)
    assert figures(world.supply()) == (100, 100, 100, 0, 100)
    world.return_due(now_s=EXPIRED_S + 2)
    assert figures(world.supply()) == (100, 100, 100, 0, 100)
    (case,) = world.cases()
    assert (case.paid_fen, case.loss_fen) == (0, 0)
    world.check_books()


def test_a_received_coin_with_two_late_branches_goes_back_to_its_payer(hops: World) -> None:
    payer, cheat = hops.wallet([100]), hops.wallet()
    pay(payer, cheat, 100)
    (coin,) = coins_of(cheat)
    branches = [
        sign_away(cheat, [(coin, 100)], payee=hops.key("x").public, request_id=bytes([number] * 32))
        for number in (1, 2)
    ]
    assert outcomes(hops, bundle([coin], *branches), now_s=NOW + 3 * DAY_S + 1) == [
        "SETTLED",
        "LATE",
        "FORKED",
    ]
    hops.return_due(now_s=NOW + 4 * DAY_S)
    assert hops.deposit_fen(payer) == 100
    (case,) = hops.cases()
    assert (case.culprit, case.paid_fen, case.loss_fen) == (cheat.key.public, 100, 0)
    hops.check_books()


def test_frozen_or_capped_value_does_not_go_back_to_its_payer(hops: World) -> None:
    """A claim in time rests on it: the payer has paid, and somebody has been paid."""
    cheat, payer = hops.wallet([50]), hops.wallet([100])
    copy = hops.clone(cheat)
    for wallet in (cheat, copy):
        gate = hops.wallet()
        pay(wallet, gate, 50)
        hops.hand_in(gate)
    pay(payer, cheat, 100)
    assert hops.hand_in(cheat).outcomes[-1].name == "FROZEN"
    hops.return_due(now_s=NOW + 40 * DAY_S)
    assert (hops.deposit_fen(payer), hops.deposit_fen(cheat)) == (0, 0)
    assert hops.supply().outstanding_fen == 100
    hops.check_books()


def test_an_honest_payer_on_a_fork_gets_what_nobody_claimed_from_the_fund(hops: World) -> None:
    cheat, honest, gate = hops.wallet([100]), hops.wallet(), hops.wallet()
    copy, nobody = hops.clone(cheat), hops.wallet()
    pay(cheat, gate, 100)
    hops.hand_in(gate)
    pay(copy, honest, 100)
    (coin,) = coins_of(honest)
    transfer = sign_away(honest, [(coin, 70)], payee=nobody.key.public, request_id=bytes([3] * 32))
    (_, change) = outputs_of(transfer, coin)
    redeem = sign_away(honest, [(change, 30)])
    assert outcomes(hops, bundle([coin], transfer, redeem)) == ["FORKED", "SETTLED", "SETTLED"]
    hops.return_due(now_s=NOW + 3 * DAY_S)
    assert hops.deposit_fen(honest) == 30 + 70
    supply = hops.supply()
    assert (supply.fund_paid_fen, supply.forked_open_fen, supply.returned_fen) == (100, 0, 0)
    (case,) = hops.cases()
    assert (case.paid_fen, case.owed_fen, case.loss_fen) == (200, 0, 100)
    hops.check_books()
