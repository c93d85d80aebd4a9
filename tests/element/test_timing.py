"""The timing model: counted work times costs; and what the figures say."""

import pytest

from shuangli.wallet.element.timing import (
    HASH_BLOCK_BYTES,
    NFC_106,
    NFC_424,
    NFC_848,
    ONE_CHIP,
    SE050,
    SETUPS,
    Profile,
    TapWork,
    Work,
    latency_us,
    tap_time,
)
from tests.element.support import held_in
from tests.paying import pay
from tests.world import World

UNIT = Profile(
    name="unit",
    byte_ns=1_000,
    exchange_us=10,
    signature_us=100,
    verification_us=1_000,
    hash_block_us=10_000,
    page_us=100_000,
)
WORK = Work(exchanges=2, carried_bytes=3, signatures=4, verifications=5, hashed_bytes=6, pages=7)


def test_latency_is_work_times_costs() -> None:
    assert latency_us(WORK, UNIT) == 715_423
    assert latency_us(WORK._replace(hashed_bytes=HASH_BLOCK_BYTES + 1), UNIT) == 725_423
    assert latency_us(WORK, ONE_CHIP) == latency_us(Work(), UNIT) == 0
    with pytest.raises(ValueError, match="less than none"):
        Profile(name="magic", page_us=-1)


def test_work_adds_up() -> None:
    twice = WORK.plus(WORK)
    assert twice.pages == 14
    assert twice.since(WORK) == WORK
    tap = TapWork(link=WORK, element=WORK)
    assert tap.plus(tap).since(tap) == tap


def test_a_tap_is_the_sum_of_its_places() -> None:
    setup = SETUPS[0]._replace(link=UNIT, host=UNIT, bus=UNIT, chip=ONE_CHIP, gate=UNIT)
    time = tap_time(TapWork(WORK, WORK, WORK, WORK), setup)
    assert tuple(time) == (715_423, 2 * 715_423, 715_423)
    assert time.total_us == 4 * 715_423


def test_bit_rates_are_those_of_the_standard() -> None:
    """At 106 kbit/s a bit takes 128 periods of 13.56 MHz, 9.44 µs."""
    rates = [NFC_106.byte_ns / 9, NFC_424.byte_ns / 9, NFC_848.byte_ns / 9]
    assert [round(rate) for rate in rates] == [9_439, 2_360, 1_180]


def test_an_element_counts_what_it_does(world: World) -> None:
    held = held_in(world, [100])
    before = held.element.work
    pay(held.wallet, world.wallet(tier=0), 100)
    done = held.element.work.since(before)
    assert (done.signatures, done.verifications) == (1, 0)
    assert done.pages == held.element.memory.written - before.pages
    assert done.hashed_bytes > 2 * 300
    assert done.exchanges > 1
    before = held.element.work
    pay(world.wallet([100]), held.wallet, 100)
    assert held.element.work.since(before).verifications == 3
    assert latency_us(done, SE050) > SE050.signature_us
