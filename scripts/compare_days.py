"""How far made days are from real ones, beside how far real days are from each other: prints a table.

    python scripts/compare_days.py --demand ../shared/data/transit/bengaluru_od_hourly_2025-08-04_08.parquet \
        --network ../shared/data/transit/bengaluru_line_stations.csv

The distances are those of `sims/transit/likeness.py`; of several days or seeds the largest is shown. The
shipped profile is fitted to the third day of that file, which is left out of the comparison.
"""

import argparse
import sys
from dataclasses import astuple
from pathlib import Path
from typing import Final

from shuangli.errors import BadInput
from shuangli.sims.transit.demand import demand_of, read_demand
from shuangli.sims.transit.habits import Habits, habitual_days
from shuangli.sims.transit.likeness import Apart, Shape, apart, largest, shape_of
from shuangli.sims.transit.network import Network, read_network

FITTED: Final = 2
SEEDS: Final = range(5)
HABITS: Final = Habits(trips=100_000, weekend_share=0.71, trips_per_wallet=2, ride_share=0.8, spread_s=600)


def made_day(network: Network, seed: int) -> Shape:
    """A working day by the shipped profile."""
    rides, _, _ = habitual_days(HABITS, network, (False,), seed=seed)
    return shape_of(demand_of(rides, network.stations, days=1, source="habits"), network, day=0)


def row(name: str, distances: Apart) -> str:
    """A row of the table."""
    return " | ".join([f"| {name}", *(f"{distance:.3f}" for distance in astuple(distances))]) + " |"


def main() -> int:
    """Read, compare, print; 0 done, 2 bad input."""
    parser = argparse.ArgumentParser(description="Compare made days with real ones.")
    parser.add_argument("--demand", type=Path, required=True, help="table of trips of several days")
    parser.add_argument("--network", type=Path, required=True, help="table of lines and stations")
    options = parser.parse_args()
    try:
        network = read_network(options.network)
        demand = read_demand(options.demand, network)
    except BadInput as error:
        print(f"compare_days: {error}", file=sys.stderr)
        return 2
    real = [shape_of(demand, network, day=day) for day in range(len(demand.days))]
    between = [apart(one, other) for number, one in enumerate(real) for other in real[number + 1 :]]
    others = [shape for day, shape in enumerate(real) if day != FITTED]
    made = [apart(made_day(network, seed), shape) for seed in SEEDS for shape in others]
    print("| largest distance | hours | stations | distances | energy |\n|---|---|---|---|---|")
    print(row("two real days", largest(between)))
    print(row("a made day and a real one", largest(made)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
