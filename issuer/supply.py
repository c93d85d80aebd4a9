"""The supply equations, to the fen; forks are booked apart.

    loaded = redeemed + returned + outstanding
    forked = paid by the fund + void + open on forks

*Outstanding* and *open on forks* are counted from open coins, never as a difference. *Returned* is what
payees refused or nobody claimed in time, and payers were given back. *Forked* is what further branches of
forks claim to be worth; *void* is the part of it that nobody is paid for: their own forger wanted to redeem
it, it was handed in late, or the fund pays no more. Loaded and forked do not depend on the order in which
hand-ins arrive.

They are checked after every batch. An epoch whose totals do not add up is *suspended* (`issuer.epochs`): the
batch is undone, nobody's coins of that epoch are settled until people have looked, and the others go on.
"""

from dataclasses import dataclass

from shuangli.errors import StoreError
from shuangli.issuer.epochs.states import EpochState
from shuangli.issuer.facts import DATE_BYTES
from shuangli.issuer.store import IssuerStore
from shuangli.messages.transfers import CENTRE, Transfer


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """One epoch's supply in fen; see the equations above."""

    epoch: int
    loaded_fen: int
    redeemed_fen: int
    returned_fen: int
    outstanding_fen: int
    forked_fen: int
    fund_paid_fen: int
    void_fen: int
    forked_open_fen: int

    @property
    def difference_fen(self) -> int:
        """What the supply is off by; zero if nothing was created or lost."""
        return self.loaded_fen - self.redeemed_fen - self.returned_fen - self.outstanding_fen

    @property
    def forked_difference_fen(self) -> int:
        """What the forks are off by; zero if every further branch is accounted for."""
        return self.forked_fen - self.fund_paid_fen - self.void_fen - self.forked_open_fen


def supply_by_epoch(store: IssuerStore) -> list[Supply]:
    """The supply of every epoch, in order."""
    return [Supply(**row) for row in store.supply()]


class SupplyOff(StoreError):
    """An epoch's totals do not add up (`corrupt`); `epoch` is its number."""

    def __init__(self, epoch: int, what: str) -> None:
        super().__init__("corrupt", f"epoch {epoch}: {what}")
        self.epoch = epoch


def check_supply(store: IssuerStore) -> None:
    """Make sure that every epoch's equations hold, but for those that people look at or that are archived.

    Raises:
        SupplyOff: they do not, in the epoch that it names.
    """
    passed_over = store.epochs.in_states((EpochState.SUSPENDED, EpochState.ARCHIVED))
    for supply in supply_by_epoch(store):
        if supply.epoch in passed_over:
            continue
        for off_fen, where in (
            (supply.difference_fen, "in the supply"),
            (supply.forked_difference_fen, "on forks"),
        ):
            if off_fen:
                raise SupplyOff(supply.epoch, f"{off_fen} fen are unaccounted for {where}")


def unpaid_on_forks_fen(store: IssuerStore) -> int:
    """The part of what is void that somebody was told is recorded and not paid, in fen.

    Those are payments that were handed in late, redemptions that stood first until another spend of the coin
    was settled, and refusals of what the payee has redeemed all the same. Whoever redeems a coin after
    another spend of it is told that it is forked.
    """
    unpaid_fen = 0
    rows = store.database.rows(
        "SELECT coin_key, forks.object_no, facts.object_no, length(forks.object_id) = 0"
        " FROM forks JOIN facts USING (coin_key) WHERE forks.settled_fen = 0 ORDER BY forks.object_no"
    )
    for coin_key, number, fact_no, refused in rows:
        # A refusal says no value: what it refuses is what the fact's transfer spends.
        transfer = Transfer.parse(store.object(fact_no if refused else number))
        if refused or number < fact_no or transfer.payee != CENTRE:
            unpaid_fen += sum(
                spend.total_fen for spend in transfer.spends if spend.coin_id == coin_key[DATE_BYTES:]
            )
    return unpaid_fen
