"""Edge: the directories that runs and studies write to, one process at a time."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shuangli.errors import BadInput


@contextmanager
def alone_in(directory: Path) -> Iterator[None]:
    """Make a directory, and keep other runs and sweeps out of it for as long as this process is in.

    Raises:
        BadInput: it cannot be made, or another run or sweep is at work there (`bad-output`).
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        handle = os.open(directory, os.O_RDONLY)
    except OSError as error:
        raise not_writable(directory, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # A file system that knows no locks lets everybody in.
        if error.errno == errno.EWOULDBLOCK:
            os.close(handle)
            raise BadInput("bad-output", f"{directory}: another run or sweep is at work there") from error
    try:
        yield
    finally:
        os.close(handle)


def not_writable(directory: Path, error: OSError) -> BadInput:
    """What is said where a directory cannot be written."""
    return BadInput("bad-output", f"{directory}: cannot be written ({error.strerror})")
