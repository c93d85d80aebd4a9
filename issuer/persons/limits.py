"""Limits that are counted for a person over all wallets and operators. Pure.

An operator names its customer by pseudonym, with the tier and the table of limits of the wallet that loads.
At loading what a person has loaded that day, at any operator, counts against the tier's limit. Offline
nobody can count over several wallets; what was paid beyond the limit of a day is found afterwards, and noted
against the person. The payee's money is not touched.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from shuangli.errors import Refused
from shuangli.messages.transfers import CENTRE, Transfer
from shuangli.offline.limits import TABLES, limits_of


class Customer(NamedTuple):
    """Who loads: a person by pseudonym, the tier of the wallet, and the number of the table of limits."""

    person: bytes
    tier: int
    profile: int


class DayBreach(NamedTuple):
    """What a person paid offline on a day (`shuangli.days`) beyond the limit, over all of its wallets."""

    person: bytes
    day: int
    paid_fen: int
    limit_fen: int

    @property
    def over_fen(self) -> int:
        """What was paid beyond the limit."""
        return self.paid_fen - self.limit_fen


class Paid(NamedTuple):
    """What was paid offline under a key on a day, and the highest limit that its certificates named."""

    paid_fen: int
    limit_fen: int


def check_load(customer: Customer, *, amount_fen: int, loaded_today_fen: int) -> None:
    """Make sure that a person may load this much more today, at whichever operator.

    Raises:
        Refused: it is over a limit of the tier, or the limits are not known here (`over-limit`).
    """
    table = TABLES.get(customer.profile)
    if table is None or not 0 <= customer.tier < len(table.tiers):
        raise Refused("over-limit", f"limits {customer.profile} for tier {customer.tier} are not known here")
    table.check_load(customer.tier, amount_fen=amount_fen, loaded_today_fen=loaded_today_fen)


def paid_by_day(
    transfers: Iterable[Transfer], *, day_of: Callable[[int], int]
) -> dict[tuple[int, bytes], Paid]:
    """What was paid offline, by day and payer's key; redemptions are no payments.

    `day_of` gives the day of a time in seconds.
    """
    found: dict[tuple[int, bytes], Paid] = {}
    for transfer in transfers:
        if transfer.payee != CENTRE:
            at = (day_of(transfer.signed_at_s), transfer.payer)
            paid_fen, limit_fen = found.get(at, (0, 0))
            day_fen = limits_of(transfer.certificate).day_fen
            found[at] = Paid(paid_fen + transfer.pay_fen, max(limit_fen, day_fen))
    return found


def redeemed_by_key(transfers: Iterable[Transfer]) -> dict[bytes, int]:
    """What was handed in to be redeemed, by key, in fen."""
    found: dict[bytes, int] = {}
    for transfer in transfers:
        if transfer.payee == CENTRE:
            found[transfer.payer] = found.get(transfer.payer, 0) + transfer.pay_fen
    return found


def by_person(amounts_fen: Mapping[bytes, int], holders: Mapping[bytes, bytes]) -> dict[bytes, int]:
    """Amounts by key, added up by person; a key that nobody is known to hold stands for itself."""
    found: dict[bytes, int] = {}
    for key, amount_fen in amounts_fen.items():
        person = holders.get(key, key)
        found[person] = found.get(person, 0) + amount_fen
    return found
