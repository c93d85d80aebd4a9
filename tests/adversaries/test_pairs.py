"""Adversaries of two kinds at once: money is conserved, and nobody honest is accused."""

from itertools import combinations
from pathlib import Path

import pytest

from shuangli.messages.certificates import Terms
from tests.adversaries.attacked import ALONE, STAGED, attacked, play, small_town
from tests.engine.plans import TERMS

PAIRS = [(a, b) for a, b in combinations(ALONE, 2) if a.split("-")[0] != b.split("-")[0]]
CAPS_FEN = (10**6, 300, 0)


def check_pair(number: int, directory: Path, terms: Terms) -> None:
    one, other = PAIRS[number]
    plan, system = attacked(
        small_town(seed=number % 7 + 1, hard=(0, 1, 2, 3, 4)),
        {**ALONE[one], **ALONE[other]},
        terms=terms,
        cap_fen=CAPS_FEN[number % 3],
    )
    assert len(plan.attacks) == 2
    town, *_ = play(plan, system, directory)
    town.close()


@pytest.mark.parametrize("number", range(0, len(PAIRS), 9), ids=lambda n: "+".join(PAIRS[n]))
def test_two_kinds_at_once(tmp_path: Path, number: int) -> None:
    check_pair(number, tmp_path, TERMS)


@pytest.mark.heavy
@pytest.mark.parametrize("terms", [STAGED], ids=["staged"])
@pytest.mark.parametrize("number", range(len(PAIRS)), ids=lambda n: "+".join(PAIRS[n]))
def test_every_two_kinds_at_once(tmp_path: Path, number: int, terms: Terms) -> None:
    check_pair(number, tmp_path, terms)
