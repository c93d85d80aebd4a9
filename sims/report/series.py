"""The data of the report's charts: arrays by time and by length of time, ready to be drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from shuangli.sims.arrays import Floats, Ints, at_share
from shuangli.sims.scenario import HOUR_S

MOST_BINS: Final = 1_800
"""More points on a time axis than this are too fine to be seen, and make the page large."""
BIN_WIDTHS_S: Final = (60, 300, 600, 900, 1_800, 3_600, 7_200)
FEWEST_IN_BIN: Final = 4
"""Fewer payments than this in a step make noise instead of a rate."""
MOST_BARS: Final = 48
STEPS_S: Final = tuple(
    [1, 2, 5, 10, 15, 30, *(60 * minutes for minutes in (1, 2, 5, 10, 15, 30))]
    + [HOUR_S * hours for hours in (1, 2, 3, 6, 12, 24, 48, 96, 168, 336)]
)
"""Widths of bars and distances of ticks that read well on an axis of time."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OverTime:
    """A figure in equal steps of time: `values[i]` belongs to [start_s + i * width_s, … + width_s)."""

    start_s: int
    width_s: int
    values: Floats

    @property
    def edges_h(self) -> Floats:
        """Where the steps begin, and the end of the last, in hours since the first midnight."""
        return (self.start_s + np.arange(self.values.size + 1) * self.width_s) / HOUR_S

    @property
    def peak(self) -> tuple[int, float]:
        """When the highest step begins, in seconds since the first midnight, and its value."""
        if not self.values.size:
            return self.start_s, 0.0
        highest = int(self.values.argmax())
        return self.start_s + highest * self.width_s, float(self.values[highest])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Level:
    """A figure at points of time: `values[i]` at i * every_s since the first midnight."""

    every_s: int
    values: Floats

    @property
    def at_h(self) -> Floats:
        """The points of time, in hours since the first midnight."""
        return np.arange(self.values.size) * self.every_s / HOUR_S

    @property
    def peak(self) -> tuple[int, float]:
        """When it is highest, in seconds since the first midnight, and how high."""
        highest = int(self.values.argmax())
        return highest * self.every_s, float(self.values[highest])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spread:
    """How lengths of time are spread: how many in each bar of `width_s` from 0, and all of them in order."""

    width_s: int
    counts: Ints
    ordered_s: Ints

    def within_s(self, share: float) -> int:
        """The time within which at least this share lies; 0 if there is none. As in `result.json`."""
        return at_share(self.ordered_s, share) if self.ordered_s.size else 0


def bin_width_s(span_s: int, events: int) -> int:
    """The finest step that divides `span_s` into not too many, with a few of the events in each."""
    most = min(MOST_BINS, events / FEWEST_IN_BIN)
    return next((width for width in BIN_WIDTHS_S if span_s / width <= most), BIN_WIDTHS_S[-1])


def step_s(longest_s: int, most: int) -> int:
    """The smallest well-reading step of which `most` reach `longest_s`."""
    return next((step for step in STEPS_S if longest_s / step <= most), STEPS_S[-1])


def _sums(times_s: Ints, weights: Ints | None, end_s: int, width_s: int) -> Floats:
    """Sums by step from 0 to end_s; what lies before or after goes to the first or last step."""
    steps = max(1, -(-end_s // width_s))
    position = np.clip(times_s // width_s, 0, steps - 1)
    return np.bincount(position, weights=weights, minlength=steps).astype(np.float64)


def rate_per_s(payments: pl.DataFrame, *, first_s: int, end_s: int) -> OverTime:
    """Payments attempted per second, the mean of each step; `end_s` counts from `first_s`."""
    width_s = bin_width_s(end_s, payments.height)
    made = _sums(payments["at_s"].to_numpy() - first_s, None, end_s, width_s)
    return OverTime(start_s=0, width_s=width_s, values=made / width_s)


def busiest_second(payments: pl.DataFrame, *, first_s: int) -> tuple[int, int]:
    """The first second with most payments attempted, since `first_s`, and how many; (0, 0) if none."""
    if payments.is_empty():
        return 0, 0
    seconds, counts = np.unique(payments["at_s"].to_numpy(), return_counts=True)
    most = int(counts.argmax())
    return int(seconds[most]) - first_s, int(counts[most])


def unreconciled_fen(paid: pl.DataFrame, *, first_s: int, end_s: int) -> Level:
    """Value paid and not yet handed in; `paid` are the payments that succeeded."""
    width_s = bin_width_s(end_s, FEWEST_IN_BIN * MOST_BINS)
    received = paid.filter(pl.col("received_s").is_not_null())
    made = _sums(paid["at_s"].to_numpy() - first_s, paid["amount_fen"].to_numpy(), end_s, width_s)
    handed_in = _sums(
        received["received_s"].to_numpy() - first_s, received["amount_fen"].to_numpy(), end_s, width_s
    )
    return Level(every_s=width_s, values=np.concatenate([[0.0], np.cumsum(made - handed_in)]))


def level_by_hour(rows: Sequence[Mapping[str, int]], name: str) -> Level:
    """A level from the `hours` of a result, which give it at the end of each hour; from midnight on."""
    values = [row[name] for row in rows if row["hour"] >= -1]
    if not rows or rows[0]["hour"] > -1:
        values = [0, *values]
    return Level(every_s=HOUR_S, values=np.asarray(values, dtype=np.float64))


def by_hour(values: Sequence[int], *, start_h: int = 0) -> OverTime:
    """Figures of an hour each."""
    return OverTime(start_s=start_h * HOUR_S, width_s=HOUR_S, values=np.asarray(values, dtype=np.float64))


def spread(lengths_s: pl.Series) -> Spread:
    """The spread of some lengths of time; nulls are left out."""
    ordered = np.sort(lengths_s.drop_nulls().cast(pl.Int64).to_numpy())
    longest_s = int(ordered[-1]) if ordered.size else 0
    width_s = step_s(longest_s + 1, MOST_BARS)
    counts = (
        np.bincount(np.clip(ordered, 0, None) // width_s) if ordered.size else np.zeros(0, dtype=np.int64)
    )
    return Spread(width_s=width_s, counts=counts.astype(np.int64), ordered_s=ordered)
