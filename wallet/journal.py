"""The journal: the list of records that a wallet is. What is not in it has not happened.

`Journal` is the edge between a wallet and where it is kept. `append` returns only when the records
are safe; a wallet applies and speaks after that.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from shuangli.wallet.records import Checkpoint, Record


class Journal(Protocol):
    """An append-only list of records."""

    def append(self, records: Sequence[Record]) -> None:
        """Store records, all or none."""
        ...

    def compact(self, checkpoint: Checkpoint) -> None:
        """Replace everything by a checkpoint that adds up to the same."""
        ...

    def __iter__(self) -> Iterator[Record]:
        """All records in the order in which they were appended."""
        ...


class NoJournal:
    """No journal: for simulated wallets that are never opened again, whose purse is all there is of them."""

    __slots__ = ()

    def append(self, records: Sequence[Record]) -> None:
        """Keep nothing."""

    def compact(self, checkpoint: Checkpoint) -> None:
        """There is nothing to shorten."""

    def __iter__(self) -> Iterator[Record]:
        return iter(())


class MemoryJournal:
    """A journal in memory, for simulated wallets and tests. A copy of it is a copied soft wallet."""

    __slots__ = ("_records",)

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._records = list(records)

    def append(self, records: Sequence[Record]) -> None:
        """Store records."""
        self._records.extend(records)

    def compact(self, checkpoint: Checkpoint) -> None:
        """Replace everything by a checkpoint."""
        self._records = [checkpoint]

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)
