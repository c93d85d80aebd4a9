"""Returns that are broken off are made once (F11), and books that do not hold stop them."""

from collections.abc import Callable

import pytest

from shuangli.errors import StoreError
from shuangli.issuer.minting import circulation, vault
from shuangli.issuer.returns.open_coins import FIRST
from tests.settlement.answers import CLAIMED_S, EXPIRED_S
from tests.settlement.unclaimed import AFTER, due
from tests.world import World


def test_a_return_is_made_in_batches_and_can_be_broken_off_anywhere(world: World) -> None:
    riders = [world.wallet([100, 50]) for _ in range(4)]
    for operator in world.banks:
        world.sign_watermark(operator, now_s=EXPIRED_S + AFTER)
    desk = world.issuer.return_desk
    with world.issuer.transaction():
        after = desk.return_due(now_s=EXPIRED_S + AFTER, most=3)
    assert after is not None
    assert world.supply().returned_fen in range(150, 300)
    with pytest.raises(KeyboardInterrupt):
        break_off(world, lambda: desk.return_due(now_s=EXPIRED_S + AFTER, after=after, most=3))
    # It starts again from the beginning, whatever it did before.
    world.return_due(now_s=EXPIRED_S + AFTER, most=1)
    assert [world.deposit_fen(rider) for rider in riders] == [150] * 4
    assert world.supply().outstanding_fen == 0
    with world.issuer.transaction():
        assert desk.return_due(now_s=EXPIRED_S + AFTER, after=FIRST) is None
    world.check_books()


def break_off(world: World, act: Callable[[], object]) -> None:
    """Do something, and be killed before it is committed."""
    with world.transaction():
        act()
        raise KeyboardInterrupt


def test_f11_an_operator_that_is_killed_while_it_credits_returns_credits_them_once(world: World) -> None:
    rider, _ = due(world)
    bank = world.banks["OP01"]
    for operator in world.banks:
        world.sign_watermark(operator, now_s=CLAIMED_S + AFTER)
    with world.issuer.transaction():
        world.issuer.return_desk.return_due(now_s=CLAIMED_S + AFTER)
    in_books_fen = -world.issuer.store.ledger.balance_fen(circulation(1))
    assert in_books_fen == world.supply().outstanding_fen == 40
    with pytest.raises(KeyboardInterrupt):
        break_off(world, lambda: bank.take_returns(now_s=CLAIMED_S + AFTER))
    assert world.deposit_fen(rider) == 0
    for _ in range(2):
        with bank.store.transaction():
            bank.take_returns(now_s=CLAIMED_S + AFTER)
        assert world.deposit_fen(rider) == 60
    assert world.issuer.store.ledger.balance_fen(vault("OP01")) == -(10**9 - 40)
    world.check_books()


def test_a_coin_that_goes_back_but_is_not_open_stops_everything(world: World) -> None:
    due(world)
    world.issuer.store.database.execute("UPDATE supply SET outstanding_fen = outstanding_fen + 1")
    with pytest.raises(StoreError) as stopped:
        world.return_due(now_s=CLAIMED_S + AFTER)
    assert stopped.value.code == "corrupt"
