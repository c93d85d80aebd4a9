"""The Merkle tree against RFC 9162's own definitions and the known answers of Certificate Transparency."""

from collections.abc import Sequence
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.errors import Malformed
from shuangli.merkle import (
    EMPTY_ROOT,
    MAX_SIZE,
    Frontier,
    HashAt,
    consistency_proof,
    frontier_of,
    inclusion_proof,
    leaf_hash,
    node_hash,
    proves_consistency,
    proves_inclusion,
)
from tests.audit import plain_tree

KNOWN_ENTRIES: Final = tuple(
    bytes.fromhex(entry)
    for entry in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", bytes(range(96, 112)).hex())
)
KNOWN_ROOTS: Final = tuple(
    map(
        bytes.fromhex,
        (
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ),
    )
)
"""Of the trees of the first 0 to 8 entries, from the tests of Certificate Transparency (RFC 6962)."""
KNOWN_PATHS: Final = {
    (0, 1): (),
    (0, 8): ("96a296d224f285c6", "5f083f0a1a33ca07", "6b47aaf29ee3c2af"),
    (5, 8): ("bc1a0643b12e4d2d", "ca854ea128ed050b", "d37ee418976dd957"),
    (2, 3): ("fac54203e7cc696c",),
    (1, 5): ("6e340b9cffb37a98", "5f083f0a1a33ca07", "bc1a0643b12e4d2d"),
}
KNOWN_PROOFS: Final = {
    (1, 1): (),
    (1, 8): ("96a296d224f285c6", "5f083f0a1a33ca07", "6b47aaf29ee3c2af"),
    (6, 8): ("0ebc5d3437fbe2db", "ca854ea128ed050b", "d37ee418976dd957"),
    (2, 5): ("5f083f0a1a33ca07", "bc1a0643b12e4d2d"),
}
"""(number, size) and (old size, new size) with the first 8 bytes of each hash; from the same tests."""
LARGEST: Final = 70


def entries_of(size: int) -> list[bytes]:
    return [b"entry %d" % number for number in range(size)]


def kept(entries: Sequence[bytes]) -> HashAt:
    """Roots of complete subtrees, made anew; asking for one that is not complete is a fault."""

    def hash_at(level: int, index: int) -> bytes:
        start, end = index << level, (index + 1) << level
        assert end <= len(entries), "not complete"
        return plain_tree.mth(entries[start:end])

    return hash_at


def grown(entries: Sequence[bytes]) -> Frontier:
    return Frontier.of([*map(leaf_hash, entries)])


def shown(proof: Sequence[bytes]) -> tuple[str, ...]:
    return tuple(part[:8].hex() for part in proof)


# --- known answers ----------------------------------------------------------------------------


def test_known_roots() -> None:
    assert KNOWN_ROOTS[0] == EMPTY_ROOT
    for size, root in enumerate(KNOWN_ROOTS):
        assert grown(KNOWN_ENTRIES[:size]).root == root
        assert frontier_of(size, kept(KNOWN_ENTRIES)) == grown(KNOWN_ENTRIES[:size])


@pytest.mark.parametrize(("number", "size"), KNOWN_PATHS)
def test_known_inclusion_proofs(number: int, size: int) -> None:
    proof = inclusion_proof(number, size, kept(KNOWN_ENTRIES))
    assert shown(proof) == KNOWN_PATHS[number, size]
    leaf = leaf_hash(KNOWN_ENTRIES[number])
    assert proves_inclusion(leaf, number, size, proof, KNOWN_ROOTS[size])


@pytest.mark.parametrize(("old_size", "new_size"), KNOWN_PROOFS)
def test_known_consistency_proofs(old_size: int, new_size: int) -> None:
    proof = consistency_proof(old_size, new_size, kept(KNOWN_ENTRIES))
    assert shown(proof) == KNOWN_PROOFS[old_size, new_size]
    assert proves_consistency(old_size, KNOWN_ROOTS[old_size], new_size, KNOWN_ROOTS[new_size], proof)


