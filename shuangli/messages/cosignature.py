"""What a witness signs of an audit log: it has seen this state, and the log has only grown since the last.

A witness is anybody with a key of their own: a regulator, a university, another operator. It need not read
the log. Whoever checks a report asks that a witness whom they trust has seen the same state; then the log
cannot show one history here and another there, unless the witness does too.
"""

from dataclasses import dataclass
from typing import Any, Self

from shuangli import codec, cose, merkle
from shuangli.cose import Domain, Signed
from shuangli.crypto import Signer
from shuangli.messages.fields import (
    MAX_NAME,
    check_count,
    check_id,
    check_key,
    check_text,
    check_time,
    read_array,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosignature:
    """The word of `witness`, a public key: the log of `origin` had `size` entries and this root, seen so."""

    witness: bytes
    network: str
    origin: str
    size: int
    root: bytes
    seen_at_s: int
    signed: Signed

    def __post_init__(self) -> None:
        check_key(self.witness, "witness")
        check_text(self.network, MAX_NAME, "network")
        check_text(self.origin, MAX_NAME, "origin")
        check_count(self.size, merkle.MAX_SIZE, "size")
        check_id(self.root, "root")
        check_time(self.seen_at_s, "time")

    @classmethod
    def sign(cls, key: Signer, *, network: str, origin: str, size: int, root: bytes, seen_at_s: int) -> Self:
        """Sign what was seen; the witness has stored it before."""
        fields: list[Any] = [key.public, network, origin, size, root, seen_at_s]
        return cls._build(fields, cose.sign(key, Domain.COSIGNATURE, codec.encode_fields(fields)))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received cosignature; its signature is not yet verified.

        Raises:
            Malformed: it is not one.
        """
        signed = cose.parse(data, Domain.COSIGNATURE)
        return cls._build(read_array(signed.payload, 6, "cosignature"), signed)

    @classmethod
    def _build(cls, fields: list[Any], signed: Signed) -> Self:
        witness, network, origin, size, root, seen_at_s = fields
        return cls(
            witness=witness,
            network=network,
            origin=origin,
            size=size,
            root=root,
            seen_at_s=seen_at_s,
            signed=signed,
        )
