"""sim.sweep.*: how much of all processors a sweep of 200 small runs uses.

sim.sweep.utilisation   processor time of all its processes by the time on the clock and by processors
sim.sweep.runs          runs a second
"""

import tempfile
from pathlib import Path
from typing import Final

from bench.processor_time import PROCESSORS, cpu_and_wall_s_of, in_own_process
from bench.result import Measured, Wanted
from shuangli.sims.api import read_study, sweep

LEAST_UTILISED: Final = 0.9
STUDY: Final = """\
scenario = "transit"
[settings]
trips = 300
signatures = "accounting"
[sweep]
design = "grid"
seeds = 40
[sweep.vary]
reconcile_every_s = [900, 1800, 3600, 7200, 14400]
"""
RUNS: Final = 200


def measure(wanted: Wanted) -> list[Measured]:
    """The lines that are wanted."""
    if not (wanted("sim.sweep.utilisation") or wanted("sim.sweep.runs")):
        return []
    runs, cpu_s, wall_s = in_own_process(_sweep)
    assert runs == RUNS
    print(f"sweep: {runs} runs in {wall_s:.1f} s, {cpu_s:.1f} s of processor time on {PROCESSORS} processors")
    lines = [
        Measured(
            name="sim.sweep.utilisation",
            value=round(cpu_s / wall_s / PROCESSORS, 4),
            unit="of all processors",
            limit="processor time of the sweep's processes by wall time and processors, over 90 %",
            limit_value=LEAST_UTILISED,
        ),
        Measured(
            name="sim.sweep.runs",
            value=round(runs / wall_s, 3),
            unit="runs/s",
            limit="the same processor time with every processor busy all the time",
            limit_value=round(runs * PROCESSORS / cpu_s, 3),
        ),
    ]
    return [line for line in lines if wanted(line.name)]


def _sweep() -> tuple[int, float, float]:
    """Play the study in as many processes as there are processors: runs, processor and wall seconds."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "study.toml"
        file.write_text(STUDY, encoding="utf-8")
        study = read_study(file)
        swept, cpu_s, wall_s = cpu_and_wall_s_of(lambda: sweep(study, Path(directory) / "out"))
    assert not swept.failures, swept.failures
    return swept.runs, cpu_s, wall_s
