"""The Merkle tree written down as RFC 9162 section 2.1 defines it: slow, recursive, and nothing else."""

from collections.abc import Sequence
from hashlib import sha256


def split(size: int) -> int:
    """The largest power of two smaller than `size`, which is at least 2."""
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def mth(entries: Sequence[bytes]) -> bytes:
    """MTH(D_n), section 2.1.1."""
    if not entries:
        return sha256().digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = split(len(entries))
    return sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:])).digest()


def path(number: int, entries: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D_n), section 2.1.3.1."""
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if number < k:
        return [*path(number, entries[:k]), mth(entries[k:])]
    return [*path(number - k, entries[k:]), mth(entries[:k])]


def proof(old_size: int, entries: Sequence[bytes]) -> list[bytes]:
    """PROOF(m, D_n), section 2.1.4.1, for 0 < m < n."""
    return subproof(old_size, entries, True)


def subproof(old_size: int, entries: Sequence[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF(m, D_n, b), section 2.1.4.1."""
    if old_size == len(entries):
        return [] if whole else [mth(entries)]
    k = split(len(entries))
    if old_size <= k:
        return [*subproof(old_size, entries[:k], whole), mth(entries[k:])]
    return [*subproof(old_size - k, entries[k:], False), mth(entries[:k])]
