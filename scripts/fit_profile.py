"""Fit the demand profile that ships with the package, and write it.

    python scripts/fit_profile.py --demand ../shared/data/transit/bengaluru_od_hourly_2025-08-06.csv \
        --network ../shared/data/transit/bengaluru_line_stations.csv [--output sims/transit/profile.toml]
    python scripts/fit_profile.py \
        --demand ../shared/data/transit/bengaluru_od_hourly_2025-08-10_sunday.parquet \
        --network ../shared/data/transit/bengaluru_line_stations.csv --date 2025-08-10 \
        --output sims/transit/profile-weekend.toml

The model is the one of `sims/transit/gravity.py`. Its maximum of likelihood is found by
expectation-maximisation: in turn, every trip is split into a part that goes out and a part that comes back,
by the model as it is; then the station weights are read off the parts, and the distance decay takes one
Newton step towards the same mean distance and mean logarithm of distance as the parts have. Stations with
fewer than 100 boardings (not yet open) are left out. The same files give the same bytes.
"""

import argparse
import sys
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shuangli.errors import BadInput
from shuangli.sims.tables import read_table
from shuangli.sims.transit.demand import Demand, read_demand
from shuangli.sims.transit.gravity import balanced, willingness
from shuangli.sims.transit.network import Network, read_network
from shuangli.sims.transit.profile import HOURS, SHIPPED, Profile

ROUNDS = 100
FEWEST_BOARDINGS = 100
SOURCE = (
    "hourly origin-destination counts of Namma Metro, Bengaluru, {date}: BMRCL through an RTI request,"
    " published by Vonter/bmrcl-ridership-hourly"
)
LICENCE = "data: ODbL 1.0, some contents (c) BMRCL; here only parameters fitted to them"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """What the iteration carries: trips out [from, to] as shares, outbound share by hour, decay."""

    out: NDArray[np.float64]
    outbound: NDArray[np.float64]
    power: float
    scale_m: float


def step(fit: Fit, trips: NDArray[np.float64], distance_m: NDArray[np.int32]) -> Fit:
    """One round: decay towards the trips out, then split `trips` [24, from, to] by the model anew."""
    home, work = fit.out.sum(axis=1), fit.out.sum(axis=0)
    apart = distance_m > 0
    model = balanced(home, work, willingness(distance_m, fit.power, fit.scale_m))
    terms = np.stack([np.log(distance_m[apart]), -distance_m[apart].astype(np.float64)])
    means = terms @ model[apart]
    covariance = (terms * model[apart]) @ terms.T - np.outer(means, means)
    change = np.linalg.solve(covariance, terms @ fit.out[apart] - means)
    power, scale_m = fit.power + change[0], 1 / (1 / fit.scale_m + change[1])
    model = balanced(home, work, willingness(distance_m, power, scale_m))
    leaving = fit.outbound[:, None, None] * model
    returning = (1 - fit.outbound[:, None, None]) * model.T
    either = leaving + returning
    chance = np.divide(leaving, either, out=np.full_like(leaving, 0.5), where=either > 0)
    total = trips.sum(axis=(1, 2))
    outbound = np.divide((chance * trips).sum(axis=(1, 2)), total, out=np.full(HOURS, 0.5), where=total > 0)
    out = (chance * trips).sum(axis=0) + ((1 - chance) * trips).sum(axis=0).T
    return Fit(out=out / out.sum(), outbound=outbound, power=float(power), scale_m=float(scale_m))


