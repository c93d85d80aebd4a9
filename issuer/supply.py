"""The supply equation, to the fen: loaded = redeemed + returned + outstanding, forks booked apart."""

from dataclasses import dataclass

from shuangli.errors import StoreError
from shuangli.issuer.store import IssuerStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """One epoch's supply in fen; `outstanding_fen` is the sum of its open coins, never a difference.

    `forked_open_fen` is what lies open on further branches of forks: it is nobody's money.
    """

    epoch: int
    loaded_fen: int
    redeemed_fen: int
    outstanding_fen: int
    forked_open_fen: int

    @property
    def difference_fen(self) -> int:
        """What the equation is off by; zero if nothing was created or lost."""
        return self.loaded_fen - self.redeemed_fen - self.outstanding_fen


def supply_by_epoch(store: IssuerStore) -> list[Supply]:
    """The supply of every epoch, in order."""
    return [
        Supply(
            epoch=epoch,
            loaded_fen=loaded_fen,
            redeemed_fen=redeemed_fen,
            outstanding_fen=outstanding_fen,
            forked_open_fen=forked_open_fen,
        )
        for epoch, loaded_fen, redeemed_fen, outstanding_fen, forked_open_fen in store.supply()
    ]


def check_supply(store: IssuerStore) -> None:
    """Make sure that every epoch's equation holds.

    Raises:
        StoreError: it does not (`corrupt`).
    """
    for supply in supply_by_epoch(store):
        if supply.difference_fen:
            raise StoreError(
                "corrupt", f"epoch {supply.epoch}: {supply.difference_fen} fen are unaccounted for"
            )
