"""What is signed of an audit log, and how an answer names its entry there.

Every operator has a log, and so has the centre: a Merkle tree (`shuangli.merkle`) of events
(`shuangli.messages.events`) that only grows. A `LogEntry` stands in an acknowledgement and names the entry
that the upload has become. A `Checkpoint` fixes all entries up to its size: whoever has it notices if one of
them is later missing, changed or moved.

Time never goes back in a log: no entry is dated before the entry or the checkpoint before it, and neither is
a checkpoint. So a checkpoint that is later than an acknowledgement, and has not got its entry, breaks a
promise that the origin has signed.
"""

from dataclasses import dataclass
from typing import Any, Final, Self

from shuangli import codec, cose, merkle
from shuangli.cose import Domain, Signed
from shuangli.crypto import Signer
from shuangli.messages.fields import (
    MAX_NAME,
    check_count,
    check_id,
    check_text,
    check_time,
    read_array,
    read_list,
    require,
)

CENTRE_ORIGIN: Final = "centre"
"""Whose log the centre's is: it is certified under this name, and so must no operator be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """How an answer names its entry: whose log, its number from 0, when it was logged, the leaf's hash."""

    origin: str
    number: int
    logged_at_s: int
    leaf_hash: bytes

    def __post_init__(self) -> None:
        check_text(self.origin, MAX_NAME, "origin")
        check_count(self.number, merkle.MAX_SIZE - 1, "entry number")
        check_time(self.logged_at_s, "time")
        check_id(self.leaf_hash, "leaf hash")

    def fields(self) -> list[Any]:
        """What goes into the answer, which says by itself whose it is: [number, logged_at_s, leaf_hash]."""
        return [self.number, self.logged_at_s, self.leaf_hash]

    @classmethod
    def read(cls, origin: str, fields: object) -> Self:
        """`fields` backwards.

        Raises:
            Malformed: they are something else.
        """
        parts = read_list(fields, "log entry")
        require(len(parts) == 3, "shape", "a log entry is an array of 3 fields")
        number, logged_at_s, leaf_hash = parts
        return cls(origin=origin, number=number, logged_at_s=logged_at_s, leaf_hash=leaf_hash)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The word of `origin`, an operator or the centre: then its log had `size` entries and this root."""

    network: str
    origin: str
    size: int
    root: bytes
    made_at_s: int
    signed: Signed

    def __post_init__(self) -> None:
        check_text(self.network, MAX_NAME, "network")
        check_text(self.origin, MAX_NAME, "origin")
        check_count(self.size, merkle.MAX_SIZE, "size")
        check_id(self.root, "root")
        check_time(self.made_at_s, "time")
        empty = self.size == 0
        require(not empty or self.root == merkle.EMPTY_ROOT, "range", "an empty log has the root of nothing")

    @classmethod
    def sign(cls, key: Signer, *, network: str, origin: str, size: int, root: bytes, made_at_s: int) -> Self:
        """Sign a checkpoint with the operator's or the centre's key; its entries are already stored."""
        fields: list[Any] = [network, origin, size, root, made_at_s]
        return cls._build(fields, cose.sign(key, Domain.CHECKPOINT, codec.encode_fields(fields)))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received checkpoint; its signature is not yet verified."""
        signed = cose.parse(data, Domain.CHECKPOINT)
        return cls._build(read_array(signed.payload, 5, "checkpoint"), signed)

    @classmethod
    def _build(cls, fields: list[Any], signed: Signed) -> Self:
        network, origin, size, root, made_at_s = fields
        return cls(network=network, origin=origin, size=size, root=root, made_at_s=made_at_s, signed=signed)
