"""The Merkle tree of RFC 9162 section 2.1: one hash for a list that only grows, and short proofs of it. Pure.

    MTH([])       = SHA-256()                              the root of an empty list
    MTH([d])      = SHA-256(0x00 || d)                     a leaf
    MTH(D[0:n])   = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n]))     k: the largest power of two below n

So a tree is a row of *complete subtrees*, of 2^level leaves each, from the largest to the smallest, one for
each bit of its size. The subtree (level, index) has the leaves from index * 2^level on, and never changes
once it is full. A `Frontier` keeps the roots of that row and takes on more leaves; proofs are made of roots
of complete subtrees, which are asked for one by one, wherever they are kept.

An *inclusion proof* shows that a leaf stands at its number in a tree with this root. A *consistency proof*
shows that a tree starts with all leaves of a smaller one, in their places. Both are at most as long as the
larger size has bits, and one hash more.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from shuangli.crypto import DIGEST_BYTES, sha256
from shuangli.errors import Malformed

EMPTY_ROOT: Final = sha256(b"")
"""The root of a tree without leaves."""
MAX_SIZE: Final = 2**53 - 1
"""Most leaves; a number fits wherever an amount does."""
MAX_PROOF: Final = MAX_SIZE.bit_length() + 1
"""Most hashes in a proof."""

HashAt = Callable[[int, int], bytes]
"""The root of the complete subtree (level, index), 32 bytes."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf, 32 bytes: RFC 9162 section 2.1.1."""
    return sha256(b"\0" + entry)


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over two subtrees, 32 bytes: RFC 9162 section 2.1.1."""
    return sha256(b"\1" + left + right)


@dataclass(frozen=True, slots=True)
class Frontier:
    """A tree as far as is needed to make it grow: the roots of its complete subtrees, the largest first.

    Attributes:
        size: the number of leaves
        peaks: a root for each bit of the size that is set, 32 bytes each, at most 53 in all
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE or len(self.peaks) != self.size.bit_count():
            raise Malformed("shape", "a tree has a complete subtree for each bit of its size")
        if any(len(peak) != DIGEST_BYTES for peak in self.peaks):
            raise Malformed("shape", "a root is 32 bytes")

    @property
    def root(self) -> bytes:
        """The root of the whole tree, 32 bytes."""
        return _joined(self.peaks)

    @classmethod
    def of(cls, leaves: Sequence[bytes]) -> "Frontier":
        """The tree of these leaves, given as their hashes."""
        return cls().extended(leaves)[0]

    def extended(self, leaves: Sequence[bytes]) -> tuple["Frontier", list[tuple[int, list[bytes]]]]:
        """The tree with more leaves, given as their hashes, and what they complete.

        For each level from 0 up, the second says which subtrees have become complete: the index of the first,
        and the roots of all. A leaf costs one node hash, on top of its own.
        """
        peaks = dict(zip(_bits(self.size), self.peaks, strict=True))
        completed = []
        index, made = self.size, list(leaves)
        level = 0
        while made:
            completed.append((index, made))
            pairs = [peaks.pop(level), *made] if index & 1 else made
            if len(pairs) & 1:
                peaks[level] = pairs[-1]
            index >>= 1
            made = [node_hash(*pair) for pair in zip(pairs[::2], pairs[1::2], strict=False)]
            level += 1
        size = self.size + len(leaves)
        return Frontier(size, tuple(peaks[bit] for bit in _bits(size))), completed


def _bits(size: int) -> list[int]:
    """The levels of a tree's complete subtrees, the largest first."""
    return [level for level in reversed(range(size.bit_length())) if size >> level & 1]


def _joined(roots: Sequence[bytes]) -> bytes:
    """The root over a row of complete subtrees, the largest first."""
    if not roots:
        return EMPTY_ROOT
    joined = roots[-1]
    for root in reversed(roots[:-1]):
        joined = node_hash(root, joined)
    return joined


def _roots_between(start: int, end: int, hash_at: HashAt) -> list[bytes]:
    """The roots of the complete subtrees that D[start:end] is made of, the largest first.

    `start` is a multiple of a power of two that is not less than the rest.
    """
    roots = []
    at = start
    for level in _bits(end - start):
        roots.append(hash_at(level, at >> level))
        at += 1 << level
    return roots


def _root_between(start: int, end: int, hash_at: HashAt) -> bytes:
    """MTH(D[start:end]), for such a `start`."""
    return _joined(_roots_between(start, end, hash_at))


