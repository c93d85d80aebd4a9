"""Runs, sweeps and comparisons from Python: what `shuangli sim …` does.

    from shuangli.sims.api import compare, run, sweep

    written = run("transit", {"trips": 2_000, "outage_h": 0}, seed=1, out="build/day")
    written.result["payments"]["paid"]
    sweep("study.toml", out="build/study")
    compare("build/study").points

A run plays in this process, unless `workers` says otherwise; a sweep in several. Processes begin by importing
the program's main module, so a script that asks for them does so under `if __name__ == "__main__":`.
"""

import os
from collections.abc import Callable, Mapping
from numbers import Integral
from pathlib import Path

from shuangli.sims.run import Written, run_scenario
from shuangli.sims.scenario_file import Setup, read_preset, read_setup
from shuangli.sims.settings import Value
from shuangli.sims.studies.compare import Comparison, compare_study
from shuangli.sims.studies.pool import LocalRunners, Runners
from shuangli.sims.studies.study import Study, read_study
from shuangli.sims.studies.sweep import Swept
from shuangli.sims.studies.sweep import sweep as sweep_study

__all__ = (
    "Comparison",
    "Setup",
    "Study",
    "Swept",
    "Written",
    "compare",
    "read_preset",
    "read_setup",
    "read_study",
    "run",
    "run_setup",
    "sweep",
)


def _silent(*_: int) -> None:
    """Show no progress."""


def run(
    scenario: str,
    settings: Mapping[str, Value] | None = None,
    seed: int = 1,
    out: Path | str | None = None,
    *,
    demand: Path | str | None = None,
    network: Path | str | None = None,
    workers: int = 0,
    progress: Callable[[int, int, int], None] = _silent,
) -> Written:
    """Play a scenario and write its results to `out`, by default `build/SCENARIO`.

    Raises:
        BadInput: a setting, a file or the directory is wrong.
        StoreError: the books do not balance, a worker died, or the disk is full.
    """
    setup = Setup(
        scenario=scenario,
        settings=settings or {},
        seed=seed if isinstance(seed, bool) or not isinstance(seed, Integral) else int(seed),
        demand=Path(demand) if demand else None,
        network=Path(network) if network else None,
    )
    return run_setup(setup, out, workers=workers, progress=progress)


def run_setup(
    setup: Setup,
    out: Path | str | None = None,
    *,
    workers: int = 0,
    progress: Callable[[int, int, int], None] = _silent,
) -> Written:
    """Play what a scenario file or a preset sets up; as `run`."""
    directory = Path(out) if out is not None else Path("build") / setup.scenario
    return run_scenario(setup.plan(), directory, workers=workers, progress=progress)


def sweep(
    study: Study | Path | str,
    out: Path | str,
    *,
    workers: int | None = None,
    ray: str | None = None,
    show: Callable[[int, int], None] = _silent,
) -> Swept:
    """Play the runs of a study that are not in `out` yet, in `workers` processes (one a processor) or on Ray.

    Raises:
        BadInput: the file, the directory or the address is wrong, or Ray is not installed.
        StoreError: the disk is full.
    """
    study = study if isinstance(study, Study) else read_study(Path(study))

    def make_runners(scratch: Path) -> Runners:
        if ray is not None:
            from shuangli.sims.studies.ray_runners import RayRunners

            return RayRunners(ray)
        return LocalRunners(workers or os.cpu_count() or 1, scratch)

    return sweep_study(study, Path(out), make_runners, show)


def compare(out: Path | str) -> Comparison:
    """Compare the points of the study in `out`, and write tables, plots and a page there.

    Raises:
        BadInput: it is not the directory of a study, or none of its runs is finished.
    """
    return compare_study(Path(out))
