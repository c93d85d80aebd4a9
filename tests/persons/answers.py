"""What the tests of persons and losses do again and again: copies that pay, and the desks' work."""

from collections.abc import Sequence

from shuangli.issuer.losses.store import Receivable
from shuangli.wallet.wallet import Wallet
from tests.forging import bundle, sign_away
from tests.world import DAY_S, NOW, PSEUDONYMS, World, coins_of, pay

EXPIRED_S = NOW + 32 * DAY_S
"""Coins loaded at NOW have expired, grace is over, and operators have said so."""


def pseudonym_of(person: bytes) -> bytes:
    """Under what name the issuer knows a person."""
    return PSEUDONYMS.of(person, at_s=NOW)


def double_spend(world: World, culprit: Wallet, payees: Sequence[Wallet], amounts_fen: Sequence[int]) -> None:
    """Copies of a wallet, each as it is now, pay one payee each."""
    copies = [culprit, *(world.clone(culprit) for _ in payees[1:])]
    for copy, payee, amount_fen in zip(copies, payees, amounts_fen, strict=True):
        pay(copy, payee, amount_fen)


def redeem_all(world: World, wallet: Wallet, operator: str = "OP01", *, now_s: int = NOW) -> None:
    """Let a wallet redeem all its coins."""
    coins = coins_of(wallet)
    redemption = sign_away(wallet, [(coin, coin.value_fen) for coin in coins])
    world.submit(bundle(coins, redemption), operator, now_s=now_s)


def run_losses(world: World, *, now_s: int) -> None:
    """Everything that is due goes back or is taken, and losses are booked; the books are in order."""
    world.return_due(now_s=now_s)
    desk = world.issuer.loss_desk
    with world.issuer.transaction():
        up_to_s = world.issuer.return_desk.complete_up_to_s(now_s=now_s)
        desk.run(now_s=now_s, up_to_s=up_to_s)
    world.check_books()


def only_receivable(world: World) -> Receivable:
    """The one receivable that there is."""
    (one,) = world.issuer.store.losses.receivables()
    return one


def frozen_fen(world: World) -> int:
    """What was taken from culprits and not set off, as the books have it."""
    return -world.issuer.store.ledger.balance_fen("frozen")
