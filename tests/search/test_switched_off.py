"""Each rule of settlement is needed: without it, the search finds what goes wrong, by the shortest way."""

from pathlib import Path
from typing import Final

import pytest

from tests.search.scenarios import SMALL
from tests.search.switched_off import SWITCHED_OFF, SwitchedOff

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "settlement-search.md"


@pytest.mark.parametrize("off", SWITCHED_OFF, ids=lambda off: off.rule)
def test_without_a_rule_somebody_honest_loses(off: SwitchedOff) -> None:
    """With the rule, `test_search` finds that the same story holds in every state."""
    assert off.story in SMALL
    violation = off.without_the_rule()
    print(f"\nwithout {off.rule}: {violation}")  # noqa: T201
    assert violation.what == off.finds
    assert off.told(violation) in PAGE.read_text(encoding="utf-8"), "run python scripts/explore_settlement.py"
