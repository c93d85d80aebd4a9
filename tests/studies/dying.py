"""Workers of a sweep that die at their second run, as if the system had killed them."""

import os
import signal
from pathlib import Path

from shuangli.sims.studies.pool import play_task
from shuangli.sims.workers import HEAR, Say, Work


def work_and_die(scratch: Path) -> Work:
    """Play one task; leave something half done at the next, and die."""
    task = yield HEAR
    yield Say(play_task(task, scratch))
    task = yield HEAR
    (scratch / task.name).mkdir()
    os.kill(os.getpid(), signal.SIGKILL)
