"""Long random walks hold in every state, and come to the same in any other order, batches and parts."""

from dataclasses import fields
from pathlib import Path
from typing import Final

import pytest

from shuangli.issuer.facts import SupplyChange
from tests.search.on_database import Played
from tests.search.walking import random_walk, replayed

WALKS: Final = 6
HEAVY_WALKS: Final = 100
ORDERS: Final = 3
ON_DATABASE: Final = 2


def walk_and_replay(seed: int) -> None:
    walked = random_walk(seed)
    for order in range(ORDERS):
        assert replayed(walked, seed=order) == walked.outcome


@pytest.mark.parametrize("seed", range(WALKS))
def test_a_walk_comes_to_the_same_in_three_other_orders(seed: int) -> None:
    walk_and_replay(seed)


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(WALKS, WALKS + HEAVY_WALKS))
def test_many_more_walks_come_to_the_same_in_three_other_orders(seed: int) -> None:
    walk_and_replay(seed)


@pytest.mark.parametrize("seed", range(ON_DATABASE))
def test_the_real_issuer_comes_to_the_same_as_the_searched_one(seed: int, tmp_path: Path) -> None:
    walked = random_walk(seed)
    memory, played = walked.memory, Played(walked, tmp_path)
    for part in fields(SupplyChange):
        assert getattr(played.supply, part.name) == getattr(memory.totals, part.name)
    assert played.cases == memory.cases
    paid_fen = {key: amount_fen for key, amount_fen in played.credited_fen.items() if amount_fen}
    assert paid_fen == {key: amount_fen for key, amount_fen in memory.credited_fen.items() if amount_fen}


def test_walks_are_about_something() -> None:
    """They are long, forks and returns happen in them, and chains grow."""
    walked = random_walk(0)
    memory = walked.memory
    assert walked.steps > 200
    assert len(memory.cases) > 3
    assert any(back.paid_fen for back in memory.returned.values())
    assert max(len(coin.path) for coin in walked.world.story.coins.values()) >= 8
