"""Wallets of a `World`, each with something for its operator's desk: an upload, or an order."""

from shuangli.wallet.wallet import Wallet
from tests.paying import pay
from tests.setting import NOW
from tests.world import World


def payee_with_upload(world: World, amount_fen: int = 400, *, name: str = "") -> tuple[Wallet, bytes]:
    """A payee that has been paid, and what it hands in."""
    payer, payee = world.wallet((amount_fen,)), world.wallet(name=name)
    pay(payer, payee, amount_fen)
    upload = payee.hand_in(now_s=NOW)
    assert upload is not None
    return payee, upload


def order_for(world: World, wallet: Wallet, amount_fen: int, *, deposit_fen: int) -> bytes:
    """An order, and a deposit to pay for it."""
    with world.banks["OP01"].store.transaction():
        if deposit_fen:
            world.banks["OP01"].deposit(wallet.key.public, deposit_fen, now_s=NOW)
    return wallet.order_load((amount_fen,), now_s=NOW)
