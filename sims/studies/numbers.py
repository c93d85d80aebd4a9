"""Numbers of a study in words: with the unit that reads best."""

from typing import Final

from shuangli.sims.report.words import setting
from shuangli.sims.scenario import HOUR_S
from shuangli.sims.settings import Value
from shuangli.sims.studies.measures import ALL_MEASURES

DIGITS: Final = 4


def scale_of(measure: str, highest: float) -> tuple[float, str]:
    """By what to divide values of a measure that reach `highest`, and the unit they then have."""
    unit = ALL_MEASURES[measure].unit
    if unit == "fen":
        return 100.0, "yuan"
    if unit == "s":
        return (float(HOUR_S), "h") if highest >= 3 * HOUR_S else (60.0, "min")
    return 1.0, unit


def figure(number: float | None) -> str:
    """A number with four digits that count: 0.9813, 12.5, −1,234."""
    if number is None:
        return "–"
    text = f"{number:,.0f}" if abs(number) >= 1_000 else f"{number:.{DIGITS}g}"
    return text.replace("-", "−")


def interval(low: float | None, high: float | None) -> str:
    """An interval: "0.97 to 0.99", or a dash where there is none."""
    return "–" if low is None or high is None else f"{figure(low)} to {figure(high)}"


def level(name: str, value: Value) -> str:
    """A setting's value as its unit says it."""
    with_unit = name.endswith(("_fen", "_s", "_h", "_share")) or name == "among_workers"
    return setting(name, value) if with_unit or not isinstance(value, float) else f"{value:,.4g}"


def title(measure: str) -> str:
    """A measure's name as a heading: what it means, with its unit."""
    about = ALL_MEASURES[measure].about
    return about[0].upper() + about[1:]
