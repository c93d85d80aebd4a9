"""What a dishonest holder tries: forgeries from its own key and from all it has ever been shown.

Each function makes one, or nothing if it lacks what it takes. `valid` says which spends in it are really
the holder's own, so that they count in the truth; nobody may take the rest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from shuangli.crypto import SigningKey, sha256
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import WalletCertificate, WalletKind
from shuangli.messages.loads import Load, LoadOrder
from shuangli.messages.transfers import Spend, Transfer
from shuangli.offline.chain import Coin, load_coins
from shuangli.wallet.wallet import Wallet
from tests.forging import bundle, outputs_of, sign_away, signed_again
from tests.setting import DAY_S, NETWORK

PUPPET: Final = SigningKey(sha256(b"a key that nobody has certified"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """What the adversary has: its wallet, coins of its own and of others, somebody to pay.

    `worn` are its coins that their terms let nobody pay with any more.

    `ask` lets the payee ask for an amount in fen, and returns the request's id.
    """

    wallet: Wallet
    own: Sequence[Coin]
    worn: Sequence[Coin]
    others: Sequence[Coin]
    payee: bytes
    ask: Callable[[int], bytes]
    now_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forged:
    """A bundle for whoever made the request; `request_id` is empty where it is for an operator only."""

    request_id: bytes
    bundle: bytes
    valid: tuple[Transfer, ...] = ()


def _only(transfer: Transfer, coin: Coin) -> Transfer:
    """The part of a transfer that spends one coin."""
    spends = tuple(spend for spend in transfer.spends if spend.coin_id == coin.coin_id)
    return replace(transfer, spends=spends)


def _sign(hand: Hand, spends: Sequence[Spend], request_id: bytes) -> Transfer:
    return Transfer.sign(
        hand.wallet.key,
        request_id=request_id,
        certificate=hand.wallet.certificate,
        signed_at_s=hand.now_s,
        claim_by_s=hand.now_s + DAY_S,
        payee=hand.payee,
        spends=spends,
    )


def _pay(hand: Hand, coins: Sequence[Coin], *, valid: bool = False) -> Forged | None:
    """Pay with the first of some coins."""
    if not coins:
        return None
    coin = coins[0]
    request_id = hand.ask(coin.value_fen)
    transfer = _sign(hand, [Spend(coin.coin_id, coin.value_fen)], request_id)
    return Forged(request_id=request_id, bundle=bundle([coin], transfer), valid=(transfer,) if valid else ())


def behind_its_back(hand: Hand) -> Forged | None:
    """Its own coin, which its purse takes for unspent still."""
    return _pay(hand, hand.own, valid=True)


def worn_out(hand: Hand) -> Forged | None:
    """Its own coin, once more than its terms allow (F26)."""
    return _pay(hand, hand.worn)


def stolen(hand: Hand) -> Forged | None:
    """Somebody else's coin, under its own signature."""
    return _pay(hand, hand.others)


def redeemed_for_another(hand: Hand) -> Forged | None:
    """Somebody else's coin, redeemed for itself."""
    if not hand.others:
        return None
    coin = hand.others[0]
    return Forged(
        request_id=b"",
        bundle=bundle([coin], sign_away(hand.wallet, [(coin, coin.value_fen)], now_s=hand.now_s)),
    )


def inflated(hand: Hand) -> Forged | None:
    """The whole coin paid, and change on top."""
    if not hand.own:
        return None
    coin = hand.own[0]
    request_id = hand.ask(coin.value_fen)
    transfer = _sign(hand, [Spend(coin.coin_id, coin.value_fen, 1)], request_id)
    return Forged(request_id=request_id, bundle=bundle([coin], transfer))


def invented(hand: Hand) -> Forged | None:
    """A coin of its own, and one that never was (F48)."""
    return _mixed(hand, Spend(sha256(b"invented"), 7))


def blindly(hand: Hand) -> Forged | None:
    """A coin of its own, and one of somebody else's without its chain (F48)."""
    if not hand.others:
        return None
    return _mixed(hand, Spend(hand.others[0].coin_id, hand.others[0].value_fen))


def _mixed(hand: Hand, more: Spend) -> Forged | None:
    if not hand.own:
        return None
    coin = hand.own[0]
    request_id = hand.ask(coin.value_fen + more.pay_fen)
    transfer = _sign(hand, [Spend(coin.coin_id, coin.value_fen), more], request_id)
    return Forged(request_id=request_id, bundle=bundle([coin], transfer), valid=(_only(transfer, coin),))


def minted_at_home(hand: Hand) -> Forged | None:
    """A load that it has signed itself."""
    if not hand.own:
        return None
    order = LoadOrder.sign(
        hand.wallet.key, operator="OP01", values_fen=[50], nonce=bytes(16), ordered_at_s=hand.now_s
    )
    load = Load.sign(
        hand.wallet.key,
        network=NETWORK,
        currency="CNY",
        order=order,
        epoch=1,
        issued_at_s=hand.now_s,
        expires_at_s=hand.now_s + DAY_S,
    )
    return _pay(hand, load_coins(load, hand.own[0].terms))


def by_a_puppet(hand: Hand) -> Forged | None:
    """Its own coin, by way of a key that only itself has certified (F19)."""
    if not hand.own:
        return None
    coin = hand.own[0]
    certificate = WalletCertificate.sign(
        PUPPET,
        replace(hand.wallet.certificate.claims, key=PUPPET.public),
        kind=WalletKind.HARD,
        tier=1,
        profile=hand.wallet.certificate.profile,
    )
    request_id = hand.ask(coin.value_fen)
    first = sign_away(
        hand.wallet,
        [(coin, coin.value_fen)],
        payee=PUPPET.public,
        request_id=sha256(request_id),
        now_s=hand.now_s,
    )
    (between,) = outputs_of(first, coin)
    second = Transfer.sign(
        PUPPET,
        request_id=request_id,
        certificate=certificate,
        signed_at_s=hand.now_s,
        claim_by_s=between.claim_by_s,
        payee=hand.payee,
        spends=[Spend(between.coin_id, between.value_fen)],
    )
    return Forged(request_id=request_id, bundle=bundle([between], second), valid=(first,))


def signed_twice(hand: Hand) -> Forged | None:
    """A payment of its own under another signature, in the same words (F49)."""
    for session in hand.wallet.purse.paying.values():
        if session.payment is None:
            continue
        paid = Bundle.decode(session.payment.body)
        again = signed_again(hand.wallet, Transfer.parse(paid.transfers[-1]))
        resigned = Bundle(loads=paid.loads, transfers=(*paid.transfers[:-1], again.signed.data))
        return Forged(request_id=session.request_id, bundle=resigned.encode(), valid=(again,))
    return None


FORGERIES: Final = (
    behind_its_back,
    worn_out,
    stolen,
    redeemed_for_another,
    inflated,
    invented,
    blindly,
    minted_at_home,
    by_a_puppet,
    signed_twice,
)
