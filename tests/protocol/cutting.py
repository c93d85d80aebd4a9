"""Power that goes between what a wallet writes and what it says."""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum

from shuangli.wallet.journal import Journal
from shuangli.wallet.records import Checkpoint, Record
from shuangli.wallet.wallet import Wallet


class Cut(Enum):
    """Where the power goes, if the wallet writes at all."""

    NEVER = "never"
    BEFORE_WRITE = "before it has written"
    AFTER_WRITE = "after it has written, before it has spoken"


class PowerCut(Exception):
    """The device is off."""


class CutJournal:
    """A wallet's journal, until write number `at`, counted from 1; 0 is never."""

    def __init__(self, journal: Journal, cut: Cut, *, at: int = 1) -> None:
        self._journal = journal
        self._cut = cut
        self._left = at

    def append(self, records: Sequence[Record]) -> None:
        self._write(lambda: self._journal.append(records))

    def compact(self, checkpoint: Checkpoint) -> None:
        self._write(lambda: self._journal.compact(checkpoint))

    def _write(self, write: Callable[[], None]) -> None:
        self._left -= 1
        if self._left or self._cut is Cut.AFTER_WRITE:
            write()
        if not self._left:
            raise PowerCut

    def __iter__(self) -> Iterator[Record]:
        return iter(self._journal)


def cut_power(wallet: Wallet, cut: Cut) -> None:
    """Let the power go at the wallet's next write."""
    if cut is not Cut.NEVER:
        wallet._journal = CutJournal(wallet._journal, cut)
