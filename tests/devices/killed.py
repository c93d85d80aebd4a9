"""A wallet that is killed at one of its writes: `python -m tests.devices.killed before|after N COMMAND ...`.

Writes are counted from 1, and only those that add to the journal; 0 kills at none. Everything else is as when
`shuangli wallet COMMAND ...` is typed, with a passphrase that costs less to check.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from shuangli.cli import main
from shuangli.cli_holder import real_edges
from shuangli.wallet.file_database import Connection, connect_file
from shuangli.wallet.wallet_file import Device
from tests.wallet_file.files import GUARD


class Fatal:
    """A connection that ends its process before or after the commit of a write to the journal."""

    def __init__(self, connection: Connection, *, at: int, before: bool) -> None:
        self._connection = connection
        self._left = at
        self._before = before
        self._writes = False

    def execute(self, statement: str, parameters: Sequence[Any] = (), /) -> Iterable[Any]:
        self._writes |= statement.startswith("INSERT INTO rows")
        dies = False
        if statement == "COMMIT" and self._writes:
            self._writes = False
            self._left -= 1
            dies = not self._left
        if dies and self._before:
            os.kill(os.getpid(), signal.SIGKILL)
        rows = list(self._connection.execute(statement, parameters))
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)
        return rows

    def close(self) -> None:
        self._connection.close()


def killing(*, at: int, before: bool) -> Callable[[Path, bool], Connection]:
    return lambda path, fresh: Fatal(connect_file(path, fresh), at=at, before=before)


if __name__ == "__main__":
    where, number, *words = sys.argv[1:]
    device = Device(
        random_bytes=os.urandom, guard=GUARD, connect=killing(at=int(number), before=where == "before")
    )
    main(["wallet", *words], obj=replace(real_edges(), device=device))
