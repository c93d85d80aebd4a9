"""What keeps a coin from being paid with now: one rule for choosing coins and for saying why not. Pure."""

from collections.abc import Iterable, Mapping
from enum import Enum

from shuangli.messages.certificates import Mode
from shuangli.messages.session import Accepts, PaymentRequest
from shuangli.offline.chain import Coin
from shuangli.offline.conditions import may_receive
from shuangli.offline.spending import MAX_CHAIN


class Bar(Enum):
    """What keeps a coin from being paid with."""

    EXPIRED = "expired"
    TOO_SHORT = "too-short"
    STAGED = "staged"
    WORN = "worn"
    CONDITION = "condition"
    CURRENCY = "currency"


def bar_of(coin: Coin, accepts: Accepts, *, now_s: int, request: PaymentRequest | None = None) -> Bar | None:
    """What keeps a coin from being paid with now to a payee who accepts this; None if nothing does.

    Without a request, coins under a condition and of any currency pass: it depends on the payee.
    """
    if now_s >= coin.expires_at_s:
        return Bar.EXPIRED
    if min(coin.claim_by_s, now_s + coin.terms.claim_window_s) - now_s <= accepts.claim_time_s:
        return Bar.TOO_SHORT
    if coin.hops and coin.terms.mode is not Mode.TRANSFERABLE:
        return Bar.STAGED
    if coin.hops >= min(coin.terms.hop_cap, accepts.hops) or len(coin.path) >= MAX_CHAIN:
        return Bar.WORN
    if request is not None and not may_receive(coin.load.condition, request):
        return Bar.CONDITION
    if request is not None and coin.load.currency != request.currency:
        return Bar.CURRENCY
    return None


def barred_fen(
    coins: Iterable[Coin], accepts: Accepts, *, now_s: int, request: PaymentRequest | None = None
) -> Mapping[Bar, int]:
    """What cannot be paid with now, in fen by reason."""
    barred: dict[Bar, int] = {}
    for coin in coins:
        bar = bar_of(coin, accepts, now_s=now_s, request=request)
        if bar is not None:
            barred[bar] = barred.get(bar, 0) + coin.value_fen
    return barred
