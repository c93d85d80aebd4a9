"""Reports of large values: by the central bank's thresholds, each included, for any order of movements."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.operator.risk.large_values import (
    THRESHOLDS_FEN,
    Category,
    Moved,
    encode_report,
    large_values,
)

YUAN = 100
A, B = bytes(31) + b"a", bytes(31) + b"b"


def moved(amount_fen: int, person: bytes = A, kind: str = "") -> Moved:
    """A movement that is of these kinds: "cash", "company", "abroad"."""
    return Moved(person, amount_fen, *(word in kind for word in ("cash", "company", "abroad")))


@pytest.mark.parametrize(
    ("kind", "yuan", "category"),
    [
        ("cash", 50_000, Category.CASH_LIKE),
        ("cash company", 50_000, Category.CASH_LIKE),
        ("", 500_000, Category.PERSON),
        ("abroad", 200_000, Category.PERSON_ABROAD),
        ("company", 2_000_000, Category.OTHER),
        ("company abroad", 2_000_000, Category.OTHER),
    ],
)
def test_the_thresholds(kind: str, yuan: int, category: Category) -> None:
    (found,) = large_values([moved(yuan * YUAN, kind=kind)])
    assert (found.category, found.total_fen, found.is_out) == (category, yuan * YUAN, False)
    assert large_values([moved(yuan * YUAN - 1, kind=kind)]) == []


def test_a_days_movements_are_added_up_each_way_for_itself() -> None:
    half = 250_000 * YUAN
    (found,) = large_values([moved(-half), moved(-half), moved(half), moved(half, B)])
    assert (found.person, found.is_out, found.movements) == (A, True, 2)
    assert (found.total_fen, found.largest_fen) == (2 * half, half)
    assert found.as_json()["direction"] == "out"


movements = st.builds(
    Moved,
    st.sampled_from([A, B]),
    st.integers(-(10**9), 10**9).filter(bool),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(movements, max_size=30), st.randoms())
def test_the_order_does_not_count_and_nothing_is_left_out(day: list[Moved], random: object) -> None:
    found = large_values(day)
    mixed = sorted(day, key=lambda one: hash((id(random), one)))
    assert encode_report("OP01", 1, found) == encode_report("OP01", 1, large_values(mixed))
    for person in (A, B):
        for category in Category:
            for is_out in (False, True):
                total_fen = sum(
                    abs(one.amount_fen)
                    for one in day
                    if (one.person, one.category, one.amount_fen < 0) == (person, category, is_out)
                )
                listed = [
                    one
                    for one in found
                    if (one.person, one.category, one.is_out) == (person, category, is_out)
                ]
                assert bool(listed) == (total_fen >= THRESHOLDS_FEN[category])
                assert sum(one.total_fen for one in listed) == (total_fen if listed else 0)