def roots_over(leaves: Sequence[bytes]) -> HashAt:
    """The roots of complete subtrees over leaves in memory, given as their hashes."""

    def root_at(level: int, index: int) -> bytes:
        return Frontier.of(leaves[index << level : index + 1 << level]).root

    return root_at


def frontier_of(size: int, hash_at: HashAt) -> Frontier:
    """The tree of the first `size` leaves, so that it can grow."""
    return Frontier(size, tuple(_roots_between(0, size, hash_at)))


def inclusion_proof(number: int, size: int, hash_at: HashAt) -> list[bytes]:
    """PATH(number, D[0:size]) of RFC 9162 section 2.1.3.1: what joins a leaf to the root, from below.

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= number < size <= MAX_SIZE:
        raise ValueError(f"leaf {number} is not in a tree of {size}")
    proof = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if number < middle:
            proof.append(_root_between(middle, end, hash_at))
            end = middle
        else:
            proof.append(_root_between(start, middle, hash_at))
            start = middle
    return proof[::-1]


def consistency_proof(old_size: int, new_size: int, hash_at: HashAt) -> list[bytes]:
    """PROOF(old_size, D[0:new_size]) of RFC 9162 section 2.1.4.1; empty if either tree is, or they are one.

    Raises:
        ValueError: the old tree is larger.
    """
    if not 0 <= old_size <= new_size <= MAX_SIZE:
        raise ValueError(f"a tree of {new_size} leaves does not start with {old_size}")
    if old_size == 0:
        return []
    proof = []
    start, end = 0, new_size
    while old_size < end:
        middle = start + _split(end - start)
        if old_size <= middle:
            proof.append(_root_between(middle, end, hash_at))
            end = middle
        else:
            proof.append(_root_between(start, middle, hash_at))
            start = middle
    if start:
        proof.append(_root_between(start, end, hash_at))
    return proof[::-1]


def _split(size: int) -> int:
    """The largest power of two below a size of two or more."""
    return 1 << (size - 1).bit_length() - 1


def proves_inclusion(leaf: bytes, number: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Say whether `proof` shows that the leaf with this hash is the one of this number: section 2.1.3.2."""
    if not 0 <= number < size <= MAX_SIZE or not _are_hashes(leaf, root, *proof):
        return False
    first, last = number, size - 1
    joined = leaf
    for part in proof:
        if last == 0:
            return False
        if first & 1 or first == last:
            joined = node_hash(part, joined)
            first, last = _past_missing(first, last)
        else:
            joined = node_hash(joined, part)
        first, last = first >> 1, last >> 1
    return last == 0 and joined == root


def proves_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Say whether `proof` shows that the new tree starts with the old one: section 2.1.4.2.

    The RFC asks for an old size that is smaller and not 0. Trees of one size must have one root, and an
    empty tree, which every tree starts with, has the root of nothing; neither takes a proof.
    """
    if not 0 <= old_size <= new_size <= MAX_SIZE or not _are_hashes(old_root, new_root, *proof):
        return False
    if old_size == 0 or old_size == new_size:
        expected = EMPTY_ROOT if old_size == 0 else new_root
        return not proof and old_root == expected and (new_size > 0 or new_root == EMPTY_ROOT)
    if not proof:
        return False
    parts = iter(proof if old_size.bit_count() > 1 else (old_root, *proof))
    first, last = old_size - 1, new_size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    return _joins(next(parts), parts, first, last) == (old_root, new_root)


def _joins(start: bytes, parts: Iterator[bytes], first: int, last: int) -> tuple[bytes, bytes] | None:
    """The old and the new root that a consistency proof leads to; None if it is too short or too long."""
    old, new = start, start
    for part in parts:
        if last == 0:
            return None
        if first & 1 or first == last:
            old, new = node_hash(part, old), node_hash(part, new)
            first, last = _past_missing(first, last)
        else:
            new = node_hash(new, part)
        first, last = first >> 1, last >> 1
    return (old, new) if last == 0 else None


def _past_missing(first: int, last: int) -> tuple[int, int]:
    """Skip the levels at which the right edge has no sibling."""
    while first and not first & 1:
        first, last = first >> 1, last >> 1
    return first, last


def _are_hashes(*values: bytes) -> bool:
    return all(type(value) is bytes and len(value) == DIGEST_BYTES for value in values)
