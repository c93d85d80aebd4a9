"""A disk in memory under SQLite, whose power is cut at any write, or which fails there once.

SQLite writes to it by way of a VFS made with apsw. What was written since the last sync of a file may or
may not have reached the disk when the power goes, in any order, and the last write only in part.
"""

import random
import sqlite3
from collections.abc import Iterable, Sequence
from enum import Enum
from itertools import count
from pathlib import Path
from typing import Any, Final

import apsw

from shuangli.errors import BadInput

_NAMES: Final = count()


class Survives(Enum):
    """What is left of the writes that were not synced."""

    NOTHING = "nothing"
    ALL = "all"
    SOME = "some"


class Stored:
    """One file: what programs see, what is safe, and what has been done to it since."""

    def __init__(self, data: bytes = b"") -> None:
        self.now = bytearray(data)
        self.safe = data
        self.since: list[tuple[int, bytes | None]] = []

    def write(self, at: int, data: bytes) -> None:
        apply(self.now, at, data)
        self.since.append((at, data))

    def truncate(self, size: int) -> None:
        apply(self.now, size, None)
        self.since.append((size, None))

    def sync(self) -> None:
        self.safe = bytes(self.now)
        self.since.clear()

    def after(self, survives: Survives, chance: random.Random) -> bytes:
        left = bytearray(self.safe)
        for number, (at, data) in enumerate(self.since):
            if survives is Survives.NOTHING or (survives is Survives.SOME and chance.random() < 0.5):
                continue
            torn = survives is Survives.SOME and number == len(self.since) - 1 and data
            apply(left, at, data[: chance.randrange(len(data))] if torn and data else data)
        return bytes(left)


def apply(data: bytearray, at: int, written: bytes | None) -> None:
    """Write at a place, or cut off there."""
    if written is None:
        del data[at:]
        return
    data.extend(bytes(max(0, at - len(data))))
    data[at : at + len(written)] = written


class Disk:
    """Files by path.

    Attributes:
        steps: how many writes, syncs and truncations there were
    """

    def __init__(
        self, files: dict[str, bytes] | None = None, *, cut_at: int | None = None, fails_at: int | None = None
    ) -> None:
        self.files = {path: Stored(data) for path, data in (files or {}).items()}
        self.steps = 0
        self._cut_at = cut_at
        self._fails_at = fails_at
        self._vfs = _Vfs(self)

    def step(self) -> None:
        """Count a write; fail if this is the one, or if the power is off."""
        self.steps += 1
        if self.steps == self._fails_at:
            raise apsw.exception_for(apsw.SQLITE_FULL)
        self.check_power()

    def check_power(self) -> None:
        if self._cut_at is not None and self.steps >= self._cut_at:
            raise apsw.exception_for(apsw.SQLITE_IOERR)

    def after_cut(self, survives: Survives, seed: int = 0) -> dict[str, bytes]:
        """What is on the disk once the power is back."""
        chance = random.Random(seed)
        return {path: file.after(survives, chance) for path, file in self.files.items()}

    def connect(self, path: Path, fresh: bool) -> "Database":
        """A wallet file's way to open its database."""
        if fresh == (str(path) in self.files):
            raise BadInput("bad-file", f"{path}: it is there, or not")
        return Database(str(path), self._vfs.name)


class _Vfs(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        self.name = f"disk-{next(_NAMES)}"
        self.disk = disk
        super().__init__(self.name, "")

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        return name

    def xAccess(self, pathname: str, flags: int) -> bool:  # noqa: N802
        return pathname in self.disk.files

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self.disk.step()
        del self.disk.files[filename]

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        self.disk.check_power()
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        flags[1] = flags[0]
        return _File(self.disk, self.disk.files.setdefault(path, Stored()))


class _File(apsw.VFSFile):
    """An open file; one connection at a time, so locks are always granted."""

    def __init__(self, disk: Disk, stored: Stored) -> None:
        self._disk = disk
        self._stored = stored

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        self._disk.check_power()
        return bytes(self._stored.now[offset : offset + amount])

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802
        if self._disk.steps + 1 != self._disk._fails_at:
            self._disk.check_power()
            self._stored.write(offset, bytes(data))
        self._disk.step()

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.check_power()
        self._disk.step()
        self._stored.truncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.step()
        self._stored.sync()

    def xFileSize(self) -> int:  # noqa: N802
        return len(self._stored.now)

    def xClose(self) -> None:  # noqa: N802
        return

    def xLock(self, level: int) -> None:  # noqa: N802
        return

    def xUnlock(self, level: int) -> None:  # noqa: N802
        return

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xFileControl(self, op: int, ptr: int) -> bool:  # noqa: N802
        return False

    def xSectorSize(self) -> int:  # noqa: N802
        return 512

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        return 0


class Database:
    """An apsw connection that speaks like one of `sqlite3`."""

    def __init__(self, path: str, vfs: str) -> None:
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        self._connection = _as_sqlite3(lambda: apsw.Connection(path, flags=flags, vfs=vfs))

    def execute(self, statement: str, parameters: Sequence[Any] = (), /) -> Iterable[Any]:
        found: list[Any] = _as_sqlite3(lambda: list(self._connection.execute(statement, tuple(parameters))))
        return found

    def close(self) -> None:
        _as_sqlite3(self._connection.close)


def _as_sqlite3(call: Any) -> Any:
    try:
        return call()
    except apsw.Error as error:
        translated = sqlite3.OperationalError(str(error))
        translated.sqlite_errorcode = getattr(error, "result", apsw.SQLITE_ERROR)
        raise translated from error
