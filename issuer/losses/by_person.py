"""Losses by person: what the wallets of one person have cost, owe and were paid, whatever their keys. Pure.

Persons are pseudonyms. A key whose holder no operator has named stands for itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from shuangli.issuer.losses.store import Receivable


class CaseLoss(NamedTuple):
    """A case: its coin, the person and key that signed twice, and its loss in fen."""

    coin_key: bytes
    culprit: bytes
    culprit_key: bytes
    loss_fen: int


@dataclass(slots=True, kw_only=True)
class Standing:
    """How a person stands with the guarantee fund, in fen.

    Attributes:
        person: the pseudonym
        keys: the keys under which it has double spent
        cases: how many cases name them
        loss_fen: the losses of those cases
        claimed_fen: what the fund has paid on them
        set_off_fen, recovered_fen, written_off_fen: what of it was covered, paid back, given up
        frozen_fen: what was not set off yet of coins that only this person would get
        fund_paid_fen: what the fund has paid to this person on forks
    """

    person: bytes
    keys: set[bytes] = field(default_factory=set)
    cases: int = 0
    loss_fen: int = 0
    claimed_fen: int = 0
    set_off_fen: int = 0
    recovered_fen: int = 0
    written_off_fen: int = 0
    frozen_fen: int = 0
    fund_paid_fen: int = 0

    @property
    def open_fen(self) -> int:
        """What this person still owes."""
        return self.claimed_fen - self.set_off_fen - self.recovered_fen - self.written_off_fen


def standings(
    cases: Iterable[CaseLoss],
    receivables: Iterable[Receivable],
    *,
    frozen_fen: Mapping[bytes, int],
    fund_paid_fen: Mapping[bytes, int],
) -> list[Standing]:
    """One standing for each person that occurs anywhere, in the order of pseudonyms."""
    found: dict[bytes, Standing] = {}

    def of(person: bytes) -> Standing:
        return found.setdefault(person, Standing(person=person))

    for case in cases:
        standing = of(case.culprit)
        standing.keys.add(case.culprit_key)
        standing.cases += 1
        standing.loss_fen += case.loss_fen
    for one in receivables:
        standing = of(one.debtor)
        standing.claimed_fen += one.claimed_fen
        standing.set_off_fen += one.set_off_fen
        standing.recovered_fen += one.recovered_fen
        standing.written_off_fen += one.written_off_fen
    for person, amount_fen in frozen_fen.items():
        of(person).frozen_fen += amount_fen
    for person, amount_fen in fund_paid_fen.items():
        of(person).fund_paid_fen += amount_fen
    return [found[person] for person in sorted(found)]
