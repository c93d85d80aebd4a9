"""Hypothesis strategies below the messages: items that the codec accepts, and bytes with small faults."""

from collections.abc import Callable
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from shuangli.codec import MAX_DEPTH, Item

scalars: Final[SearchStrategy[Item]] = st.one_of(
    st.integers(-(2**64), 2**64 - 1),
    st.integers(-300, 300),
    st.binary(max_size=40),
    st.text(max_size=30),
    st.booleans(),
    st.none(),
)


def depth(item: object) -> int:
    """How deep `item` is nested: 0 for what is no array and no map."""
    if isinstance(item, dict):
        return 1 + max(map(depth, item.values()), default=0)
    return 1 + max(map(depth, item), default=0) if isinstance(item, list) else 0


items: Final[SearchStrategy[Item]] = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=6),
        st.dictionaries(st.one_of(st.integers(-(2**64), 2**64 - 1), st.text(max_size=6)), inner, max_size=6),
    ),
    max_leaves=20,
).filter(lambda item: depth(item) <= MAX_DEPTH)
"""What `codec` accepts."""


def _overwrite(data: bytes, at: int, piece: bytes) -> bytes:
    return data[:at] + piece + data[at + len(piece) :]


_MUTATIONS: Final[tuple[Callable[[bytes, int, bytes], bytes], ...]] = (
    _overwrite,
    lambda data, at, piece: data[:at] + piece + data[at:],
    lambda data, at, piece: data[:at] + data[at + len(piece) :],
    lambda data, at, piece: data[:at],
    lambda data, at, piece: data[:at] + bytes([data[at] ^ 1 << piece[0] % 8]) + data[at + 1 :],
)


@st.composite
def mutated(draw: DrawFn, data: bytes) -> bytes:
    """`data` (at least one byte) with one to three small faults, or none if they happen to cancel out."""
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data) - 1))
        mutation = draw(st.sampled_from(_MUTATIONS))
        data = mutation(data, at, draw(st.binary(min_size=1, max_size=4))) or b"\0"
    return data
