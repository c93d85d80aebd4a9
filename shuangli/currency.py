"""Currencies: how many decimals the smallest unit of each has, and amounts written with them (ISO 4217).

An amount is a whole number of smallest units wherever it stands: fen of yuan, cents of Hong Kong dollars,
whole yen. Its field ends in `_fen` in each, and its currency is that of the issuer whose value it is.
"""

from typing import Final

from shuangli.errors import BadInput

DECIMALS: Final[dict[str, int]] = {
    "CNY": 2,
    "EUR": 2,
    "HKD": 2,
    "JPY": 0,
    "KRW": 0,
    "KWD": 3,
    "MOP": 2,
    "USD": 2,
}
"""Decimals of the smallest unit, from the list of ISO 4217."""


def decimals_of(currency: str) -> int:
    """How many decimals a currency's smallest unit has: 2 for CNY, 0 for JPY.

    Raises:
        BadInput: it is not known here (`bad-value`).
    """
    if currency not in DECIMALS:
        raise BadInput("bad-value", f"{currency!a}: give one of {', '.join(DECIMALS)}")
    return DECIMALS[currency]


def format_amount(amount_fen: int, currency: str) -> str:
    """Write smallest units as an amount with thousands separators: 1234567 of CNY -> "12,345.67".

    Raises:
        BadInput: the currency is not known here (`bad-value`).
    """
    decimals = decimals_of(currency)
    whole, part = divmod(abs(amount_fen), 10**decimals)
    sign = "-" if amount_fen < 0 else ""
    return f"{sign}{whole:,}.{part:0{decimals}d}" if decimals else f"{sign}{whole:,}"
