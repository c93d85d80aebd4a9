"""Plays the blocks of a page as its reader would type them, in one directory, from top to bottom.

    python3 -m tests.docs.playing PAGE...

does it in the working directory, and says what differs. It needs nothing but Python itself, so that a bare
machine can do it, too (.ci/run).
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.docs.pages import Block, blocks

SHELL: Final = ("sh", "console")
OUTSIDE: Final = "../shared/"
"""What blocks name that need data from outside: they are only read."""
MOST_S: Final = 600
"""No block of a page takes so long: whatever it waits for will not come."""
STARTED: Final[list[int]] = []
"""The process groups of scripts that were run."""


class Differs(AssertionError):
    """A command failed, or printed something else than its page shows."""


def playable(page: Path) -> list[Block]:
    """The blocks of a page that can be played."""
    return [block for block in blocks(page, *SHELL) if OUTSIDE not in block.text]


def play(parts: Iterable[Block], directory: Path) -> None:
    """Play blocks in a directory.

    Raises:
        Differs: a command failed, or a transcript prints something else.
    """
    for block in parts:
        if block.language == "console":
            check_transcript(block, directory)
            continue
        ran = shell(block.text, directory)
        if ran.returncode != 0:
            raise Differs(f"exit code {ran.returncode}\n{block.text}\n{ran.stdout}")


def shell(text: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """Run a text as a script, standard error among its output; `end_all` ends what it leaves running.

    Raises:
        Differs: it has not ended in `MOST_S` seconds.
    """
    process = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=directory,
        env={**os.environ, "PATH": f"{directory / 'path'}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
    )
    STARTED.append(process.pid)
    try:
        printed, _ = process.communicate(timeout=MOST_S)
    except subprocess.TimeoutExpired as error:
        raise Differs(f"not ended after {MOST_S} s\n{text}") from error
    return subprocess.CompletedProcess(process.args, process.returncode, printed)


def end_all() -> None:
    """End what was started in the background, and has not ended itself."""
    for group in STARTED:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    STARTED.clear()


def check_transcript(block: Block, directory: Path) -> None:
    """Run what was typed, and compare what is printed with what the page shows.

    Raises:
        Differs: it is something else.
    """
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        typed, _, shown = part.partition("\n")
        printed = shell(typed, directory).stdout
        pattern = ".*".join(re.escape(piece) for piece in shown.split("..."))
        if not re.fullmatch(pattern, printed):
            raise Differs(f"$ {typed}\nshown:\n{shown}\nprinted:\n{printed}")


def main() -> int:
    """Play the pages that are named."""
    for name in sys.argv[1:]:
        try:
            play(playable(Path(name)), Path.cwd())
        except Differs as difference:
            sys.stderr.write(f"{name}: {difference}\n")
            return 1
        finally:
            end_all()
        sys.stdout.write(f"{name}: as it says\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
