"""Numbers and codes in words."""

import pytest

from shuangli.errors import CODES
from shuangli.sims.report import words
from shuangli.sims.report.plots import compact


def plain(text: str) -> str:
    return text.replace(words.NO_BREAK, " ")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3_570, "1 h"),
        (3_600, "1 h"),
        (11_700, "3 h 15 min"),
        (86_400, "1 d"),
        (183_600, "2 d 3 h"),
    ],
)
def test_durations(seconds: int, text: str) -> None:
    assert plain(words.duration(seconds)) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "–"),
        (0, 7, "0 %"),
        (7, 7, "100 %"),
        (1, 2, "50.0 %"),
        (1, 10**6, "0.01 %"),
        (10**6 - 1, 10**6, "99.99 %"),
    ],
)
def test_shares_are_all_or_nothing_only_if_they_are(part: int, whole: int, text: str) -> None:
    assert plain(words.percent(part, whole)) == text


def test_clocks() -> None:
    assert words.clock(18 * 3_600 + 300, days=1) == "18:05"
    assert words.clock(18 * 3_600 + 307, days=1, with_seconds=True) == "18:05:07"
    assert words.clock(25 * 3_600, days=1) == "01:00 the next day"
    assert words.clock(25 * 3_600, days=3) == "01:00 on day 2"


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("load_fen", 2_000, "¥20.00"),
        ("reconcile_every_s", 3_600, "1 h"),
        ("clone.share", 0.005, "0.5 %"),
        ("outage_from_h", 17.5, "17:30"),
        ("outage_h", 3.0, "3 h"),
        ("trips", 20_000, "20,000"),
        ("date", "2026-01-05", "2026-01-05"),
    ],
)
def test_settings(name: str, value: object, text: str) -> None:
    assert plain(words.setting(name, value)) == text


def test_every_outcome_has_a_meaning() -> None:
    assert all(words.outcome_meaning(code) == meaning for code, meaning in CODES.items())
    assert "receipt" in words.outcome_meaning("paid")
    assert "no words" in words.outcome_meaning("something new")


def test_an_axis_has_one_unit() -> None:
    assert [compact(number, 24_000) for number in (0, 6_000, 24_000)] == ["0", "6 k", "24 k"]
    assert [compact(number, 6_000) for number in (0, 1_500)] == ["0", "1,500"]
    assert compact(500_000, 2_000_000) == "0.5 M"


def test_money_has_its_sign_in_front() -> None:
    assert words.yuan(-123_456) == "−¥1,234.56"
    assert words.money(-123_456, "HKD") == "−HKD\u00a01,234.56"
    assert words.money(123_456, "JPY") == "JPY\u00a0123,456"
