"""An audit log read page by page: whoever may read it checks that what was read is what was signed. Pure.

    page    [ item, ... ]     an item is an entry as a byte string, or [ leaf hash ] of one that is not shown

An auditor is shown every entry. An operator is shown those that concern it, and of the others the hashes of
their leaves, so that the tree above adds up for it, too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from shuangli import codec
from shuangli.errors import Unverified
from shuangli.merkle import Frontier, leaf_hash
from shuangli.messages.events import Event
from shuangli.messages.fields import check_id, read_list, require
from shuangli.offline.audit import VerifiedCheckpoint

MOST_ITEMS: Final = 1_000
"""Most items in a page."""
MAX_PAGE_BYTES: Final = 1_048_576
OVERHEAD: Final = 64
"""More bytes than an entry has around it in a page, or one that is not shown takes."""


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of a log: the hash of its leaf, and the event if it is shown."""

    leaf_hash: bytes
    event: Event | None


def make_page(entries: Sequence[bytes], *, may_read: Callable[[Event], bool]) -> bytes:
    """Encode a page of the first so many entries of a log that fit; `may_read` says which are shown."""
    parts: list[bytes | list[bytes]] = []
    size = 0
    for entry in entries:
        part = entry if may_read(Event.decode(entry)) else [leaf_hash(entry)]
        size += OVERHEAD + len(entry)
        if parts and (size > MAX_PAGE_BYTES or len(parts) == MOST_ITEMS):
            break
        parts.append(part)
    return codec.encode(parts)


def decode_page(data: bytes) -> list[Item]:
    """Read a page.

    Raises:
        Malformed: it is something else, too much, or shows what is no entry.
    """
    parts = read_list(codec.decode(data, max_bytes=MAX_PAGE_BYTES), "a page")
    require(len(parts) <= MOST_ITEMS, "shape", f"a page of more than {MOST_ITEMS} entries")
    return [_read_item(part) for part in parts]


def _read_item(part: object) -> Item:
    if type(part) is bytes:
        return Item(leaf_hash(part), Event.decode(part))
    hidden = read_list(part, "an entry that is not shown")
    require(len(hidden) == 1, "shape", "an entry that is not shown is an array of its leaf's hash")
    check_id(hidden[0], "leaf hash")
    return Item(hidden[0], None)


def verify_items(known: Frontier, items: Sequence[Item], checkpoint: VerifiedCheckpoint) -> Frontier:
    """Verify that a log continues what is known of it with exactly these items up to a checkpoint.

    Returns the tree up to the checkpoint, for the next time: who follows a log reads each entry once.

    Raises:
        Unverified: they are not what was signed (`audit-log`).
    """
    tree = known.extended([item.leaf_hash for item in items])[0]
    signed = checkpoint.checkpoint
    if (tree.size, tree.root) != (signed.size, signed.root):
        raise Unverified("audit-log", f"these are not the {signed.size} entries that {signed.origin} signed")
    return tree
