"""A cell as adversaries plan it: who there could take part, whom they could pay, and when. Pure.

Everybody has a number of their own for each kind of attack; those with the lowest numbers over all cells take
part. So more of a kind adds to fewer of it, and another kind, budget or strategy moves nobody, but where a
person is already taken by a kind before it in the order of `Kind`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from shuangli.sims.adversaries.attack import OWN, Act, Kind, Step
from shuangli.sims.adversaries.budget import (
    BURST,
    BURST_EVERY_S,
    BURST_PAYMENTS,
    SLOW_PAYMENTS,
    HowMany,
)
from shuangli.sims.arrays import Floats
from shuangli.sims.chance import rows, uniforms
from shuangli.sims.plan import NOBODY, CellPlan, Role

_DRAWN: Final = SLOW_PAYMENTS + 1


@dataclass(slots=True, kw_only=True)
class Site:
    """One cell while attacks are planned; `taken` are devices that take part in one already."""

    plan: CellPlan
    operators: int
    taken: set[int] = field(default_factory=set)

    @property
    def persons(self) -> list[int]:
        """Persons with a wallet of their own."""
        return self._of(Role.PERSON)

    @property
    def payees(self) -> list[int]:
        """Merchants; where there are none, persons."""
        return self._of(Role.MERCHANT) or self.persons

    def _of(self, role: Role) -> list[int]:
        devices = self.plan.devices
        return np.flatnonzero((devices.role == role) & (devices.copy_of == NOBODY)).tolist()

    def soft(self, devices: Sequence[int]) -> list[int]:
        """Those of some devices whose key is in no element: only their wallets are copied or put back."""
        return [device for device in devices if not self.plan.devices.hard[device]]

    @property
    def visited(self) -> list[int]:
        """Merchants that people go to; anybody who is paid where no merchant is."""
        paid = np.unique(self.plan.meetings.payee)
        merchants = paid[self.plan.devices.role[paid] == Role.MERCHANT]
        found: list[int] = (merchants if merchants.size else paid).tolist()
        return found or self.payees

    @property
    def first_s(self) -> int:
        """When people begin to pay."""
        at_s = self.plan.meetings.at_s
        return int(at_s[0]) if at_s.size else self.plan.calendar.start_s

    def chance(self, kind: Kind) -> Floats:
        """The number of each device for a kind."""
        return uniforms(self.plan.seed, f"{kind} in cell {self.plan.number}", len(self.plan.devices))

    def drawn(self, kind: Kind) -> Floats:
        """A row of further numbers of each device for a kind [devices, 9]."""
        return rows(self.plan.seed, f"{kind} acts in cell {self.plan.number}", len(self.plan.devices), _DRAWN)


def choose(
    kind: Kind, sites: Sequence[Site], could: Callable[[Site], list[int]], settings: HowMany
) -> list[list[int]]:
    """Who takes part in each cell: those with the lowest numbers of all who could and are not taken."""
    ranked: list[tuple[float, int, int]] = []
    for cell, site in enumerate(sites):
        chance = site.chance(kind)
        free = [device for device in could(site) if device not in site.taken]
        ranked += [(float(chance[device]), cell, device) for device in free]
    total = settings.number or round(settings.share * sum(len(could(site)) for site in sites))
    chosen: list[list[int]] = [[] for _ in sites]
    for _, cell, device in sorted(ranked)[:total]:
        chosen[cell].append(device)
    return chosen


def helpers(site: Site, kind: Kind, count: int) -> list[int] | None:
    """So many persons who help: those with the highest numbers; None where there are not enough."""
    chance = site.chance(kind)
    free = sorted((d for d in site.persons if d not in site.taken), key=lambda d: float(-chance[d]))
    return free[:count] if len(free) >= count else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spree:
    """When one adversary pays whom on the side, by strategy; `start_s` is its own first second.

    It goes from payee to payee, and further hands to others than the first, so that no payee is shown two
    branches of one coin as long as there are enough of them.
    """

    kind: Kind
    device: int
    start_s: int
    every_s: int
    parts: int
    payees: tuple[int, ...]

    def pays(
        self, hand: int = OWN, *, after_s: int = 0, turn: int = 0, amounts_fen: Sequence[int] = ()
    ) -> list[Act]:
        """Its payments with one hand, none where nobody else is; another `turn` goes to other payees, too."""
        if not self.payees:
            return []
        first = (hand + turn) * self.parts
        return [
            Act(
                at_s=self.start_s + after_s + number * self.every_s,
                kind=self.kind,
                step=Step.PAY,
                device=self.device,
                hand=hand,
                other=self.payees[(first + number) % len(self.payees)],
                amount_fen=amounts_fen[number] if amounts_fen else 0,
                parts=self.parts - number,
            )
            for number in range(self.parts)
        ]

    def act(
        self, step: Step, *, hand: int = OWN, after_s: int = -1, other: int = 0, source: int = OWN
    ) -> Act:
        """Something else that it does so many seconds after its start; a second before it by default."""
        at_s = self.start_s + after_s
        return Act(at_s, self.kind, step, self.device, hand=hand, other=other, source=source)


def spree(
    site: Site, kind: Kind, device: int, strategy: str, *, payees: Sequence[int] | None = None
) -> Spree:
    """The spree of one adversary: it starts in the first half of the time there is, where its number says."""
    drawn = site.drawn(kind)[device]
    left_s = site.plan.calendar.closes_s - site.first_s
    start_s = site.first_s + 1 + int(drawn[0] * (left_s // 2))
    at_once = strategy == BURST
    parts = BURST_PAYMENTS if at_once else SLOW_PAYMENTS
    whom = [payee for payee in payees or site.visited if payee != device]
    begin = int(drawn[1] * len(whom))
    until_end_s = max(1, site.plan.calendar.closes_s - start_s - 60)
    return Spree(
        kind=kind,
        device=device,
        start_s=start_s,
        every_s=BURST_EVERY_S if at_once else max(BURST_EVERY_S, until_end_s // parts),
        parts=parts,
        payees=(*whom[begin:], *whom[:begin]),
    )


def in_order(acts: Sequence[Act]) -> tuple[Act, ...]:
    """Acts in order of time; of one second, as they were given."""
    return tuple(sorted(acts, key=lambda act: act.at_s))
