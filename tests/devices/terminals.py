"""Commands at terminals of their own: what is typed there, and what is shown."""

import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
from collections.abc import Iterator
from contextlib import contextmanager

from shuangli.cli_holder import VARIABLE
from tests.devices.processes import PATIENCE_S, SHUANGLI, environment


class Terminal:
    """A process whose keyboard and screen are a terminal of its own."""

    def __init__(self, process: "subprocess.Popen[bytes]", screen: int) -> None:
        self.process = process
        self._screen = screen
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self.shown = ""

    def wait_for(self, pattern: str) -> str:
        """Read until the screen shows `pattern`; gives all up to there, and looks on from there."""
        while not (found := re.search(pattern, self.shown)):
            assert self._read(), f"the command ended: {self.shown}"
        seen, self.shown = self.shown[: found.end()], self.shown[found.end() :]
        return seen

    def resize(self, *, columns: int, lines: int) -> None:
        """Let the screen be so large."""
        fcntl.ioctl(self._screen, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, text: str) -> None:
        """Type at the keyboard."""
        os.write(self._screen, text.encode())

    def end(self) -> int:
        """Read to the end; the exit code."""
        while self._read():
            pass
        return self.process.wait(PATIENCE_S)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._screen], [], [], PATIENCE_S)
        try:
            data = os.read(self._screen, 65_536) if ready else b""
        except OSError:
            # Nobody has the other end any more.
            return False
        self.shown += self._decode(data)
        return bool(data)


@contextmanager
def at_terminal(*words: object) -> Iterator[Terminal]:
    """`shuangli wallet ...` at a terminal, without a passphrase in the environment."""
    screen, theirs = pty.openpty()
    clean = {name: value for name, value in environment().items() if name != VARIABLE}
    process = subprocess.Popen(
        [*SHUANGLI, "wallet", *map(str, words)],
        env=clean,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=take_terminal,
    )
    os.close(theirs)
    try:
        yield Terminal(process, screen)
    finally:
        process.kill()
        process.wait()
        os.close(screen)


def take_terminal() -> None:
    """In the new process: Ctrl-C comes from its standard input, and passphrases are asked for there."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
