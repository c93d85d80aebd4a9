"""Two non-volatile memories for one applet: a secure element's, and a soft wallet's.

    SecureMemory   a commit happens as a whole or not at all, wherever the power ends; nobody reads or copies
                   it from outside
    PlainMemory    a commit is one replacement of a file; whoever has the device copies it and puts it back

SecureMemory keeps a redo journal. A commit writes in this order, and each write may be the last:

    new pages into the journal -> the mark: how many, and their digest -> home pages -> the mark is erased

A page whose write was cut holds rubbish. Before the mark is whole, nothing has happened; after it, the
journal is played again when the power is back. A mark that is rubbish does not match its digest.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from shuangli.crypto import sha256
from shuangli.wallet.element.power import Power

PAGE_BYTES: Final = 128
"""Of a page, the unit of writing. A page of the journal has 2 more for the number of its home page, as flash
has spare bytes beside each page."""
TAG_BYTES: Final = 2
ERASED: Final = b"\xff"
EMPTY: Final = bytes(PAGE_BYTES)


class Memory(Protocol):
    """Pages that outlive the power.

    Attributes:
        written: pages written so far
    """

    written: int

    def read(self, power: Power) -> Sequence[bytes]:
        """All pages; what was cut off is completed or dropped first.

        Raises:
            LinkError: the power is gone.
        """
        ...

    def commit(self, pages: Mapping[int, bytes], power: Power) -> None:
        """Write pages by their numbers, all or none.

        Raises:
            LinkError: the power is gone; they were written or not, which `read` tells.
        """
        ...


class SecureMemory:
    """Memory of a secure element. It does not copy, pickle or print."""

    __slots__ = ("_journal", "_mark", "_pages", "written")

    def __init__(self, pages: Sequence[bytes], *, journal: int) -> None:
        """Start with these pages; `journal` is the most that one commit may write."""
        self._pages = list(pages)
        self._journal = [TAG_BYTES * ERASED + EMPTY] * journal
        self._mark = [EMPTY]
        self.written = 0

    def read(self, power: Power) -> Sequence[bytes]:
        """All pages, once the journal has been played."""
        count = int.from_bytes(self._mark[0][:TAG_BYTES], "big")
        if count and self._mark[0] == _mark(self._journal[:count]):
            self._play(count, power)
        return tuple(self._pages)

    def commit(self, pages: Mapping[int, bytes], power: Power) -> None:
        """Write pages, all or none."""
        if len(pages) > len(self._journal):
            raise ValueError(f"a commit of {len(pages)} pages, the journal takes {len(self._journal)}")
        for place, (number, page) in enumerate(pages.items()):
            self._write(self._journal, place, number.to_bytes(TAG_BYTES, "big") + page, power)
        self._write(self._mark, 0, _mark(self._journal[: len(pages)]), power)
        self._play(len(pages), power)

    def _play(self, count: int, power: Power) -> None:
        for entry in self._journal[:count]:
            number = int.from_bytes(entry[:TAG_BYTES], "big")
            self._write(self._pages, number, entry[TAG_BYTES:], power)
        self._write(self._mark, 0, EMPTY, power)

    def _write(self, cells: list[bytes], place: int, page: bytes, power: Power) -> None:
        """One write, in two steps: the power may end before it, and in its middle."""
        power.use()
        cells[place] = page[: len(page) // 2] + ERASED * (len(page) - len(page) // 2)
        power.use()
        cells[place] = page
        self.written += 1

    def __reduce__(self) -> str:
        raise TypeError("the memory of a secure element is not copied")


def _mark(journal: Sequence[bytes]) -> bytes:
    """What says that the journal is complete: the number of its entries, and a digest over them."""
    mark = len(journal).to_bytes(TAG_BYTES, "big") + sha256(b"".join(journal))
    return mark.ljust(PAGE_BYTES, b"\0")


class PlainMemory:
    """Memory of a soft wallet: a file that its holder may read, copy and put back.

    Attributes:
        pages: all of it
    """

    __slots__ = ("pages", "written")

    def __init__(self, pages: Sequence[bytes]) -> None:
        self.pages = tuple(pages)
        self.written = 0

    def read(self, power: Power) -> Sequence[bytes]:
        """All pages."""
        power.use()
        return self.pages

    def commit(self, pages: Mapping[int, bytes], power: Power) -> None:
        """Replace the file: a program's journal sees to that it is whole."""
        power.use()
        fresh = list(self.pages)
        for number, page in pages.items():
            fresh[number] = page
        self.pages = tuple(fresh)
        self.written += len(pages)
