"""Money: whole fen, no floats."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.errors import BadInput
from shuangli.money import MAX_FEN, fen, format_yuan, parse_yuan


@pytest.mark.parametrize("amount", [0, 1, MAX_FEN])
def test_fen(amount: int) -> None:
    assert fen(amount) == amount


@pytest.mark.parametrize("amount", [-1, MAX_FEN + 1, True, 1.0, "1", None, Decimal(1)])
def test_fen_refuses(amount: object) -> None:
    with pytest.raises(BadInput) as caught:
        fen(amount)
    assert caught.value.code == "bad-value"


def test_every_amount_is_exact_in_floating_point() -> None:
    assert MAX_FEN == 2**53 - 1
    assert int(float(MAX_FEN)) == MAX_FEN


@pytest.mark.parametrize(
    ("text", "amount_fen"),
    [("0", 0), ("12", 1200), ("12.5", 1250), ("12.50", 1250), (" 0.01 ", 1), ("007", 700),
     ("90071992547409.91", MAX_FEN)],
)  # fmt: skip
def test_parse_yuan(text: str, amount_fen: int) -> None:
    assert parse_yuan(text) == amount_fen


@pytest.mark.parametrize(
    "text",
    ["", " ", ".", "1.", ".5", "-1", "+1", "1.234", "1,000", "1e3", "1_0", "0x1", "12 50", "\u0661", "\u00b2",
     "1.\u0661", "nan", "90071992547409.92", "9" * 15, "1.5.0"],
)  # fmt: skip
def test_parse_yuan_refuses(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_yuan(text)
    assert caught.value.code == "bad-value"
    assert "\n" not in str(caught.value)


@given(st.text(max_size=20))
def test_parse_yuan_of_any_text(text: str) -> None:
    try:
        amount_fen = parse_yuan(text)
    except BadInput:
        return
    assert Decimal(text.strip()) * 100 == amount_fen


@given(st.integers(0, MAX_FEN))
def test_round_trip(amount_fen: int) -> None:
    assert parse_yuan(format_yuan(amount_fen).replace(",", "")) == amount_fen


@pytest.mark.parametrize(
    ("amount_fen", "text"), [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (1234567, "12,345.67"), (-100, "-1.00")]
)
def test_format_yuan(amount_fen: int, text: str) -> None:
    assert format_yuan(amount_fen) == text
