"""Loads: what an order moves at operator and issuer, once, and what it is refused for (F34)."""

from shuangli.messages.loads import LoadOrder
from shuangli.messages.notices import RevocationList
from shuangli.operator.accounts import RESERVES, VAULT
from tests.setting import DAY_S, NOW, VAULT_FEN
from tests.settlement.answers import refused
from tests.world import World


def test_a_load_moves_deposit_and_vault_at_both_sides(world: World) -> None:
    rider, bank = world.wallet([300, 200]), world.banks["OP01"]
    assert world.deposit_fen(rider) == 0
    assert bank.store.ledger.balance_fen(VAULT) == VAULT_FEN - 500
    assert bank.store.ledger.balance_fen(RESERVES) == -VAULT_FEN
    supply = world.supply()
    assert (supply.loaded_fen, supply.outstanding_fen, supply.redeemed_fen) == (500, 500, 0)
    world.check_books()


def test_a_repeated_order_gives_the_same_load_once(world: World) -> None:
    rider, bank = world.wallet(), world.banks["OP01"]
    order = rider.order_load([100], now_s=NOW)
    with world.transaction():
        bank.deposit(rider.key.public, 1_000, now_s=NOW)
        loads = [bank.order_load(order, now_s=NOW + late_s) for late_s in (0, 5)]
    with world.transaction():
        loads.append(bank.order_load(order, now_s=NOW + DAY_S))
    assert len(set(loads)) == 1
    assert world.deposit_fen(rider) == 900
    assert world.supply().loaded_fen == 100


def test_what_an_order_is_refused_for(world: World) -> None:
    rider, bank = world.wallet(tier=4), world.banks["OP01"]
    order = rider.order_load([600], now_s=NOW)
    short = refused(world, bank.order_load, order, now_s=NOW)
    assert (short.code, str(short)) == ("insufficient-funds", "the deposit is 600 fen short of 600 fen")
    stranger = LoadOrder.sign(
        world.key("stranger"), operator="OP01", values_fen=[1], nonce=bytes(16), ordered_at_s=NOW
    )
    assert refused(world, bank.order_load, stranger.signed.data, now_s=NOW).code == "unknown-wallet"
    forged = order[:-1] + bytes([order[-1] ^ 1])
    assert refused(world, bank.order_load, forged, now_s=NOW).code == "signature"
    with world.transaction():
        bank.deposit(rider.key.public, 1_000, now_s=NOW)
    elsewhere = LoadOrder.sign(rider.key, operator="OP02", values_fen=[1], nonce=bytes(16), ordered_at_s=NOW)
    assert refused(world, bank.order_load, elsewhere.signed.data, now_s=NOW).code == "unknown-wallet"


def test_a_load_over_a_limit_says_by_how_much(world: World) -> None:
    rider, bank = world.wallet(tier=4), world.banks["OP01"]
    with world.transaction():
        bank.deposit(rider.key.public, 5_000_000, now_s=NOW)
    order = LoadOrder.sign(
        rider.key, operator="OP01", values_fen=[1_000_007], nonce=bytes(16), ordered_at_s=NOW
    ).signed.data
    over = refused(world, bank.order_load, order, now_s=NOW)
    assert over.code == "over-limit"
    assert str(over).startswith("7 fen over the balance limit of 1000000 fen")
    with world.transaction():
        bank.order_load(rider.order_load([400_000], now_s=NOW), now_s=NOW)
    over = refused(world, bank.order_load, rider.order_load([100_001], now_s=NOW), now_s=NOW)
    assert over.code == "over-limit"
    assert str(over).startswith("1 fen over the day limit of 500000 fen")
    with world.transaction():
        bank.order_load(rider.order_load([100_001], now_s=NOW), now_s=NOW + DAY_S)


def test_a_load_waits_until_the_vault_is_filled(world: World) -> None:
    rider, bank = world.wallet(tier=1), world.banks["OP01"]
    with world.transaction():
        bank.deposit(rider.key.public, VAULT_FEN + 5, now_s=NOW)
    order = rider.order_load([VAULT_FEN + 5], now_s=NOW)
    empty = refused(world, bank.order_load, order, now_s=NOW)
    assert (empty.code, str(empty)) == ("vault-empty", "the vault of OP01 is 5 fen short")
    with world.transaction():
        world.issuer.fill_vault("OP01", 5, now_s=NOW)
        bank.fill_vault(5, now_s=NOW)
        bank.order_load(order, now_s=NOW)
    world.check_books()


def test_a_nonce_serves_one_order_only(world: World) -> None:
    """Two orders with one nonce would make loads that look alike (F50)."""
    rider, bank = world.wallet(), world.banks["OP01"]
    with world.transaction():
        bank.deposit(rider.key.public, 1_000, now_s=NOW)
    orders = [
        LoadOrder.sign(rider.key, operator="OP01", values_fen=[100], nonce=bytes(16), ordered_at_s=at_s)
        for at_s in (NOW, NOW + 1)
    ]
    with world.transaction():
        bank.order_load(orders[0].signed.data, now_s=NOW)
    error = refused(world, bank.order_load, orders[1].signed.data, now_s=NOW)
    assert error.code == "nonce-used"


def test_f34_nothing_is_minted_outside_the_epoch(world: World) -> None:
    rider, bank = world.wallet(), world.banks["OP01"]
    with world.transaction():
        bank.deposit(rider.key.public, 1_000, now_s=NOW)
    late_s = world.epoch.claims.expires_at_s
    order = rider.order_load([100], now_s=late_s)
    assert refused(world, bank.order_load, order, now_s=late_s).code == "epoch"


def test_a_revoked_wallet_gets_no_more_loads(world: World) -> None:
    rider, bank = world.wallet(), world.banks["OP01"]
    listed = RevocationList.sign(
        world.keys["centre"], number=1, issued_at_s=NOW, wallets=[rider.key.public], operators=[], epochs=[]
    )
    bank.trust.update_revocations(listed.signed.data)
    with world.transaction():
        bank.deposit(rider.key.public, 1_000, now_s=NOW)
    order = rider.order_load([100], now_s=NOW)
    assert refused(world, bank.order_load, order, now_s=NOW).code == "frozen"
