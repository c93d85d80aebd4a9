"""What is explored in full (`tests.protocol.exploring`): small scenarios, and larger ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shuangli.messages.loads import Load
from tests.paying import signing_key
from tests.protocol.exploring import Explorer
from tests.protocol.state import Ask, Bounds, Device, fold
from tests.setting import NAMES, TRANSFERABLE
from tests.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Wallets by the coins that they are loaded with, and who may ask for how much (wallet, fen).

    `copied` adds a copy of the first wallet; whose key is then the only dishonest one. `hand_in` lets
    everybody reconcile at any time; `time` lets time pass once.
    """

    loaded_fen: Sequence[Sequence[int]]
    asks: Sequence[tuple[int, int]]
    copied: bool = False
    hand_in: bool = False
    time: bool = False

    def explorer(self, directory: Path) -> Explorer:
        """Open and load the wallets in a world in `directory`, which is not needed afterwards."""
        world = World(directory, terms=TRANSFERABLE)
        wallets = [world.wallet(name=f"wallet {number}") for number in range(len(self.loaded_fen))]
        loads = [
            Load.parse(world.load(wallet, values_fen))
            for wallet, values_fen in zip(wallets, self.loaded_fen, strict=True)
            if values_fen
        ]
        devices = [
            Device(
                key=signing_key(wallet),
                trust=world.trust(),
                rules=wallet._rules,
                start=fold(world.journals[wallet]),
            )
            for wallet in wallets
        ]
        world.close()
        return Explorer(
            devices + devices[:1] * self.copied,
            Bounds(asks=tuple(Ask(*ask) for ask in self.asks), hand_in=self.hand_in, time=self.time),
            loads=loads,
            dishonest={devices[0].key.public} if self.copied else set(),
            operator_key=world.keys[NAMES[0]],
        )


SMALL: Final[Mapping[str, Scenario]] = {
    "one payment, with change": Scenario(loaded_fen=[[100], []], asks=[(1, 60)], hand_in=True, time=True),
    "two payments of one payer to one payee": Scenario(
        loaded_fen=[[100], []], asks=[(1, 40), (1, 40)], hand_in=True
    ),
    "two payers who are shown one request": Scenario(
        loaded_fen=[[100], [100], []], asks=[(2, 60)], hand_in=True
    ),
    "two wallets that pay each other": Scenario(
        loaded_fen=[[100], [100]], asks=[(1, 60), (0, 60)], hand_in=True
    ),
    "a payment out of what was received": Scenario(
        loaded_fen=[[100], [], []], asks=[(1, 60), (2, 60)], hand_in=True
    ),
    "a copied payer, one request": Scenario(
        loaded_fen=[[100], []], asks=[(1, 60)], copied=True, hand_in=True
    ),
    "a copied payer, and a payee that pays on": Scenario(
        loaded_fen=[[100], [], []], asks=[(1, 100), (2, 100)], copied=True
    ),
}
LARGE: Final[Mapping[str, Scenario]] = {
    "a copied payer, one request, and time": Scenario(
        loaded_fen=[[100], []], asks=[(1, 60)], copied=True, hand_in=True, time=True
    ),
    "a copied payer, two requests": Scenario(
        loaded_fen=[[100], []], asks=[(1, 60), (1, 100)], copied=True, hand_in=True
    ),
    "two payers who are shown one request, and time": Scenario(
        loaded_fen=[[100], [100], []], asks=[(2, 60)], hand_in=True, time=True
    ),
    "three payments of one payer, nobody reconciles": Scenario(
        loaded_fen=[[100], []], asks=[(1, 40), (1, 40), (1, 20)]
    ),
}
