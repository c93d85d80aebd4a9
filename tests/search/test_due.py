"""The rules of return, each by itself; the search shows what they come to together."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.issuer.facts import OpenCoin, Place
from shuangli.issuer.returns.due import (
    Fate,
    Owed,
    complete_up_to_s,
    fate_of,
    first_open_s,
    fund_pays,
    honest_watermark_s,
    supply_change,
    taken_in_s,
)
from shuangli.issuer.store import IssuerStore

times = st.integers(0, 20)
marks = st.dictionaries(st.sampled_from("ABC"), times)


@given(st.dictionaries(st.sampled_from("ABC"), times, min_size=1), marks, times)
def test_what_is_complete_is_complete_at_everybody_who_still_counts(
    ends_s: dict[str, int], watermarks_s: dict[str, int], now_s: int
) -> None:
    up_to_s = complete_up_to_s(ends_s, watermarks_s, now_s=now_s)
    assert up_to_s <= now_s
    for name, end_s in ends_s.items():
        mark_s = watermarks_s.get(name, -1)
        assert up_to_s <= mark_s or mark_s >= end_s - 1, "somebody who counts has not spoken"
    bounds_s = {now_s, *(watermarks_s.get(name, -1) for name in ends_s)}
    assert up_to_s in bounds_s, "held up by nobody"


def test_who_is_certified_and_silent_holds_up_everything() -> None:
    assert complete_up_to_s({"A": 100, "B": 100}, {"A": 50}, now_s=60) == -1


def test_whose_certificate_has_expired_counts_until_its_watermark_ends_there() -> None:
    ends_s = {"A": 100, "B": 40}
    assert complete_up_to_s(ends_s, {"A": 50, "B": 38}, now_s=60) == 38
    assert complete_up_to_s(ends_s, {"A": 50, "B": 39}, now_s=60) == 50


@given(st.lists(st.tuples(st.sampled_from(["take in", "pass on", "sign"]), times)))
def test_an_operator_never_says_what_is_not_true(acts: Sequence[tuple[str, int]]) -> None:
    """Whatever its clock does, nothing is received or pending at or before a watermark that it signed."""
    pending: list[int] = []
    mark_s: int | None = None
    for act, now_s in acts:
        if act == "take in":
            received_s = taken_in_s(now_s=now_s, watermark_s=mark_s)
            assert mark_s is None or received_s > mark_s
            assert received_s >= now_s
            pending.append(received_s)
        elif act == "pass on" and pending:
            pending.pop(now_s % len(pending))
        elif act == "sign":
            up_to_s = honest_watermark_s(now_s=now_s, oldest_pending_s=min(pending, default=None))
            assert up_to_s < now_s
            if mark_s is None or up_to_s > mark_s:
                mark_s = up_to_s
        assert mark_s is None or all(received_s > mark_s for received_s in pending)


@pytest.mark.parametrize(
    ("watermark_s", "last_due_s", "first_s"),
    [(None, None, 0), (5, None, 6), (None, 7, 8), (5, 7, 8), (9, 7, 10)],
)
def test_what_comes_to_light_late_is_received_after_what_was_said_and_what_went_back(
    watermark_s: int | None, last_due_s: int | None, first_s: int, tmp_path: Path
) -> None:
    assert first_open_s(watermark_s=watermark_s, last_due_s=last_due_s) == first_s
    store = IssuerStore(tmp_path / "issuer.sqlite")
    with store.transaction():
        if watermark_s is not None:
            store.returns.set_watermark("OP01", watermark_s, b"")
        store.returns.set_watermark("OP02", 15, b"")
        if last_due_s is not None:
            for due_s in (last_due_s, last_due_s - 2):
                coin = OpenCoin(Place(due_s, 0, False), 5, 1, due_s)
                goes_to = Owed(b"payer", "OP02", b"payee", b"parent", b"coin")
                store.returns.add(goes_to, coin, from_fund=False, returned_s=20)
        assert store.returns.first_open_s("OP01") == first_s
    store.close()


@pytest.mark.parametrize(
    ("culprits", "lost", "payee", "fate"),
    [
        ((), (), b"payee", Fate.RETURNED),
        ((), (b"payee",), b"payee", Fate.DISPUTED),
        ((), (b"payer",), b"payee", Fate.RETURNED),
        ((), (b"payer",), None, Fate.RETURNED),
        ((b"payee",), (), b"payee", Fate.RETURNED),
        ((b"payer",), (b"payee",), b"payee", Fate.FROZEN),
        ((b"payer",), (), None, Fate.FROZEN),
    ],
)
def test_what_becomes_of_a_coin_that_is_due(
    culprits: Sequence[bytes], lost: Sequence[bytes], payee: bytes | None, fate: Fate
) -> None:
    goes_to = Owed(b"payer", "OP01", payee, b"parent", b"coin")
    assert fate_of(goes_to, is_culprit=culprits.__contains__, is_reported_lost=lost.__contains__) is fate


@pytest.mark.parametrize("forked", [False, True])
def test_the_supply_stays_in_balance(forked: bool) -> None:
    change = supply_change(OpenCoin(Place(1, 0, forked), 30, 1, 0))
    assert change.outstanding_fen + change.returned_fen == 0
    assert change.forked_open_fen + change.fund_paid_fen == 0
    assert (change.returned_fen, change.fund_paid_fen) == ((0, 30) if forked else (30, 0))


def test_the_fund_pays_a_coin_whole_or_not_at_all() -> None:
    assert [fund_pays(30, claimed_fen=claimed_fen, cap_fen=100) for claimed_fen in (0, 70, 71)] == [
        True,
        True,
        False,
    ]
