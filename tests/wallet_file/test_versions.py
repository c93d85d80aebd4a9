"""Files of earlier versions are brought up to date; those of newer programs are left alone."""

import sqlite3
from pathlib import Path

import pytest

from shuangli import codec
from shuangli.errors import BadInput, StoreError
from shuangli.wallet import file_migrations
from shuangli.wallet.counter import MemoryCounter
from shuangli.wallet.file_database import FileDatabase
from shuangli.wallet.file_format import VERSION, FileKey
from shuangli.wallet.records import Record
from shuangli.wallet.wallet_file import WalletFile
from tests.wallet_file.files import device, read, reopen
from tests.wallet_file.version_1 import make_version_1


@pytest.fixture
def old(path: Path, lived: list[Record], epochs: list[bytes]) -> Path:
    make_version_1(path, lived, epochs=epochs)
    return path


def version_of(path: Path) -> int:
    connection = sqlite3.connect(path)
    ((version,),) = connection.execute("PRAGMA user_version")
    connection.close()
    return int(version)


def set_version(path: Path, version: int) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()


def test_a_file_of_version_1_is_read_and_brought_up_to_date(old: Path, lived: list[Record]) -> None:
    assert version_of(old) == 1
    assert read(old) == lived
    assert version_of(old) == VERSION
    with reopen(old) as file:
        file.append(lived[:1])
        assert list(file) == [*lived, lived[0]]
        assert len(file.kept) == 1


def test_every_version_before_this_one_has_a_migration() -> None:
    assert set(file_migrations.MIGRATIONS) == set(range(1, VERSION))


def test_a_migrated_file_is_without_a_counter(old: Path) -> None:
    with pytest.raises(StoreError) as refused:
        reopen(old, on=device(counter=MemoryCounter()))
    assert refused.value.code == "rolled-back"
    reopen(old).close()


@pytest.mark.parametrize("version", [0, VERSION + 1, 2**31 - 1])
def test_a_file_of_an_unknown_version_is_left_alone(version: int, old: Path) -> None:
    set_version(old, version)
    before = old.read_bytes()
    with pytest.raises(BadInput, match="version") as refused:
        reopen(old)
    assert refused.value.code == "bad-file"
    assert old.read_bytes() == before


def test_f38_a_file_does_not_pass_for_one_of_another_version(old: Path) -> None:
    set_version(old, 2)
    with pytest.raises(StoreError, match="its head has been changed"):
        reopen(old)
    set_version(old, 1)
    reopen(old).close()
    set_version(old, 1)
    with pytest.raises(StoreError, match="its head has been changed"):
        reopen(old)


def test_f10_a_migration_that_fails_has_changed_nothing(
    old: Path, lived: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    def half_way(database: FileDatabase, key: FileKey) -> None:
        database.put_part("head", key.seal_part("head/2", codec.encode("half")))
        raise OSError("power lost")

    with monkeypatch.context() as patch:
        patch.setattr(file_migrations, "MIGRATIONS", {1: half_way})
        with pytest.raises(OSError, match="power lost"):
            reopen(old)
    assert version_of(old) == 1
    assert read(old) == lived


def test_an_old_file_is_guarded_like_a_new_one(old: Path) -> None:
    with pytest.raises(BadInput) as refused:
        WalletFile.open(old, passphrase="wrong", now_s=0, device=device())
    assert refused.value.code == "wrong-passphrase"
    assert version_of(old) == 1
