"""The supply equations, to the fen; forks are booked apart.

    loaded = redeemed + outstanding
    forked = paid by the fund + void + open on forks

*Outstanding* and *open on forks* are counted from open coins, never as a difference. *Forked* is what
further branches of forks claim to be worth; *void* is the part of it that its own forger wanted to
redeem. Loaded and forked do not depend on the order in which bundles arrive.
"""

from dataclasses import dataclass

from shuangli.errors import StoreError
from shuangli.issuer.store import IssuerStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """One epoch's supply in fen; see the equations above."""

    epoch: int
    loaded_fen: int
    redeemed_fen: int
    outstanding_fen: int
    forked_fen: int
    fund_paid_fen: int
    void_fen: int
    forked_open_fen: int

    @property
    def difference_fen(self) -> int:
        """What the supply is off by; zero if nothing was created or lost."""
        return self.loaded_fen - self.redeemed_fen - self.outstanding_fen

    @property
    def forked_difference_fen(self) -> int:
        """What the forks are off by; zero if every further branch is accounted for."""
        return self.forked_fen - self.fund_paid_fen - self.void_fen - self.forked_open_fen


def supply_by_epoch(store: IssuerStore) -> list[Supply]:
    """The supply of every epoch, in order."""
    return [
        Supply(
            epoch=epoch,
            loaded_fen=loaded_fen,
            redeemed_fen=redeemed_fen,
            outstanding_fen=outstanding_fen,
            forked_fen=forked_fen,
            fund_paid_fen=fund_paid_fen,
            void_fen=void_fen,
            forked_open_fen=forked_open_fen,
        )
        for (
            epoch,
            loaded_fen,
            redeemed_fen,
            outstanding_fen,
            forked_fen,
            fund_paid_fen,
            void_fen,
            forked_open_fen,
        ) in store.supply()
    ]


def check_supply(store: IssuerStore) -> None:
    """Make sure that every epoch's equations hold.

    Raises:
        StoreError: it does not (`corrupt`).
    """
    for supply in supply_by_epoch(store):
        for off_fen, where in (
            (supply.difference_fen, "in the supply"),
            (supply.forked_difference_fen, "on forks"),
        ):
            if off_fen:
                what = f"epoch {supply.epoch}: {off_fen} fen are unaccounted for {where}"
                raise StoreError("corrupt", what)
