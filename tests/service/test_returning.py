"""What goes back to an operator's wallets: asked for while nobody is held up, credited once (F11, F12)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shuangli.errors import StoreError
from shuangli.operator.accounts import NOBODY
from shuangli.wallet.wallet import Wallet
from tests.paying import pay
from tests.service.desks import CUTS, Desks, State
from tests.setting import DAY_S, NOW, TRANSFERABLE
from tests.world import World

LATER_S = NOW + 40 * DAY_S
HANGS_S = 20.0
"""Longer than anything takes that is not held up."""


def due(world: World) -> tuple[Wallet, Wallet, Desks]:
    """Two wallets to which something goes back: out of circulation, and then out of the guarantee fund."""
    world.change_terms(TRANSFERABLE)
    rider, cheat = world.wallet([50]), world.wallet([100])
    first, second, third = (world.wallet(tier=0) for _ in range(3))
    copy = world.clone(cheat)
    pay(cheat, first, 100)
    world.hand_in(first)
    pay(copy, second, 100)
    world.submit(pay(second, third, 100).payment.body)
    world.return_due(now_s=LATER_S, told=())
    desks = Desks(world)
    desks.now_s = LATER_S
    return rider, second, desks


def beside(desks: Desks, name: str, act: Callable[[], object]) -> None:
    """Do something each time the operator asks the issuer for this."""
    line = desks.lines["OP01"]
    ask = getattr(line, name)

    def asked(*args: Any, **kwargs: Any) -> Any:
        act()
        return ask(*args, **kwargs)

    setattr(line, name, asked)


@pytest.mark.parametrize(
    "slow", ["take_watermark", "returns_to", "claim_return", "statements_to", "cases_of"]
)
def test_who_asks_while_the_issuer_is_slow_is_answered(world: World, slow: str) -> None:
    rider, second, desks = due(world)
    desk = desks.at["OP01"]
    paid_in_fen = 0
    with ThreadPoolExecutor(1) as others:

        def ask() -> None:
            nonlocal paid_in_fen
            asked = others.submit(desk.deposit, rider.key.public, 1, idempotency_key=f"{paid_in_fen}")
            paid_in_fen += asked.result(timeout=HANGS_S).amount_fen

        beside(desks, slow, ask)
        desk.take_returns()
    assert paid_in_fen
    assert world.deposit_fen(rider) == 50 + paid_in_fen
    assert world.deposit_fen(second) == 100
    world.check_books()


@pytest.mark.parametrize("state", CUTS)
@pytest.mark.parametrize("only", ["returns_to", "claim_return"])
def test_f12_what_the_issuer_has_not_said_is_asked_again_and_credited_once(
    world: World, only: str, state: State
) -> None:
    rider, second, desks = due(world)
    desk = desks.at["OP01"]
    desks.cut(state, only=only)
    for _ in range(2):
        with pytest.raises(StoreError):
            desk.take_returns()
        said_fen = 0 if only == "returns_to" else 50
        assert (world.deposit_fen(rider), world.deposit_fen(second)) == (said_fen, 0)
    desks.mend()
    for _ in range(2):
        desk.take_returns()
        assert (world.deposit_fen(rider), world.deposit_fen(second)) == (50, 100)
    world.check_books()


@pytest.mark.parametrize("after", ["returns_to", "claim_return"])
def test_f11_an_operator_that_is_killed_after_the_issuer_has_paid_credits_it_once(
    world: World, after: str
) -> None:
    rider, second, desks = due(world)
    desk, line = desks.at["OP01"], desks.lines["OP01"]
    ask = getattr(line, after)

    def killed(*args: Any, **kwargs: Any) -> Any:
        ask(*args, **kwargs)
        raise KeyboardInterrupt

    setattr(line, after, killed)
    with pytest.raises(KeyboardInterrupt):
        desk.take_returns()
    delattr(line, after)
    desk.take_returns()
    assert (world.deposit_fen(rider), world.deposit_fen(second)) == (50, 100)
    world.check_books()


def test_f13_two_that_take_the_same_at_once_credit_it_once(world: World) -> None:
    rider, second, desks = due(world)
    desk = desks.at["OP01"]
    twice = True

    def take() -> None:
        nonlocal twice
        if twice:
            twice = False
            desk.take_returns()

    beside(desks, "claim_return", take)
    desk.take_returns()
    assert (world.deposit_fen(rider), world.deposit_fen(second)) == (50, 100)
    world.check_books()


def test_the_fund_is_told_of_a_person_by_pseudonym(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _, second, desks = due(world)
    told = list[bytes]()
    line = desks.lines["OP01"]
    ask = line.claim_return

    def asked(*args: Any, **kwargs: Any) -> Any:
        told.append(kwargs["person"])
        return ask(*args, **kwargs)

    monkeypatch.setattr(line, "claim_return", asked, raising=False)
    desks.at["OP01"].take_returns()
    assert told == [world.banks["OP01"].person_of(second.key.public, at_s=LATER_S)]
    assert told != [NOBODY]
