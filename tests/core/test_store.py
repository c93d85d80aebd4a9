"""The database edge: all or nothing, also when the disk is full or the database locked (FAULTS F42)."""

import os
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from shuangli.books import Posting, transfer_entry
from shuangli.errors import StoreError
from shuangli.issuer.store import IssuerStore
from shuangli.operator.store import OperatorStore
from shuangli.store import LedgerStore, open_database, transaction

ENTRY: Final = transfer_entry(kind="load", debit="a", credit="b", amount_fen=2, at_s=0, reference=b"")
NOBODY: Final = 65_534

Opened = sqlite3.Connection | IssuerStore | OperatorStore
every_store = pytest.mark.parametrize("opens", [open_database, IssuerStore, OperatorStore])


@contextmanager
def files_of_at_most(size_bytes: int) -> Iterator[None]:
    """No file grows further: what a full disk does to a database, for this process alone."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def without_rights() -> Iterator[None]:
    """Not as root, who may write everywhere."""
    user = os.geteuid()
    os.seteuid(user or NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    opened = open_database(tmp_path / "books.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def ledger(connection: sqlite3.Connection) -> LedgerStore:
    return LedgerStore(connection)


def post(
    connection: sqlite3.Connection, ledger: LedgerStore, amount_fen: int, *, reference: bytes = b""
) -> None:
    """One entry in a transaction of its own."""
    with transaction(connection, ledger):
        ledger.post(
            transfer_entry(
                kind="load", debit="a", credit="b", amount_fen=amount_fen, at_s=0, reference=reference
            )
        )


def test_posting(connection: sqlite3.Connection, ledger: LedgerStore, tmp_path: Path) -> None:
    post(connection, ledger, 5)
    post(connection, ledger, 7)
    assert list(ledger.postings()) == [Posting("a", 5), Posting("b", -5), Posting("a", 7), Posting("b", -7)]
    assert ledger.balances() == {"a": 12, "b": -12}
    assert ledger.balance_fen("nobody") == 0
    ledger.check()
    other = open_database(tmp_path / "books.sqlite")
    assert LedgerStore(other).balances() == {"a": 12, "b": -12}
    other.close()


def test_an_account_counts_what_its_transaction_has_posted(
    connection: sqlite3.Connection, ledger: LedgerStore
) -> None:
    post(connection, ledger, 5)
    with transaction(connection, ledger):
        ledger.post(ENTRY)
        assert ledger.balance_fen("a") == 7


def test_what_is_raised_undoes_everything(connection: sqlite3.Connection, ledger: LedgerStore) -> None:
    post(connection, ledger, 5)

    def fail() -> None:
        with transaction(connection, ledger):
            ledger.post(ENTRY)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert ledger.balance_fen("a") == 5
    post(connection, ledger, 1)
    assert ledger.balances() == {"a": 6, "b": -6}
    ledger.check()


def test_f42_a_full_disk_loses_nothing_and_is_recovered_from(
    connection: sqlite3.Connection, ledger: LedgerStore
) -> None:
    post(connection, ledger, 5)
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError) as caught:
        post(connection, ledger, 9, reference=bytes(1_000_000))
    assert caught.value.code == "unavailable"
    assert ledger.balances() == {"a": 5, "b": -5}
    connection.execute("PRAGMA max_page_count = 100000")
    post(connection, ledger, 9, reference=bytes(1_000_000))
    assert ledger.balances() == {"a": 14, "b": -14}
    ledger.check()


def test_f42_a_commit_that_fails_is_rolled_back(connection: sqlite3.Connection, ledger: LedgerStore) -> None:
    connection.execute("CREATE TABLE parent (no INTEGER PRIMARY KEY)")
    connection.execute("CREATE TABLE child (no REFERENCES parent DEFERRABLE INITIALLY DEFERRED)")
    with pytest.raises(sqlite3.IntegrityError), transaction(connection, ledger):
        connection.execute("INSERT INTO child VALUES (1)")
    assert not connection.in_transaction
    post(connection, ledger, 5)
    ledger.check()


def test_f42_a_locked_database(connection: sqlite3.Connection, ledger: LedgerStore, tmp_path: Path) -> None:
    connection.execute("PRAGMA busy_timeout = 0")
    other = open_database(tmp_path / "books.sqlite")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError) as caught:
        post(connection, ledger, 9)
    assert caught.value.code == "unavailable"
    other.close()
    post(connection, ledger, 5)
    assert ledger.balances() == {"a": 5, "b": -5}


def test_balances_that_were_tampered_with(connection: sqlite3.Connection, ledger: LedgerStore) -> None:
    post(connection, ledger, 5)
    connection.execute("UPDATE balances SET balance_fen = 6 WHERE account = 'a'")
    with pytest.raises(StoreError) as caught:
        ledger.check()
    assert caught.value.code == "corrupt"


def test_no_database(tmp_path: Path) -> None:
    (tmp_path / "text.sqlite").write_text("this is no database, and long enough to be seen as none" * 20)
    with pytest.raises(StoreError, match=r"text\.sqlite") as caught:
        open_database(tmp_path / "text.sqlite")
    assert caught.value.code == "corrupt"
    with pytest.raises(StoreError, match="nowhere") as caught:
        open_database(tmp_path / "nowhere" / "books.sqlite")
    assert caught.value.code == "unavailable"


@every_store
def test_f42_the_disk_is_full_while_a_database_is_made(
    opens: Callable[[Path], Opened], tmp_path: Path
) -> None:
    # At every page of the database and its log.
    for size_bytes in range(0, 32_768, 2_048):
        with files_of_at_most(size_bytes), pytest.raises(StoreError) as caught:
            opens(tmp_path / "books.sqlite")
        assert caught.value.code == "unavailable"
        assert str(caught.value).startswith(f"{tmp_path / 'books.sqlite'}: ")
        assert "\n" not in str(caught.value)
    opens(tmp_path / "books.sqlite").close()


@every_store
def test_a_directory_or_file_that_may_not_be_written(opens: Callable[[Path], Opened], tmp_path: Path) -> None:
    opens(tmp_path / "books.sqlite").close()
    (tmp_path / "books.sqlite").chmod(0o444)
    tmp_path.chmod(0o555)
    for name in ("books.sqlite", "new.sqlite"):
        with without_rights(), pytest.raises(StoreError, match=name) as caught:
            opens(tmp_path / name)
        assert caught.value.code == "unavailable"
    tmp_path.chmod(0o755)
