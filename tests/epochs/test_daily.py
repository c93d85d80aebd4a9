"""What the issuer's service does for epochs once a day: it closes those that are over, and counts afresh."""

import pytest

from shuangli.errors import StoreError
from shuangli.issuer.epochs.states import EpochState
from tests.epochs.lives import ARCHIVED_S, OVER_S, live_through, state_of
from tests.service.desks import Desks
from tests.setting import DAY_S, NAMES, NOW
from tests.world import World


def a_day(world: World, desks: Desks, *, now_s: int) -> None:
    """Both operators say that they have passed everything on, and book what has gone back."""
    desks.now_s = now_s
    for name in NAMES:
        desks.at[name].take_returns()


def test_an_epoch_is_closed_once_it_waits_for_nothing_more(world: World) -> None:
    live_through(world)
    desks = Desks(world)
    a_day(world, desks, now_s=NOW)
    assert state_of(world) is EpochState.OPEN
    with world.issuer.transaction():
        world.issuer.epochs.end_minting(1, now_s=NOW + DAY_S)
    for day in range(4):
        a_day(world, desks, now_s=OVER_S + day * DAY_S)
    assert world.supply().outstanding_fen == 0
    assert state_of(world) is EpochState.MINTING_CLOSED, "the return window is open"
    for day in range(1, 4):
        a_day(world, desks, now_s=ARCHIVED_S + day * DAY_S)
    assert state_of(world) is EpochState.CLOSED
    world.check_books()


def test_an_epoch_that_is_off_is_suspended_and_the_service_goes_on(world: World) -> None:
    world.wallet([100])
    desks = Desks(world)
    assert desks.issuer.check_books() == []
    world.issuer.store.database.execute(
        "UPDATE supply SET loaded_fen = loaded_fen + 1, outstanding_fen = outstanding_fen + 1"
    )
    a_day(world, desks, now_s=NOW)
    assert state_of(world) is EpochState.SUSPENDED
    assert desks.issuer.check_books() == [], "people look at it already"
    a_day(world, desks, now_s=NOW + DAY_S)
    assert state_of(world) is EpochState.SUSPENDED


def test_f31_an_epoch_that_is_off_hides_no_other_one(world: World) -> None:
    """Each epoch that is off is found, also behind one that is looked at already."""
    for _ in range(2):
        world.wallet([100])
        world.change_terms(world.terms)
    world.wallet([100])
    desks = Desks(world)
    coins = "UPDATE open_coins SET value_fen = value_fen + 1 WHERE epoch = ?"
    for epoch in (1, 3):
        world.issuer.store.database.execute(coins, epoch)
    assert desks.issuer.check_books() == [1, 3]
    world.issuer.store.database.execute(coins, 2)
    assert desks.issuer.check_books() == [2]
    assert {*world.issuer.store.epochs.states().values()} >= {EpochState.SUSPENDED}
    assert [state_of(world, number) for number in (1, 2, 3)] == [EpochState.SUSPENDED] * 3


def test_books_that_are_off_everywhere_are_an_error(world: World) -> None:
    world.wallet([100])
    desks = Desks(world)
    world.issuer.store.database.execute(
        "UPDATE balances SET balance_fen = balance_fen + 1 WHERE account = 'reserves'"
    )
    with pytest.raises(StoreError) as off:
        desks.issuer.check_books()
    assert off.value.code == "corrupt"
    assert state_of(world) is EpochState.OPEN
