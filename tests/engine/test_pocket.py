"""Wallets that sleep in a pocket: the same wallets when they wake up, and nothing of a run depends on it."""

from pathlib import Path

import pytest

from shuangli.days import DAY_S
from shuangli.errors import Refused
from shuangli.messages.notices import RevocationList
from shuangli.offline.policy import PayerPolicy
from shuangli.sims import pocket as pocket_module
from shuangli.sims.catalogue import make_scenario
from shuangli.sims.device import ANSWERS_KEPT_S
from shuangli.sims.pocket import EMPTY_HANDED, Asleep, Pocket, fall_asleep, forgotten, sleeps, wake_up
from shuangli.sims.run import play_only
from shuangli.wallet.purse import Purse
from shuangli.wallet.wallet import Wallet
from tests.conditions.conftest import City
from tests.engine.plans import WINDOW_S, calendar, cell_plan, devices, meetings
from tests.engine.town import Town
from tests.paying import pay
from tests.setting import NOW
from tests.world import World

HOUR = ANSWERS_KEPT_S // WINDOW_S + 2
"""Windows until a payment is forgotten."""


def slept(wallet: Wallet) -> Purse:
    asleep = fall_asleep(wallet.purse)
    assert asleep is not None
    return wake_up(asleep, wallet)


def test_a_purse_wakes_up_as_it_was(world: World) -> None:
    wallet = world.wallet([500, 100, 50, 20])
    world.load(wallet, [300, 10])
    pay(wallet, world.wallet(), 150)
    wallet.forget(before_s=NOW + 10 * ANSWERS_KEPT_S)
    before = wallet.purse.checkpoint()
    assert len({coin.load.signed.id for coin in before.coins}) == 2
    awake = slept(wallet)
    assert awake.checkpoint() == before
    assert awake.balance_fen == wallet.purse.balance_fen


def test_a_payment_that_may_be_asked_for_again_is_kept_asleep_until_it_expires(world: World) -> None:
    wallet = world.wallet([500, 100, 50])
    pay(wallet, world.wallet(), 100)
    pay(wallet, world.wallet(), 500, NOW + 7_200)
    before = wallet.purse.checkpoint()
    assert len(before.paying) == 2
    assert slept(wallet).checkpoint() == before
    asleep = fall_asleep(wallet.purse)
    assert asleep is not None
    wallet.forget(before_s=NOW + 7_200)
    left = wake_up(forgotten(asleep, before_s=NOW + 7_200), wallet)
    assert left.checkpoint() == wallet.purse.checkpoint()
    assert len(left.paying) == 1


def test_a_wallet_that_slept_counts_by_the_days_by_which_it_counted_before(world: World) -> None:
    """Those of a simulated place begin at midnight UTC: another day than in Beijing from 16 o'clock on."""
    rules = PayerPolicy(day_offset_s=0, day_limit_fen=500)
    pocket, evening_s = Pocket(), NOW // DAY_S * DAY_S + 20 * 3_600
    pocket.wallet = wallet = world.wallet([500, 300, 200, 100], payer=rules)
    pocket.rest()
    assert pocket.idle
    assert pocket.wallet is wallet, "it is awake now"
    pay(wallet, world.wallet(), 300, evening_s)
    pay(wallet, world.wallet(), 500, evening_s + 5 * 3_600)
    with pytest.raises(Refused, match="over the day limit"):
        pay(wallet, world.wallet(), 100, evening_s + 6 * 3_600)


def revocations(world: World, epochs: tuple[int, ...] = ()) -> bytes:
    """A list that is newer than that of every wallet here."""
    return RevocationList.sign(
        world.keys["centre"], number=1, issued_at_s=NOW, wallets=(), operators=(), epochs=epochs
    ).signed.data


def in_pocket(wallet: Wallet) -> Pocket:
    pocket = Pocket()
    pocket.wallet = wallet
    pocket.rest()
    assert pocket.idle
    return pocket


def test_a_wallet_hears_asleep_that_its_operator_was_reached_and_who_is_revoked(world: World) -> None:
    sleeper, waker = world.wallet([500, 100]), world.wallet([500, 100])
    listed = revocations(world)
    pocket = in_pocket(sleeper)
    pocket.hear(listed)
    pocket.note_sync(now_s=NOW + 60)
    assert (pocket.idle, pocket.idle_fen) == (True, 600)
    waker.update_revocations(listed)
    waker.note_sync(now_s=NOW + 60)
    assert pocket.wallet is sleeper
    assert sleeper.purse.revocations == waker.purse.revocations == sleeper.trust.revocations
    assert sleeper.purse.usage == waker.purse.usage
    assert sleeper.trust.verifier.checked == waker.trust.verifier.checked


