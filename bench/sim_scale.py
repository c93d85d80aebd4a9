"""sim.scale.*: time and memory against riders and days: with twice as many of either, both should double.

sim.scale.riders.N.time, sim.scale.riders.N.memory   one day of N riders, two trips each; a million only if
                                                     that line is asked for
sim.scale.days.N.time, sim.scale.days.N.memory       so many days of 1,000 riders

Signatures are accounted for (`signatures=accounting`), so that the largest sizes end within minutes. Time is
processor time of all processes, memory their peaks added up; those of a run of ten riders are taken off both.
`scripts/plot_scale.py` draws both on logarithmic axes and says how steep they are.
"""

import os
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from bench.processor_time import cpu_s_of, in_own_process
from bench.result import Measured, Wanted
from shuangli.sims.catalogue import make_scenario
from shuangli.sims.run import Written, run_scenario

RIDERS: Final = (1_000, 3_000, 10_000, 30_000, 100_000, 1_000_000)
BY_NAME_ONLY: Final = 1_000_000
DAYS: Final = (1, 2, 4, 8)
RIDERS_OF_DAYS: Final = 1_000
TRIPS_EACH: Final = 2


class Used(NamedTuple):
    """What a run has used: processor time, and memory in MiB."""

    cpu_s: float
    memory_mb: float


def measure(wanted: Wanted) -> list[Measured]:
    """The lines that are wanted."""
    lines: list[Measured] = []
    empty: Used | None = None
    for axis, sizes in (("riders", RIDERS), ("days", DAYS)):
        first: Used | None = None
        for size in sizes:
            name = f"sim.scale.{axis}.{size}"
            if not (wanted(f"{name}.time") or wanted(f"{name}.memory")):
                continue
            if size == BY_NAME_ONLY and wanted(f"sim.scale.{axis}"):
                continue
            empty = empty or in_own_process(_used, 10, 1)
            used = in_own_process(_used, *((size, 1) if axis == "riders" else (RIDERS_OF_DAYS, size)))
            used = Used(used.cpu_s - empty.cpu_s, max(1.0, used.memory_mb - empty.memory_mb))
            first = first or used
            print(f"{name}: {used.cpu_s:.1f} s, {used.memory_mb:.0f} MB more than a run of ten riders")
            lines += _lines(name, used, first, size / sizes[0])
    return [line for line in lines if wanted(line.name)]


def _lines(name: str, used: Used, first: Used, times: float) -> list[Measured]:
    """Time and memory of one size, each beside so many times that of the smallest."""
    limit = "as many times the smallest size's as it is larger"
    return [
        Measured(
            name=f"{name}.{what}",
            value=round(value, 2),
            unit=unit,
            limit=limit,
            limit_value=round(smallest * times, 2),
        )
        for what, value, smallest, unit in (
            ("time", used.cpu_s, first.cpu_s, "s of processor time"),
            ("memory", used.memory_mb, first.memory_mb, "MB"),
        )
    ]


def _used(riders: int, days: int) -> Used:
    """Play so many riders on so many days."""
    settings = {
        "trips": str(TRIPS_EACH * riders),
        "trips_per_wallet": str(TRIPS_EACH),
        "days": str(days),
        "signatures": "accounting",
    }

    def play() -> Written:
        scenario = make_scenario("transit", settings, seed=1, demand=None, network=None)
        with tempfile.TemporaryDirectory() as directory:
            workers = os.cpu_count() or 1
            return run_scenario(scenario, Path(directory), workers=workers, progress=lambda *_: None)

    written, cpu_s = cpu_s_of(play)
    return Used(cpu_s, written.run["peak_rss_mb"])
