"""The devices of a cell, by position and hand: everybody's own, and those that adversaries make besides."""

from collections.abc import Iterator

from shuangli.sims.adversaries.attack import OWN
from shuangli.sims.device import Device
from shuangli.sims.makers import Maker
from shuangli.wallet.wallet import Wallet


class Hands:
    """All devices of one cell.

    Attributes:
        own: everybody's own device, by position in the plan
    """

    def __init__(self, maker: Maker, count: int) -> None:
        """Make everybody's own device."""
        self._maker = maker
        self.own: list[Device] = [maker.device(index) for index in range(count)]
        self._further: dict[int, dict[int, Device]] = {}

    def device(self, index: int, hand: int) -> Device:
        """A device that there is."""
        return self.own[index] if hand == OWN else self._further[index][hand]

    def second(self, index: int, hand: int, *, key: str = "", operator: int | None = None) -> Device:
        """A further device for the holder of one: made when first asked for, with the same key or another."""
        if hand == OWN:
            return self.own[index]
        further = self._further.setdefault(index, {})
        if hand not in further:
            further[hand] = self._maker.second(index, hand, key=key, operator=operator)
        return further[hand]

    def open_wallet(self, index: int, hand: int) -> Wallet | None:
        """The wallet in a hand, if it is open."""
        if hand != OWN and hand not in self._further.get(index, {}):
            return None
        wallet = self.device(index, hand).wallet
        return wallet if wallet is not None and wallet.purse.certificate is not None else None

    def enrolled(self, index: int) -> list[int]:
        """The hands of a device's holder whose wallet an operator knows, its own first."""
        if index not in self._further:
            return [OWN]
        key = self.own[index].key.public
        return [OWN, *(hand for hand, other in self._further[index].items() if other.key.public == key)]

    def keys(self, index: int) -> set[bytes]:
        """The keys of all devices of a device's holder."""
        further = self._further.get(index, {}).values()
        return {self.own[index].key.public, *(other.key.public for other in further)}

    def __iter__(self) -> Iterator[Device]:
        yield from self.own
        for further in self._further.values():
            yield from further.values()