def test_a_list_that_stops_the_epoch_of_its_coins_keeps_a_wallet_awake(world: World) -> None:
    wallet, other = world.wallet([500, 100]), world.wallet([500, 100])
    pocket, unmoved = in_pocket(wallet), in_pocket(other)
    pocket.hear(revocations(world, epochs=(world.epoch.number,)))
    pocket.rest()
    assert not pocket.idle, "its coins are to be handed in"
    unmoved.hear(revocations(world, epochs=(world.epoch.number + 1,)))
    unmoved.rest()
    assert unmoved.idle, "its coins are of another epoch"


def keeps_awake(wallet: Wallet) -> bool:
    return fall_asleep(wallet.purse) is None


def test_what_is_under_way_keeps_a_wallet_awake(world: World) -> None:
    payer, payee = world.wallet([500, 100]), world.wallet([500])
    assert not keeps_awake(payer)
    payer.order_load([100], now_s=NOW)
    assert keeps_awake(payer), "an order"
    payee.request(100, now_s=NOW)
    assert keeps_awake(payee), "a request"
    assert keeps_awake(world.wallet()), "no coins: most often its first load is to come"
    gate = world.wallet()
    pay(world.wallet([500, 100]), gate, 100)
    gate.forget(before_s=NOW + 10 * ANSWERS_KEPT_S)
    assert keeps_awake(gate), "a coin to hand in"
    gate.hand_in(now_s=NOW)
    assert gate.purse.coins == {}
    assert keeps_awake(gate), "an upload"
    split = world.wallet([500])
    pay(split, world.wallet(), 100)
    split.forget(before_s=NOW + 10 * ANSWERS_KEPT_S)
    assert keeps_awake(split), "change, which has a history"


def test_value_under_a_condition_keeps_a_wallet_awake(world: World) -> None:
    """It goes back to its giver when it expires, so it may be to hand in at any time."""
    given = world.wallet([500])
    assert not keeps_awake(given)
    City(world).load(given, 300)
    assert keeps_awake(given)


def test_a_sleeping_wallet_cannot_be_looked_into_unnoticed(world: World) -> None:
    pocket = Pocket()
    pocket.wallet = wallet = world.wallet([500])
    pocket.rest()
    assert (pocket.idle, sleeps(wallet)) == (True, True)
    with pytest.raises(AttributeError):
        wallet.purse.coins  # noqa: B018
    with pytest.raises(AttributeError, match="sleeps"):
        wallet.purse.revocations = None
    assert pocket.wallet is wallet
    assert wallet.purse.balance_fen == 500
    assert not pocket.idle
    assert EMPTY_HANDED is not wallet.purse


def _never(asleep: Asleep, wallet: Wallet) -> Purse:
    raise AssertionError("neither the close nor counting what it holds wakes a wallet up")


def test_a_person_sleeps_from_the_load_to_the_payment_and_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = cell_plan(
        devices(1, 1), meetings((8 * WINDOW_S, 0, 1, 1_100)), when=calendar(windows=8 + HOUR + 4)
    )
    town = Town(plan, tmp_path)
    town.window(6)
    assert town.device(0).idle
    town.window(3)
    assert town.outcomes == ["paid"]
    assert town.device(0).idle
    assert len(town.wallet(0).purse.paying) == len(town.wallet(1).purse.asking) == 1
    town.device(0).rest()
    town.window(HOUR)
    assert town.device(0).idle
    assert not town.device(1).idle, "the gate has something to hand in"
    assert not town.wallet(0).purse.paying
    assert not town.wallet(1).purse.asking
    town.device(0).rest()
    monkeypatch.setattr(pocket_module, "wake_up", _never)
    town.finish()
    assert town.device(0).idle
    held = town.cell.report().holdings
    assert (held.held_fen, held.in_flight_fen) == (900, 0)
    town.close()


@pytest.mark.parametrize(
    "settings", [{}, {"clone.share": "0.2", "rollback.number": "3", "hard_share": "0.3"}]
)
def test_nothing_of_a_run_depends_on_it(
    settings: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def figures() -> object:
        scenario = make_scenario("transit", {"trips": "60", **settings}, seed=5, demand=None, network=None)
        return play_only(scenario, tmp_path / "nothing")

    with_sleep = figures()
    monkeypatch.setattr(Pocket, "rest", lambda _: None)
    assert figures() == with_sleep
