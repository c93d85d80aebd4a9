"""Money is a whole number of fen (1 yuan = 100 fen), never a float.

`Fen` marks integers that hold money. Every amount on the wire lies in 1..MAX_FEN, so that no sum of
a chain leaves the range that every language's numbers hold exactly.
"""

from typing import Final, NewType

from shuangli.currency import format_amount
from shuangli.errors import BadInput

Fen = NewType("Fen", int)

MAX_FEN: Final = 2**53 - 1
"""Largest amount in fen: the largest integer that IEEE 754 doubles hold without gaps."""


def fen(amount: object) -> Fen:
    """Return `amount` as `Fen`.

    Raises:
        BadInput: it is not an integer in 0..MAX_FEN (a bool or a float is not an integer).
    """
    if type(amount) is not int or not 0 <= amount <= MAX_FEN:
        raise BadInput("bad-value", f"{amount!r} is not a whole number of fen between 0 and {MAX_FEN}")
    return Fen(amount)


def parse_yuan(text: str) -> Fen:
    """Read "12", "12.5" or "12.50" yuan as fen, without floating point.

    Raises:
        BadInput: anything else.
    """
    yuan, point, decimals = text.strip().partition(".")
    ascii_digits = all(part.isascii() and part.isdigit() for part in (yuan, decimals or "0"))
    if not ascii_digits or len(decimals) > 2 or (point and not decimals) or len(yuan) > 14:
        raise BadInput("bad-value", f"{text!r} is not an amount in yuan such as 12 or 12.50")
    return fen(int(yuan) * 100 + int(decimals.ljust(2, "0")))


def format_yuan(amount_fen: int) -> str:
    """Write fen as yuan with two decimals and thousands separators: 1234567 -> "12,345.67"."""
    return format_amount(amount_fen, "CNY")
