"""What the learned score looks at, as numbers by name. Pure.

Amounts, times and counts go in as logarithms, so that twice as much counts the same everywhere. Nothing in
it is about who a person is: only about what moved, when and to whom.
"""

from collections.abc import Callable
from math import log1p
from statistics import fmean
from typing import Final

from shuangli.days import DAY_S, local_time
from shuangli.operator.risk.events import HOUR_S, EventKind, History, RiskEvent
from shuangli.operator.risk.rules import CASH_REPORT_FEN, speed_kmh

NIGHT_ENDS_AT: Final = 6
_NEAR_FEN: Final = CASH_REPORT_FEN * 8 // 10


def _hour_out(event: RiskEvent, history: History) -> float:
    return log1p(len([1 for one in history.since(event.at_s - HOUR_S) if one.kind.is_out]))


def _payers(event: RiskEvent, history: History) -> float:
    return log1p(len({one.counterparty for one in history.since(event.at_s - DAY_S) if one.counterparty}))


def _passed_on(event: RiskEvent, history: History) -> float:
    day = history.since(event.at_s - DAY_S)
    came_fen = sum([one.amount_fen for one in day if not one.kind.is_out])
    left_fen = sum([one.amount_fen for one in day if one.kind.is_out]) + event.amount_fen * event.kind.is_out
    return min(1.0, left_fen / came_fen) if came_fen else 0.0


def _near(event: RiskEvent, history: History) -> float:
    week = (*history.since(event.at_s - 7 * DAY_S), event)
    return log1p(len([1 for one in week if _NEAR_FEN <= one.amount_fen < CASH_REPORT_FEN]))


def _asleep(event: RiskEvent, history: History) -> float:
    return 0.0 if history.last_at_s is None else log1p((event.at_s - history.last_at_s) / DAY_S)


def _unusual(event: RiskEvent, history: History) -> float:
    amounts = [one.amount_fen for one in history.events if one.kind.is_out == event.kind.is_out]
    return log1p(event.amount_fen / fmean(amounts)) if amounts else 0.0


def _new_payee(event: RiskEvent, history: History) -> float:
    if event.kind is not EventKind.PAID_OUT:
        return 0.0
    return float(all(one.counterparty != event.counterparty for one in history.events))


def _young(event: RiskEvent, history: History) -> float:
    days = 0 if history.first_at_s is None else (event.at_s - history.first_at_s) / DAY_S
    return 1 / (1 + days)


FEATURES: Final[dict[str, Callable[[RiskEvent, History], float]]] = {
    "amount": lambda event, _: log1p(event.amount_fen / 100),
    "goes out": lambda event, _: float(event.kind.is_out),
    "payments out within an hour": _hour_out,
    "people dealt with within a day": _payers,
    "part of what came in a day that goes on": _passed_on,
    "movements just under the reported amount in a week": _near,
    "days of silence before": _asleep,
    "amount against what is usual": _unusual,
    "first payment to this payee": _new_payee,
    "young account": _young,
    "at night": lambda event, _: float(local_time(event.at_s).hour < NIGHT_ENDS_AT),
    "speed of travel": lambda event, history: log1p(speed_kmh(event, history)[0]),
}
"""Every feature by the name under which it is explained."""


def features_of(event: RiskEvent, history: History) -> list[float]:
    """The features in the order of the table."""
    return [feature(event, history) for feature in FEATURES.values()]