# --- growing ----------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 40), max_size=8))
def test_a_tree_that_grows_in_parts_has_the_root_of_all_leaves(parts: list[int]) -> None:
    entries = entries_of(sum(parts))
    leaves = [*map(leaf_hash, entries)]
    frontier, at = Frontier(), 0
    for count in parts:
        frontier, completed = frontier.extended(leaves[at : at + count])
        for level, (first, roots) in enumerate(completed):
            assert first == at >> level
            assert first + len(roots) == (at + count) >> level
            assert roots == [kept(entries)(level, first + more) for more in range(len(roots))]
        at += count
        assert frontier.size == at
        assert frontier.root == plain_tree.mth(entries[:at])
    assert frontier == grown(entries)


def test_a_leaf_costs_one_node_hash() -> None:
    made = sum(len(roots) for _, roots in Frontier().extended([EMPTY_ROOT] * 1_024)[1][1:])
    assert made == 1_023


def test_a_frontier_that_cannot_be_is_refused() -> None:
    for size, peaks in (
        (1, ()),
        (0, (EMPTY_ROOT,)),
        (-1, (EMPTY_ROOT,)),
        (2, (b"short",)),
        (2**53, (EMPTY_ROOT,)),
    ):
        with pytest.raises(Malformed):
            Frontier(size, peaks)


# --- proofs -----------------------------------------------------------------------------------


@given(st.integers(1, LARGEST).flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size))))
def test_inclusion_proofs_are_those_of_the_rfc(leaf: tuple[int, int]) -> None:
    number, size = leaf
    entries = entries_of(size)
    proof = inclusion_proof(number, size, kept(entries))
    assert proof == plain_tree.path(number, entries)
    assert proves_inclusion(leaf_hash(entries[number]), number, size, proof, plain_tree.mth(entries))


sizes_in_order: Final = st.tuples(st.integers(0, LARGEST), st.integers(0, LARGEST)).map(
    lambda pair: (min(pair), max(pair))
)


@given(sizes_in_order)
def test_consistency_proofs_are_those_of_the_rfc(sizes: tuple[int, int]) -> None:
    old_size, new_size = sizes
    entries = entries_of(new_size)
    proof = consistency_proof(old_size, new_size, kept(entries))
    if 0 < old_size < new_size:
        assert proof == plain_tree.proof(old_size, entries)
    else:
        assert proof == []
    roots = plain_tree.mth(entries[:old_size]), plain_tree.mth(entries)
    assert proves_consistency(old_size, roots[0], new_size, roots[1], proof)


@given(st.data())
def test_an_inclusion_proof_shows_nothing_else(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, LARGEST))
    number = data.draw(st.integers(0, size - 1))
    entries = entries_of(size)
    root = plain_tree.mth(entries)
    proof = plain_tree.path(number, entries)
    leaf = leaf_hash(entries[number])
    other_number = data.draw(st.integers(-2, 2 * LARGEST).filter(lambda drawn: drawn != number))
    assert not proves_inclusion(leaf, other_number, size, proof, root)
    assert not proves_inclusion(leaf_hash(b"other"), number, size, proof, root)
    assert not proves_inclusion(leaf, number, size, proof, leaf_hash(b"other"))
    changed = _changed(data, proof)
    assert not proves_inclusion(leaf, number, size, changed, root)


@given(st.data())
def test_a_consistency_proof_shows_nothing_else(data: st.DataObject) -> None:
    old_size, new_size = data.draw(sizes_in_order)
    entries = entries_of(new_size)
    old, new = plain_tree.mth(entries[:old_size]), plain_tree.mth(entries)
    proof = plain_tree.proof(old_size, entries) if 0 < old_size < new_size else []
    other = leaf_hash(b"other")
    assert not proves_consistency(old_size, other, new_size, new, proof)
    if old_size:
        assert not proves_consistency(old_size, old, new_size, other, proof)
    wrong = data.draw(st.integers(-2, 2 * LARGEST).filter(lambda drawn: drawn != old_size))
    assert not proves_consistency(wrong, old, new_size, new, proof)
    assert not proves_consistency(old_size, old, new_size, new, _changed(data, proof))


