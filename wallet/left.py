"""What a device's own limits leave at a moment, without asking anybody. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from shuangli.days import start_of
from shuangli.messages.session import Accepts, PaymentRequest
from shuangli.money import MAX_FEN
from shuangli.offline.bars import bar_of
from shuangli.offline.chain import Coin
from shuangli.offline.limits import limits_of
from shuangli.wallet.keeper import Keeper


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What may still be done, in fen, seconds since 1970 and payments; `MAX_FEN` where there is no limit.

    Attributes:
        payable_fen: the most that one payment can be now
        receivable_fen: the most that one request can ask for now
        spendable_fen: what can be paid with now, of what the purse holds
        payment_limit_fen, day_limit_fen, balance_limit_fen: the limits, the wallet's own or its tier's
        day_left_fen, day_ends_s: what is left of the day's limit, and when it starts anew
        payments_left, sync_by_s: after so many payments, or then, the wallet must be reconciled first
        pin_above_fen, payments_until_pin: what needs no PIN; 0 payments: the next one needs it
        expiring: what expires when, soonest first: pairs of a time and an amount
        certificate_until_s: until when the wallet's certificate is valid
        list_until_s: until when its revocation list is fresh enough to ask for money; None: it has none
    """

    payable_fen: int
    receivable_fen: int
    spendable_fen: int
    payment_limit_fen: int
    day_limit_fen: int
    day_left_fen: int
    day_ends_s: int
    balance_limit_fen: int
    payments_left: int
    sync_by_s: int
    pin_above_fen: int
    payments_until_pin: int
    expiring: tuple[tuple[int, int], ...]
    certificate_until_s: int
    list_until_s: int | None


def left_of(wallet: Keeper, *, now_s: int, request: PaymentRequest | None = None) -> Left:
    """What a wallet's limits leave now; with a request, towards its payee.

    Raises:
        OutOfTurn: the wallet has not been opened.
    """
    policy, purse, usage = wallet.rules.payer, wallet.purse, wallet.purse.usage
    limits = limits_of(wallet.certificate)
    accepts = wallet.rules.payee.accepts if request is None else request.accepts
    day = max(usage.day, policy.day_of(now_s))
    day_limit_fen = min(policy.day_limit_fen, limits.day_fen)
    day_left_fen = max(0, day_limit_fen - usage.paid_on(day))
    payment_limit_fen = min(policy.payment_limit_fen, limits.payment_fen)
    payments_left = max(0, policy.payments_between_syncs - usage.payments_since_sync)
    sync_by_s = usage.synced_at_s + policy.offline_s
    claims, listed = wallet.certificate.claims, wallet.trust.revocations
    may_pay = payments_left and now_s <= sync_by_s and claims.valid_at(now_s)
    coins = tuple(purse.coins.values())
    good = [coin for coin in coins if bar_of(coin, accepts, now_s=now_s, request=request) is None]
    return Left(
        payable_fen=min(payment_limit_fen, day_left_fen, _most_of(good, accepts)) if may_pay else 0,
        receivable_fen=_room(limits.balance_fen, purse.balance_fen),
        spendable_fen=sum(coin.value_fen for coin in good),
        payment_limit_fen=payment_limit_fen,
        day_limit_fen=day_limit_fen,
        day_left_fen=day_left_fen,
        day_ends_s=start_of(day + 1, offset_s=policy.day_offset_s),
        balance_limit_fen=limits.balance_fen,
        payments_left=payments_left,
        sync_by_s=sync_by_s,
        pin_above_fen=policy.pin_above_fen,
        payments_until_pin=max(0, policy.payments_between_pins - usage.payments_since_pin),
        expiring=_expiring(coins),
        certificate_until_s=claims.expires_at_s,
        list_until_s=None if listed is None else listed.issued_at_s + wallet.rules.payee.accepts.list_age_s,
    )


def _room(limit_fen: int, held_fen: int) -> int:
    return MAX_FEN if limit_fen == MAX_FEN else max(0, limit_fen - held_fen)


def _most_of(coins: Sequence[Coin], accepts: Accepts) -> int:
    """The most that can be paid in as many coins as the payee accepts."""
    largest = sorted((coin.value_fen for coin in coins), reverse=True)
    return sum(largest[: accepts.coins])


def _expiring(coins: Sequence[Coin]) -> tuple[tuple[int, int], ...]:
    by_time: dict[int, int] = {}
    for coin in coins:
        by_time[coin.expires_at_s] = by_time.get(coin.expires_at_s, 0) + coin.value_fen
    return tuple(sorted(by_time.items()))
