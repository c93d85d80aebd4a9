"""What a run's result says of its trips: columns of `payments.parquet`, and the section `trips`."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from shuangli.sims.arrays import Ints, at_share
from shuangli.sims.scenario import DAY_S, HOUR_S
from shuangli.sims.tap import PAID
from shuangli.sims.transit.phones import NAMES
from shuangli.sims.transit.trips import Trips


def with_trips(payments: pl.DataFrame, trips: Trips, *, first_day_s: int) -> pl.DataFrame:
    """Payments with the trip that each is for: `tag` is its position; all null where that is below 0."""
    trip = payments.select(pl.when(pl.col("tag") >= 0).then("tag"))["tag"]
    places, phones = pl.Series("places", trips.places), pl.Series("phones", NAMES)

    def of_trip(values: Ints) -> pl.Series:
        return pl.Series(values.astype(np.int64)).gather(trip)

    return payments.with_columns(
        of_trip(trips.entry_s + first_day_s).alias("entry_s"),
        places.gather(of_trip(trips.origin.astype(np.int64))).alias("origin"),
        places.gather(of_trip(trips.destination.astype(np.int64))).alias("destination"),
        phones.gather(of_trip(trips.phone[trips.wallet])).alias("phone"),
        of_trip(trips.waited_ms).cast(pl.Int32).alias("waited_ms"),
    )


def trip_figures(payments: pl.DataFrame, trips: Trips, asked: Ints, *, first_day_s: int) -> dict[str, Any]:
    """Trips made and paid, by how much boardings differ from the demand, and waits at the gates.

    `payments` are those of `payments.parquet`; `asked` are the demand's boardings [days, 24, stations].
    """
    for_trips = payments.filter(pl.col("origin").is_not_null())
    on_bus = pl.col("origin").is_in(list(trips.lines))
    by_bus, by_metro = for_trips.filter(on_bus), for_trips.filter(~on_bus)
    free = np.flatnonzero(trips.metro & (trips.fare_fen == 0))
    station = {name: number for number, name in enumerate(trips.stations)}
    origin = by_metro["origin"].replace_strict(station, return_dtype=pl.Int64).to_numpy()
    entry_s = np.concatenate([by_metro["entry_s"].to_numpy() - first_day_s, trips.entry_s[free]])
    simulated = np.zeros_like(asked)
    place = np.concatenate([origin, trips.origin[free]])
    np.add.at(simulated, (entry_s // DAY_S, entry_s // HOUR_S % 24, place), 1)
    busiest = for_trips.group_by("at_s").len()["len"].max()
    return {
        "attempted": by_metro.height + free.size,
        "paid": by_metro.filter(pl.col("outcome") == PAID).height,
        "free": int(free.size),
        "by_bus": int((~trips.metro).sum()),
        "by_bus_paid": by_bus.filter(pl.col("outcome") == PAID).height,
        "asked": int(asked.sum()),
        "boardings_difference": int(np.abs(simulated - asked).sum()),
        "taps_in_busiest_second": int(busiest) if isinstance(busiest, int) else 0,
        "riders": trips.wallets,
        "waiting_ms": dict(_waits(trips)),
        "asked_by_hour": asked.sum(axis=2).reshape(-1).tolist(),
        "simulated_by_hour": simulated.sum(axis=2).reshape(-1).tolist(),
    }


def _waits(trips: Trips) -> Iterator[tuple[str, dict[str, float]]]:
    """How long people waited in the queues at the gates: all, and by kind of device."""
    phone = trips.phone[trips.wallet]
    for name, mask in (("all", trips.metro), *((name, phone == kind) for kind, name in enumerate(NAMES))):
        waited_ms = np.sort(trips.waited_ms[trips.metro & mask])
        if waited_ms.size:
            yield (
                name,
                {
                    "trips": int(waited_ms.size),
                    "mean": round(float(waited_ms.mean()), 1),
                    "p95": at_share(waited_ms, 0.95),
                    "max": int(waited_ms[-1]),
                },
            )
