"""Days whose demand is given: every trip of a table, with its second of entry and its rider."""

from collections.abc import Sequence

import numpy as np

from shuangli.sims.arrays import Ints
from shuangli.sims.chance import generator
from shuangli.sims.scenario import DAY_S, HOUR_S
from shuangli.sims.transit.demand import Demand
from shuangli.sims.transit.network import Network
from shuangli.sims.transit.pace import PACE
from shuangli.sims.transit.riders import deal_riders, tours_of
from shuangli.sims.transit.tours import Rides, linked_tours


def rides_of(demand: Demand, network: Network, rng: np.random.Generator) -> Rides:
    """The trips of `demand`, each entering at a second of its hour by chance.

    Errors: `BadInput` if a station of the demand is not in the network.
    """
    distance_m = network.between(demand.stations)
    row = np.repeat(np.arange(demand.trips.size, dtype=np.int64), demand.trips)
    columns = (demand.day, demand.hour, demand.origin, demand.destination)
    day, hour, origin, destination = (column[row].astype(np.int64) for column in columns)
    entry_s = day * DAY_S + hour * HOUR_S + rng.integers(0, HOUR_S, row.size)
    exit_s = entry_s + PACE.longest_s(distance_m[origin, destination])
    return Rides(day=day, entry_s=entry_s, exit_s=exit_s, origin=origin, destination=destination)


def given_days(
    demand: Demand,
    network: Network,
    weekend: Sequence[bool],
    *,
    trips_per_wallet: float,
    ride_share: float,
    seed: int,
) -> tuple[Rides, Ints, int]:
    """Rides of all days of `demand`, the rider of each, and the number of riders.

    `weekend` says of each day whether it is one; riders are ready to ride on a day with a chance of
    `ride_share` on average. Boardings by day, hour and station are those of the demand.

    Errors: `BadInput` if a station is not in the network, or so many trips to a rider are impossible.
    """
    rides = rides_of(demand, network, generator(seed, "times"))
    rng = generator(seed, "riders")
    tour = linked_tours(rides, trips_per_wallet=trips_per_wallet, rng=rng)
    rider, riders = deal_riders(tours_of(rides, tour), weekend, ride_share=ride_share, rng=rng)
    return rides, rider[tour], riders
