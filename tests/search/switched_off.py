"""The rules of settlement switched off one at a time: what a search finds without each of them.

Each is shown in a story that needs the rule: with it every state holds, without it somebody honest loses, is
accused, or value appears.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from textwrap import fill
from typing import Any, Final
from unittest.mock import patch

from shuangli.issuer.returns.due import first_open_s
from shuangli.messages.bundle import Bundle
from shuangli.messages.transfers import Spend, Transfer
from shuangli.offline import chain
from shuangli.offline.chain import Coin, Step, Walk, spend_outputs, walk
from shuangli.offline.trust import Trust
from tests.search.scenarios import SMALL, Scenario
from tests.search.searching import Violation, search
from tests.search.state import Rules
from tests.search.story import Story
from tests.search.world import World

LINE: Final = 120
"""How wide the documentation is, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchedOff:
    """A rule, the small story that needs it, how that is told without it, and what then goes wrong."""

    rule: str
    story: str
    without: Callable[[Scenario], World]
    finds: str

    def without_the_rule(self) -> Violation:
        """Search the story without the rule; returns what goes wrong, and the shortest way to it."""
        try:
            search(self.without(SMALL[self.story]))
        except Violation as violation:
            return violation
        raise AssertionError(f"nothing goes wrong without {self.rule}")

    def told(self, violation: Violation) -> str:
        """What goes wrong, for the documentation."""
        scenario = SMALL[self.story]
        story = Story(people=scenario.people, offers=scenario.offers, times_s=scenario.times_s)
        steps = "".join(f"{number}. {step}\n" for number, step in enumerate(violation.steps, 1))
        what = fill(f"{self.without.__doc__} {story.told()}", width=LINE)
        return f"### {self.rule.capitalize()}\n\n{what}\n\n{steps}\nThen {violation.what}.\n"


# --- how a rule is switched off -----------------------------------------------------------------


def _world(scenario: Scenario, rules: Rules | None = None, **options: Any) -> World:
    story = Story(people=scenario.people, offers=scenario.offers, times_s=scenario.times_s, **options)
    return World(story, scenario.bounds, rules or Rules())


def no_watermark(scenario: Scenario) -> World:
    """The centre gives back what is due by its own clock, whatever operators may still have."""
    return _world(scenario, Rules(complete_up_to_s=_by_the_centres_clock, dated_s=_dated_s))


def _by_the_centres_clock(_: Mapping[str, int], __: Mapping[str, int], *, now_s: int) -> int:
    return now_s


def _dated_s(*, received_s: int, mark_s: int, last_due_s: int | None, **_: object) -> int:
    return max(received_s, first_open_s(watermark_s=mark_s, last_due_s=last_due_s))


def payers_are_silent(scenario: Scenario) -> World:
    """A payer without a receipt shows nothing: the payee's hand-in is to be enough."""
    return _world(scenario, Rules(payers_hand_in=False))


def devices_time(scenario: Scenario) -> World:
    """A hand-in was received when its sender's clock says that it was signed."""
    return _world(scenario, Rules(dated_s=_by_the_senders_clock))


def _by_the_senders_clock(*, seen: Walk, **_: object) -> int:
    return max(step.transfer.signed_at_s for step in seen.steps if step.transfer is not None)


def redemption_at_one_operator(scenario: Scenario) -> World:
    """A redemption names the operator that is to pay it, so a retry at another one is signed anew."""
    return _world(scenario, redeems_at_one_operator=True)


def cache_by_transfer(scenario: Scenario) -> World:
    """A transfer that was verified once stands for all the coins that it names, its payer's or not."""
    return _world(scenario, walker=_walk_by_transfer)


def _walk_by_transfer(bundle: Bundle, trust: Trust) -> Walk:
    seen = walk(bundle, trust)
    verified = {step.transfer.signed.id for step in seen.steps if step.transfer and step.fault is None}
    for number, step in enumerate(seen.steps):
        if step.transfer is not None and step.transfer.signed.id in verified:
            seen.steps[number] = _taken_for_good(step)
    return seen


def _taken_for_good(step: Step) -> Step:
    if step.transfer is None or step.spend is None or step.coin is None or step.fault is None:
        return step
    outputs = spend_outputs(step.transfer, step.spend, step.coin)
    return Step(transfer=step.transfer, spend=step.spend, coin=step.coin, outputs=outputs, fault=None)


def change_by_the_transfer(scenario: Scenario) -> World:
    """The centre binds change by the transfer's claim deadline, the earliest of all its coins."""

    def outputs(transfer: Transfer, spend: Spend, coin: Coin) -> tuple[Coin, ...]:
        made = spend_outputs(transfer, spend, coin)
        return made[:1] + tuple(own._replace(claim_by_s=transfer.claim_by_s) for own in made[1:])

    return _world(scenario, walker=_walk_with(outputs))


def change_by_the_load(scenario: Scenario) -> World:
    """Change is bound by nothing but the life of its load, for everybody."""

    def outputs(transfer: Transfer, spend: Spend, coin: Coin) -> tuple[Coin, ...]:
        made = spend_outputs(transfer, spend, coin)
        return made[:1] + tuple(own._replace(claim_by_s=coin.expires_at_s) for own in made[1:])

    return _world(scenario, walker=_walk_with(outputs), outputs=outputs)


def _walk_with(outputs: Callable[[Transfer, Spend, Coin], tuple[Coin, ...]]) -> Callable[..., Walk]:
    def walk_otherwise(bundle: Bundle, trust: Trust) -> Walk:
        with patch.object(chain, "spend_outputs", outputs):
            return walk(bundle, trust)

    return walk_otherwise


SWITCHED_OFF: Final = (
    SwitchedOff(
        rule="watermark",
        story="one payment",
        without=no_watermark,
        finds="B is owed 60 fen and gets 0",
    ),
    SwitchedOff(
        rule="hand-in by the payer",
        story="a payment that is passed on",
        without=payers_are_silent,
        finds="B is owed 100 fen and gets 0",
    ),
    SwitchedOff(
        rule="operator-signed time",
        story="one payment",
        without=devices_time,
        finds="a coin that is spent now was not open",
    ),
    SwitchedOff(
        rule="redemption as a transfer",
        story="one payment, handed in at either operator or both",
        without=redemption_at_one_operator,
        finds="somebody honest is in a case",
    ),
    SwitchedOff(
        rule="cache by coin",
        story="somebody else's coin beside an own one",
        without=cache_by_transfer,
        finds="A is owed 100 fen and gets 40",
    ),
    SwitchedOff(
        rule="change keeps its own coin's deadline, not the transfer's",
        story="two coins, two deadlines",
        without=change_by_the_transfer,
        finds="D is owed 20 fen and gets 0",
    ),
    SwitchedOff(
        rule="change keeps its own coin's deadline, not its load's",
        story="two coins, change of the one that is due soon",
        without=change_by_the_load,
        finds="a coin that is spent now was not open",
    ),
)
