"""Vaults: what is redeemed elsewhere is owed and netted, and signed orders move value and reserves once."""

import pytest

from shuangli.errors import BadInput, Refused, Unverified
from shuangli.issuer.minting import vault
from shuangli.issuer.vaults.desk import VaultDesk, reserve
from shuangli.issuer.vaults.netting import FUND, Payment, obligations
from shuangli.issuer.vaults.orders import Side, VaultOrder
from tests.world import DAY_S, NETWORK, NOW, World, pay

RESERVES_FEN = 10_000
TOMORROW_S = NOW + DAY_S


def order(
    world: World,
    side: Side,
    amount_fen: int,
    *,
    operator: str = "OP01",
    nonce: bytes = bytes(16),
    signer: str = "",
    network: str = NETWORK,
) -> bytes:
    return VaultOrder.sign(
        world.keys[signer or operator],
        network=network,
        operator=operator,
        side=side,
        amount_fen=amount_fen,
        nonce=nonce,
        ordered_at_s=NOW,
    ).signed.data


@pytest.fixture
def desk(world: World) -> VaultDesk:
    """The desk of a world in which every operator has reserves."""
    with world.issuer.transaction():
        for name in world.banks:
            world.issuer.vaults.pay_in(name, RESERVES_FEN, now_s=NOW)
    return world.issuer.vaults


def execute(world: World, data: bytes) -> None:
    with world.issuer.transaction():
        world.issuer.vaults.execute(data, now_s=NOW)


def redeem_elsewhere(world: World, amount_fen: int, *, loader: str = "OP01", redeemer: str = "OP02") -> None:
    """A coin of one operator's customer ends at another's."""
    rider, shop = world.wallet([amount_fen], operator=loader), world.wallet(tier=0, operator=redeemer)
    pay(rider, shop, amount_fen)
    world.hand_in(shop)


def net(world: World, now_s: int, *, passed_on: bool = True) -> list[Payment]:
    """Net what is owed, once every operator has passed everything on."""
    for name in world.banks if passed_on else ():
        world.sign_watermark(name, now_s=now_s)
    with world.issuer.transaction():
        return world.issuer.vaults.net(now_s=now_s)


def test_an_order_moves_value_and_reserves_once(world: World, desk: VaultDesk) -> None:
    value_fen, money_fen = desk.held_fen("OP01")
    for _ in range(2):
        execute(world, order(world, Side.SELL, 600))
    assert desk.held_fen("OP01") == (value_fen - 600, money_fen + 600)
    for _ in range(2):
        execute(world, order(world, Side.BUY, 100, nonce=b"\1" * 16))
    assert desk.held_fen("OP01") == (value_fen - 500, money_fen + 500)
    world.issuer.check_books()


def test_a_nonce_stands_for_one_order(world: World, desk: VaultDesk) -> None:
    execute(world, order(world, Side.SELL, 600))
    before = desk.held_fen("OP01")
    with pytest.raises(Refused) as refused:
        execute(world, order(world, Side.SELL, 601))
    assert (refused.value.code, desk.held_fen("OP01")) == ("nonce-used", before)
    execute(world, order(world, Side.SELL, 1, operator="OP02"))


@pytest.mark.parametrize(("side", "code"), [(Side.SELL, "vault-empty"), (Side.BUY, "reserves-short")])
def test_nobody_sells_or_pays_what_it_has_not_got(
    world: World, desk: VaultDesk, side: Side, code: str
) -> None:
    value_fen, money_fen = desk.held_fen("OP01")
    held_fen = value_fen if side is Side.SELL else money_fen
    with pytest.raises(Refused) as refused:
        execute(world, order(world, side, held_fen + 1))
    assert (refused.value.code, desk.held_fen("OP01")) == (code, (value_fen, money_fen))
    execute(world, order(world, side, held_fen))
    world.issuer.check_books()


