"""Double entry: what does not balance cannot be built."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.books import Entry, Posting, balances, difference_fen, transfer_entry
from shuangli.errors import StoreError

accounts = st.sampled_from(["cash", "vault", "deposit:1", "deposit:2"])
entries = st.builds(
    transfer_entry,
    kind=st.just("load"),
    debit=accounts,
    credit=accounts,
    amount_fen=st.integers(1, 10**9),
    at_s=st.just(0),
    reference=st.just(b""),
)


@given(st.lists(entries))
def test_books_of_entries_are_in_order(made: list[Entry]) -> None:
    postings = [posting for entry in made for posting in entry.postings]
    assert difference_fen(balances(postings)) == 0


def test_a_transfer_debits_one_account_and_credits_another() -> None:
    entry = transfer_entry(kind="load", debit="a", credit="b", amount_fen=5, at_s=7, reference=b"id")
    assert balances(entry.postings) == {"a": 5, "b": -5}
    assert (entry.kind, entry.at_s, entry.reference) == ("load", 7, b"id")


@pytest.mark.parametrize(
    "postings",
    [
        (),
        (Posting("a", 0),),
        (Posting("a", 5),),
        (Posting("a", 5), Posting("b", -4)),
        (Posting("a", 5), Posting("b", 5)),
    ],
)
def test_an_entry_that_does_not_balance(postings: tuple[Posting, ...]) -> None:
    with pytest.raises(StoreError) as caught:
        Entry(kind="load", at_s=0, reference=b"", postings=postings)
    assert caught.value.code == "corrupt"


def test_balances_add_up_by_account() -> None:
    assert balances([Posting("a", 5), Posting("b", -3), Posting("a", -1)]) == {"a": 4, "b": -3}
    assert difference_fen({"a": 4, "b": -3}) == 1
    assert difference_fen({}) == 0
