"""Ageing: what is out, by age and time left, adds up to the supply to the fen (F20, F24)."""

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuangli.issuer.epochs.ageing import Standing, outstanding_by_age, returned_by_age, withheld_fen
from shuangli.issuer.supply import supply_by_epoch
from tests.epochs.lives import live_through
from tests.forging import bundle, sign_away
from tests.paying import coins_of, pay
from tests.setting import DAY_S, NOW, STAGED
from tests.settlement.answers import outcomes
from tests.world import World

DUE_S = NOW + 3 * DAY_S
"""Two days to claim and one of grace after a payment at NOW."""


def standing(world: World, now_s: int) -> dict[str, int]:
    """What is open, in fen by standing."""
    found: dict[str, int] = {}
    for row in outstanding_by_age(world.issuer.store.database, now_s=now_s):
        found[row.standing.value] = found.get(row.standing.value, 0) + row.value_fen
    return found


@pytest.mark.parametrize(
    ("now_s", "word", "days_left"),
    [
        (NOW, "open", 3),
        (NOW + 2 * DAY_S, "open", 1),
        (NOW + 2 * DAY_S + 1, "in-grace", 0),
        (DUE_S, "in-grace", 0),
        (DUE_S + 1, "withheld", -1),
        (DUE_S + DAY_S, "withheld", -1),
        (DUE_S + DAY_S + 1, "withheld", -2),
    ],
)
def test_f20_a_payment_that_nobody_hands_in_ages(world: World, now_s: int, word: str, days_left: int) -> None:
    rider, shop = world.wallet([100]), world.wallet(tier=0)
    paid = pay(rider, shop, 60)
    world.submit(paid.payment.body)
    rows = outstanding_by_age(world.issuer.store.database, now_s=now_s)
    (payment,) = [row for row in rows if row.value_fen == 60]
    assert (payment.standing.value, payment.days_left) == (word, days_left)
    assert payment.age_days == (now_s - NOW) // DAY_S
    (change,) = [row for row in rows if row.value_fen == 40]
    assert (change.standing, change.days_left) == (Standing.OPEN, 31 - -(-(now_s - NOW) // DAY_S))
    assert withheld_fen(rows) == (60 if word == "withheld" else 0)


def test_f20_what_is_withheld_is_late_with_its_name_and_shows_until_it_has_gone_back(world: World) -> None:
    rider, shop = world.wallet([100]), world.wallet(tier=0)
    world.submit(pay(rider, shop, 60).payment.body)
    redeemed = shop.hand_in(now_s=NOW) or b""
    assert outcomes(world, redeemed, now_s=DUE_S + 1) == ["REPEAT", "LATE"]
    assert standing(world, DUE_S + 1) == {"open": 40, "withheld": 60}
    world.return_due(now_s=DUE_S + DAY_S)
    assert standing(world, DUE_S + DAY_S) == {"open": 40}
    (back,) = returned_by_age(world.issuer.store.database, now_s=DUE_S + 3 * DAY_S)
    assert (back.value_fen, back.age_days, back.waited_days, back.from_fund) == (60, 2, 1, False)


def test_f24_what_a_destroyed_device_held_shows_with_its_time_left_until_it_comes_back(world: World) -> None:
    rider = world.wallet([70])
    (row,) = outstanding_by_age(world.issuer.store.database, now_s=NOW + 10 * DAY_S)
    assert (row.age_days, row.days_left, row.value_fen) == (10, 21, 70)
    world.return_due(now_s=NOW + 31 * DAY_S + 1)
    world.return_due(now_s=NOW + 31 * DAY_S + 2)
    assert outstanding_by_age(world.issuer.store.database, now_s=NOW + 32 * DAY_S) == []
    assert world.deposit_fen(rider) == 70
    (back,) = returned_by_age(world.issuer.store.database, now_s=NOW + 32 * DAY_S)
    assert (back.coins, back.value_fen) == (1, 70)


def test_what_waits_for_people_or_is_held_is_told_apart(world: World) -> None:
    rider, shop = world.wallet([100]), world.wallet(tier=0)
    world.submit(pay(rider, shop, 60).payment.body)
    with world.transaction():
        world.banks["OP01"].report_lost(shop.key.public, now_s=NOW)
    cheat, victim, other = world.wallet([50]), world.wallet(tier=0), world.wallet(tier=0)
    copy = world.clone(cheat)
    (coin,) = coins_of(cheat)
    pay(cheat, victim, 10)
    pay(copy, other, 20)
    for payee in (victim, other):
        world.hand_in(payee)
    world.return_due(now_s=DUE_S + 1)
    found = standing(world, DUE_S + 1)
    assert found["disputed"] == 60
    world.return_due(now_s=NOW + 32 * DAY_S)
    assert standing(world, NOW + 32 * DAY_S)["held"] > 0
    assert coin.value_fen == 50


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32), days=st.integers(0, 50))
def test_by_age_it_adds_up_to_the_supply_to_the_fen(seed: int, days: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        world = World(Path(directory), seed=seed)
        draw = random.Random(seed)
        live_through(world)
        world.change_terms(STAGED)
        for _ in range(4):
            payer, payee = world.wallet([draw.randint(1, 500)]), world.wallet(tier=0)
            pay(payer, payee, draw.randint(1, payer.purse.balance_fen))
            if draw.random() < 0.5:
                (coin,) = payee.purse.coins.values()
                world.submit(bundle([coin], sign_away(payee, [(coin, coin.value_fen)])))
        now_s = NOW + days * DAY_S
        if draw.random() < 0.5:
            world.return_due(now_s=now_s)
        rows = outstanding_by_age(world.issuer.store.database, now_s=now_s)
        for supply in supply_by_epoch(world.issuer.store):
            for forked, total_fen in ((False, supply.outstanding_fen), (True, supply.forked_open_fen)):
                mine = [row for row in rows if (row.epoch, row.forked) == (supply.epoch, forked)]
                assert sum(row.value_fen for row in mine) == total_fen
        world.close()
