"""The bundle: loads and transfers that prove some coins. What a payer sends, and a wallet hands in.

    [ [ load, ... ], [ transfer, ... ] ]        each object a byte string

It is not signed itself: everything in it is. It may be the largest thing that a stranger sends, so it
is read head by head, and needs no more memory than its bytes once more.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple, Self

from shuangli import codec
from shuangli.errors import Malformed

MAX_BUNDLE_BYTES: Final = 16 * 1024 * 1024
"""Largest bundle: an upload of 10,000 coins stays well below."""
MAX_BUNDLE_OBJECTS: Final = 40_000


class Bundle(NamedTuple):
    """Loads and transfers, each object once and parents before children: the chains of some coins."""

    loads: tuple[bytes, ...]
    transfers: tuple[bytes, ...]

    def encode(self) -> bytes:
        """Encode as [loads, transfers]."""
        return codec.encode_fields([self.loads, self.transfers])

    @classmethod
    def decode(cls, data: bytes, *, max_bytes: int = MAX_BUNDLE_BYTES) -> Self:
        """Read a received bundle; the objects in it are not yet looked at.

        Raises:
            Malformed: it is not one, or larger than `max_bytes`.
        """
        what = "a bundle is an array of loads and an array of transfers"
        loads, transfers = read_kinds(data, 2, what, max_bytes=max_bytes)
        return cls(loads=loads, transfers=transfers)

    @classmethod
    def join(cls, bundles: Iterable["Bundle"]) -> "Bundle":
        """Join bundles that each stand on their own into one that does."""
        loads: dict[bytes, None] = {}
        transfers: dict[bytes, None] = {}
        for bundle in bundles:
            loads.update(dict.fromkeys(bundle.loads))
            transfers.update(dict.fromkeys(bundle.transfers))
        return Bundle(loads=tuple(loads), transfers=tuple(transfers))


def read_kinds(data: bytes, kinds: int, what: str, *, max_bytes: int) -> list[tuple[bytes, ...]]:
    """Read an array of so many arrays of byte strings, none of which stands there twice.

    `what` says what it should be.

    Raises:
        Malformed: it is not, or larger than `max_bytes`.
    """
    if len(data) > max_bytes:
        raise Malformed("too-large", f"{len(data)} bytes, at most {max_bytes} are accepted")
    parts, at = codec.read_head(data, 0, codec.ARRAY)
    if parts != kinds:
        raise Malformed("shape", what)
    found: list[tuple[bytes, ...]] = []
    for _ in range(kinds):
        objects, at = _read_objects(data, at)
        found.append(tuple(objects))
    if at != len(data):
        raise Malformed("cbor", "cut off, or trailing bytes")
    if len(set().union(*found)) != sum(map(len, found)):
        raise Malformed("shape", "an object is repeated")
    return found


def _read_objects(data: bytes, at: int) -> tuple[list[bytes], int]:
    """Read an array of byte strings at `data[at]`; the last one may be cut off, if it ends past the data."""
    count, at = codec.read_head(data, at, codec.ARRAY)
    if count > MAX_BUNDLE_OBJECTS:
        raise Malformed("too-large", f"{count} objects, at most {MAX_BUNDLE_OBJECTS} are accepted")
    objects: list[bytes] = []
    for _ in range(count):
        length, start = codec.read_head(data, at, codec.BYTES)
        at = start + length
        objects.append(data[start:at])
    return objects, at
