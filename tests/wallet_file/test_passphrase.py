"""Wrong passphrases are counted, delayed, and lock the file; nothing is decrypted (F39)."""

from pathlib import Path

import pytest

from shuangli import sealing
from shuangli.errors import BadInput, Refused, StoreError
from shuangli.sealing import LEAST_COST, Cost
from shuangli.wallet import file_format
from shuangli.wallet.file_guard import STANDARD_GUARD, Guard, Tries
from shuangli.wallet.records import Record
from shuangli.wallet.wallet_file import WalletFile
from tests.setting import NOW
from tests.wallet_file.files import FAST, GUARD, PASSPHRASE, copy_of, device, make, read, reopen


@pytest.fixture
def file(path: Path, lived: list[Record], epochs: list[bytes]) -> Path:
    make(path, lived, epochs=epochs).close()
    return path


def attempt(path: Path, passphrase: str, now_s: int = NOW, guard: Guard = GUARD) -> str:
    """Open a file and say how it went."""
    try:
        WalletFile.open(path, passphrase=passphrase, now_s=now_s, device=device(guard=guard)).close()
    except (BadInput, Refused) as error:
        return error.code
    return "open"


@pytest.fixture
def keys_derived(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The salt of every key that is derived from now on."""
    salts: list[bytes] = []
    derive = sealing.derive_key

    def counting(passphrase: str, salt: bytes, cost: Cost) -> bytes:
        salts.append(salt)
        return derive(passphrase, salt, cost)

    monkeypatch.setattr(file_format, "derive_key", counting)
    return salts


def test_f39_a_wrong_passphrase_says_no_more_than_that(file: Path) -> None:
    with pytest.raises(BadInput) as refused:
        WalletFile.open(file, passphrase="three blue hero", now_s=NOW, device=device())
    assert refused.value.code == "wrong-passphrase"
    assert str(refused.value) == f"{file}: the passphrase is wrong"
    assert refused.value.__cause__ is None


def test_f39_delayed_then_locked(file: Path, lived: list[Record], keys_derived: list[bytes]) -> None:
    guard, now_s = GUARD, NOW
    for wrong in range(1, guard.most_tries + 1):
        assert attempt(file, "wrong", now_s) == "wrong-passphrase"
        delay_s = guard.delay_s(wrong)
        assert delay_s == (0 if wrong < 3 else min(30 * 2 ** (wrong - 3), 3_600))
        if delay_s:
            tried = len(keys_derived)
            assert attempt(file, PASSPHRASE, now_s) == "locked"
            assert attempt(file, PASSPHRASE, now_s + delay_s - 1) == "locked"
            assert len(keys_derived) == tried, "nothing is tried while it is locked"
        now_s += delay_s
    for later_s in (0, 1, 10**9):
        assert attempt(file, PASSPHRASE, NOW + later_s) == "locked"
    assert len(keys_derived) == guard.most_tries


def test_f39_the_wait_is_told(file: Path) -> None:
    for _ in range(GUARD.free_tries):
        attempt(file, "wrong")
    with pytest.raises(Refused, match=r"locked for another 23 s"):
        reopen(file, now_s=NOW + 7)
    with reopen(file, now_s=NOW + 30):
        pass


def test_f39_the_right_passphrase_sets_the_count_back(file: Path, lived: list[Record]) -> None:
    for _ in range(3):
        assert attempt(file, "wrong") == attempt(file, "wrong") == "wrong-passphrase"
        assert attempt(file, PASSPHRASE) == "open"
    assert read(file) == lived


def test_f39_a_try_counts_before_it_is_made(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killing the program as soon as it has seen that the passphrase is wrong gains nothing."""

    def killed(*_: object) -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(file_format, "derive_key", killed)
        for _ in range(GUARD.free_tries):
            with pytest.raises(KeyboardInterrupt):
                attempt(file, "wrong")
    assert attempt(file, PASSPHRASE) == "locked"
    assert attempt(file, PASSPHRASE, NOW + 30) == "open"


def test_f39_no_memory_is_no_wrong_try(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_memory(*_: object) -> bytes:
        raise StoreError("unavailable", "no memory")

    with monkeypatch.context() as patch:
        patch.setattr(file_format, "derive_key", out_of_memory)
        for _ in range(GUARD.most_tries + 1):
            with pytest.raises(StoreError, match="no memory"):
                attempt(file, PASSPHRASE)
    assert attempt(file, PASSPHRASE) == "open"


def test_f39_a_clock_that_is_set_back_neither_skips_the_wait_nor_makes_it_endless(file: Path) -> None:
    future_s = NOW + 10**8
    for _ in range(GUARD.free_tries):
        attempt(file, "wrong", future_s)
    assert attempt(file, PASSPHRASE, NOW) == "locked"
    assert attempt(file, PASSPHRASE, NOW + 29) == "locked"
    assert attempt(file, PASSPHRASE, NOW + 30) == "open"


def test_f39_a_copy_is_locked_as_the_file_is(file: Path) -> None:
    for _ in range(GUARD.free_tries):
        attempt(file, "wrong")
    assert attempt(copy_of(file), PASSPHRASE) == "locked"


def test_a_new_passphrase_takes_the_place_of_the_old_one(file: Path, lived: list[Record]) -> None:
    rows_before = file.stat().st_size
    with reopen(file) as opened:
        old_header = opened._database.part("header")
        opened.change_passphrase(PASSPHRASE, "另一句口令", now_s=NOW)
        opened.append(lived[-1:])
    assert attempt(file, PASSPHRASE) == "wrong-passphrase"
    with WalletFile.open(file, passphrase="另一句口令", now_s=NOW, device=device()) as opened:
        assert list(opened) == [*lived, lived[-1]]
    assert old_header not in file.read_bytes(), "what was wrapped with the old passphrase is gone"
    assert file.stat().st_size <= rows_before + 8_192, "the journal is not written anew"


def test_f39_changing_needs_the_old_passphrase(file: Path) -> None:
    with reopen(file) as opened:
        for _ in range(GUARD.free_tries):
            with pytest.raises(BadInput) as wrong:
                opened.change_passphrase("wrong", "new", now_s=NOW)
            assert wrong.value.code == "wrong-passphrase"
        with pytest.raises(Refused):
            opened.change_passphrase(PASSPHRASE, "new", now_s=NOW)
    assert attempt(file, "new", NOW + 30) == "wrong-passphrase"
    assert attempt(file, PASSPHRASE, NOW + 90) == "open"


def test_an_empty_passphrase_is_none(path: Path, file: Path) -> None:
    fresh = path.with_name("fresh")
    for words in ("", "\ud800"):
        with pytest.raises(BadInput) as refused:
            WalletFile.create(fresh, passphrase=words, seed=None, device=device())
        assert refused.value.code == "bad-value"
        assert not fresh.exists()
    with reopen(file) as opened, pytest.raises(BadInput):
        opened.change_passphrase(PASSPHRASE, "", now_s=NOW)
    assert attempt(file, PASSPHRASE) == "open"


def test_it_does_not_matter_how_letters_were_typed(path: Path) -> None:
    WalletFile.create(path, passphrase="Caf\u00e9", seed=None, device=device()).close()
    assert attempt(path, "Cafe\u0301") == "open"
    assert attempt(path, "Cafe") == "wrong-passphrase"


def test_a_cheap_passphrase_is_not_accepted(file: Path) -> None:
    """A file that asks for less work than the least was tampered with, or made by another program."""
    with pytest.raises(StoreError) as refused:
        reopen(file, on=device(guard=STANDARD_GUARD))
    assert refused.value.code == "corrupt"
    with pytest.raises(ValueError, match="least"):
        Guard(cost=FAST)
    assert STANDARD_GUARD.cost.at_least(LEAST_COST)


def test_the_standard_guard_opens_what_it_made(path: Path) -> None:
    guard = Guard(cost=LEAST_COST)
    WalletFile.create(path, passphrase="p", seed=None, device=device(guard=guard)).close()
    assert attempt(path, "p", guard=guard) == "open"


def test_a_guard_is_checked() -> None:
    for free_tries, most_tries in ((0, 10), (11, 10), (3, 10**6)):
        with pytest.raises(ValueError, match="tries"):
            Guard(free_tries=free_tries, most_tries=most_tries)
    assert Guard().delay_s(10**6) == 3_600
    assert Tries.decode(Tries(wrong=4, last_s=NOW).encode()) == Tries(wrong=4, last_s=NOW)
