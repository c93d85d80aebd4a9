"""Runs the errands of a cell: what devices say to their operators at planned times (`errands`).

A refund is no such word: its device goes online, as the cell lets it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from shuangli.messages.conditions import Condition
from shuangli.sims.device import Device
from shuangli.sims.errands import FREE
from shuangli.sims.plan import CellPlan
from shuangli.sims.schedule import CellAct
from shuangli.sims.uplink import AskKind, number_bytes


class ErrandRunner:
    """The errands of one cell."""

    def __init__(self, plan: CellPlan, devices: Sequence[Device]) -> None:
        """Run the errands of `plan` with its `devices`."""
        self._errands = plan.errands
        self._unit_fen = plan.habits.unit_fen
        self._devices = devices

    def _condition(self, under: int) -> Condition | None:
        if under == FREE:
            return None
        asked = self._errands.conditions[under]
        return Condition(
            purpose=asked.purpose,
            payees=asked.payees,
            spend_by_s=asked.spend_by_s,
            giver=self._devices[asked.giver].key.public,
        )

    def load(self, number: int, at_s: int) -> None:
        """A device orders a load, out of its deposit or out of what it was given."""
        loads = self._errands.loads
        self._devices[loads.device[number]].order_load(
            int(loads.amount_fen[number]),
            unit_fen=self._unit_fen,
            deposit_fen=0,
            at_s=at_s,
            condition=self._condition(int(loads.under[number])),
        )

    def give(self, number: int, at_s: int) -> None:
        """A giver grants money under a condition."""
        gifts = self._errands.gifts
        under = int(gifts.under[number])
        condition = self._condition(under)
        if condition is not None:
            giver = self._devices[self._errands.conditions[under].giver]
            receiver = self._devices[gifts.receiver[number]].key.public
            giver.give(receiver, condition, int(gifts.amount_fen[number]), at_s=at_s)

    def sell(self, number: int, at_s: int) -> None:
        """A device sells money abroad."""
        sales = self._errands.sales
        self._devices[sales.device[number]].tell(
            AskKind.SELL, number_bytes(int(sales.buyer[number])), int(sales.amount_fen[number]), at_s=at_s
        )


ERRANDS: Final[Mapping[CellAct, Callable[[ErrandRunner, int, int], None]]] = {
    CellAct.GIVE: ErrandRunner.give,
    CellAct.LOAD: ErrandRunner.load,
    CellAct.SELL: ErrandRunner.sell,
}
