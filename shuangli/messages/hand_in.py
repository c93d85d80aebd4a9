"""The hand-in: what a wallet says at a reconciliation, and an operator passes on.

    [ [ load, ... ], [ transfer, ... ], [ refusal, ... ] ]        each object a byte string

The first two are a bundle: the chains of coins that are redeemed, and of payments that are shown. A
refusal is a payee's, of a transfer in the bundle; with it the payer gets back what it paid.
"""

from dataclasses import dataclass
from typing import Self

from shuangli import codec
from shuangli.messages.bundle import MAX_BUNDLE_BYTES, Bundle, read_kinds


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
        what = "a hand-in is an array of loads, of transfers and of refusals"
        loads, transfers, refusals = read_kinds(data, 3, what, max_bytes=max_bytes)
        return cls(bundle=Bundle(loads=loads, transfers=transfers), refusals=refusals)
