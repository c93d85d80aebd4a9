"""What the tests of persons and losses do again and again: copies that pay, and the desks' work."""

from collections.abc import Sequence

from shuangli.crypto import sha256
from shuangli.issuer.losses.store import Receivable
from shuangli.wallet.wallet import Wallet
from tests.forging import bundle, sign_away
from tests.paying import coins_of, pay
from tests.setting import DAY_S, NOW, PSEUDONYMS
from tests.world import World

ANNA = sha256(b"Anna")
FUND = "guarantee-fund"
EXPIRED_S = NOW + 32 * DAY_S
"""Coins loaded at NOW have expired, grace is over, and operators have said so."""
FACE_FEN = 400
"""What a forger pays twice."""


def pseudonym_of(person: bytes) -> bytes:
    """Under what name the issuer knows a person."""
    return PSEUDONYMS.of(person, at_s=NOW)


def double_spend(world: World, culprit: Wallet, payees: Sequence[Wallet], amounts_fen: Sequence[int]) -> None:
    """Copies of a wallet, each as it is now, pay one payee each."""
    copies = [culprit, *(world.clone(culprit) for _ in payees[1:])]
    for copy, payee, amount_fen in zip(copies, payees, amounts_fen, strict=True):
        pay(copy, payee, amount_fen)


def gates_of(world: World, number: int) -> list[Wallet]:
    """Gates of both operators by turns."""
    return [world.wallet(tier=0, operator=("OP01", "OP02")[index % 2]) for index in range(number)]


def culprit_with(world: World, values_fen: list[int], payments_fen: list[int]) -> tuple[Wallet, list[Wallet]]:
    """A wallet of Anna's whose copies pay one gate each, in one coin; the gates hand in."""
    culprit, gates = world.wallet(values_fen, person=ANNA), gates_of(world, len(payments_fen))
    double_spend(world, culprit, gates, payments_fen)
    for gate in gates:
        world.hand_in(gate)
    return culprit, gates


def forge(world: World, *, person: bytes = sha256(b"forger"), name: str = "forger") -> Wallet:
    """A wallet of OP01 that has paid one coin at both operators; the fund has paid the second time."""
    forger = world.wallet((FACE_FEN,), person=person, name=name)
    copy = world.clone(forger)
    for payer, operator in ((forger, "OP01"), (copy, "OP02")):
        payee = world.wallet(tier=0, operator=operator)
        pay(payer, payee, FACE_FEN)
        world.hand_in(payee)
    with world.issuer.transaction():
        world.issuer.book_losses(now_s=NOW)
    return forger


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


def owed_fen(world: World) -> int:
    """What all culprits owe."""
    return sum(case.open_fen for case in world.issuer.cases.all())


def frozen_fen(world: World) -> int:
    """What was taken from culprits and not set off, as the books have it."""
    return -world.issuer.store.ledger.balance_fen("frozen")


def balance_fen(world: World, account: str) -> int:
    """What the issuer's books have on an account."""
    return world.issuer.store.ledger.balance_fen(account)
