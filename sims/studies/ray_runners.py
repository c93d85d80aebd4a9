"""Edge: the runs of a sweep on a Ray cluster (`pip install 'shuangli[ray]'`), one processor for each.

Files of demand and network travel with the task, so that the other machines need nothing but the same version
of Shuangli. A version that differs is a failure of the run.
"""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import ray

from shuangli import __version__
from shuangli.errors import BadInput
from shuangli.sims.studies.pool import Finished, Task, play_task

Files = dict[str, tuple[str, bytes]]
"""A file's name and content, by what it is."""


class RayRunners:
    """The processors of a Ray cluster."""

    def __init__(self, address: str) -> None:
        """Join the cluster at `address`; "local" starts one on this machine, "auto" finds one.

        Raises:
            BadInput: there is none.
        """
        try:
            ray.init(address=address, log_to_driver=False, include_dashboard=False, logging_level="error")
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise BadInput("bad-option", f"--ray {address}: {error}") from error
        self.places = max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._play = ray.remote(num_cpus=1, max_retries=0)(play_there)
        self._under_way: dict[Any, Task] = {}
        self._files: dict[tuple[Path | None, ...], Any] = {}

    def start(self, task: Task) -> None:
        """Hand a run to the cluster."""
        key = (task.setup.demand, task.setup.network)
        if key not in self._files:
            self._files[key] = ray.put(packed(task))
        self._under_way[self._play.remote(task, self._files[key], __version__)] = task

    def wait(self, timeout_s: float) -> list[Finished]:
        """The runs that have ended since."""
        if not self._under_way:
            return []
        ready, _ = ray.wait(list(self._under_way), num_returns=1, timeout=timeout_s)
        finished = []
        for reference in ready:
            task = self._under_way.pop(reference)
            try:
                finished.append(ray.get(reference))
            except ray.exceptions.RayError as error:
                finished.append(Finished(task.name, {}, f"ray: {type(error).__name__}"))
        return finished

    def close(self) -> None:
        """Leave the cluster; what is under way there is given up."""
        for reference in self._under_way:
            ray.cancel(reference, force=True)
        self._under_way = {}
        ray.shutdown()


def packed(task: Task) -> Files:
    """The files that a run reads."""
    return {name: (path.name, path.read_bytes()) for name, path in task.setup.files.items()}


def play_there(task: Task, files: Files, version: str) -> Finished:
    """Play a run on the machine where this is called, with the files that came along."""
    if version != __version__:
        return Finished(task.name, {}, f"shuangli is {__version__} there, and {version} here")
    with tempfile.TemporaryDirectory() as directory:
        paths: dict[str, Path] = {}
        for name, (file, data) in files.items():
            paths[name] = Path(directory, name, file)
            paths[name].parent.mkdir()
            paths[name].write_bytes(data)
        setup = replace(task.setup, demand=paths.get("demand"), network=paths.get("network"))
        return play_task(Task(task.name, setup), Path(directory, "run"))
