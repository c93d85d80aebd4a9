"""A person at a terminal: types the passphrase, sees what is asked for, and says yes or no."""

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
from pathlib import Path
from typing import Final

import pytest

from shuangli.cli_holder import VARIABLE
from tests.devices.processes import (
    PATIENCE_S,
    SHUANGLI,
    Operator,
    done,
    environment,
    running,
    serving,
    wallet,
)
from tests.wallet_file.files import PASSPHRASE

CTRL_C: Final = "\x03"


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
        fcntl.ioctl(self._screen, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, text: str) -> None:
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


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    with serving(tmp_path_factory.mktemp("operator") / "files") as operator:
        yield operator


def test_a_new_passphrase_is_typed_twice_and_never_shown(served: Operator, tmp_path: Path) -> None:
    file = tmp_path / "ann.wallet"
    where = ("--file", file, "--operator", served.address, "--root", served.root)
    with at_terminal("open", *where) as terminal:
        for words in ("three blue herons", "three blue heron", "three blue herons", "three blue herons"):
            terminal.wait_for(r"(?i)(passphrase|repeat.*)\s*:")
            terminal.type(f"{words}\n")
        terminal.wait_for("opened wallet")
        assert terminal.end() == 0
        assert "heron" not in terminal.shown
    assert done(wallet("show", "--file", file, "--json"))["balance_fen"] == 0


def test_the_request_is_shown_and_paid_only_after_a_yes(served: Operator, tmp_path: Path) -> None:
    ann = served.open_wallet(tmp_path / "ann.wallet", loaded="5000")
    bob = served.open_wallet(tmp_path / "bob.wallet")
    at = f"unix:{tmp_path / 'till'}"
    # So much that it needs the PIN: the passphrase has been typed, and stands for it.
    with running(*SHUANGLI, "wallet", "receive", "1500", "--at", at, "--file", bob, "--json") as payee:
        ann_key = done(wallet("show", "--file", ann, "--json"))["wallet"]
        for answer, ends_with, code in (("n", "no: ", 1), ("y", "paid 1,500.00", 0)):
            with at_terminal("pay", at, "--file", ann) as terminal:
                terminal.wait_for("passphrase:")
                terminal.type(f"{PASSPHRASE}\n")
                terminal.wait_for(r"pay CNY 1,500.00 to wallet [0-9a-f]{16} of OP01\?")
                terminal.type(f"{answer}\n")
                terminal.wait_for(ends_with)
                assert terminal.end() == code
        payee.next_facts()
        received = done(payee.end())
    assert (received["state"], received["payer"]) == ("received", ann_key)


def test_without_a_holder_a_large_payment_is_refused(served: Operator, tmp_path: Path) -> None:
    ann = served.open_wallet(tmp_path / "ann.wallet", loaded="5000")
    bob = served.open_wallet(tmp_path / "bob.wallet")
    at = f"unix:{tmp_path / 'till'}"
    with running(*SHUANGLI, "wallet", "receive", "1500", "--at", at, "--file", bob, "--json"):
        told = wallet("pay", at, "--amount", "1500", "--file", ann, "--json")
    assert (told.code, told.facts["code"]) == (1, "pin-required")
    assert "prompt" in told.facts["why"]


def test_ctrl_c_ends_a_command_in_one_line(served: Operator, tmp_path: Path) -> None:
    bob = served.open_wallet(tmp_path / "bob.wallet")
    with at_terminal("receive", "4", "--at", f"unix:{tmp_path / 'till'}", "--file", bob) as terminal:
        terminal.wait_for("passphrase:")
        terminal.type(f"{PASSPHRASE}\n")
        terminal.wait_for("asking for CNY 4.00")
        terminal.type(CTRL_C)
        terminal.wait_for("shuangli: interrupted")
        assert terminal.end() == 130
        assert "Traceback" not in terminal.shown
    assert len(done(wallet("show", "--file", bob, "--json"))["requests"]) == 1
