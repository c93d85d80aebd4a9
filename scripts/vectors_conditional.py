"""The part of `make_vectors.py` that makes value under a condition."""

from collections.abc import Mapping
from typing import Any

from shuangli.crypto import SigningKey
from shuangli.days import DAY_S
from shuangli.messages.certificates import WalletCertificate, WalletKind
from shuangli.messages.conditions import Condition
from shuangli.messages.enrolment import Enrolment
from shuangli.messages.loads import Load, LoadOrder
from shuangli.messages.session import Accepts, PaymentRequest


def conditional(
    keys: Mapping[str, SigningKey], now_s: int, shop: WalletCertificate
) -> dict[str, tuple[str, Any]]:
    """Value under a condition: who enrols for it, orders it, mints it, and asks for it."""
    condition = Condition(
        purpose="meals",
        payees=(5_411, 5_812, 10_000),
        spend_by_s=now_s + 7 * DAY_S,
        giver=keys["centre"].public,
    )
    order = LoadOrder.sign(
        keys["payer"],
        operator="bank-1",
        values_fen=(500, 1_000),
        nonce=bytes(range(32, 48)),
        ordered_at_s=now_s + 100,
        condition=condition,
    )
    load = Load.sign(
        keys["mint"],
        network="testnet",
        currency="CNY",
        order=order,
        epoch=1,
        issued_at_s=now_s + 110,
        expires_at_s=now_s + 7 * DAY_S,
    )
    enrolment = Enrolment.sign(
        keys["payee"],
        network="testnet",
        operator="bank-1",
        kind=WalletKind.SOFT,
        tier=0,
        person=bytes(range(32, 64)),
        enrolled_at_s=now_s,
        payee_class=5_812,
    )
    request = PaymentRequest.sign(
        keys["payee"],
        network="testnet",
        currency="CNY",
        amount_fen=700,
        certificate=shop,
        nonce=bytes(range(48, 64)),
        made_at_s=now_s + 200,
        expires_at_s=now_s + 500,
        accepts=Accepts(
            hops=3,
            bundle_bytes=65_536,
            coins=64,
            claim_time_s=3_600,
            list_age_s=7 * DAY_S,
            purposes=("books", "meals"),
        ),
    )
    return {
        "enrolment of a payee of conditional value": ("payee", enrolment),
        "order under a condition": ("payer", order),
        "load under a condition": ("mint", load),
        "request for conditional value": ("payee", request),
    }
