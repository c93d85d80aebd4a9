"""The desk of persons: limits at loading, and what was paid offline beyond the limit of a day.

Payments are counted after they were settled, from the signed objects as they were kept, some at a time: so
settling does not wait for it. Loads count by the day on which they were asked for, payments by that on which
they were signed: days in Beijing, unless it is said otherwise, as operators and devices count them.
"""

from collections.abc import Iterable
from typing import Final

from shuangli.days import day_of
from shuangli.issuer.facts import ObjectKind
from shuangli.issuer.objects import Pack
from shuangli.issuer.persons.limits import (
    Customer,
    DayBreach,
    check_load,
    paid_by_day,
    redeemed_by_key,
)
from shuangli.issuer.store import IssuerStore
from shuangli.messages.transfers import Transfer

MOST_PACKS: Final = 1_000
DAYS_KEPT: Final = 400
"""So long it is kept what was loaded and paid on a day: longer than any coin lives."""


class PersonDesk:
    """Counts for persons over all operators. What writes is called inside the issuer's transaction."""

    def __init__(self, *, store: IssuerStore, day_offset_s: int) -> None:
        """Use `store`; a day begins at midnight where clocks are `day_offset_s` ahead of UTC."""
        self._store = store
        self._day_offset_s = day_offset_s

    def count_load(self, customer: Customer, key: bytes, amount_fen: int, *, now_s: int) -> None:
        """Count a load of a person under a key, if the day's limit leaves room for it.

        It names who holds the key, which has signed the order, unless somebody has.

        Raises:
            Refused: it does not (`over-limit`).
        """
        persons, day = self._store.persons, self._day_of(now_s)
        loaded_fen = persons.loaded_fen(customer.person, day)
        check_load(customer, amount_fen=amount_fen, loaded_today_fen=loaded_fen)
        persons.add_load(customer.person, day, amount_fen)
        self._store.losses.name_new_holders([(key, customer.person)])

    def count_payments(self, *, most: int = MOST_PACKS) -> bool:
        """Count the payments of so many hand-ins that have not been counted yet; says whether there are more.

        Broken off, it starts again where it was.
        """
        persons = self._store.persons
        packs = self._store.objects.after(persons.counted_no(), most=most)
        if not packs:
            return False
        transfers = self._not_counted(packs)
        persons.add_paid(paid_by_day(transfers, day_of=self._day_of))
        persons.add_redeemed(redeemed_by_key(transfers))
        persons.set_counted_no(packs[-1].first_no + len(packs[-1].kinds) - 1)
        return len(packs) == most

    def _not_counted(self, packs: Iterable[Pack]) -> list[Transfer]:
        """The transfers of these packs, without those of which another part was counted before."""
        found = [
            Transfer.parse(data)
            for pack in packs
            for kind, data in zip(pack.kinds, pack.objects, strict=True)
            if kind == ObjectKind.TRANSFER
        ]
        counts_now = self._store.persons.counts_now
        return [
            transfer
            for transfer in found
            if len(transfer.spends) == 1 or counts_now(self._day_of(transfer.signed_at_s), transfer.signed.id)
        ]

    def breaches(self) -> list[DayBreach]:
        """What persons paid offline beyond the limit of a day, as far as payments were counted."""
        return self._store.persons.breaches()

    def forget(self, *, before_s: int) -> None:
        """Drop what was counted for days before this time; no coin that still lives was paid by then."""
        self._store.persons.forget_before(self._day_of(before_s))

    def _day_of(self, at_s: int) -> int:
        return day_of(at_s, offset_s=self._day_offset_s)
