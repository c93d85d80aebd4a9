"""Evidence of a split history: an operator or the centre has signed two versions of its log.

Anybody verifies it with the root key alone, like evidence of a fork. Like that, it proves what *keys* have
signed: whoever lets a key leak answers for what is signed with it.
"""

from dataclasses import dataclass
from typing import Any, Self

from shuangli import codec
from shuangli.errors import Malformed, Unverified
from shuangli.merkle import MAX_SIZE
from shuangli.messages.fields import check_bytes, check_count, read_array, read_list
from shuangli.offline.audit import (
    VerifiedCheckpoint,
    VerifiedLeaf,
    contradiction,
    contradiction_of_entries,
    read_proof,
    verify_checkpoint,
    verify_leaf,
)


@dataclass(frozen=True, slots=True)
class ShownLeaf:
    """A leaf's hash, and the proof that joins it to a checkpoint's root."""

    leaf_hash: bytes
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitHistory:
    """Two checkpoints of one log, each with the certificate of its signer, that cannot both be true.

    They have one size and two roots, or the later one is smaller; then there are no `leaves`. Or two leaves
    with one `number` differ, one shown in each.
    """

    certificates: tuple[bytes, bytes]
    checkpoints: tuple[bytes, bytes]
    number: int = 0
    leaves: tuple[ShownLeaf, ...] = ()

    def encode(self) -> bytes:
        """Encode as [[certificate, checkpoint], [certificate, checkpoint], leaves].

        `leaves` is [] or [number, [leaf hash, [hash, ...]], [leaf hash, [hash, ...]]].
        """
        signed = [list(pair) for pair in zip(self.certificates, self.checkpoints, strict=True)]
        shown: list[Any] = [[leaf.leaf_hash, list(leaf.proof)] for leaf in self.leaves]
        return codec.encode([*signed, [self.number, *shown] if shown else []])

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read an evidence file; nothing in it is verified yet.

        Raises:
            Malformed: it is not one.
        """
        *signed, shown = read_array(data, 3, "split history")
        pairs = [read_list(pair, "a signed checkpoint") for pair in signed]
        if any([*map(type, pair)] != [bytes, bytes] for pair in pairs):
            raise Malformed("shape", "a split history holds two checkpoints, each after its certificate")
        (one_certificate, one), (other_certificate, other) = pairs
        parts = read_list(shown, "leaves")
        if parts and len(parts) != 3:
            raise Malformed("shape", "a number and two leaves")
        number, *leaves = parts or [0]
        check_count(number, MAX_SIZE, "number")
        return cls(
            certificates=(one_certificate, other_certificate),
            checkpoints=(one, other),
            number=number,
            leaves=tuple(map(_read_leaf, leaves)),
        )


def _read_leaf(parts: object) -> ShownLeaf:
    fields = read_list(parts, "a leaf")
    if len(fields) != 2:
        raise Malformed("shape", "a leaf is its hash and a proof")
    check_bytes(fields[0], 32, "leaf hash")
    return ShownLeaf(fields[0], read_proof(fields[1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedSplit:
    """A proven split: whose log it is, why both checkpoints cannot be true, and the two."""

    network: str
    origin: str
    why: str
    checkpoints: tuple[VerifiedCheckpoint, VerifiedCheckpoint]


def verify_split_history(data: bytes, *, root: bytes) -> VerifiedSplit:
    """Verify evidence of a split history, trusting nothing but `root`, the issuer's public key (32 bytes).

    1. Both checkpoints hold, and are of one log (`verify_checkpoint`).
    2. They contradict each other, or two leaves that are shown in them do.

    Raises:
        Malformed: not an evidence file.
        Unverified: it does not prove a split, with the reason.
    """
    evidence = SplitHistory.decode(data)
    one, other = (
        verify_checkpoint(checkpoint, certificate=certificate, root=root)
        for certificate, checkpoint in zip(evidence.certificates, evidence.checkpoints, strict=True)
    )
    if one.log != other.log:
        raise Unverified("audit-log", "the checkpoints are of two logs")
    if evidence.leaves:
        why = contradiction_of_entries(*_verified_leaves(evidence, (one, other)))
    else:
        why = contradiction(one, other)
    if not why:
        raise Unverified("audit-log", "both can be true")
    return VerifiedSplit(
        network=one.checkpoint.network, origin=one.checkpoint.origin, why=why, checkpoints=(one, other)
    )


def _verified_leaves(
    evidence: SplitHistory, checkpoints: tuple[VerifiedCheckpoint, VerifiedCheckpoint]
) -> tuple[VerifiedLeaf, VerifiedLeaf]:
    one, other = (
        verify_leaf(leaf.leaf_hash, evidence.number, leaf.proof, checkpoint)
        for leaf, checkpoint in zip(evidence.leaves, checkpoints, strict=True)
    )
    return one, other
