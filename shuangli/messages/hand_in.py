"""The hand-in: what a wallet says at a reconciliation, and an operator passes on.

    [ [ load, ... ], [ transfer, ... ], [ refusal, ... ] ]        each object a byte string

The first two are a bundle: the chains of coins that are redeemed, and of payments that are shown. A
refusal is a payee's, of a transfer in the bundle; with it the payer gets back what it paid.
"""

from dataclasses import dataclass
from typing import Self

from shuangli import codec
from shuangli.errors import Malformed
from shuangli.messages.bundle import MAX_BUNDLE_BYTES, Bundle, read_objects


@dataclass(frozen=True, slots=True, kw_only=True)
class HandIn:
    """A bundle, and the refusals of transfers in it; each object once."""

    bundle: Bundle
    refusals: tuple[bytes, ...] = ()

    def encode(self) -> bytes:
        """Encode as [loads, transfers, refusals]."""
        return codec.encode_fields([self.bundle.loads, self.bundle.transfers, self.refusals])

    @classmethod
    def decode(cls, data: bytes, *, max_bytes: int = MAX_BUNDLE_BYTES) -> Self:
        """Read a received hand-in; the objects in it are not yet looked at.

        Raises:
            Malformed: it is not one, or larger than `max_bytes`.
        """
        if len(data) > max_bytes:
            raise Malformed("too-large", f"{len(data)} bytes, at most {max_bytes} are accepted")
        parts, at = codec.read_head(data, 0, codec.ARRAY)
        if parts != 3:
            raise Malformed("shape", "a hand-in is an array of loads, of transfers and of refusals")
        loads, at = read_objects(data, at)
        transfers, at = read_objects(data, at)
        refusals, at = read_objects(data, at)
        if at != len(data):
            raise Malformed("cbor", "cut off, or trailing bytes")
        objects = (*loads, *transfers, *refusals)
        if len({*objects}) != len(objects):
            raise Malformed("shape", "an object is repeated")
        bundle = Bundle(loads=tuple(loads), transfers=tuple(transfers))
        return cls(bundle=bundle, refusals=tuple(refusals))