def _changed(data: st.DataObject, proof: Sequence[bytes]) -> list[bytes]:
    """A proof that is longer, shorter, in another order, or has a changed part."""
    changed = [*proof]
    at = data.draw(st.integers(0, len(proof)))
    ways = ["longer"]
    if at < len(proof):
        ways += ["shorter", "flipped", "cut", "stretched"]
    if len({*proof}) > 1:
        ways += ["turned"]
    way = data.draw(st.sampled_from(ways))
    if way == "longer":
        changed.insert(at, leaf_hash(b"more"))
    elif way == "shorter":
        del changed[at]
    elif way == "flipped":
        bit = data.draw(st.integers(0, 255))
        changed[at] = (int.from_bytes(changed[at], "big") ^ 1 << bit).to_bytes(32, "big")
    elif way == "cut":
        changed[at] = changed[at][:-1]
    elif way == "stretched":
        changed[at] += b"\0"
    else:
        changed = [*changed[1:], changed[0]]
    return changed


def test_a_node_is_never_taken_for_a_leaf() -> None:
    """RFC 9162 section 2.1.1: the prefixes keep an entry made of two hashes from standing for two leaves."""
    left, right = leaf_hash(b"left"), leaf_hash(b"right")
    assert leaf_hash(left + right) != node_hash(left, right)
    root = node_hash(left, right)
    assert not proves_inclusion(leaf_hash(left + right), 0, 1, [], root)


def test_what_is_too_long_for_a_size_shows_nothing_even_if_it_joins() -> None:
    """With an honest proof of a larger tree, a part of it would pass for a leaf of a smaller one."""
    entries = entries_of(8)
    root, left, right = (plain_tree.mth(part) for part in (entries, entries[:4], entries[4:]))
    assert proves_inclusion(left, 0, 2, [right], root)
    for size in (1, *range(3, 9)):
        assert not proves_inclusion(left, 0, size, [right], root)
    assert not proves_inclusion(right, 0, 1, [left], root)
    proof = plain_tree.proof(7, entries)
    roots = plain_tree.mth(entries[:7]), root
    assert proves_consistency(7, roots[0], 8, roots[1], proof)
    assert not proves_consistency(3, roots[0], 4, roots[1], proof)


def test_what_is_not_32_bytes_shows_nothing_even_if_it_joins() -> None:
    left, right = leaf_hash(b"left"), leaf_hash(b"right")
    root = node_hash(left, right)
    assert proves_inclusion(left, 0, 2, [right], root)
    assert not proves_inclusion(left + right[:1], 0, 2, [right[1:]], root)
    assert proves_consistency(1, left, 2, root, [right])
    assert not proves_consistency(1, left + right[:1], 2, root, [right[1:]])


def test_empty_and_equal_trees() -> None:
    root = plain_tree.mth(entries_of(4))
    assert proves_consistency(0, EMPTY_ROOT, 4, root, [])
    assert proves_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, [])
    assert not proves_consistency(0, EMPTY_ROOT, 0, root, [])
    assert not proves_consistency(0, root, 4, root, [])
    assert not proves_consistency(4, root, 4, EMPTY_ROOT, [])
    assert not proves_consistency(4, root, 4, root, [root])
    assert not proves_consistency(4, root, 3, plain_tree.mth(entries_of(3)), [])
    assert not proves_consistency(3, plain_tree.mth(entries_of(3)), 4, root, [])


def test_what_is_not_there_is_not_proven() -> None:
    hash_at = kept(entries_of(4))
    for number, size in ((4, 4), (-1, 4), (0, 0), (0, MAX_SIZE + 1)):
        with pytest.raises(ValueError, match="is not in a tree"):
            inclusion_proof(number, size, hash_at)
    for old_size, new_size in ((5, 4), (-1, 4), (0, MAX_SIZE + 1)):
        with pytest.raises(ValueError, match="does not start with"):
            consistency_proof(old_size, new_size, hash_at)


def test_proofs_of_the_largest_trees_stay_short() -> None:
    def hash_at(level: int, index: int) -> bytes:
        return leaf_hash(b"%d %d" % (level, index))

    root = frontier_of(MAX_SIZE, hash_at).root
    for number in (0, 1, MAX_SIZE // 2, MAX_SIZE - 1):
        proof = inclusion_proof(number, MAX_SIZE, hash_at)
        assert len(proof) <= 53
        assert not proves_inclusion(leaf_hash(b"other"), number, MAX_SIZE, proof, root)
    assert len(consistency_proof(MAX_SIZE // 3, MAX_SIZE, hash_at)) <= 54
