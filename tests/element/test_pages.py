"""An element's state in pages: bounded, read back equal, and only what changes is written."""

from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.crypto import SigningKey
from shuangli.errors import Refused
from shuangli.messages.certificates import Mode, Terms, WalletKind
from shuangli.messages.fields import MAX_TIME_S
from shuangli.money import MAX_FEN
from shuangli.offline.policy import Usage
from shuangli.wallet.element.chip import ELEMENT_POLICY
from shuangli.wallet.element.commands import pin_block
from shuangli.wallet.element.memory import PAGE_BYTES
from shuangli.wallet.element.pages import (
    PARTS,
    changes,
    journal_size,
    layout,
    page_count,
    read_state,
    write_state,
)
from shuangli.wallet.element.state import (
    MAX_ANSWERED,
    MAX_REQUEST_BYTES,
    MAX_TRANSFER_BYTES,
    Capacity,
    HeldCoin,
    Issued,
    Logged,
    OpenOrder,
    OpenRequest,
    State,
    new_state,
)
from tests.element.support import SMALL

SEED: Final = bytes(range(32))
OWNER: Final = SigningKey(SEED).public
ISSUED: Final = Issued(
    seed=SEED,
    nonce_key=bytes(32),
    network="n" * 16,
    root=bytes(32),
    currency="CNY",
    kind=WalletKind.HARD,
    policy=ELEMENT_POLICY,
    capacity=SMALL,
)
FRESH: Final = new_state(ISSUED, pin_block("12345678"))

ids = st.binary(min_size=32, max_size=32)
times = st.integers(0, MAX_TIME_S - 1)
spans = st.integers(0, 100 * 366 * 86_400)
amounts = st.integers(0, MAX_FEN)
coins = st.builds(
    HeldCoin,
    coin_id=ids,
    owner=st.just(OWNER),
    value_fen=amounts,
    hops=st.integers(0, 64),
    depth=st.integers(0, 256),
    since_s=times,
    claim_by_s=times,
    expires_at_s=times,
    terms=st.builds(
        Terms,
        currency=st.just("CNY"),
        mode=st.sampled_from(Mode),
        hop_cap=st.integers(0, 64),
        coin_life_s=spans,
        claim_window_s=spans,
        grace_s=spans,
    ),
)
requests = st.builds(
    OpenRequest,
    request_id=ids,
    expires_at_s=times,
    received=st.lists(ids, max_size=3).map(tuple),
    refused=st.lists(ids, max_size=MAX_ANSWERED - 3).map(tuple),
)
logged = st.builds(
    Logged,
    request_id=ids,
    request=st.binary(max_size=MAX_REQUEST_BYTES),
    transfer=st.binary(max_size=MAX_TRANSFER_BYTES),
    pin=st.booleans(),
)
counters = st.builds(
    replace,
    st.just(FRESH.counters),
    tries=st.integers(0, 3),
    nonces=amounts,
    transfers=amounts,
    device=amounts,
    usage=st.builds(
        Usage, day=amounts, paid_today_fen=amounts, payments_since_pin=amounts, synced_at_s=times
    ),
)


def places(values: st.SearchStrategy[Any], count: int) -> st.SearchStrategy[Any]:
    return st.lists(st.none() | values, min_size=count, max_size=count).map(tuple)


states = st.builds(
    replace,
    st.just(FRESH),
    keys=st.none() | st.binary(min_size=1, max_size=4_000),
    certificate=st.none() | st.binary(min_size=1, max_size=200),
    counters=counters,
    coins=places(coins, SMALL.coins),
    orders=places(st.builds(OpenOrder, amounts, ids), SMALL.orders),
    requests=places(requests, SMALL.requests),
    log=places(logged, SMALL.log),
)


@given(states, states)
def test_what_was_written_is_read_and_changes_lead_from_one_to_the_other(old: State, new: State) -> None:
    pages = write_state(old)
    assert len(pages) == page_count(SMALL)
    assert {len(page) for page in pages} == {PAGE_BYTES}
    assert read_state(pages) == old
    changed = changes(old, new)
    assert len(changed) <= journal_size(SMALL)
    for number, page in changed.items():
        pages[number] = page
    assert read_state(pages) == new
    assert not changes(new, new)


def test_only_the_pages_of_what_changes_are_written() -> None:
    raised = replace(FRESH, counters=replace(FRESH.counters, device=1))
    (counters_at,) = [where.first for where in layout(SMALL) if where.part.name == "counters"]
    assert list(changes(FRESH, raised)) == [counters_at]


def test_a_place_has_an_end() -> None:
    for part, value in (("keys", bytes(4_096)), ("certificate", bytes(256))):
        with pytest.raises(Refused, match="do not fit") as full:
            changes(FRESH, replace(FRESH, **{part: value}))  # type: ignore[arg-type]
        assert full.value.code == "element-full"


def test_memory_is_bounded_and_the_standard_element_fits_into_a_real_one() -> None:
    """A NXP JCOP4 J3R180 has 139,360 bytes of persistent memory (JCAlgTest, 2021)."""
    assert page_count(Capacity()) * PAGE_BYTES < 50_000
    assert (page_count(Capacity()) + journal_size(Capacity())) * PAGE_BYTES < 100_000
    assert {part.name for part in PARTS} == set(State.__slots__)


@pytest.mark.parametrize("wrong", [{"coins": 0}, {"requests": 10_001}, {"log": 17}])
def test_a_capacity_is_checked_when_built(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="an element"):
        Capacity(**wrong)


def test_secrets_are_not_shown() -> None:
    shown = repr(FRESH)
    assert repr(SEED) not in shown
    assert "12345678" not in shown
