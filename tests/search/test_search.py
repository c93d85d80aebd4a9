"""All that can happen between people, two operators and the centre, over the very rules that run.

`pytest -s` prints how many states there are; `scripts/explore_settlement.py` writes them down.
"""

from pathlib import Path
from typing import Final

import pytest

from tests.search.scenarios import LARGE, SMALL, Scenario
from tests.search.searching import search

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "settlement-search.md"


def explore(name: str, scenario: Scenario, record: object) -> None:
    found = search(scenario.world())
    print(f"\n{name}: {found.row}")  # noqa: T201
    assert callable(record)
    record("states", found.states)
    row = f"| {name} | {found.row} |"
    assert row in PAGE.read_text(encoding="utf-8").splitlines(), "run python scripts/explore_settlement.py"


@pytest.mark.parametrize("name", SMALL)
def test_every_state_holds_and_nobody_honest_loses(name: str, record_property: object) -> None:
    explore(name, SMALL[name], record_property)


@pytest.mark.heavy
@pytest.mark.parametrize("name", LARGE)
def test_every_state_of_a_larger_scenario(name: str, record_property: object) -> None:
    explore(name, LARGE[name], record_property)
