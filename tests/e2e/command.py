"""The command as a person runs it: `python -m shuangli`, with or without a terminal."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PATIENCE_S: Final = 3_600
"""After this a command counts as hanging; the longest here plays a whole day, in some ten minutes."""
SMALL: Final = ("--set", "trips=40", "--set", "reconcile_every_s=21600", "--workers", "1")
"""Options of a small metro day."""


def environment() -> dict[str, str]:
    """The environment of a command that is run from any directory."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def shuangli(*words: object, cwd: Path, under: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, without a terminal; `under` is a program that runs it."""
    return subprocess.run(
        [*under, sys.executable, "-m", "shuangli", *map(str, words)],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def assert_one_line(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    """Bad input: exit code 2, nothing on standard output, one line on standard error that names `parts`."""
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert re.fullmatch(r"shuangli: [^\n]+\n", done.stderr), done.stderr
    for part in parts:
        assert part in done.stderr, done.stderr


def children_of(process: int) -> list[int]:
    """The processes that a process has started."""
    path = Path(f"/proc/{process}/task/{process}/children")
    return [int(child) for child in path.read_text(encoding="ascii").split()]


def ends(process: int) -> bool:
    """Say whether a process has ended, or does so soon."""
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    ended, _, _ = select.select([handle], [], [], PATIENCE_S)
    os.close(handle)
    return bool(ended)


def workers_of(process: int) -> list[int]:
    """The processes of a run that play cells or an operator, in the order in which they were started."""
    return [
        child
        for child in children_of(process)
        if b"--multiprocessing-fork" in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
    ]


class OnTerminal:
    """A command whose standard error is a terminal of its own, as the leader of a process group."""

    def __init__(self, words: Sequence[object], *, cwd: Path) -> None:
        self._terminal, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, 120))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "shuangli", *map(str, words)],
            cwd=cwd,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=theirs,
            start_new_session=True,
            text=True,
        )
        os.close(theirs)
        self.shown = ""

    def __enter__(self) -> "OnTerminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        os.close(self._terminal)

    def _read(self) -> bool:
        try:
            data = os.read(self._terminal, 65_536)
        except OSError:
            # Nobody has the other end any more.
            return False
        self.shown += data.decode(errors="replace")
        return bool(data)

    def wait_for(self, pattern: str) -> None:
        """Read until the terminal shows `pattern`."""
        while not re.search(pattern, self.shown):
            assert self._read(), f"the command ended: {self.shown}"

    def interrupt(self) -> None:
        """Press Ctrl-C: every process of the group is interrupted."""
        os.killpg(self.process.pid, signal.SIGINT)

    def finish(self) -> tuple[int, str]:
        """Wait for the end: exit code, and what came on standard output."""
        while self._read():
            pass
        output, _ = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, output