def test_an_order_is_its_operators_own(world: World, desk: VaultDesk) -> None:
    for data, code in (
        (order(world, Side.SELL, 1, signer="OP02"), "signature"),
        (order(world, Side.SELL, 1, network="other"), "wrong-network"),
        (order(world, Side.SELL, 1, operator="OP99", signer="OP01"), "unknown-signer"),
    ):
        with pytest.raises(Unverified) as refused:
            execute(world, data)
        assert refused.value.code == code


def test_f30_a_revoked_key_orders_nothing(world: World, desk: VaultDesk) -> None:
    with world.issuer.transaction():
        world.issuer.centre.operator_keys.revoke(world.operators[0].signed.data, now_s=NOW)
    with pytest.raises(Unverified) as refused:
        execute(world, order(world, Side.SELL, 1))
    assert refused.value.code == "unknown-signer"


def test_nothing_is_paid_in_of_nothing(world: World, desk: VaultDesk) -> None:
    with pytest.raises(BadInput), world.issuer.transaction():
        desk.pay_in("OP01", 0, now_s=NOW)


def test_what_is_redeemed_elsewhere_is_netted_once_a_day(world: World, desk: VaultDesk) -> None:
    redeem_elsewhere(world, 500)
    redeem_elsewhere(world, 120, loader="OP02", redeemer="OP01")
    redeem_elsewhere(world, 77, redeemer="OP01")
    before = {name: desk.held_fen(name) for name in world.banks}
    assert net(world, NOW) == [], "the day is not over"
    assert net(world, TOMORROW_S) == [("OP01", "OP02", 380)]
    one, two = (desk.held_fen(name) for name in ("OP01", "OP02"))
    assert one == (before["OP01"][0] + 380, before["OP01"][1] - 380)
    assert two == (before["OP02"][0] - 380, before["OP02"][1] + 380)
    assert world.issuer.store.vaults.positions(NOW // DAY_S) == {"OP01": -380, "OP02": 380}
    assert net(world, TOMORROW_S) == []
    assert [desk.held_fen(name) for name in ("OP01", "OP02")] == [one, two]
    world.issuer.check_books()


def test_what_comes_in_for_a_day_that_was_netted_counts_on_the_next(world: World, desk: VaultDesk) -> None:
    assert net(world, TOMORROW_S) == []
    redeem_elsewhere(world, 500)
    assert net(world, TOMORROW_S) == []
    assert net(world, TOMORROW_S + DAY_S) == [("OP01", "OP02", 500)]


def test_an_operator_that_cannot_pay_owes_on(world: World, desk: VaultDesk) -> None:
    redeem_elsewhere(world, RESERVES_FEN)
    redeem_elsewhere(world, 1)
    before = world.issuer.store.ledger.balances()
    with pytest.raises(Refused) as refused:
        net(world, TOMORROW_S)
    assert refused.value.code == "reserves-short"
    assert world.issuer.store.ledger.balances() == before
    with world.issuer.transaction():
        desk.pay_in("OP01", 1, now_s=NOW)
    assert net(world, TOMORROW_S) == [("OP01", "OP02", RESERVES_FEN + 1)]
    world.issuer.check_books()


def test_what_the_fund_pays_nobody_owes(world: World, desk: VaultDesk) -> None:
    """Only what comes out of circulation has been loaded by somebody."""
    rider, first, second = world.wallet([100]), world.wallet(tier=0, operator="OP02"), world.wallet(tier=0)
    copy = world.clone(rider)
    pay(rider, first, 100)
    pay(copy, second, 100)
    world.hand_in(second)
    world.hand_in(first)
    assert world.supply().fund_paid_fen == 100
    assert obligations(world.issuer.store.vaults.dues()) == {}
    assert {(due.loader, due.amount_fen) for due in world.issuer.store.vaults.dues()} == {
        ("OP01", 100),
        (FUND, 100),
    }
    assert {vault("OP02"), reserve("OP02")} <= world.issuer.store.ledger.balances().keys()
