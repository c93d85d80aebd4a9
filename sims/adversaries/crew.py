"""Who in a cell is an adversary, and how its device differs: what all attacks of a plan say, by device."""

from collections.abc import Collection, Mapping
from typing import Final

from shuangli.messages.session import Receipt, Refusal, RefusalReason
from shuangli.offline.links.memory import MemoryLink
from shuangli.offline.states import Kind as MessageKind
from shuangli.offline.states import Message
from shuangli.sims.adversaries.attack import NO_ATTACK, Kind, Traits
from shuangli.sims.plan import NOBODY, CellPlan
from shuangli.wallet.wallet import Wallet

_HONEST: Final = Traits(labels=False)


class Crew:
    """The adversaries of one cell.

    Attributes:
        watched: devices that may spend a coin twice
    """

    def __init__(self, plan: CellPlan) -> None:
        """Read what the plan's attacks say."""
        copies = [(copy, int(of)) for copy, of in enumerate(plan.devices.copy_of.tolist()) if of != NOBODY]
        self.watched = {device for pair in copies for device in pair}
        self._kinds: dict[int, Kind] = dict.fromkeys(self.watched, Kind.CLONE)
        self._labels: dict[int, str] = {}
        self._traits: dict[int, Traits] = {}
        for attack in plan.attacks:
            self.watched |= attack.forking
            self._kinds.update(dict.fromkeys(attack.forking, attack.kind))
            for device, traits in attack.traits.items():
                self._traits[device] = traits
                if traits.labels:
                    self._labels[device] = attack.kind
        self._taken: dict[int, int] = {}

    def traits(self, index: int) -> Traits:
        """How a device differs from an honest one."""
        return self._traits.get(index, _HONEST)

    def silent_until_s(self, index: int) -> int:
        """Until when a device does not go online."""
        return self._traits[index].silent_until_s if index in self._traits else 0

    def label(self, payer: int, payee: int) -> str:
        """The kind of the attack that an ordinary payment of two devices belongs to; the payer's first."""
        if not self._labels:
            return NO_ATTACK
        return self._labels.get(payer) or self._labels.get(payee, NO_ATTACK)

    def link_of(self, payee: int, wallet: Wallet, at_s: int) -> tuple[MemoryLink | None, bool]:
        """What carries a payee's words, if it is no ordinary link, and whether it refuses what it takes."""
        every = self._traits[payee].claims_every if payee in self._traits else 0
        if not every:
            return None, False
        self._taken[payee] = self._taken.get(payee, -1) + 1
        refuses = self._taken[payee] % every == 0
        return (RefusingLink(wallet, at_s), True) if refuses else (None, False)

    def guilty(self, keys: Mapping[int, Collection[bytes]]) -> dict[bytes, Kind]:
        """By key, the kind of every adversary that a case may name; `keys` are those of each holder."""
        return {key: kind for index, kind in self._kinds.items() for key in keys[index]}


class RefusingLink(MemoryLink):
    """Carries a payee's words, but a refusal of a payment instead of its receipt: the payee has both."""

    __slots__ = ("_at_s", "_wallet")

    def __init__(self, wallet: Wallet, at_s: int) -> None:
        super().__init__()
        self._wallet = wallet
        self._at_s = at_s

    def send(self, message: Message) -> None:
        """Put a message on its way."""
        if message.kind is MessageKind.RECEIPT:
            receipt = Receipt.parse(message.body)
            refusal = Refusal.sign(
                self._wallet.key,
                request_id=receipt.request_id,
                transfer_ids=receipt.transfer_ids,
                refused_at_s=self._at_s,
                reason=RefusalReason.INVALID,
            )
            message = Message(MessageKind.REFUSAL, refusal.signed.data)
        super().send(message)
