"""Amounts that no message may carry (FAULTS F28), whether it is built here or read from bytes."""

from collections.abc import Callable
from typing import Any, Final

import cbor2
import pytest

from shuangli import cose
from shuangli.errors import Malformed
from shuangli.messages.certificates import WalletCertificate, WalletKind
from shuangli.messages.claims import Claims
from shuangli.messages.loads import Load, LoadOrder
from shuangli.messages.session import Accepts, PaymentRequest
from shuangli.messages.transfers import CENTRE, MAX_COINS, NO_REQUEST, Spend, Transfer
from shuangli.money import MAX_FEN
from tests.strategies import KEYS

PAYER: Final = KEYS[1]
CERTIFICATE: Final = WalletCertificate.sign(
    KEYS[0],
    Claims(issuer="bank", subject=None, not_before_s=0, expires_at_s=99, serial=bytes(5), key=PAYER.public),
    kind=WalletKind.SOFT,
    tier=4,
    profile=1,
)
COIN: Final = b"c" * 32
Make = Callable[[], object]
NO_AMOUNTS: Final = (0, -1, MAX_FEN + 1, 2**63, True, False, 1.0, 1.5, "1", b"1", None, [1])
"""What is no amount in fen."""


def transfer(*spends: Spend) -> Transfer:
    """A payment of these coins, signed."""
    return Transfer.sign(
        PAYER,
        request_id=b"r" * 32,
        certificate=CERTIFICATE,
        signed_at_s=5,
        claim_by_s=9,
        payee=b"p" * 32,
        spends=spends,
    )


def parse_transfer(rows: object) -> Transfer:
    """The same payment as another program encodes it, with these rows."""
    fields = [b"r" * 32, CERTIFICATE.signed.data, 5, 9, b"p" * 32, rows]
    return Transfer.parse(cose.sign(PAYER, cose.Domain.TRANSFER, cbor2.dumps(fields)).data)


def order(*values_fen: Any) -> LoadOrder:
    """A load order, signed."""
    return LoadOrder.sign(PAYER, operator="bank", values_fen=values_fen, nonce=bytes(16), ordered_at_s=0)


def request(amount_fen: Any) -> PaymentRequest:
    """A payment request, signed."""
    return PaymentRequest.sign(
        PAYER,
        network="test",
        currency="CNY",
        amount_fen=amount_fen,
        certificate=CERTIFICATE,
        nonce=bytes(16),
        made_at_s=0,
        expires_at_s=1,
        accepts=Accepts(hops=1, bundle_bytes=9, coins=1, claim_time_s=1, list_age_s=1),
    )


def test_what_is_in_order() -> None:
    made = transfer(Spend(COIN, 1, 2), Spend(b"d" * 32, MAX_FEN - 3))
    assert parse_transfer([[COIN, 1, 2], [b"d" * 32, MAX_FEN - 3]]) == made
    assert made.pay_fen == MAX_FEN - 2
    assert made.spends[0].total_fen == 3
    assert order(1, MAX_FEN - 1).values_fen == (1, MAX_FEN - 1)
    assert request(MAX_FEN).amount_fen == MAX_FEN


@pytest.mark.parametrize("amount", NO_AMOUNTS)
def test_f28_no_amount(amount: Any) -> None:
    spoilt: list[Make] = [
        lambda: transfer(Spend(COIN, amount, 0)),
        lambda: parse_transfer([[COIN, amount]]),
        lambda: parse_transfer([[COIN, amount, 1]]),
        lambda: order(amount),
        lambda: order(5, amount),
        lambda: request(amount),
    ]
    for make in spoilt:
        with pytest.raises(Malformed):
            make()


@pytest.mark.parametrize("change", [amount for amount in NO_AMOUNTS if amount is not False and amount != 0])
def test_f28_no_change(change: Any) -> None:
    spoilt: list[Make] = [
        lambda: transfer(Spend(COIN, 1, change)),
        lambda: parse_transfer([[COIN, 1, change]]),
    ]
    for make in spoilt:
        with pytest.raises(Malformed):
            make()


@pytest.mark.parametrize("nothing", [0, False, 0.0, None])
def test_f28_change_of_nothing_is_not_written(nothing: object) -> None:
    assert transfer(Spend(COIN, 1, 0)) == parse_transfer([[COIN, 1]])
    with pytest.raises(Malformed):
        parse_transfer([[COIN, 1, nothing]])


def test_f28_sums_over_the_largest_amount() -> None:
    spoilt: list[Make] = [
        lambda: transfer(Spend(COIN, MAX_FEN, 1)),
        lambda: transfer(Spend(COIN, MAX_FEN), Spend(b"d" * 32, 1)),
        lambda: parse_transfer([[COIN, MAX_FEN, 1]]),
        lambda: order(MAX_FEN, 1),
    ]
    for make in spoilt:
        with pytest.raises(Malformed) as caught:
            make()
        assert caught.value.code == "range"


def test_f28_a_coin_is_repeated() -> None:
    spoilt: list[Make] = [
        lambda: transfer(Spend(COIN, 1), Spend(COIN, 2)),
        lambda: transfer(Spend(COIN, 1), Spend(b"d" * 32, 1), Spend(COIN, 1)),
        lambda: parse_transfer([[COIN, 1], [COIN, 1]]),
    ]
    for make in spoilt:
        with pytest.raises(Malformed, match="repeated"):
            make()


@pytest.mark.parametrize(
    "rows",
    [[], [[]], [[COIN]], [[COIN, 1, 2, 3]], [COIN], COIN, {}, [[COIN[1:], 1]], [[COIN + b"c", 1]],
     [["c" * 32, 1]]],
)  # fmt: skip
def test_f28_no_spends(rows: object) -> None:
    with pytest.raises(Malformed):
        parse_transfer(rows)


def test_f28_number_of_coins() -> None:
    rows = [[number.to_bytes(32, "big"), 1] for number in range(MAX_COINS + 1)]
    assert len(parse_transfer(rows[:-1]).spends) == MAX_COINS
    assert len(order(*[1] * MAX_COINS).values_fen) == MAX_COINS
    spoilt: dict[Make, str] = {
        lambda: parse_transfer(rows): "too-large",
        lambda: order(*[1] * (MAX_COINS + 1)): "too-large",
        lambda: parse_transfer([]): "shape",
        order: "shape",
        transfer: "shape",
    }
    for make, code in spoilt.items():
        with pytest.raises(Malformed) as caught:
            make()
        assert caught.value.code == code


def test_payer_and_payee() -> None:
    def pay(payee: bytes, request_id: bytes) -> Transfer:
        return Transfer.sign(
            PAYER,
            request_id=request_id,
            certificate=CERTIFICATE,
            signed_at_s=5,
            claim_by_s=5,
            payee=payee,
            spends=[Spend(COIN, 1)],
        )

    assert pay(CENTRE, NO_REQUEST).payee == CENTRE
    for payee, request_id in ((PAYER.public, COIN), (CENTRE, COIN), (COIN, NO_REQUEST)):
        with pytest.raises(Malformed) as caught:
            pay(payee, request_id)
        assert caught.value.code == "shape"


def test_a_load_is_what_was_ordered() -> None:
    ordered = order(5, 6)
    load = Load.sign(
        KEYS[2], network="test", currency="CNY", order=ordered, epoch=1, issued_at_s=1, expires_at_s=2
    )
    assert (load.owner, load.values_fen, load.total_fen) == (PAYER.public, (5, 6), 11)
    assert (load.operator, load.nonce) == (ordered.operator, ordered.nonce)
