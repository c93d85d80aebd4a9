"""Where customers have paid, from the counters of merchants: what the rule of impossible travel goes by."""

import pytest

from shuangli.operator.risk.cases import Case
from shuangli.operator.risk.events import EventKind, Place
from shuangli.operator.risk.places import KNOWN_FOR_S
from shuangli.wallet.wallet import Wallet
from tests.paying import pay
from tests.risk.watched import HOUR_S, Watched
from tests.setting import NOW
from tests.world import World

SHANGHAI, BEIJING = Place(3120, 12150), Place(3990, 11640)


class Shops(Watched):
    """Shops in two cities, and a customer."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.here, self.there, self.online = (
            world.wallet(tier=0, name=name) for name in ("here", "there", "online")
        )
        with self.bank.store.transaction():
            for shop, place in ((self.here, SHANGHAI), (self.there, BEIJING), (self.online, None)):
                self.control.places.set(shop.key.public, place)
        self.customer = self.rich[0]

    def buy(self, shop: Wallet, *, now_s: int) -> None:
        assert self.judge(self.customer, shop, 100, now_s=now_s) is None

    def cases(self) -> list[Case]:
        with self.bank.store.transaction():
            self.control.look(now_s=NOW + HOUR_S)
            return self.control.cases.queue(after=0, most=9, only_open=True)


@pytest.fixture
def shops(world: World) -> Shops:
    return Shops(world)


def test_two_counters_far_apart_within_an_hour(shops: Shops) -> None:
    shops.buy(shops.here, now_s=NOW)
    shops.buy(shops.there, now_s=NOW + HOUR_S)
    (case,) = shops.cases()
    assert "impossible-travel: 1" in case.explanation
    assert case.wallet_no == 1


def test_a_shop_without_a_counter_is_nowhere(shops: Shops) -> None:
    shops.buy(shops.here, now_s=NOW)
    shops.buy(shops.online, now_s=NOW + 60)
    assert shops.cases() == []


def test_time_enough_to_travel(shops: Shops) -> None:
    shops.buy(shops.here, now_s=NOW - 2 * HOUR_S)
    shops.buy(shops.there, now_s=NOW)
    assert shops.cases() == []


@pytest.mark.parametrize("bought_first", [True, False])
def test_what_a_merchant_hands_in_was_paid_at_its_counter(shops: Shops, bought_first: bool) -> None:
    """A payment offline comes to light later than what was paid online after it."""
    world, payer = shops.world, shops.customer
    world.load(payer, (300, 200))
    if bought_first:
        shops.buy(shops.here, now_s=NOW + 60)
    pay(payer, shops.there, 300, NOW)
    world.hand_in(shops.there, now_s=NOW + 120)
    if not bought_first:
        assert shops.cases() == []
        shops.buy(shops.here, now_s=NOW + 180)
    (case,) = shops.cases()
    assert "impossible-travel" in case.explanation
    assert case.kind is (EventKind.PAID_OFFLINE if bought_first else EventKind.PAID_OUT)


def test_what_comes_to_light_late_leaves_the_time_that_there_was(shops: Shops) -> None:
    """Paid offline in one city, and hours later online in the other; the first is handed in last."""
    shops.world.load(shops.customer, (300, 200))
    pay(shops.customer, shops.there, 300, NOW)
    shops.buy(shops.here, now_s=NOW + 3 * HOUR_S)
    shops.world.hand_in(shops.there, now_s=NOW + 4 * HOUR_S)
    with shops.bank.store.transaction():
        shops.control.look(now_s=NOW + 4 * HOUR_S)
        assert shops.control.cases.queue(after=0, most=9, only_open=True) == []
        rows = shops.bank.store.database.rows("SELECT kind FROM risk_events WHERE amount_fen = 300")
    assert EventKind.PAID_OFFLINE in [EventKind(kind) for (kind,) in rows]


def test_places_are_forgotten_after_a_day(shops: Shops) -> None:
    shops.buy(shops.here, now_s=NOW - KNOWN_FOR_S - 1)
    shops.buy(shops.here, now_s=NOW)
    with shops.bank.store.transaction():
        shops.control.look(now_s=NOW)
        rows = shops.bank.store.database.rows("SELECT place FROM risk_events WHERE amount_fen = 100")
    assert sorted(place for (place,) in rows) == ["", "3120,12150"]
