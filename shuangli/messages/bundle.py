"""The bundle: loads and transfers that prove some coins. What a payer sends, and a wallet hands in.

It is not signed itself: everything in it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from shuangli import codec
from shuangli.errors import Malformed

MAX_BUNDLE_OBJECTS: Final = 40_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Loads and transfers, each object once and parents before children: the chains of some coins."""

    loads: tuple[bytes, ...]
    transfers: tuple[bytes, ...]

    def encode(self) -> bytes:
        """Encode as [loads, transfers]."""
        return codec.encode_fields([list(self.loads), list(self.transfers)])

    @classmethod
    def decode(cls, data: bytes, *, max_bytes: int = codec.MAX_BYTES) -> Self:
        """Read a received bundle; the objects in it are not yet looked at."""
        fields = codec.decode(data, max_bytes=max_bytes)
        if type(fields) is not list or [type(part) for part in fields] != [list, list]:
            raise Malformed("shape", "a bundle is an array of loads and an array of transfers")
        objects: list[bytes] = fields[0] + fields[1]  # type: ignore[operator, assignment]  # checked next
        if len(objects) > MAX_BUNDLE_OBJECTS:
            raise Malformed("too-large", f"{len(objects)} objects, at most {MAX_BUNDLE_OBJECTS} are accepted")
        if any(type(part) is not bytes for part in objects):
            raise Malformed("shape", "a bundle holds byte strings")
        if len(set(objects)) != len(objects):
            raise Malformed("shape", "an object is repeated")
        count = len(fields[0])  # type: ignore[arg-type]
        return cls(loads=tuple(objects[:count]), transfers=tuple(objects[count:]))

    @classmethod
    def join(cls, bundles: Iterable["Bundle"]) -> "Bundle":
        """Join bundles that each stand on their own into one that does."""
        loads: dict[bytes, None] = {}
        transfers: dict[bytes, None] = {}
        for bundle in bundles:
            loads.update(dict.fromkeys(bundle.loads))
            transfers.update(dict.fromkeys(bundle.transfers))
        return Bundle(loads=tuple(loads), transfers=tuple(transfers))
