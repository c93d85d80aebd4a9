"""The rules of risk control: a table. Pure.

A rule looks at an event and at what the same person did before, and says nothing, or what it has seen.
What it then asks for stands in the table.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from shuangli.days import DAY_S
from shuangli.money import format_yuan
from shuangli.operator.risk.events import HOUR_S, Action, EventKind, History, Reason, RiskEvent

CASH_REPORT_FEN: Final = 5_000_000
"""Cash-like movements of a day from 50,000 yuan on are reported (`large_values`)."""


class Limits(NamedTuple):
    """The numbers of the rules."""

    out_in_an_hour: int = 12
    near_least_fen: int = CASH_REPORT_FEN * 8 // 10
    near_times: int = 3
    near_days: int = 7
    payers_in_a_day: int = 12
    payers_times_usual: int = 3
    passed_on_percent: int = 80
    passed_on_from_fen: int = 500_000
    asleep_days: int = 180
    wakes_with_fen: int = 500_000
    fastest_kmh: int = 1_000
    least_km: int = 100


class Rule(NamedTuple):
    """A rule: its name, what it asks for, and what it looks at. `check` gives what was seen, or nothing."""

    name: str
    action: Action
    check: Callable[[RiskEvent, History, Limits], str]


def velocity(event: RiskEvent, history: History, limits: Limits) -> str:
    """More payments out within an hour than a person makes."""
    if event.is_company or not event.kind.is_out or event.kind is EventKind.LOADED:
        return ""
    count = 1 + sum(before.kind.is_out for before in history.since(event.at_s - HOUR_S))
    if count <= limits.out_in_an_hour:
        return ""
    return f"{count} payments within an hour, and {limits.out_in_an_hour} are usual at most"


def structuring(event: RiskEvent, history: History, limits: Limits) -> str:
    """Again and again just under the amount from which a movement is reported."""

    def is_near(one: RiskEvent) -> bool:
        cash_like = one.kind in (EventKind.DEPOSIT, EventKind.REDEEMED)
        return cash_like and limits.near_least_fen <= one.amount_fen < CASH_REPORT_FEN

    if not is_near(event):
        return ""
    near = [one for one in history.since(event.at_s - limits.near_days * DAY_S) if is_near(one)]
    if len(near) + 1 < limits.near_times:
        return ""
    least = min(one.amount_fen for one in (*near, event))
    return (
        f"{len(near) + 1} movements of {format_yuan(least)} yuan or more within {limits.near_days} days,"
        f" each less than the {format_yuan(CASH_REPORT_FEN)} yuan that are reported"
    )


def many_to_one(event: RiskEvent, history: History, limits: Limits) -> str:
    """Many people pay one person within a day, more than usual, and most of it leaves again.

    What goes into a purse has left as well: where it goes from there is heard of late or never.
    """
    if event.is_company or not event.kind.is_out:
        return ""
    day = history.since(event.at_s - DAY_S)
    payers = {one.counterparty for one in day if one.kind is EventKind.PAID_IN and one.counterparty}
    came_fen = sum(one.amount_fen for one in day if not one.kind.is_out)
    left_fen = event.amount_fen + sum(one.amount_fen for one in day if one.kind.is_out) + history.loaded_fen
    usual = limits.payers_times_usual * _usual_payers(event, history)
    is_few = len(payers) < max(limits.payers_in_a_day, usual)
    if is_few or came_fen < limits.passed_on_from_fen:
        return ""
    percent = 100 * left_fen // came_fen
    if percent < limits.passed_on_percent:
        return ""
    return f"{len(payers)} people paid within a day, and {percent} % of what came goes on"


def _usual_payers(event: RiskEvent, history: History) -> float:
    """How many people paid in a day, of the days before the last one on which anybody did."""
    before = [
        (event.at_s - one.at_s) // DAY_S
        for one in history.events
        if one.kind is EventKind.PAID_IN and one.at_s < event.at_s - DAY_S
    ]
    return len(before) / max(1, len({*before}))


def wakes_up(event: RiskEvent, history: History, limits: Limits) -> str:
    """A wallet that slept for months moves much."""
    if history.last_at_s is None or event.amount_fen < limits.wakes_with_fen:
        return ""
    days = (event.at_s - history.last_at_s) // DAY_S
    if days < limits.asleep_days:
        return ""
    return f"nothing for {days} days, and now {format_yuan(event.amount_fen)} yuan"


def travel(event: RiskEvent, history: History, limits: Limits) -> str:
    """Farther from the place before than one gets in the time between."""
    kmh, km = speed_kmh(event, history)
    if kmh <= limits.fastest_kmh or km < limits.least_km:
        return ""
    return f"{km} km from the place before, which would take {kmh} km/h"


RULES: Final = (
    Rule("velocity", Action.FLAG, velocity),
    Rule("structuring", Action.HOLD, structuring),
    Rule("many-to-one", Action.HOLD, many_to_one),
    Rule("sleeping-wallet-wakes", Action.FLAG, wakes_up),
    Rule("impossible-travel", Action.FLAG, travel),
)
"""All rules; each explains itself."""


def ask_rules(event: RiskEvent, history: History, limits: Limits) -> list[Reason]:
    """What the rules have to say, in the order of the table."""
    return [
        Reason(rule.name, rule.action, seen) for rule in RULES if (seen := rule.check(event, history, limits))
    ]


def speed_kmh(event: RiskEvent, history: History) -> tuple[int, int]:
    """How fast somebody would have come from the last place that is known, and how far, in km.

    What was paid offline is heard of late: the place that is known may be one of later.
    """
    if event.place is None:
        return 0, 0
    placed = ((one.place, one.at_s) for one in reversed(history.events) if one.place is not None)
    known = history.last_place or next(placed, None)
    if known is None:
        return 0, 0
    place, at_s = known
    km = place.km_to(event.place)
    # Less than a minute counts as one: clocks of devices differ.
    return round(km * HOUR_S / max(60, abs(event.at_s - at_s))), round(km)
