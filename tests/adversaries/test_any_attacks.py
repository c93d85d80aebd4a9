"""Whatever attacks meet in whatever scenario: books to the fen, every fork found, nobody honest accused.

What is drawn follows from the number of a run alone, so that a run that fails can be played again. Five runs
that were drawn like this did not balance; what was wrong has tests of its own (`test_forged_and_shared.py`,
`tests/element/test_dead_coins.py`).
"""

import random
from pathlib import Path
from typing import Any, Final

import pytest

from shuangli.sims.catalogue import make_scenario
from shuangli.sims.run import play_only

RUNS: Final = 160
PAYROLL: Final = {"workers": 20, "employers": 3, "shops": 4, "days": 6, "payday": 2, "rent_day": 4}
TOWN: Final = {"people": 16, "merchants": 8}
WORLDS: Final[dict[str, dict[str, Any]]] = {
    "payroll": {**PAYROLL, "payday_spread_d": 1},
    "parking": {**TOWN, "days": 4},
    "subsidy": {**TOWN, "days": 4, "valid_days": 2},
    "prepaid": {**TOWN, "days": 5, "valid_days": 3, "closing_day": 3, "closing_share": 0.6},
    "split": {**TOWN, "days": 3},
    "tax": {**TOWN, "days": 3},
    "border": {**TOWN, "people_abroad": 16, "merchants_abroad": 8, "days": 3},
}
"""Small runs of scenarios, of some hundred payments."""
STRATEGIES: Final = ("burst", "slow")
KINDS: Final[dict[str, dict[str, tuple[Any, ...]]]] = {
    "clone": {"copies": (1, 2), "strategy": ("habit", *STRATEGIES)},
    "rollback": {"strategy": STRATEGIES, "budget_fen": (0, 2_500)},
    "broken_element": {"probability": (1.0,), "strategy": STRATEGIES},
    "colluding_payee": {"form": ("claims", "deaf", "pair"), "strategy": STRATEGIES},
    "withheld_deposit": {"hours": (0, 5, 30)},
    "double_deposit": {"form": ("anew", "same"), "strategy": STRATEGIES},
    "clock_cheat": {"who": ("payers", "payees"), "off_s": (240, -240, 900, -900, -90_000)},
    "mule_ring": {"mules": (1, 2, 3, 4), "strategy": STRATEGIES},
    "structuring": {"strategy": STRATEGIES},
    "leaked_key": {"copies": (1, 2, 3), "noticed_h": (0, 2, 6, 24), "strategy": STRATEGIES},
    "stolen_device": {"reported_h": (0.5, 4, 20)},
    "uncertified_key": {"strategy": STRATEGIES},
    "leaked_mint": {"forged_fen": (333, 10_000, 100_000), "strategy": STRATEGIES},
}
"""Every kind of adversary, with the values that its settings may take."""
HIDING: Final = {"leaked_key", "leaked_mint", "rollback", "withheld_deposit"}
"""Kinds that may keep a branch of a fork from the centre, so that nobody can find it.

It is never handed in, or no operator takes it; or it was refused, and then forgotten when its payer was put
back to a backup.
"""
AROUND: Final[tuple[tuple[float, dict[str, tuple[Any, ...]]], ...]] = (
    (0.5, {"mode": ("transferable",), "hop_cap": (2, 3, 4, 5, 6)}),
    (0.4, {"claim_window_s": (7_200, 28_800), "grace_s": (0, 3_600)}),
    (0.4, {"returns": ("on",)}),
    (0.3, {"cut_off.operator": (1, 2), "cut_off.from_h": (8, 12), "cut_off.hours": (4, 10)}),
    (0.3, {"killed.operator": (1, 2), "killed.from_h": (9, 12, 20)}),
    (0.3, {"torn_share": (0.1, 0.3)}),
    (0.3, {"gossip": ("on",)}),
    (0.4, {"hard_share": (0.4, 0.6)}),
    (0.3, {"cap_per_person_fen": (0, 500, 5_000)}),
    (0.2, {"loss_rule": ("first-claim-only",)}),
    (0.2, {"merchants_online_every_s": (3_600, 200_000)}),
    (0.2, {"persons_online_every_s": (3_600, 40_000)}),
    (0.2, {"new_terms.after_h": (12, 30), "new_terms.mode": ("transferable",)}),
    (0.1, {"list_delay_s": (3_600, 90_000)}),
)
"""What may be otherwise than usual around the attacks, and how often it is."""


def drawn(number: int) -> tuple[str, list[str], dict[str, Any]]:
    """The scenario of a run, the kinds of adversaries in it, and all its settings."""
    chance = random.Random(number)
    name = chance.choice(list(WORLDS))
    kinds = chance.sample(list(KINDS), chance.choice((2, 2, 3, 3, 4)))
    settings: dict[str, Any] = {"clone.share": 0, "signatures": "accounting", **WORLDS[name]}
    settings |= {"mode": "staged", "hop_cap": 1}
    for often, choices in AROUND:
        if chance.random() < often:
            settings |= {key: chance.choice(values) for key, values in choices.items()}
    for kind in kinds:
        settings[f"{kind}.number"] = chance.randint(1, 3)
        settings |= {f"{kind}.{key}": chance.choice(values) for key, values in KINDS[kind].items()}
    return name, kinds, settings


def check(result: dict[str, Any], kinds: list[str]) -> None:
    """What must hold at the end of every run, at home and abroad."""
    books, forks = result["books"], result["forks"]
    assert books["difference_fen"] == 0, books
    assert forks["honest_accused"] == forks["unexpected"] == 0, forks
    if forks["missed"]:
        assert books["devices"]["undisclosed_fen"] > 0, (
            "a fork was missed, and both its branches were heard of"
        )
        assert HIDING & set(kinds), forks
    for kind, figures in result["attacks"].items():
        assert figures["loss_fen"] <= figures["exposed_fen"], (kind, figures)
    if "abroad" in result:
        check(result["abroad"], kinds)


def test_what_is_drawn_is_much_of_what_there_is() -> None:
    """All scenarios and kinds, each kind beside nearly every other one; forks that nobody may miss."""
    runs = [drawn(number) for number in range(RUNS)]
    assert {name for name, *_ in runs} == WORLDS.keys()
    pairs = {frozenset((one, other)) for _, kinds, _ in runs for one in kinds for other in kinds}
    assert len(pairs - {frozenset((kind,)) for kind in KINDS}) > len(KINDS) * (len(KINDS) - 1) / 2 * 0.8
    assert sum(not HIDING & set(kinds) for _, kinds, _ in runs) > RUNS / 5


def check_drawn(number: int, directory: Path) -> dict[str, Any]:
    """Play a run, and check it; gives its result."""
    name, kinds, settings = drawn(number)
    texts = {key: str(value) for key, value in settings.items()}
    result = play_only(make_scenario(name, texts, seed=number, demand=None, network=None), directory)
    check(result, kinds)
    return result


def test_refused_value_under_a_condition_counts_after_its_payer_has_forgotten_it(tmp_path: Path) -> None:
    """The twelfth run has prepaid cards: payments are refused, and days later nobody can claim them."""
    assert check_drawn(12, tmp_path)["books"]["devices"]["in_flight_fen"] > 0


@pytest.mark.heavy
@pytest.mark.parametrize("number", range(RUNS))
def test_any_attacks_at_once(number: int, tmp_path: Path) -> None:
    check_drawn(number, tmp_path)
