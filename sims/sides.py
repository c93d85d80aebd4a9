"""The two sides of a border in a run: which there are, and their figures, never added up."""

from collections.abc import Sequence
from functools import reduce
from typing import Any, Final

from shuangli.sims.office import Exchanged
from shuangli.sims.results import Outcome, result
from shuangli.sims.scenario import Scenario

ABROAD: Final = "abroad"
"""The directory of the other side, which has all that a run's has."""


def sides_of(scenario: Scenario) -> list[tuple[str, Scenario]]:
    """What is played side by side, each with the directory of its own in the run's."""
    return [("", scenario), *((ABROAD, side) for side in (scenario.abroad,) if side is not None)]


def results(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """The figures of each side of a run; the first, at home, have those of the other with them.

    Nothing here adds up amounts of two currencies.
    """
    figures = [result(outcome) for outcome in outcomes]
    for mine, outcome in zip(figures, outcomes, strict=True):
        exchanged = [branch.exchanged for branch in outcome.branches if branch.exchanged is not None]
        if exchanged:
            mine["exchange"] = reduce(Exchanged.plus, exchanged)._asdict()
            off_fen = sum(each.difference_fen for each in exchanged)
            mine["books"]["differences_fen"]["exchange"] = off_fen
            mine["books"]["difference_fen"] += off_fen
    home, *others = figures
    return [home | {"abroad": others[0]} if others else home, *others]
