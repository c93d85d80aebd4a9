"""Large values that are reported to the central bank, day by day. Pure.

By the Measures on Large-Value and Suspicious Transaction Reports of Financial Institutions
(金融机构大额交易和可疑 交易报告管理办法, People's Bank of China order 3 of 2016, in force since
2017-07-01), article 5: what a customer moves in a day, alone or added up, from

    cash                             50,000 yuan
    a natural person, at home       500,000 yuan
    a natural person, across borders 200,000 yuan
    anybody else                  2,000,000 yuan

Added up is what goes in and what goes out, each for itself. Cash-like are movements that turn offline
value into money on an account or back: nobody sees from whom it comes. So loads and what was reconciled
count as cash here.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, NamedTuple

from shuangli.codec import encode


class Category(Enum):
    """What kind of movement a threshold is for."""

    CASH_LIKE = "cash-like"
    PERSON = "natural person"
    PERSON_ABROAD = "natural person, cross-border"
    OTHER = "other than natural person"


THRESHOLDS_FEN: Final = {
    Category.CASH_LIKE: 5_000_000,
    Category.PERSON: 50_000_000,
    Category.PERSON_ABROAD: 20_000_000,
    Category.OTHER: 200_000_000,
}
"""From this amount on it is reported, this amount included."""


class Moved(NamedTuple):
    """One movement of a customer on the day; `amount_fen` is negative for what goes out."""

    person: bytes
    amount_fen: int
    is_cash_like: bool
    is_company: bool
    is_cross_border: bool = False

    @property
    def category(self) -> Category:
        """The threshold that it counts towards."""
        if self.is_cash_like:
            return Category.CASH_LIKE
        if self.is_company:
            return Category.OTHER
        return Category.PERSON_ABROAD if self.is_cross_border else Category.PERSON


@dataclass(frozen=True, slots=True, kw_only=True)
class LargeValue:
    """What is reported: what a customer has moved in one direction on the day, in a category.

    Attributes:
        person: the digest of the customer's record
        total_fen: all movements together
        largest_fen: the largest one
        movements: how many there were
    """

    person: bytes
    category: Category
    is_out: bool
    total_fen: int
    largest_fen: int
    movements: int

    def as_json(self) -> dict[str, Any]:
        """The entry as JSON."""
        return {
            "customer": self.person.hex(),
            "category": self.category.value,
            "direction": "out" if self.is_out else "in",
            "total_fen": self.total_fen,
            "largest_fen": self.largest_fen,
            "movements": self.movements,
        }


def large_values(day: Iterable[Moved]) -> list[LargeValue]:
    """What is to be reported of a day's movements; the same for any order of them."""
    totals: Counter[tuple[bytes, Category, bool]] = Counter()
    counts: Counter[tuple[bytes, Category, bool]] = Counter()
    largest: dict[tuple[bytes, Category, bool], int] = {}
    for moved in day:
        key = (moved.person, moved.category, moved.amount_fen < 0)
        amount_fen = abs(moved.amount_fen)
        totals[key] += amount_fen
        counts[key] += 1
        largest[key] = max(largest.get(key, 0), amount_fen)
    return [
        LargeValue(
            person=person,
            category=category,
            is_out=is_out,
            total_fen=totals[person, category, is_out],
            largest_fen=largest[person, category, is_out],
            movements=counts[person, category, is_out],
        )
        for person, category, is_out in sorted(totals, key=lambda key: (key[0], key[1].value, key[2]))
        if totals[person, category, is_out] >= THRESHOLDS_FEN[category]
    ]


def encode_report(operator: str, day: int, found: Iterable[LargeValue]) -> bytes:
    """A day's report as it is stored and logged: deterministic CBOR."""
    return encode(
        [
            operator,
            day,
            [
                [one.person, one.category.value, one.is_out, one.total_fen, one.largest_fen, one.movements]
                for one in found
            ],
        ]
    )
