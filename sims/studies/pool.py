"""Edge: where the runs of a sweep are played: in processes of this machine.

Each process plays one run at a time, all of it (`workers.Inline`). So as many as there are processors keep
all of these busy. A process that dies costs the run that it was at, and another takes its place.
"""

import shutil
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import NamedTuple, Protocol

from shuangli.errors import ShuangliError, StoreError
from shuangli.sims.run import play_only
from shuangli.sims.scenario_file import Setup
from shuangli.sims.studies.measures import measured
from shuangli.sims.workers import HEAR, Process, Say, Work

Measured = Mapping[str, float | None]
"""The measures of a run, by name."""


class Task(NamedTuple):
    """A run of a sweep: its name, and what to run."""

    name: str
    setup: Setup


class Finished(NamedTuple):
    """What came of a run: its measures, or why there are none."""

    name: str
    values: Measured
    failure: str = ""


class Runners(Protocol):
    """Those who play runs."""

    places: int

    def start(self, task: Task) -> None:
        """Begin with a run; there must be a place for it."""

    def wait(self, timeout_s: float) -> list[Finished]:
        """The runs that have ended since, after at most so long."""

    def close(self) -> None:
        """End everything, whatever is under way."""


def play_task(task: Task, scratch: Path) -> Finished:
    """Play a run in a directory of its own under `scratch`, and leave nothing there."""
    directory = scratch / task.name
    shutil.rmtree(directory, ignore_errors=True)
    try:
        return Finished(task.name, measured(play_only(task.setup.plan(), directory)))
    except ShuangliError as error:
        return Finished(task.name, {}, str(error))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def work_tasks(scratch: Path) -> Work:
    """Play the tasks that are ordered, one by one."""
    while (task := (yield HEAR)) is not None:
        yield Say(play_task(task, scratch))


class LocalRunners:
    """Processes of this machine."""

    def __init__(self, places: int, scratch: Path, work: Callable[[Path], Work] = work_tasks) -> None:
        """Make room for `places` runs at once; each process is started with its first run."""
        self.places = places
        self._scratch, self._work = scratch, work
        self._idle: list[Process] = []
        self._busy: dict[Connection, tuple[Process, Task]] = {}

    def start(self, task: Task) -> None:
        """Begin with a run in an idle process, or in a new one."""
        process = self._idle.pop() if self._idle else Process("sweep", self._work, self._scratch)
        process.send(task)
        self._busy[process.pipe] = process, task

    def wait(self, timeout_s: float) -> list[Finished]:
        """The runs that have ended since, in the order in which they were begun."""
        ready = wait(list(self._busy), timeout_s)
        finished = []
        for pipe in [pipe for pipe in self._busy if pipe in ready]:
            process, task = self._busy.pop(pipe)
            try:
                finished.append(process.receive())
                self._idle.append(process)
            except StoreError as error:
                process.stop()
                finished.append(Finished(task.name, {}, str(error)))
        return finished

    def close(self) -> None:
        """End all processes."""
        for process in [*self._idle, *(process for process, _ in self._busy.values())]:
            process.stop()
        self._idle, self._busy = [], {}
