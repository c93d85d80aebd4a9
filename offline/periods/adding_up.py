"""Adding up a log: one pass over its entries, for who writes a report and for who verifies it. Pure.

What was added up once need not be added up again: `AddedUp` is the state between two entries, and the next
period goes on from the last one's end.

Beside the log, a report has an *index*: the root of every full block of 256 entries, 32 bytes each. Nobody
has to believe it, since the report's root decides. Where the entries are not those that were signed, it
tells in which block the first one that differs lies.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from shuangli.crypto import DIGEST_BYTES
from shuangli.errors import Malformed, Unverified
from shuangli.merkle import Frontier, leaf_hash
from shuangli.messages.events import Event
from shuangli.offline.periods.figures import Path, Totals

BLOCK_LEVEL: Final = 8
"""A block is a complete subtree of 2^8 entries."""
_AT_ONCE: Final = 4_096
Tell = Callable[[int, bytes, Event], Iterable[tuple[Path, int]]]
"""The figures that an entry tells, by its number, its bytes and what they say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedUp:
    """What the first `tree.size` entries come to: the tree over them, what they told, the last one's time.

    `blocks` are the roots of the blocks among them.
    """

    tree: Frontier = field(default_factory=Frontier)
    totals: Totals = field(default_factory=Totals)
    last_s: int = 0
    blocks: tuple[bytes, ...] = ()

    @property
    def index(self) -> bytes:
        """The index of these entries: 32 bytes for each block."""
        return b"".join(self.blocks)


def add_up(known: AddedUp, entries: Iterable[bytes], end: int, *, tell: Tell) -> AddedUp:
    """Go on from `known` with the entries that follow, up to and without number `end`.

    What `tell` raises goes through.

    Raises:
        Unverified: there are fewer, one is no event, or is dated before the one before it (`report`).
    """
    tree, totals, last_s = known.tree, known.totals.copy(), known.last_s
    blocks, left = [*known.blocks], iter(entries)
    while tree.size < end:
        some = [*islice(left, min(_AT_ONCE, end - tree.size))]
        if not some:
            raise Unverified("report", f"the log ends after {tree.size} entries, of {end}")
        for number, data in enumerate(some, tree.size):
            event = _read(number, data)
            if event.at_s < last_s:
                raise Unverified("report", f"entry {number} is dated before the one before it")
            last_s = event.at_s
            totals.add(tell(number, data, event))
        tree, completed = tree.extended([*map(leaf_hash, some)])
        if len(completed) > BLOCK_LEVEL:
            blocks += completed[BLOCK_LEVEL][1]
    return AddedUp(tree=tree, totals=totals, last_s=last_s, blocks=tuple(blocks))


def _read(number: int, data: bytes) -> Event:
    try:
        return Event.decode(data)
    except Malformed as fault:
        raise Unverified("report", f"entry {number} is no event: {fault}") from fault


def first_difference(index: bytes, blocks: tuple[bytes, ...]) -> str:
    """Say in which entries a log differs from the one that an index is of, as far as it tells."""
    for number, block in enumerate(blocks):
        start = number * DIGEST_BYTES
        if index[start : start + DIGEST_BYTES] != block:
            last = (number + 1 << BLOCK_LEVEL) - 1
            return f"the first that differs is one of {number << BLOCK_LEVEL} to {last}"
    return f"the first that differs is number {len(blocks) << BLOCK_LEVEL} or later"
