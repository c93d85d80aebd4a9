"""An operator's regimes as a TOML file (`regimes.toml` in its directory).

operator = "bank"                                # or "non-bank"
regimes = [
    {since = 2020-04-01, kind = "digital-cash"},
    {since = 2026-01-01, kind = "deposit-money", insured_fen = 50_000_000},
]
interest = [{since = 2025-05-20, ppm = 500}]     # millionths a year: 0.05 %
reserves = [{since = 2025-05-15, ppm = 75_000}]  # millionths of the balances: 7.5 %
retention_days = 3_653                           # so long personal data of closed wallets is kept
"""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any, Final

from shuangli.errors import BadInput
from shuangli.money import MAX_FEN
from shuangli.operator.regimes.table import CHINA, OperatorKind, Ratio, Regime, RegimeKind, RegimeTable

FILE: Final = "regimes.toml"
_PARTS: Final = ("operator", "regimes", "interest", "reserves", "retention_days")
MOST_DAYS: Final = 36_525
"""A hundred years."""


def regimes_in(directory: Path) -> RegimeTable:
    """The table of the operator whose files lie in a directory; `CHINA` if there is no such file.

    Raises:
        BadInput: it cannot be read, or is no such file (`bad-file`, `bad-value`).
    """
    path = directory / FILE
    if not path.exists():
        return CHINA
    try:
        return read_regimes(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput("bad-file", f"{path}: {error}") from error


def read_regimes(text: str) -> RegimeTable:
    """Read the table; what is left out is as in `CHINA`.

    Raises:
        BadInput: it is no such file; says where, and what would be right (`bad-file`, `bad-value`).
    """
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput("bad-file", f"{FILE}: not TOML: {error}") from error
    if unknown := told.keys() - {*_PARTS}:
        raise BadInput("bad-file", f"{FILE}: {min(unknown)} is unknown: there are {', '.join(_PARTS)}")
    try:
        return RegimeTable(
            operator=OperatorKind(told.get("operator", CHINA.operator.value)),
            regimes=tuple(map(_regime, told["regimes"])) if "regimes" in told else CHINA.regimes,
            interest=tuple(map(_ratio, told["interest"])) if "interest" in told else CHINA.interest,
            reserves=tuple(map(_ratio, told["reserves"])) if "reserves" in told else CHINA.reserves,
            retention_days=_whole(told.get("retention_days", CHINA.retention_days), MOST_DAYS),
        )
    except BadInput as error:
        raise BadInput(error.code, f"{FILE}: {error}") from error
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise BadInput("bad-file", f"{FILE}: {error}: give it as in the example of the manual") from error


def _regime(told: dict[str, Any]) -> Regime:
    _only(told, "since", "kind", "insured_fen")
    kind = RegimeKind(told["kind"])
    return Regime(since=_day(told), kind=kind, insured_fen=_whole(told.get("insured_fen", 0), MAX_FEN))


def _ratio(told: dict[str, Any]) -> Ratio:
    _only(told, "since", "ppm")
    return Ratio(since=_day(told), ppm=_whole(told["ppm"], MAX_FEN))


def _only(told: dict[str, Any], *names: str) -> None:
    if unknown := told.keys() - {*names}:
        raise BadInput("bad-file", f"{min(unknown)} is unknown: there are {', '.join(names)}")


def _day(told: dict[str, Any]) -> date:
    day = told["since"]
    if type(day) is not date:
        raise BadInput("bad-value", f"{day!r} is no day such as 2026-01-01, without quotes")
    return day


def _whole(number: object, most: int) -> int:
    if type(number) is not int or not 0 <= number <= most:
        raise BadInput("bad-value", f"{number!r} is not a whole number from 0 to {most}")
    return number
