"""A canteen that takes meal money, a bookshop that does not, a city that gives it, and people who have it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from shuangli.messages.conditions import Condition
from shuangli.offline.policy import STANDARD_ACCEPTS, PayeePolicy
from shuangli.wallet.wallet import Wallet
from tests.setting import DAY_S, NOW, TRANSFERABLE
from tests.world import World

MEALS: Final = "meals"
CANTEEN: Final = 5812
"""ISO 18245: eating places."""
BOOKSHOP: Final = 5942
SPEND_BY_S: Final = NOW + 5 * DAY_S


def knows(*purposes: str) -> PayeePolicy:
    """The policy of a payee that knows these purposes."""
    return PayeePolicy(accepts=replace(STANDARD_ACCEPTS, purposes=purposes))


class City:
    """Gives meal money.

    Attributes:
        condition: under which it gives
        canteen: of the right class, and knows the purpose
        bookshop: of another class, and knows the purpose
        diner: of the right class, and knows no purpose
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.wallet = world.wallet(name="city", tier=0)
        with world.transaction():
            world.banks["OP01"].deposit(self.wallet.key.public, 10**6, now_s=NOW)
        self.condition = Condition(
            purpose=MEALS, payees=(CANTEEN,), spend_by_s=SPEND_BY_S, giver=self.wallet.key.public
        )
        self.canteen = world.wallet(name="canteen", tier=0, payee_class=CANTEEN, payee=knows(MEALS))
        self.bookshop = world.wallet(name="bookshop", tier=0, payee_class=BOOKSHOP, payee=knows(MEALS))
        self.diner = world.wallet(name="diner", tier=0, payee_class=CANTEEN)

    def give(self, receiver: Wallet, amount_fen: int, *, condition: Condition | None = None) -> None:
        """Grant money to somebody."""
        key, public = condition or self.condition, receiver.key.public
        with self.world.transaction():
            self.world.banks["OP01"].grants.give(self.wallet.key.public, public, key, amount_fen, now_s=NOW)

    def load(self, receiver: Wallet, *values_fen: int, condition: Condition | None = None) -> None:
        """Grant money to somebody, who loads it."""
        self.give(receiver, sum(values_fen), condition=condition)
        self.order(receiver, *values_fen, condition=condition)

    def order(self, receiver: Wallet, *values_fen: int, condition: Condition | None = None) -> None:
        """Let somebody load what was granted."""
        order = receiver.order_load(values_fen, now_s=NOW, condition=condition or self.condition)
        with self.world.transaction():
            load = self.world.banks["OP01"].order_load(order, now_s=NOW)
        receiver.receive_load(load)

    def deposit_fen(self) -> int:
        """What the city has on its account."""
        return self.world.deposit_fen(self.wallet)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world in which value may be passed on."""
    made = World(tmp_path, terms=TRANSFERABLE)
    yield made
    made.check_books()
    made.close()


@pytest.fixture
def city(world: World) -> City:
    """Who gives."""
    return City(world)
