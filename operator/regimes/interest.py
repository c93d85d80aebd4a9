"""Interest on a balance, in whole numbers. Pure.

It accrues day by day: a balance of so many fen at the end of a day is as many *fen-days*. On the settlement
day, the 20th of March, June, September and December, the fen-days since the last one are multiplied with the
rate that is posted on that day:

    interest = fen-days * rate / 360,  rate in millionths: so in units of 1/360,000,000 fen

Nothing is rounded until money is paid. Then whole fen are paid, down, on the day after; the rest, less
than one fen, is carried to the next settlement. So over any number of settlements a customer is less than
one fen short of the exact sum, and never over it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from shuangli.operator.regimes.table import MILLION, RegimeKind, RegimeTable

YEAR_DAYS: Final = 360
UNITS_PER_FEN: Final = YEAR_DAYS * MILLION
UNITS_PER_MICRO_FEN: Final = YEAR_DAYS
SETTLEMENT_MONTHS: Final = (3, 6, 9, 12)
SETTLEMENT_DAY: Final = 20
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days for which interest is settled together: `first` to `last`, both included, and what it is paid by.

    `last` is a settlement day, and money moves on the day after it.
    """

    first: date
    last: date
    rate_ppm: int

    @property
    def paid_on(self) -> date:
        """The day on which it is credited."""
        return self.last + _DAY


@dataclass(frozen=True, slots=True)
class Earned:
    """What is paid for a period, and what is carried on, in units of 1/360,000,000 fen."""

    paid_fen: int
    carried: int


def earned(fen_days: int, rate_ppm: int, carried: int) -> Earned:
    """What fen-days come to with what was carried from before; an overdrawn account earns nothing."""
    return Earned(*divmod(max(0, fen_days) * rate_ppm + carried, UNITS_PER_FEN))


def micro_fen(fen_days: int, rate_ppm: int, carried: int = 0) -> int:
    """What has accrued and was not settled yet, in whole millionths of a fen, down."""
    return (max(0, fen_days) * rate_ppm + carried) // UNITS_PER_MICRO_FEN


def periods_until(table: RegimeTable, today: date) -> Iterator[Period]:
    """The periods that have been over by a day, oldest first: only days on which balances bear interest."""
    for regime, following in zip(table.regimes, (*table.regimes[1:], None), strict=True):
        if regime.kind is not RegimeKind.DEPOSIT_MONEY:
            continue
        first, over = regime.since, following.since if following is not None else date.max
        while first < over:
            last = min(settlement_on_or_after(first), over - _DAY)
            if last >= today:
                return
            rate_ppm = table.interest_ppm(last)
            if rate_ppm:
                yield Period(first=first, last=last, rate_ppm=rate_ppm)
            first = last + _DAY


def settlement_on_or_after(day: date) -> date:
    """The next settlement day, or the day itself if it is one."""
    for month in SETTLEMENT_MONTHS:
        settled = date(day.year, month, SETTLEMENT_DAY)
        if settled >= day:
            return settled
    return date(day.year + 1, SETTLEMENT_MONTHS[0], SETTLEMENT_DAY)


def first_unsettled(table: RegimeTable, today: date) -> date:
    """The first day whose interest is not settled by a day that bears interest."""
    regime = table.regime_on(today)
    settled = [period.paid_on for period in periods_until(table, today)]
    return max([regime.since, *settled])
