"""Bounds that limits put on losses, in any small town under any attack; money is conserved in all of them."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from shuangli.offline.limits import LIMITS_2022
from shuangli.sims.adversaries.attack import Step
from shuangli.sims.plan import Rules
from tests.adversaries.attacked import ALONE, LOAD_FEN, STAGED, attacked, play, small_town
from tests.engine.plans import TERMS

DAYS = 2
"""A town's day begins in the evening and may reach into the next one."""
drawn = given(
    kinds=st.lists(
        st.sampled_from(sorted(ALONE)), min_size=1, max_size=3, unique_by=lambda name: name.split("-")[0]
    ),
    seed=st.integers(1, 1_000),
    staged=st.booleans(),
    cap_fen=st.sampled_from([0, 500, 10**6]),
    day_limit_fen=st.sampled_from([300, 1_000, 2_000_000]),
    slow=st.booleans(),
    gossip=st.booleans(),
)


def check(
    kinds: list[str],
    seed: int,
    staged: bool,
    cap_fen: int,
    day_limit_fen: int,
    slow: bool,
    gossip: bool,
) -> None:
    given_settings: dict[str, object] = {}
    for name in kinds:
        given_settings |= ALONE[name]
        kind = name.split("-")[0]
        if (
            slow
            and name not in ("clone-habit", "clock_cheat", "clock_cheat-payees")
            and "withheld" not in name
        ):
            given_settings[f"{kind}.strategy"] = "slow"
    town_plan = replace(
        small_town(seed=seed, hard=(0, 1, 2), each=2),
        rules=Rules(day_limit_fen=day_limit_fen, gossip=gossip),
    )
    plan, system = attacked(town_plan, given_settings, terms=STAGED if staged else TERMS, cap_fen=cap_fen)
    with tempfile.TemporaryDirectory() as directory:
        town, _, cases = play(plan, system, Path(directory))
        town.close()
    # What a wallet whose holder never redeems with it can cost: what it may pay, and what it may hold.
    balance_fen = LIMITS_2022.limits(4).balance_fen
    lost: dict[bytes, int] = {}
    for case in cases:
        lost[case.culprit] = lost.get(case.culprit, 0) + case.loss_fen
    for attack in plan.attacks:
        copies: dict[int, set[int]] = {}
        for act in attack.acts:
            if act.step in (Step.COPY, Step.OPEN_CHIP) and attack.kind in (
                "clone",
                "broken_element",
                "mule_ring",
            ):
                copies.setdefault(act.device, set()).add(act.hand)
        for device, hands in copies.items():
            loss_fen = lost.get(town.device(device).key.public, 0)
            assert loss_fen <= len(hands) * min(DAYS * day_limit_fen, LOAD_FEN, balance_fen)


@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.generate])
@drawn
def test_a_few_towns(**town: Any) -> None:
    check(**town)


@pytest.mark.heavy
@settings(max_examples=50, deadline=None)
@drawn
def test_any_town(**town: Any) -> None:
    check(**town)
