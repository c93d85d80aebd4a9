"""The books in a database, on SQLite and on PostgreSQL."""

from typing import Final

import pytest

from shuangli.books import Posting, transfer_entry
from shuangli.database.database import Database
from shuangli.database.ledger import LedgerStore
from shuangli.errors import StoreError
from tests.database.homes import Home, fail_after

ENTRY: Final = transfer_entry(kind="load", debit="a", credit="b", amount_fen=2, at_s=0, reference=b"")


def post(database: Database, ledger: LedgerStore, amount_fen: int, *, at_s: int = 0) -> None:
    """One entry in a transaction of its own."""
    with database.transaction(ledger):
        ledger.post(
            transfer_entry(
                kind="load", debit="a", credit="b", amount_fen=amount_fen, at_s=at_s, reference=b""
            )
        )


def test_posting(database: Database, ledger: LedgerStore, home: Home) -> None:
    post(database, ledger, 5)
    post(database, ledger, 7)
    assert list(ledger.postings()) == [Posting("a", 5), Posting("b", -5), Posting("a", 7), Posting("b", -7)]
    assert ledger.balances() == {"a": 12, "b": -12}
    assert ledger.balance_fen("nobody") == 0
    ledger.check()
    other = home.open()
    assert LedgerStore(other).balances() == {"a": 12, "b": -12}
    other.close()


def test_an_account_counts_what_its_transaction_has_posted(database: Database, ledger: LedgerStore) -> None:
    post(database, ledger, 5)
    with database.transaction(ledger):
        ledger.post(ENTRY)
        assert ledger.balance_fen("a") == 7


def test_what_is_raised_undoes_everything(database: Database, ledger: LedgerStore) -> None:
    post(database, ledger, 5)
    with pytest.raises(KeyError), database.transaction(ledger):
        fail_after(lambda: ledger.post(ENTRY))
    assert ledger.balance_fen("a") == 5
    post(database, ledger, 1)
    assert ledger.balances() == {"a": 6, "b": -6}
    ledger.check()


def test_the_flow_by_period(database: Database, ledger: LedgerStore) -> None:
    for amount_fen, at_s in ((2**53, 99), (2**53, 0), (1, 100), (4, 250)):
        post(database, ledger, amount_fen, at_s=at_s)
    assert ledger.flow_fen("a", 100) == [(0, 2**54), (100, 1), (200, 4)]
    assert ledger.flow_fen("c", 100) == []
    assert [type(amount_fen) for _, amount_fen in ledger.flow_fen("a", 100)] == [int, int, int]


@pytest.mark.parametrize("account", ["a", "b"])
def test_balances_that_were_tampered_with(database: Database, ledger: LedgerStore, account: str) -> None:
    post(database, ledger, 5)
    database.execute("UPDATE balances SET balance_fen = balance_fen + 1 WHERE account = ?", account)
    with pytest.raises(StoreError) as caught:
        ledger.check()
    assert caught.value.code == "corrupt"


def test_postings_that_do_not_sum_to_zero(database: Database, ledger: LedgerStore) -> None:
    post(database, ledger, 5)
    database.execute("UPDATE balances SET balance_fen = balance_fen + 1 WHERE account = 'a'")
    database.execute("UPDATE postings SET amount_fen = amount_fen + 1 WHERE account = 'a'")
    with pytest.raises(StoreError) as caught:
        ledger.check()
    assert caught.value.code == "corrupt"
