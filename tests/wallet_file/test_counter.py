"""Rollback: where the device has a counter, no copy of the file but the newest one is opened (F02)."""

from pathlib import Path

import pytest

from shuangli.errors import StoreError
from shuangli.wallet.counter import Counter, MemoryCounter
from shuangli.wallet.records import Record
from shuangli.wallet.wallet_file import WalletFile
from tests.wallet_file.files import copy_of, device, fold, make, reopen


class TornCounter:
    """A counter whose device loses power at its next raise."""

    def __init__(self, counter: MemoryCounter) -> None:
        self.counter = counter

    @property
    def value(self) -> int:
        return self.counter.value

    def increment(self) -> int:
        raise OSError("power lost")


def opened(path: Path, counter: Counter | None) -> WalletFile:
    return reopen(path, on=device(seed=2, counter=counter))


def cut_off(path: Path, counter: MemoryCounter, record: Record) -> None:
    """Append a record, and lose power between the commit and the raise of the counter."""
    file = opened(path, counter)
    file._log._counter = TornCounter(counter)
    with pytest.raises(OSError, match="power lost"):
        file.append([record])
    with pytest.raises(StoreError):
        file.append([record])


@pytest.fixture
def counter() -> MemoryCounter:
    return MemoryCounter(41)


@pytest.fixture
def counted(path: Path, lived: list[Record], epochs: list[bytes], counter: MemoryCounter) -> Path:
    make(path, lived[:-2], epochs=epochs, on=device(counter=counter)).close()
    return path


def test_f02_an_older_copy_is_refused(counted: Path, lived: list[Record], counter: MemoryCounter) -> None:
    copy = copy_of(counted)
    with opened(counted, counter) as file:
        file.append(lived[-2:-1])
    with pytest.raises(StoreError, match="an older copy") as refused:
        opened(copy, counter)
    assert refused.value.code == "rolled-back"
    assert str(copy) in str(refused.value)
    with opened(counted, counter) as file:
        assert list(file) == lived[:-1]


@pytest.mark.parametrize("act", ["append", "compact", "keep", "open"])
def test_f02_whatever_is_written_is_counted(
    act: str, counted: Path, lived: list[Record], counter: MemoryCounter
) -> None:
    with opened(counted, counter) as file:
        if act == "append":
            file.append(lived[-2:-1])
        elif act == "compact":
            file.compact(fold(lived[:-2]).checkpoint())
        elif act == "keep":
            file.keep("list", b"older")
        before = counter.value
        file.close()
    copy = copy_of(counted)
    opened(counted, counter).close()
    assert counter.value == before + 1
    with pytest.raises(StoreError, match="an older copy"):
        opened(copy, counter)
    opened(counted, counter).close()


def test_f10_power_lost_before_the_counter_is_raised(
    counted: Path, lived: list[Record], counter: MemoryCounter
) -> None:
    before = counter.value
    cut_off(counted, counter, lived[-2])
    assert counter.value == before + 1, "raised by the opening only"
    with opened(counted, counter) as file:
        assert list(file) == lived[:-1]
        file.append(lived[-1:])
    with opened(counted, counter) as file:
        assert list(file) == lived


def test_f02_a_copy_that_was_cut_off_is_no_second_wallet(
    counted: Path, lived: list[Record], counter: MemoryCounter
) -> None:
    """Two branches at one value of the counter: once one has been written on, the other does not open."""
    earlier = copy_of(counted)
    cut_off(counted, counter, lived[-2])
    branch = copy_of(counted, "branch")
    with pytest.raises(StoreError, match="an older copy"):
        opened(earlier, counter)
    with opened(counted, counter) as file:
        file.append(lived[-1:])
    with pytest.raises(StoreError, match="an older copy"):
        opened(branch, counter)


def test_f02_an_opening_that_was_cut_off_is_no_second_wallet(
    counted: Path, lived: list[Record], counter: MemoryCounter
) -> None:
    earlier = copy_of(counted)
    torn = TornCounter(counter)
    with pytest.raises(OSError, match="power lost"):
        opened(counted, torn)
    with opened(earlier, counter) as file:
        file.append(lived[-2:-1])
    with pytest.raises(StoreError, match="an older copy"):
        opened(counted, counter)


def test_a_file_from_another_device_is_refused(counted: Path) -> None:
    with pytest.raises(StoreError, match="a foreign copy") as refused:
        opened(counted, MemoryCounter(3))
    assert refused.value.code == "rolled-back"


def test_a_counted_file_needs_a_counter_and_an_uncounted_one_has_none(
    counted: Path, tmp_path: Path, counter: MemoryCounter
) -> None:
    with pytest.raises(StoreError) as refused:
        opened(counted, None)
    assert refused.value.code == "rolled-back"
    plain = tmp_path / "plain"
    make(plain, [], epochs=[]).close()
    with pytest.raises(StoreError) as refused:
        opened(plain, counter)
    assert refused.value.code == "rolled-back"
    opened(plain, None).close()
    opened(counted, counter).close()


def test_a_counter_that_others_use_is_noticed(
    counted: Path, lived: list[Record], counter: MemoryCounter
) -> None:
    with opened(counted, counter) as file:
        counter.increment()
        with pytest.raises(StoreError) as refused:
            file.append(lived[-2:-1])
        assert refused.value.code == "rolled-back"
        with pytest.raises(StoreError, match="opened again"):
            file.append(lived[-2:-1])
