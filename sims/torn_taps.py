"""Torn taps: in a share of payments one message is lost, and the two devices are held together again at once.

Either the payment is lost (F07) or the answer to it (F08), evenly. Which payments those are is drawn by their
place in the plan, so that a higher share adds to a lower one.
"""

from shuangli.offline.links.memory import MemoryLink
from shuangli.offline.states import Kind, Message
from shuangli.sims.chance import uniforms
from shuangli.sims.plan import CellPlan


class TornTaps:
    """The torn taps of one cell."""

    def __init__(self, plan: CellPlan) -> None:
        """Draw which of the plan's payments are torn."""
        share = plan.rules.torn_share
        purpose = f"torn taps in cell {plan.number}"
        drawn = uniforms(plan.seed, purpose, len(plan.meetings)) if share else ()
        self._lost = {
            number: Kind.PAYMENT if uniform < share / 2 else Kind.RECEIPT
            for number, uniform in enumerate(drawn)
            if uniform < share
        }

    def of(self, number: int) -> Kind | None:
        """What is lost of a payment: the payment, or the receipt that answers it; None for nothing."""
        return self._lost.get(number) if self._lost else None


class LosingLink(MemoryLink):
    """A link that loses its first message of some kind."""

    __slots__ = ("_loses",)

    def __init__(self, loses: Kind) -> None:
        super().__init__()
        self._loses: Kind | None = loses

    def send(self, message: Message) -> None:
        """Put a message on its way, if it is not the one that gets lost."""
        if message.kind is self._loses:
            self._loses = None
            self.carried_bytes += len(message.encode())
        else:
            super().send(message)
