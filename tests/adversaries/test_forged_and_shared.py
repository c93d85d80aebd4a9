"""What is counted in devices where forged coins and shared keys meet other attacks: no more than there is."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from shuangli.messages.notices import Outcome
from shuangli.sims.adversaries.truth import Truth, forked_coins
from shuangli.sims.device import Device
from shuangli.sims.redeemed import Spent
from shuangli.sims.system import CutOff
from tests.adversaries.attacked import MERCHANTS, PEOPLE, STAGED, attacked, play, small_town
from tests.engine.plans import TERMS, WINDOW_S
from tests.engine.town import Town
from tests.paying import pay
from tests.setting import NOW, TRANSFERABLE
from tests.world import World

FORGED: Final[dict[str, object]] = {"leaked_mint.number": 1}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world in which value may be passed on."""
    made = World(tmp_path, terms=TRANSFERABLE)
    yield made
    made.close()


def shops(town: Town) -> list[Device]:
    """The merchants' devices."""
    return [town.device(index) for index in range(PEOPLE, PEOPLE + MERCHANTS)]


def test_forged_coins_that_the_centre_disowns_for_another_reason_are_worth_nothing(tmp_path: Path) -> None:
    """Found: once the operator of whoever pays them is revoked, the centre knows the coin no more.

    It says `unknown-coin` then, not `not-minted`, and the books counted it as somebody's claim.
    """
    settings: dict[str, object] = {**FORGED, "leaked_key.number": 1, "leaked_key.noticed_h": 0.3}
    town, report, _ = play(*attacked(small_town(seed=3), settings), tmp_path)
    disowned = [coin for shop in shops(town) for coin in shop.unpaid.values()]
    forged = [coin for coin in disowned if coin.load_id in town.cell._truth.forged]
    assert {coin.outcome for coin in forged} == {Outcome.UNKNOWN_COIN}
    both_fen = sum(coin.value_fen for coin in disowned)
    assert report.holdings.disowned_fen == both_fen - sum(coin.value_fen for coin in forged)
    # The alarm is raised all the same: the load itself was shown.
    assert len(town.system.issuer.store.findings.alarms()) == 1
    town.close()


def test_forged_coins_that_are_handed_in_twice_are_no_fork(tmp_path: Path) -> None:
    """Found: the centre records no spend of them, and the books took both for value in the dark."""
    town, report, cases = play(
        *attacked(small_town(seed=4), {**FORGED, "double_deposit.number": 1}), tmp_path
    )
    assert "paid" in {payment.outcome for payment in town.payments if payment.attack == "leaked_mint"}
    assert forked_coins(report.deeds).keys() == {case.coin_id for case in cases}
    town.close()


def test_forged_coins_in_flight_are_worth_nothing(tmp_path: Path) -> None:
    """Who holds one may pay with it, and be refused: the centre has nothing to give back."""
    settings: dict[str, object] = {"leaked_mint.number": 3, "leaked_mint.strategy": "slow"}
    town, report, _ = play(*attacked(small_town(), settings, terms=TERMS), tmp_path)
    in_flight_fen = sum(device.wallet.purse.in_flight_fen for device in town.cell._hands if device.wallet)
    assert in_flight_fen > report.holdings.in_flight_fen
    town.close()


def test_what_an_adversary_pays_with_forged_coins_is_no_deed(world: World) -> None:
    """Nobody can find that a coin was spent twice which has never been minted."""
    payer, shop = world.wallet([70, 30]), world.wallet(tier=0)
    (load,) = {coin.load.signed.id for coin in payer.purse.coins.values()}
    world.load(payer, [50])
    pay(payer, shop, 150)
    (session,) = payer.purse.paying.values()
    truth = Truth()
    truth.note_payment(payer, session, NOW)
    assert sorted(deed.value_fen for deed in truth.deeds) == [30, 50, 70]
    truth = Truth()
    truth.forged.add(load)
    truth.note_payment(payer, session, NOW)
    assert [deed.value_fen for deed in truth.deeds] == [50]
    # What descends from a forged load is forged, too.
    pay(shop, world.wallet(tier=0), 120)
    (passed_on,) = shop.purse.paying.values()
    truth.note_payment(shop, passed_on, NOW)
    assert [deed.value_fen for deed in truth.deeds[1:]] == [50]


def test_one_redemption_in_two_hands_is_paid_once(tmp_path: Path) -> None:
    """Found: a copy hands the same bytes in elsewhere, late; the first operator was cut off, and in time.

    Of one hand the operator says that it is late, of the other that it is paid. The value is not there twice.
    """
    terms = replace(STAGED, claim_window_s=3_700, grace_s=0)
    settings: dict[str, object] = {"double_deposit.number": 3, "double_deposit.strategy": "slow"}
    plan, system = attacked(small_town(each=8), settings, terms=terms)
    away = CutOff(1, plan.calendar.start_s + 4 * WINDOW_S, plan.calendar.start_s + 34 * WINDOW_S)
    town, *_ = play(plan, replace(system, cut_off=away), tmp_path)
    unpaid: dict[Spent, Outcome] = {}
    paid: set[Spent] = set()
    for device in town.cell._hands:
        unpaid |= {spent: coin.outcome for spent, coin in device.unpaid.items()}
        paid |= device.paid
    assert {unpaid[spent] for spent in unpaid.keys() & paid} == {Outcome.LATE}
    town.close()


def test_two_redemptions_of_one_coin_that_the_centre_disowns_are_two(tmp_path: Path) -> None:
    """Found: both were counted as value in the dark, and the coin in the devices only once."""
    settings: dict[str, object] = {"leaked_key.number": 2, "leaked_key.noticed_h": 0.6}
    plan, system = attacked(small_town(each=6), {**settings, "double_deposit.number": 3})
    town, *_ = play(plan, system, tmp_path)
    disowned = {
        spent
        for device in town.cell._hands
        for spent, coin in device.unpaid.items()
        if coin.outcome is Outcome.UNKNOWN_COIN
    }
    assert len(disowned) > len({coin_id for _, coin_id in disowned})
    town.close()
