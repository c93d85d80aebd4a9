"""Files of secrets: for their owner only, and there as a whole or not at all."""

import os
from pathlib import Path
from typing import Final

from shuangli.errors import BadInput

OWNER_ONLY: Final = 0o600
OWNER_ENTERS: Final = 0o700
PARTIAL: Final = ".partial"
"""How a file is called that was not written to its end."""


def write_file(path: Path, data: bytes) -> None:
    """Write or replace a file, so that after a loss of power it is there as a whole, or as it was."""
    partial = path.with_suffix(PARTIAL)
    descriptor = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    partial.rename(path)
    entry = os.open(path.parent, os.O_RDONLY)
    os.fsync(entry)
    os.close(entry)


def make_directory(directory: Path, what: str) -> None:
    """Make a directory for its owner only; it may exist and be empty, or hold what was not finished.

    Raises:
        BadInput: it holds something else (`bad-file`); `what` says what should lie there.
    """
    directory.mkdir(mode=OWNER_ENTERS, parents=True, exist_ok=True)
    if any(entry.suffix != PARTIAL for entry in directory.iterdir()):
        raise BadInput("bad-file", f"{directory} holds other files, and no {what}")
