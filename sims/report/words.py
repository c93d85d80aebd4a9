"""Figures and codes in the words of the report."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from shuangli.currency import format_amount
from shuangli.errors import CODES
from shuangli.sims.scenario import DAY_S, HOUR_S
from shuangli.sims.signatures import HOME
from shuangli.sims.tap import NOT_OPEN, PAID, REFUSED_BY_PAYEE, UNANSWERED

MINUTE_S: Final = 60
NO_BREAK: Final = "\u00a0"
SIGNS: Final = {"CNY": "¥"}
UNITS: Final = {"CNY": "yuan"}
OUTCOMES: Final[dict[str, str]] = {
    PAID: "the payee accepted the payment and signed a receipt",
    UNANSWERED: "the payer signed, and neither a receipt nor a refusal came back",
    REFUSED_BY_PAYEE: "the payer signed, and the payee refused to accept, for instance because a coin in the"
    " chain was signed by a key that has been revoked",
    NOT_OPEN: "one of the two had no open wallet with a certificate (a copied wallet is of no use before"
    " there is something in the original)",
}
INPUTS: Final = {"demand": "Demand", "network": "Network", "fares": "Fares", "wages": "Wages", "days": "Days"}
HELD: Final = {
    "held_fen": "can be spent",
    "in_flight_fen": "paid or handed in without an answer, or refused by the payee",
    "late_fen": "handed in too late to be paid",
    "capped_fen": "handed in and not paid, beyond the guarantee fund’s cap per person",
    "frozen_fen": "handed in by a culprit, frozen",
    "disowned_fen": "handed in, and nothing that holds for the centre",
}
PLACES: Final = {
    "devices": "Wallets and payment devices",
    "operators": "Operators",
    "issuer": "Issuer: root, mint and centre",
}
BOOKS: Final = {
    "supply": "loaded − redeemed − returned − outstanding, all epochs",
    "forks": "value on second branches of forks − paid by the fund − void − open, all epochs",
    "circulation_and_open_coins": "circulation in the issuer’s ledger − coins counted open at the centre",
    "exchange": "position and fees of the exchanges in operators’ ledgers − what was sold and paid out",
    "devices_and_open_coins": "coins counted open at the centre − value counted in all devices",
}


def place_name(place: str) -> str:
    """Where signatures are made and checked."""
    return PLACES.get(place, place.capitalize())


def headline(scenario: str, days: int) -> str:
    """What was simulated."""
    if scenario == "transit":
        return f"{'A metro day' if days == 1 else f'{days} metro days'} of dual-offline payments"
    if scenario == "payroll":
        return f"A payday, and {'a day' if days == 1 else f'{days} days'} of offline payments"
    return f"Scenario {scenario}"


def outcome_meaning(code: str) -> str:
    """What became of a payment with this outcome."""
    return OUTCOMES.get(code) or CODES.get(code, "an outcome that this report has no words for")


def book_meaning(name: str) -> str:
    """Which two sides of the books a difference compares."""
    if name.startswith("vault_"):
        operator = name.removeprefix("vault_")
        return f"vault of {operator} in the issuer’s ledger − the same in the ledger of {operator}"
    return BOOKS.get(name, name)


def count(number: int) -> str:
    """A whole number with thousands separators."""
    return f"{number:,}"


def plural(number: int, one: str, many: str = "") -> str:
    """A number and its noun: "1 trip", "2,000 trips"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def money(amount_fen: int, currency: str) -> str:
    """An amount in smallest units, with its currency: "¥12.50", "−¥3.00", "HKD 12.50", "−JPY 300"."""
    sign = SIGNS.get(currency, f"{currency}{NO_BREAK}")
    return f"{'−' if amount_fen < 0 else ''}{sign}{format_amount(abs(amount_fen), currency)}"


def yuan(amount_fen: int) -> str:
    """An amount in yuan with its sign."""
    return money(amount_fen, HOME)


def money_of(figures: Mapping[str, Any]) -> Callable[[int], str]:
    """How amounts of a run are written: in its currency."""
    return partial(money, currency=figures["scenario"]["currency"])


def unit_of(currency: str) -> str:
    """What a currency's whole unit is called on an axis."""
    return UNITS.get(currency, currency)


def percent(part: int, whole: int) -> str:
    """A share in percent; never "100 %" or "0 %" if it is not exactly all or nothing."""
    if not whole:
        return "–"
    share = 100 * part / whole
    if 0 < part < whole:
        share = min(max(share, 0.01), 99.99)
    decimals = 0 if part in (0, whole) else 2 if share < 1 or share > 99 else 1
    return f"{share:.{decimals}f}{NO_BREAK}%"


def duration(seconds: float) -> str:
    """A length of time in at most two units: "45 s", "41 min", "3 h 15 min", "2 d 3 h", in unbroken words."""
    whole = round(seconds)
    minutes, hours = round(whole / MINUTE_S), round(whole / HOUR_S)
    if whole < MINUTE_S:
        parts = [(whole, "s")]
    elif minutes < 60:
        parts = [(minutes, "min")]
    elif minutes < 24 * 60:
        parts = [(minutes // 60, "h"), (minutes % 60, "min")]
    else:
        parts = [(hours // 24, "d"), (hours % 24, "h")]
    return NO_BREAK.join(f"{number}{NO_BREAK}{unit}" for number, unit in parts if number or len(parts) == 1)


def clock(seconds: int, *, days: int, with_seconds: bool = False) -> str:
    """A time since the first midnight: "18:05", "18:05:07", in a run of several days "18:05 on day 2"."""
    day, second = divmod(int(seconds), DAY_S)
    text = f"{second // HOUR_S:02d}:{second // 60 % 60:02d}" + (f":{second % 60:02d}" if with_seconds else "")
    if days > 1:
        return f"{text} on day {day + 1}"
    return text if day == 0 else f"{text} the {'next day' if day > 0 else 'day before'}"


def setting(name: str, value: Any) -> str:
    """A setting's value as its unit says it; the unit stands last in the name."""
    if name.endswith("_fen"):
        return yuan(value)
    if name.endswith("_s"):
        return duration(value)
    if name.endswith(("_share", ".share")) or name == "among_workers":
        return f"{100 * value:g} %"
    if name.endswith("_from_h"):
        return clock(round(value * HOUR_S), days=1)
    if name.endswith("_h"):
        return duration(value * HOUR_S)
    return count(value) if isinstance(value, int) else str(value)


def inputs(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where the input came from: label and text, in the order of the result."""
    rows = [(INPUTS[name], str(value)) for name, value in facts.items() if name in INPUTS and name != "days"]
    days = [str(day) for day in facts.get("days", ())]
    if len(days) > 1:
        rows.append(("Days", ", ".join(days)))
    return rows
