"""Double entry: every entry's debits equal its credits, so the books balance or are corrupt. Pure.

A posting is an account and an amount in fen: a debit is positive, a credit negative. The balance of
an account is the sum of its postings; the sum over all accounts is zero at every moment.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from shuangli.errors import StoreError


class Posting(NamedTuple):
    """One line of an entry: debit positive, credit negative."""

    account: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event in the books: `kind` says what happened, `reference` names the signed object behind it."""

    kind: str
    at_s: int
    reference: bytes
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        total_fen = sum(posting.amount_fen for posting in self.postings)
        if len(self.postings) < 2 or total_fen != 0:
            raise StoreError("corrupt", f"a {self.kind} entry does not balance")


def transfer_entry(
    *, kind: str, debit: str, credit: str, amount_fen: int, at_s: int, reference: bytes
) -> Entry:
    """An entry with one debit and one credit of the same amount."""
    return Entry(
        kind=kind,
        at_s=at_s,
        reference=reference,
        postings=(Posting(debit, amount_fen), Posting(credit, -amount_fen)),
    )


def transfer_entries(
    moves: Iterable[tuple[str, str, str, int]], *, at_s: int, reference: bytes
) -> list[Entry]:
    """Such an entry for each move (kind, debit, credit, amount in fen) that is of any amount."""
    return [
        transfer_entry(
            kind=kind, debit=debit, credit=credit, amount_fen=amount_fen, at_s=at_s, reference=reference
        )
        for kind, debit, credit, amount_fen in moves
        if amount_fen
    ]


def balances(postings: Iterable[Posting]) -> dict[str, int]:
    """The balance of every account in fen, debit positive."""
    totals: dict[str, int] = {}
    for account, amount_fen in postings:
        totals[account] = totals.get(account, 0) + amount_fen
    return totals


def difference_fen(balance_of: Mapping[str, int]) -> int:
    """What the books are off by: the sum of all balances, zero if they are in order."""
    return sum(balance_of.values())
