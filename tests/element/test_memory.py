"""Two memories: one that is never half written (F10), and one that can be copied."""

import copy
import pickle
from collections.abc import Mapping
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.errors import LinkError
from shuangli.wallet.element.memory import PAGE_BYTES, PlainMemory, SecureMemory
from shuangli.wallet.element.power import Power

PAGES: Final = 6
pages = st.dictionaries(
    st.integers(0, PAGES - 1), st.binary(min_size=PAGE_BYTES, max_size=PAGE_BYTES), min_size=1
)


def fresh() -> SecureMemory:
    return SecureMemory([bytes([number]) * PAGE_BYTES for number in range(PAGES)], journal=PAGES)


def steps_of(change: Mapping[int, bytes]) -> int:
    power = Power()
    fresh().commit(change, power)
    return power.used


@given(pages, pages)
def test_f10_a_commit_is_done_or_not_wherever_the_power_ends(
    first: dict[int, bytes], then: dict[int, bytes]
) -> None:
    """At every step of the write, and at every step of the recovery after it."""
    for steps in range(steps_of(then)):
        memory = fresh()
        memory.commit(first, Power())
        before = memory.read(Power())
        after = tuple(then.get(number, page) for number, page in enumerate(before))
        with pytest.raises(LinkError):
            memory.commit(then, Power(steps))
        assert memory.read(Power()) in (before, after)
        memory.commit(then, Power())
        assert memory.read(Power()) == after


def test_f10_there_is_one_step_at_which_a_commit_happens() -> None:
    change = {2: b"\xaa" * PAGE_BYTES, 4: b"\xbb" * PAGE_BYTES}
    outcomes = []
    for steps in range(steps_of(change)):
        memory = fresh()
        before = memory.read(Power())
        with pytest.raises(LinkError):
            memory.commit(change, Power(steps))
        outcomes.append(memory.read(Power()) != before)
    assert outcomes == sorted(outcomes)
    assert set(outcomes) == {False, True}


def test_f10_recovery_may_be_cut_off_at_every_step_too() -> None:
    change = dict.fromkeys(range(PAGES), b"\xaa" * PAGE_BYTES)
    for steps in range(steps_of(change)):
        for again in range(2 * PAGES + 2):
            memory = fresh()
            before = memory.read(Power())
            with pytest.raises(LinkError):
                memory.commit(change, Power(steps))
            try:
                memory.read(Power(again))
            except LinkError:
                assert memory.read(Power()) == tuple(change.values())
            assert memory.read(Power()) in (before, tuple(change.values()))


def test_a_page_is_written_twice_and_the_mark_twice() -> None:
    memory = fresh()
    memory.commit({1: bytes(PAGE_BYTES), 5: bytes(PAGE_BYTES)}, Power())
    assert memory.written == 2 * 2 + 2


def test_a_commit_larger_than_the_journal_is_a_fault_of_the_program() -> None:
    memory = SecureMemory([bytes(PAGE_BYTES)] * 3, journal=2)
    with pytest.raises(ValueError, match="journal"):
        memory.commit(dict.fromkeys(range(3), b"\1" * PAGE_BYTES), Power())
    assert memory.read(Power()) == (bytes(PAGE_BYTES),) * 3


def test_a_secure_memory_is_not_copied_and_does_not_print() -> None:
    memory = SecureMemory([b"secret".ljust(PAGE_BYTES)], journal=1)
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="not copied"):
            copied(memory)
    assert "secret" not in repr(memory)
    assert not hasattr(memory, "pages")


def test_a_plain_memory_is_copied_and_put_back() -> None:
    memory = PlainMemory([bytes(PAGE_BYTES)] * 2)
    copied = copy.copy(memory)
    memory.commit({1: b"\1" * PAGE_BYTES}, Power())
    assert copied.pages[1] == bytes(PAGE_BYTES)
    assert memory.pages[1] == b"\1" * PAGE_BYTES
    memory.pages = copied.pages
    assert memory.read(Power())[1] == bytes(PAGE_BYTES)
    with pytest.raises(LinkError):
        memory.commit({0: b"\2" * PAGE_BYTES}, Power(0))
    assert memory.pages[0] == bytes(PAGE_BYTES)


def test_power_that_is_gone_stays_gone() -> None:
    power = Power(3)
    power.use(2)
    for _ in range(2):
        with pytest.raises(LinkError, match="no power"):
            power.use(2)
    assert power.used == 3
