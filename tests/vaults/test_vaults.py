"""Vaults: what is redeemed elsewhere is owed and netted, and signed orders move value and reserves once."""

import pytest

from shuangli.books import Entry, Posting
from shuangli.errors import BadInput, Refused, Unverified
from shuangli.issuer.minting import RESERVES, vault
from shuangli.issuer.vaults.desk import VaultDesk, reserve
from shuangli.issuer.vaults.netting import FUND, Cover, Payment, obligations
from shuangli.issuer.vaults.orders import Side, VaultOrder
from shuangli.issuer.vaults.statements import NettingStatement
from tests.paying import pay
from tests.setting import DAY_S, NETWORK, NOW
from tests.world import World

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


def test_an_operator_that_cannot_pay_is_lent_what_it_lacks_and_pays_it_back(
    world: World, desk: VaultDesk
) -> None:
    redeem_elsewhere(world, RESERVES_FEN)
    redeem_elsewhere(world, 30)
    assert net(world, TOMORROW_S) == [("OP01", "OP02", RESERVES_FEN + 30)]
    assert (desk.held_fen("OP01")[1], desk.owed_fen("OP01")) == (0, 30)
    assert desk.held_fen("OP02")[1] == 2 * RESERVES_FEN + 30
    # What is paid in is kept for the issuer: it buys no value that customers could be given.
    with world.issuer.transaction():
        desk.pay_in("OP01", 40, now_s=NOW)
    with pytest.raises(Refused) as refused:
        execute(world, order(world, Side.BUY, 11))
    assert refused.value.code == "reserves-short"
    execute(world, order(world, Side.BUY, 10))
    assert desk.statements_to("OP01", after=1) == []
    for number, (paid_in_fen, owed_fen) in enumerate(((0, 0), (7, 0)), 1):
        with world.issuer.transaction():
            if paid_in_fen:
                desk.pay_in("OP01", paid_in_fen, now_s=NOW)
        assert net(world, TOMORROW_S + number * DAY_S) == []
        assert (desk.held_fen("OP01")[1], desk.owed_fen("OP01")) == (paid_in_fen, owed_fen)
    (data,) = desk.statements_to("OP01", after=1)
    assert NettingStatement.parse(data).covered == Cover(0, 0, 30)
    world.issuer.check_books()


def test_an_operator_that_cannot_pay_holds_up_nobody(world: World, desk: VaultDesk) -> None:
    """Three operators: what two owe each other is settled, and so is what the short one owes them."""
    day = NOW // DAY_S
    with world.issuer.transaction():
        desk.pay_in("OP03", RESERVES_FEN, now_s=NOW)
        world.issuer.fill_vault("OP03", 500, now_s=NOW)
        world.issuer.store.vaults.owe(
            {
                ("OP01", "OP02", NOW): 3 * RESERVES_FEN,
                ("OP01", "OP03", NOW): 500,
                ("OP03", "OP02", NOW): 70,
            }
        )
    values_fen = {name: desk.held_fen(name)[0] for name in ("OP01", "OP02", "OP03")}
    net(world, TOMORROW_S)
    owes_fen = 2 * RESERVES_FEN + 500
    assert world.issuer.store.vaults.last_netted_day() == day
    assert {name: desk.owed_fen(name) for name in values_fen} == {"OP01": owes_fen, "OP02": 0, "OP03": 0}
    assert {name: desk.held_fen(name)[1] for name in values_fen} == {
        "OP01": 0,
        "OP02": 4 * RESERVES_FEN + 70,
        "OP03": RESERVES_FEN + 430,
    }
    assert world.issuer.store.vaults.dues() == []


def test_an_operator_whose_vault_is_empty_buys_what_it_is_to_give(world: World, desk: VaultDesk) -> None:
    """It has loaded out again what it has redeemed; the money that it gets at the same time pays for it."""
    redeem_elsewhere(world, 500)
    value_fen, money_fen = desk.held_fen("OP02")
    execute(world, order(world, Side.SELL, value_fen, operator="OP02"))
    with world.issuer.transaction():
        all_fen = money_fen + value_fen
        taken_out = (Posting(reserve("OP02"), all_fen), Posting(RESERVES, -all_fen))
        world.issuer.store.ledger.post(Entry(kind="test", at_s=NOW, reference=b"", postings=taken_out))
    assert desk.held_fen("OP02") == (0, 0)
    assert net(world, TOMORROW_S) == [("OP01", "OP02", 500)]
    assert (desk.held_fen("OP02"), desk.owed_fen("OP02")) == ((0, 0), 0)
    (data,) = desk.statements_to("OP02", after=0)
    assert NettingStatement.parse(data).covered == Cover(500, 0, 0)


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
