"""sim.transit: a metro day from the first wallet to the last acknowledgement, in payments per second.

The whole Wednesday of the Bengaluru metro where the file is at hand, else a day of as many trips after
the shipped profile. A run in which money, forks or boardings are off has no figure. The limit is what
libsodium alone needs, on as many processors, for the signatures and checks that the run made and did: one
check for each object and place, none shared between places.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

from bench.libsodium import seconds_alone
from bench.result import Measured
from shuangli.sims.catalogue import make_scenario
from shuangli.sims.progress import progress_bar
from shuangli.sims.run import run_scenario

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "transit"
DEMAND = DATA / "bengaluru_od_hourly_2025-08-06.csv"
NETWORK = DATA / "bengaluru_line_stations.csv"
TRIPS = 731_520


def require_right(result: dict[str, Any]) -> None:
    """Raise ValueError where books are off, a fork is missed, somebody honest accused, or a trip left out."""
    trips, forks = result["trips"], result["forks"]
    off = {
        "books": result["books"]["difference_fen"],
        "forks missed": forks["missed"],
        "forks unexpected": forks["unexpected"],
        "honest accused": forks["honest_accused"],
        "boardings": trips["boardings_difference"],
        "trips": trips["asked"] - trips["attempted"],
    }
    if any(off.values()):
        raise ValueError(f"sim.transit: the run is wrong, so its speed says nothing: {off}")


def measure(trips: int | None = None) -> list[Measured]:
    """Run the day, or `trips` of the shipped profile, and the limit right after it."""
    real = trips is None and DEMAND.is_file() and NETWORK.is_file()
    settings = {} if real else {"trips": str(trips or TRIPS)}
    scenario = make_scenario(
        "transit", settings, seed=1, demand=DEMAND if real else None, network=NETWORK if real else None
    )
    processes = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as directory, progress_bar("sim.transit") as progress:
        written = run_scenario(scenario, Path(directory), workers=processes, progress=progress)
    require_right(written.result)
    run, signatures = written.run, written.result["signatures"]
    payments = written.result["payments"]["attempted"]
    alone_s = seconds_alone(signatures["made"], signatures["checked"], processes=processes)
    print(f"sim.transit: {payments:,} payments in {run['wall_s']:.0f} s, {run['peak_rss_mb']:,} MB;")
    by_place = ", ".join(f"{place} {1e6 * used_s / payments:,.0f}" for place, used_s in run["cpu_s"].items())
    print(f"  processor time of a payment in microseconds: {by_place}")
    print(f"  {signatures['made']:,} signatures and {signatures['checked']:,} checks alone: {alone_s:.0f} s")
    limit = f"libsodium alone for {signatures['made']} signatures and {signatures['checked']} checks"
    return [
        Measured(
            name="sim.transit",
            value=round(payments / run["played_s"], 1),
            unit="payments/s",
            limit=f"{limit} on {processes} processors",
            limit_value=round(payments / alone_s, 1),
        )
    ]