def fit_profile(
    demand: Demand, network: Network, lines: dict[str, list[tuple[str, float]]], date: str
) -> Profile:
    """The profile of the demand of `date`; `lines` as `line_steps` returns them."""
    trips = np.zeros((HOURS, len(demand.stations), len(demand.stations)))
    np.add.at(trips, (demand.hour, demand.origin, demand.destination), demand.trips)
    hour_share = trips.sum(axis=(1, 2)) / trips.sum()
    same = np.trace(trips.sum(axis=0)) / trips.sum()
    busy = np.flatnonzero(trips.sum(axis=(0, 2)) >= FEWEST_BOARDINGS)
    stations = [demand.stations[station] for station in busy]
    trips = trips[:, busy][:, :, busy]
    trips[:, np.arange(busy.size), np.arange(busy.size)] = 0
    distance_m = network.between(stations)
    morning = trips[:12].sum(axis=0) + trips[12:].sum(axis=0).T
    start = np.where(np.arange(HOURS) < 12, 0.9, 0.1)
    fit = Fit(out=morning / morning.sum(), outbound=start, power=0.5, scale_m=10_000.0)
    for _ in range(ROUNDS):
        fit = step(fit, trips, distance_m)
    logarithms = np.stack(
        [np.log(fit.out.sum(axis=1)), np.log(fit.out.sum(axis=0)), -distance_m.mean(axis=1, dtype=np.float64)]
    )
    correlation = np.corrcoef(logarithms)
    served = [line for line in lines.values() if 2 * sum(name in stations for name, _ in line) >= len(line)]
    steps = np.log([metres for line in served for _, metres in line if metres > 0])
    return Profile(
        hour_share=tuple(hour_share),
        outbound_share=tuple(fit.outbound),
        home_sigma=float(logarithms[0].std()),
        work_sigma=float(logarithms[1].std()),
        home_work_correlation=float(correlation[0, 1]),
        home_centrality=float(correlation[0, 2]),
        work_centrality=float(correlation[1, 2]),
        same_station_share=float(same),
        distance_power=fit.power,
        distance_scale_m=fit.scale_m,
        stations=len(stations),
        stations_per_line=sum(len(line) for line in served) / len(served),
        step_m=float(np.exp(steps.mean())),
        step_sigma=float(steps.std()),
        source=SOURCE.format(date=date),
        licence=LICENCE,
    )


def line_steps(path: Path) -> dict[str, list[tuple[str, float]]]:
    """The stations of each line with the metres from the one before (NaN where there is none)."""
    table = read_table(path)
    lines: dict[str, list[tuple[str, float]]] = {}
    metres = table.numbers("distance_from_previous_m", high=1_000_000)
    for line, station, length_m in zip(table.text("line"), table.text("station"), metres, strict=True):
        lines.setdefault(line, []).append((station, float(length_m)))
    return lines


def toml(profile: Profile) -> str:
    """The profile as the text of its file, numbers with five digits."""
    lines = [
        "# Demand profile of a metro day: parameters of the model in gravity.py, described in profile.py.",
        "# Written by scripts/fit_profile.py; do not edit. Holds no row of the data.",
    ]
    for field in fields(profile):
        value = getattr(profile, field.name)
        if isinstance(value, tuple):
            numbers = [f"{number:.5f}" for number in value]
            rows = [f"    {', '.join(numbers[start : start + 8])},\n" for start in range(0, HOURS, 8)]
            lines.append(f"{field.name} = [\n{''.join(rows)}]")
        elif isinstance(value, str):
            lines.append(f'{field.name} = "{value}"')
        else:
            lines.append(f"{field.name} = {value if isinstance(value, int) else float(f'{value:.5g}')}")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Read, fit, write; 0 done, 2 bad input."""
    parser = argparse.ArgumentParser(description="Fit the demand profile that ships with the package.")
    parser.add_argument("--demand", type=Path, required=True, help="table of one day's trips")
    parser.add_argument("--network", type=Path, required=True, help="table of lines and stations")
    parser.add_argument("--date", default="2025-08-06", help="of the trips (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=SHIPPED, help="default: %(default)s")
    options = parser.parse_args()
    try:
        network = read_network(options.network)
        demand = read_demand(options.demand, network)
        profile = fit_profile(demand, network, line_steps(options.network), options.date)
        options.output.write_text(toml(profile), encoding="utf-8")
    except (BadInput, OSError) as error:
        print(f"fit_profile: {error}", file=sys.stderr)
        return 2
    print(f"{profile.stations} stations, decay {profile.distance_scale_m:.0f} m -> {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
