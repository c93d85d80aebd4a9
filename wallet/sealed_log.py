"""The sealed rows of an open wallet file: added and replaced all or none, and checked whenever they are read.

What a row says is up to `wallet.wallet_file`; that it is the one that belongs in its place is seen to here,
and, where the device has a counter, that this is the newest copy of the file:

    file = counter        all is as it was left
    file = counter + 1    cut off after the commit: nothing had been said of that write, the counter is raised
    file < counter        an older copy
    otherwise             a copy from another device
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Self

from shuangli.errors import Malformed, StoreError
from shuangli.wallet.counter import Counter
from shuangli.wallet.file_database import FileDatabase
from shuangli.wallet.file_format import HEAD, HEAD_FORM, FileKey, Head, row_digest
from shuangli.wallet.file_migrations import migrate


class SealedLog:
    """The rows of one file, with the head that says which there are."""

    __slots__ = ("_counter", "_database", "_head", "_key")

    def __init__(self, database: FileDatabase, key: FileKey, head: Head, counter: Counter | None) -> None:
        """Use `start` or `resume`."""
        self._database = database
        self._key = key
        self._head = head
        self._counter = counter

    @classmethod
    def start(cls, database: FileDatabase, key: FileKey, counter: Counter | None) -> Self:
        """A log without rows in a new file, inside the caller's transaction; `count` completes it."""
        log = cls(database, key, Head.empty(counter=None if counter is None else counter.value), counter)
        log._head = log._put_head(log._head)
        return log

    @classmethod
    def resume(cls, database: FileDatabase, key: FileKey, counter: Counter | None) -> Self:
        """The log of a file; one of an earlier version is brought up to date.

        Raises:
            StoreError: the head was changed (`corrupt`), or is not in step with the counter (`rolled-back`).
        """
        with database.transaction():
            migrate(database, key)
            data = key.open_part(HEAD_FORM, database.part(HEAD))
        if data is None:
            raise database.corrupt("its head has been changed")
        try:
            head = Head.decode(data)
        except Malformed as error:
            raise database.corrupt(f"its head: {error}") from error
        log = cls(database, key, head, counter)
        log._check_counter()
        return log

    def rows(self) -> Iterator[tuple[int, bytes]]:
        """All rows with their numbers, in order.

        Raises:
            StoreError: the row that is named was changed, is missing, or does not belong there (`corrupt`).
        """
        number, digest = self._head.first, self._head.base
        for stored, sealed in self._database.rows():
            if stored != number and number < self._head.end:
                raise self._database.corrupt(f"row {min(number, stored)} is missing or does not belong here")
            plain = self._key.open_row(number, digest, sealed) if number < self._head.end else None
            if plain is None:
                raise self._database.corrupt(f"row {stored} has been changed, or does not belong here")
            yield number, plain
            number, digest = number + 1, row_digest(digest, sealed)
        if number != self._head.end:
            raise self._database.corrupt(f"row {number} is missing, as is all that follows")
        if digest != self._head.digest:
            raise self._database.corrupt(f"row {number - 1} is not the one that was written last")

    def add(self, rows: Iterable[bytes], *, anew: bool = False) -> None:
        """Add rows, all or none; if `anew`, they replace all that were there. They are safe when it returns.

        Raises:
            StoreError: nothing was stored, or it is not known (`unavailable`).
        """
        head = self._head
        end, digest = head.end, head.digest
        with self._database.transaction():
            if anew:
                self._database.drop_rows(end)
                head = replace(head, first=end, base=digest)
            for row in rows:
                sealed = self._key.seal_row(end, digest, row)
                self._database.add_row(end, sealed)
                end, digest = end + 1, row_digest(digest, sealed)
            head = self._put_head(replace(head, end=end, digest=digest))
        self._head = head
        self.count()

    def count(self) -> None:
        """Raise the device's counter to what the file says, which completes a write.

        Raises:
            StoreError: the counter is not where it belongs (`rolled-back`); the file is closed.
        """
        if self._counter is None or self._head.counter is None:
            return
        try:
            reached = self._counter.increment()
        except BaseException:
            self._database.close()
            raise
        if reached != self._head.counter:
            self._database.close()
            raise self._out_of_step(f"the device's counter went to {reached}, not {self._head.counter}")

    def _check_counter(self) -> None:
        """Make sure that this is the newest copy, and make the opening itself a write."""
        stored = self._head.counter
        if self._counter is None or stored is None:
            if self._counter is not None or stored is not None:
                raise self._out_of_step("it was made with a device's counter, or without one, and stays so")
            return
        value = self._counter.value
        if stored < value:
            raise self._out_of_step(f"an older copy: it was written at {stored}, the counter is at {value}")
        if stored > value + 1:
            raise self._out_of_step(f"a foreign copy: it was written at {stored}, the counter is at {value}")
        if stored == value + 1:
            self.count()

    def _put_head(self, head: Head) -> Head:
        """Write the head for the state after the next raise of the counter, inside a transaction."""
        if head.counter is not None:
            head = replace(head, counter=head.counter + 1)
        self._database.put_part(HEAD, self._key.seal_part(HEAD_FORM, head.encode()))
        return head

    def _out_of_step(self, detail: str) -> StoreError:
        return StoreError("rolled-back", f"{self._database.path}: {detail}")
