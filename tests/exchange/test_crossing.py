"""An exchange that is killed anywhere is paid out once or undone once: its record is taken up again (F11)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import pytest

from shuangli.errors import BadInput, Refused, StoreError
from shuangli.operator.exchange import crossing
from shuangli.operator.exchange.crossing import settle, settle_open
from shuangli.operator.exchange.desk import ExchangeDesk, Sale
from shuangli.operator.exchange.rate import Quote
from shuangli.wallet.wallet import Wallet
from tests.setting import NOW
from tests.world import World

QUOTE = Quote(sold_fen=10_000, fee_fen=50, bought_fen=10_815)
HERE, THERE = "OP01", "OP02"
Transaction = Callable[[], AbstractContextManager[int]]


class Killed(BaseException):
    """The process is gone."""


class Border:
    """A firm's two sides: customers of two operators, each with books of its own.

    Attributes:
        die_at: the number of the transaction at which the firm is killed; 0 if it is not
        before: whether that is before it is committed
    """

    def __init__(self, world: World, *, buyer_has_wallet: bool = True) -> None:
        self.world = world
        self.seller = world.wallet()
        self.buyer: Wallet | None = world.wallet(operator=THERE) if buyer_has_wallet else None
        self.here, self.there = (ExchangeDesk(world.banks[name]) for name in (HERE, THERE))
        self.die_at, self.before, self._committed = 0, False, 0
        with world.transaction():
            world.banks[HERE].deposit(self.seller.key.public, 10_000, now_s=NOW)

    def at(self, name: str) -> Transaction:
        @contextmanager
        def transaction() -> Iterator[int]:
            with self.world.banks[name].store.transaction():
                yield NOW
                self._committed += 1
                if self._committed == self.die_at and self.before:
                    raise Killed
            if self._committed == self.die_at:
                raise Killed

        return transaction

    @property
    def buyer_key(self) -> bytes:
        return bytes(range(32)) if self.buyer is None else self.buyer.key.public

    def sell(self) -> Sale:
        with self.at(HERE)() as now_s:
            return self.here.sell(self.seller.key.public, self.buyer_key, QUOTE, currency="CNY", now_s=now_s)

    def pay_out(self, sale: Sale) -> bool:
        with self.at(THERE)() as now_s:
            return self.there.pay_out(sale, sale.buyer, now_s=now_s)

    def exchange(self) -> bool:
        return settle(self.here, self.sell(), self.pay_out, self.at(HERE))

    def take_up(self) -> int:
        """Start again, and take up what was left open."""
        self.die_at = 0
        self.here, self.there = (ExchangeDesk(self.world.banks[name]) for name in (HERE, THERE))
        return settle_open(self.here, self.pay_out, self.at(HERE))

    def stands(self) -> tuple[int, int, int, int, int]:
        """What seller and buyer hold, the firm's position on both sides, and its fees."""
        bought_fen = 0 if self.buyer is None else self.world.deposit_fen(self.buyer, operator=THERE)
        for bank in self.world.banks.values():
            bank.store.ledger.check()
        return (
            self.world.deposit_fen(self.seller),
            bought_fen,
            self.here.position_fen,
            self.there.position_fen,
            self.here.fees_fen,
        )


BEFORE = (10_000, 0, 0, 0, 0)
PAID = (0, 10_815, 9_950, -10_815, 50)


def test_what_is_sold_is_paid_out_and_closed(world: World) -> None:
    border = Border(world)
    assert border.exchange()
    assert border.stands() == PAID
    assert border.here.sale(1).paid is True
    assert border.take_up() == 0


def test_what_cannot_be_paid_out_is_undone_with_its_fee(world: World) -> None:
    border = Border(world, buyer_has_wallet=False)
    assert not border.exchange()
    assert border.stands() == BEFORE
    assert border.here.sale(1).paid is False


@pytest.mark.parametrize("before", [True, False], ids=["before the commit", "after the commit"])
@pytest.mark.parametrize("die_at", [1, 2, 3], ids=["sold", "paid out", "closed"])
@pytest.mark.parametrize("buyer_has_wallet", [True, False])
def test_f11_killed_at_any_write_it_is_finished_once(
    world: World, buyer_has_wallet: bool, die_at: int, before: bool
) -> None:
    border = Border(world, buyer_has_wallet=buyer_has_wallet)
    border.die_at, border.before = die_at, before
    with pytest.raises(Killed):
        border.exchange()
    was_sold = (die_at, before) != (1, True)
    was_closed = (die_at, before) == (3, False)
    assert border.take_up() == int(was_sold and not was_closed)
    assert border.stands() == (PAID if was_sold and buyer_has_wallet else BEFORE)
    assert border.take_up() == 0


def test_f41_a_sale_stays_open_while_the_other_side_cannot_be_reached(world: World) -> None:
    border = Border(world)

    def cut(_: Sale) -> bool:
        raise StoreError("unavailable")

    with pytest.raises(StoreError):
        settle(border.here, border.sell(), cut, border.at(HERE))
    assert border.stands() == (0, 0, 9_950, 0, 50)
    assert border.take_up() == 1
    assert border.stands() == PAID


def test_what_was_said_of_a_sale_once_is_said_again(world: World) -> None:
    """Else a sale that was undone could be paid out later, when its buyer has a wallet."""
    border = Border(world, buyer_has_wallet=False)
    sale = border.sell()
    assert not border.pay_out(sale)
    border.buyer = world.wallet(operator=THERE)
    with pytest.raises(Refused) as refused:
        border.pay_out(replace(sale, buyer=border.buyer_key))
    assert refused.value.code == "nonce-used"
    with pytest.raises(Refused):
        border.pay_out(replace(sale, quote=replace(QUOTE, bought_fen=1)))
    assert not border.pay_out(sale)


def test_a_sale_is_closed_in_one_way(world: World) -> None:
    border = Border(world)
    border.exchange()
    with border.at(HERE)() as now_s:
        border.here.close(1, paid=True, now_s=now_s)
        with pytest.raises(Refused) as otherwise:
            border.here.close(1, paid=False, now_s=now_s)
        with pytest.raises(Refused) as unknown:
            border.here.close(2, paid=False, now_s=now_s)
    assert (otherwise.value.code, unknown.value.code) == ("nothing-due", "not-found")
    assert border.stands() == PAID


def test_many_open_sales_are_taken_up_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    border = Border(world)
    monkeypatch.setattr(crossing, "_AT_ONCE", 2)
    part = Quote(sold_fen=2_000, fee_fen=10, bought_fen=2_163)
    with border.at(HERE)() as now_s:
        for _ in range(5):
            border.here.sell(border.seller.key.public, border.buyer_key, part, currency="CNY", now_s=now_s)
    assert border.take_up() == 5
    assert border.stands() == PAID


def test_a_payout_of_nothing_is_bad_input(world: World) -> None:
    border = Border(world)
    nothing = replace(border.sell(), quote=replace(QUOTE, bought_fen=0))
    with pytest.raises(BadInput):
        border.pay_out(nothing)
