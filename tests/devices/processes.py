"""An operator and wallets as processes of their own, started as a person starts them.

Every process is killed at the end of its `with` block, whatever happened; every wait is for something to
happen, with a bound on it after which the test fails.
"""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from shuangli.cli_holder import VARIABLE
from tests.devices.people import Told, small_loads
from tests.wallet_file.files import PASSPHRASE

ROOT: Final = Path(__file__).resolve().parents[2]
PATIENCE_S: Final = 120
"""After this a process counts as hanging."""
SHUANGLI: Final = (sys.executable, "-m", "shuangli")


def environment() -> dict[str, str]:
    """That of a command that is run from any directory."""
    return {**os.environ, "PYTHONPATH": str(ROOT), VARIABLE: PASSPHRASE}


def until(happened: Callable[[], bool]) -> None:
    """Wait for something to happen."""
    give_up_s = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < give_up_s, "it has not happened for too long"
        select.select([], [], [], 0.05)


class Running:
    """A process that says what it has to say as JSON, one object a line."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self._read = b""

    def next_facts(self) -> dict[str, Any]:
        """The next object that it prints; it must not end before."""
        assert self.process.stdout is not None
        while b"\n" not in self._read:
            ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE_S)
            assert ready, "it has said nothing for too long"
            piece = os.read(self.process.stdout.fileno(), 65_536)
            assert piece, self.end().err
            self._read += piece
        line, _, self._read = self._read.partition(b"\n")
        facts: dict[str, Any] = json.loads(line)
        return facts

    def end(self) -> Told:
        """Wait for its end; what it has printed and was not read yet."""
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return Told(self.process.returncode, (self._read + out).decode(), err.decode())

    def kill(self) -> None:
        """Kill it with SIGKILL."""
        self.process.kill()
        self.process.wait()


@contextmanager
def running(*command: object, under: Sequence[str] = ()) -> Iterator[Running]:
    """A process; `under` is a program that runs it."""
    process = subprocess.Popen(
        [*under, *map(str, command)],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )
    with process:
        try:
            yield Running(process)
        finally:
            process.kill()


def wallet(*words: object, under: Sequence[str] = ()) -> Told:
    """Run `shuangli wallet ...` to its end."""
    with running(*SHUANGLI, "wallet", *words, under=under) as process:
        return process.end()


def done(told: Told) -> dict[str, Any]:
    """The facts of a command that must have succeeded."""
    assert (told.code, told.err) == (0, ""), told
    return told.facts


class Operator(Running):
    """A serving operator.

    Attributes:
        root: its root key, as hex
        address: where wallets reach it
    """

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        super().__init__(process)
        said = self.next_facts()
        self.root, self.address = said["root"], said["address"]

    def stop(self) -> Told:
        """Ask it to end, and wait for that."""
        self.process.terminate()
        return self.end()

    def open_wallet(self, file: Path, *, loaded: str = "") -> Path:
        """Open a wallet here, and load it with so many yuan."""
        done(wallet("open", "--file", file, "--operator", self.address, "--root", self.root, "--json"))
        for part in small_loads(loaded):
            done(wallet("load", part, "--deposit", "--file", file, "--json"))
        return file


@contextmanager
def serving(directory: Path, *where: object, under: Sequence[str] = ()) -> Iterator[Operator]:
    """An operator on its files, by default at a free port of this machine."""
    listen = where or ("--port", "0")
    command = (*SHUANGLI, "operator", "serve", directory, "--json", *listen)
    with running(*command, under=under) as process:
        yield Operator(process.process)
