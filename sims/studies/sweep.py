"""A sweep: plays the runs of a study that are not there yet, and keeps each as soon as it is finished.

It can be broken off at any moment and begun again. Runs are known by what decides their outcome. So a study
that was extended by points or seeds uses what is there; one whose settings or files changed does not.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from shuangli.sims.directories import alone_in
from shuangli.sims.studies.pool import Runners, Task
from shuangli.sims.studies.record import (
    UNDER_WAY,
    collect,
    finished,
    open_directory,
    recorded,
    write_row,
)
from shuangli.sims.studies.study import Study

WAIT_S = 0.5
"""So often an interrupt is looked for."""


class Swept(NamedTuple):
    """How a sweep went: runs in all, those that were there before, and (name, why) of those that failed."""

    runs: int
    before: int
    failures: list[tuple[str, str]]


def sweep(
    study: Study, directory: Path, make_runners: Callable[[Path], Runners], show: Callable[[int, int], None]
) -> Swept:
    """Play what is missing of `study` in `directory`; `show` is told how many runs are finished, of how many.

    Raises:
        BadInput: the directory or a file of the scenario is wrong.
        StoreError: the disk is full.
    """
    record, tasks = recorded(study)
    with alone_in(directory):
        open_directory(directory, record)
        there = finished(directory, record.names)
        waiting = [task for task in reversed(tasks) if task.name not in there]
        failures = _play(directory, waiting, make_runners, lambda done: show(len(there) + done, len(tasks)))
        if len(failures) < len(tasks):
            collect(directory, record)
    return Swept(len(tasks), len(there), failures)


def _play(
    directory: Path,
    waiting: list[Task],
    make_runners: Callable[[Path], Runners],
    show: Callable[[int], None],
) -> list[tuple[str, str]]:
    """Play the runs that wait, the last one first; gives (name, why) of those that failed."""
    setups = {task.name: task.setup for task in waiting}
    done, under_way, failures = 0, 0, list[tuple[str, str]]()
    scratch = directory / UNDER_WAY
    show(done)
    runners = make_runners(scratch)
    try:
        while waiting or under_way:
            while waiting and under_way < runners.places:
                runners.start(waiting.pop())
                under_way += 1
            for name, values, failure in runners.wait(WAIT_S):
                under_way -= 1
                if failure:
                    failures.append((name, failure))
                else:
                    write_row(directory, setups[name], name, values)
                    done += 1
            show(done)
    finally:
        runners.close()
        shutil.rmtree(scratch, ignore_errors=True)
    return failures
