"""Explanations in English, one line for each rule. Pure.

What has no words of its own keeps those of the error.
"""

import datetime
from collections.abc import Mapping
from typing import Final

from shuangli.errors import Refused
from shuangli.messages.session import PaymentRequest
from shuangli.money import MAX_FEN, format_yuan
from shuangli.wallet.explaining import Explanation, explain
from shuangli.wallet.keeper import Keeper

HOUR_S: Final = 3_600
DAY_S: Final = 24 * HOUR_S

WORDS: Final[Mapping[str, str]] = {
    "over-limit/payment": (
        "{over_fen} over the limit of {most_fen} for one payment; {payable_fen} could be paid"
    ),
    "over-limit/day": (
        "{over_fen} over the limit of {most_fen} for a day, of which {left_fen} is left until {day_ends_s};"
        " {payable_fen} could be paid"
    ),
    "over-limit/balance": (
        "{over_fen} over the limit of {most_fen} that this wallet may hold; it holds {held_fen},"
        " and could take {left_fen} more"
    ),
    "insufficient-funds": (
        "{short_fen} short of {amount_fen}: the purse holds {held_fen}, and {payable_fen} could be paid"
    ),
    "too-many-coins/coins": (
        "it takes {coins} coins, and the payee accepts {most}; {payable_fen} could be paid: sync for larger"
        " coins"
    ),
    "too-many-coins/bytes": (
        "it takes {bytes} bytes, and the payee accepts {most}: pay less at once, or sync first"
    ),
    "sync-required/payments": "{payments} payments since the last sync: sync first",
    "sync-required/time": "the last sync was at {synced_at_s}, more than {most_s} ago: sync first",
    "stale-list/none": "this wallet has no revocation list yet: sync first",
    "stale-list/old": (
        "the revocation list is {age_s} old; it has been too old since {too_old_since_s}"
        " (at most {most_s}): sync first"
    ),
    "certificate-expired": (
        "the wallet's certificate is not valid now, but until {expires_at_s}: sync to renew it"
    ),
    "request-expired/past": "the request expired at {expires_at_s}: the payee has to make a new one",
    "request-expired/future": (
        "the request was made at {made_at_s}, which has not come yet: one of the two clocks is wrong"
    ),
    "locked/for-a-while": (
        "the wallet is locked until {until_s}, for another {left_s}, after wrong passphrases"
    ),
    "locked/for-good": (
        "the wallet is locked for good after {tries} wrong passphrases: recover it to a new one"
    ),
    "pin-required/amount": (
        "more than {above_fen} needs the holder: type the passphrase, or the card's PIN, at the prompt"
    ),
    "pin-required/payments": (
        "after {payments} payments without the holder, the next one needs them: type the passphrase, or the"
        " card's PIN, at the prompt"
    ),
}
"""By the name of an explanation. Names in braces are figures; their last part says how they are written."""

BARRED: Final[Mapping[str, str]] = {
    "expired_fen": "{} has expired, and comes back by itself",
    "too_short_fen": "{} lives too short to be claimed in time (the first coins expire at {first})",
    "staged_fen": "{} was received, and must be handed in first",
    "worn_fen": "{} has changed hands too often",
    "condition_fen": "{} is for other payees",
    "currency_fen": "{} is in another currency",
}
"""Why part of a purse cannot be paid with, by the figure that says how much."""


def in_words(explanation: Explanation, otherwise: str) -> str:
    """The line for a person; `otherwise` is said where there are no words for it."""
    words, figures = WORDS.get(explanation.name), explanation.figures
    if words is None:
        return otherwise
    try:
        line = words.format_map({name: figure(name, value) for name, value in figures.items()})
    except KeyError:
        return otherwise
    first = when(figures.get("first_expires_at_s", 0))
    barred = [
        said.format(format_yuan(figures[name]), first=first)
        for name, said in BARRED.items()
        if name in figures
    ]
    return "; ".join([line, *barred])


def clearly(
    refused: Refused, wallet: Keeper | None = None, *, now_s: int, request: PaymentRequest | None = None
) -> Refused:
    """The same refusal with all figures that its holder needs to know, and in words for a person."""
    explanation = explain(refused, wallet, now_s=now_s, request=request)
    line = in_words(explanation, str(refused))
    return Refused(refused.code, line, rule=refused.rule, figures=explanation.figures)


def figure(name: str, value: int) -> str:
    """A figure as people read it; its unit is the last part of its name."""
    if name.endswith("_fen"):
        return yuan(value)
    if name.endswith(("_at_s", "_since_s", "until_s", "ends_s")):
        return when(value)
    return how_long(value) if name.endswith("_s") else f"{value:,}"


def yuan(amount_fen: int) -> str:
    """An amount, or that there is no limit."""
    return "no limit" if amount_fen == MAX_FEN else format_yuan(amount_fen)


def when(time_s: int) -> str:
    """A time in seconds since 1970 as people read it."""
    return datetime.datetime.fromtimestamp(time_s, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")


def how_long(span_s: int) -> str:
    """A span of time in its largest two units: 5 min 12 s, 2 d 3 h."""
    if span_s < 60:
        return f"{span_s} s"
    if span_s < HOUR_S:
        return f"{span_s // 60} min {span_s % 60} s"
    if span_s < DAY_S:
        return f"{span_s // HOUR_S} h {span_s % HOUR_S // 60} min"
    return f"{span_s // DAY_S} d {span_s % DAY_S // HOUR_S} h"
