"""What the charts of a run show, and the titles that say it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from shuangli.sims.report import plots, series
from shuangli.sims.report.plots import Chart, TimeAxis
from shuangli.sims.report.words import clock, count, duration, money_of, plural
from shuangli.sims.scenario import DAY_S, HOUR_S
from shuangli.sims.tap import PAID


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Material:
    """All that a report is made of, and all of it follows from the seed.

    figures: as in `result.json`. payments, cases: as in the Parquet files. outages: from when to when
    operators could not be reached. closes_s: when everybody reconciles. Times in seconds since 1970.
    """

    figures: Mapping[str, Any]
    payments: pl.DataFrame
    cases: pl.DataFrame
    outages: tuple[tuple[int, int], ...]
    closes_s: int

    @property
    def first_s(self) -> int:
        """The first midnight."""
        return int(self.figures["scenario"]["first_day_s"])

    @property
    def currency(self) -> str:
        """The currency of all amounts."""
        return str(self.figures["scenario"]["currency"])

    @property
    def paid(self) -> pl.DataFrame:
        """The payments that succeeded."""
        return self.payments.filter(pl.col("outcome") == PAID)

    @property
    def end_s(self) -> int:
        """The full hour by which all is over, since the first midnight."""
        latest = [self.payments["at_s"].max(), self.payments["received_s"].max(), self.closes_s]
        last_s = max(int(time) for time in latest if isinstance(time, int)) - self.first_s
        return (last_s // HOUR_S + 1) * HOUR_S

    @property
    def days(self) -> int:
        """How many days are named apart; the night after the last one belongs to it."""
        return max(1, round((self.closes_s - self.first_s) / (DAY_S)))

    @property
    def time(self) -> TimeAxis:
        """The axis of time that the charts share."""
        hours = [[(time_s - self.first_s) / HOUR_S for time_s in outage] for outage in self.outages]
        return TimeAxis(end_h=self.end_s / HOUR_S, outages=[(from_h, to_h) for from_h, to_h in hours])

    def clock(self, second: int, *, with_seconds: bool = False) -> str:
        """A time since the first midnight in words."""
        return clock(second, days=self.days, with_seconds=with_seconds)


def demand_chart(material: Material) -> Chart:
    """Boardings by hour against what was asked; without trips, payments made against those attempted."""
    if "trips" not in material.figures:
        return _attempts_chart(material)
    trips = material.figures["trips"]
    solid, marked = series.by_hour(trips["simulated_by_hour"]), series.by_hour(trips["asked_by_hour"])
    at_s, most = marked.peak
    hour = f"{clock(at_s % DAY_S, days=1)}–{material.clock(at_s + HOUR_S)}"
    if trips["boardings_difference"] or trips["asked"] != trips["attempted"]:
        title = f"Boardings are not those that were asked for: {count(trips['boardings_difference'])} off"
    else:
        title = f"Boardings by hour are those asked for, {count(int(most))} in the busiest hour, {hour}"
    return plots.hours_chart(
        title,
        solid=solid,
        marked=marked,
        names=("simulated", "asked for by the demand"),
        unit="boardings per hour",
        time=material.time,
    )


def _attempts_chart(material: Material) -> Chart:
    first_s, hours = material.first_s, material.end_s // HOUR_S
    made, wanted = [0] * hours, [0] * hours
    for table, into in ((material.paid, made), (material.payments, wanted)):
        by_hour = table.group_by((pl.col("at_s") - first_s) // HOUR_S).len()
        for hour, number in by_hour.iter_rows():
            into[min(max(int(hour), 0), hours - 1)] += int(number)
    short = sum(wanted) - sum(made)
    title = f"{plural(sum(wanted), 'payment')} attempted, {count(short) if short else 'none'} of them in vain"
    return plots.hours_chart(
        title,
        solid=series.by_hour(made),
        marked=series.by_hour(wanted),
        names=("paid", "attempted"),
        unit="payments per hour",
        time=material.time,
    )


def rate_chart(material: Material) -> Chart:
    """Taps per second over the day."""
    what = "taps" if "trips" in material.figures else "payments"
    rate = series.rate_per_s(material.payments, first_s=material.first_s, end_s=material.end_s)
    at_s, most = series.busiest_second(material.payments, first_s=material.first_s)
    peak_s, peak = rate.peak
    if peak >= 0.5:
        mean = f"Up to {peak:.1f} {what} a second over {duration(rate.width_s)}"
    else:
        per_minute = f"{peak * 60:.3g}"
        mean = f"Up to {per_minute} {what if per_minute != '1' else what[:-1]} a minute"
    second = f"{count(most)} in the busiest second ({material.clock(at_s, with_seconds=True)})"
    title = f"{mean} ({material.clock(peak_s)}), {second}"
    return plots.rate_chart(title, rate=rate, busiest=(at_s, most), what=what, time=material.time)


def unreconciled_chart(material: Material) -> Chart:
    """Value that was paid and has not reached an operator."""
    value = series.unreconciled_fen(material.paid, first_s=material.first_s, end_s=material.end_s)
    at_s, most_fen = value.peak
    most = money_of(material.figures)(round(most_fen))
    title = f"Paid and not yet reconciled: at most {most}, at {material.clock(at_s)}"
    return plots.value_chart(
        "unreconciled",
        title,
        level_fen=value,
        currency=material.currency,
        colour="accent",
        time=material.time,
    )


def circulating_chart(material: Material) -> Chart:
    """Value outside the operators' vaults."""
    value = series.level_by_hour(material.figures["hours"], "circulating_fen")
    most, end = map(money_of(material.figures), (round(value.peak[1]), int(value.values[-1])))
    title = f"In circulation outside the vaults: at most {most}, at the end {end}"
    return plots.value_chart(
        "circulating", title, level_fen=value, currency=material.currency, colour="main", time=material.time
    )


def latency_chart(material: Material) -> Chart | None:
    """How long payments waited for reconciliation; None if none was reconciled."""
    lengths = series.spread(material.paid["latency_s"])
    if not lengths.ordered_s.size:
        return None
    return plots.spread_chart(
        "latency",
        f"Half of the payments reach an operator {_half_and_most(lengths)}",
        lengths=lengths,
        noun="payments",
        colour="main",
        axis="from payment to reconciliation",
    )


def detection_chart(material: Material) -> Chart | None:
    """How long double spends stayed undetected; None if there is none of which both times are known."""
    cases = material.cases
    lengths = series.spread(cases["found_s"] - cases["second_spend_s"])
    if not lengths.ordered_s.size:
        return None
    return plots.spread_chart(
        "detection",
        f"Half of the double spends are found {_half_and_most(lengths)}",
        lengths=lengths,
        noun="cases",
        colour="accent",
        axis="from second spend to detection",
    )


def _half_and_most(lengths: series.Spread) -> str:
    return f"within {duration(lengths.within_s(0.5))}, 95 % within {duration(lengths.within_s(0.95))}"
