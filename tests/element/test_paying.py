"""What an element signs away: coins that it holds, once, conserved, within its limits."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from shuangli.cose import Domain
from shuangli.cose import sign as sign_object
from shuangli.errors import Refused, ShuangliError
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.session import PaymentRequest
from shuangli.messages.transfers import CENTRE, NO_REQUEST, Spend, Transfer
from shuangli.wallet.element.chip import ELEMENT_POLICY
from shuangli.wallet.element.commands import Ins, join
from shuangli.wallet.element.state import MAX_SPENDS, Capacity
from tests.element.support import PIN, SMALL, Held, held_in
from tests.paying import coins_of, pay
from tests.setting import DAY_S, NOW
from tests.world import World


@pytest.fixture
def held(hops: World) -> Held:
    return held_in(hops, [100, 60])


@pytest.fixture
def request_of(hops: World) -> PaymentRequest:
    """A request for 100 fen."""
    return PaymentRequest.parse(hops.wallet(tier=0).request(100, now_s=NOW).body)


def transfer_of(held: Held, request: PaymentRequest, spends: Sequence[Spend], **parts: Any) -> Transfer:
    """A transfer that a broken phone lets its element sign."""
    fields: dict[str, Any] = {
        "request_id": request.id,
        "certificate": held.wallet.certificate,
        "signed_at_s": NOW,
        "claim_by_s": NOW + DAY_S,
        "payee": request.payee,
        **parts,
    }
    return Transfer.sign(held.custody.paying(request.signed.data), spends=spends, **fields)


def code_of(held: Held, *args: Any, **parts: Any) -> str:
    """How the element refuses to sign; it has changed nothing."""
    before = held.state
    with pytest.raises(ShuangliError) as error:
        transfer_of(held, *args, **parts)
    assert held.state == before
    return error.value.code


def test_a_coin_is_signed_away_once(held: Held, request_of: PaymentRequest, hops: World) -> None:
    large, small = coins_of(held.wallet)
    first = transfer_of(held, request_of, [Spend(large.coin_id, 100)])
    made = held.state
    assert made.held_fen(NOW) == 60
    assert transfer_of(held, request_of, [Spend(large.coin_id, 100)]) == first
    assert held.state == made
    other = PaymentRequest.parse(hops.wallet(tier=0).request(100, now_s=NOW).body)
    assert code_of(held, other, [Spend(large.coin_id, 100)]) == "out-of-step"
    assert code_of(held, request_of, [Spend(small.coin_id, 60)]) == "element-refused"


def test_a_request_is_paid_once(hops: World, request_of: PaymentRequest) -> None:
    """The second payment of a request is refused even with another coin, and whatever signature it has."""
    held = held_in(hops, [100, 100], name="twice")
    first, second = coins_of(held.wallet)
    transfer_of(held, request_of, [Spend(first.coin_id, 100)])
    other_signature = PaymentRequest.parse(request_of.signed.data[:-64] + bytes(64))
    for request in (request_of, other_signature):
        assert request.id == request_of.id
        assert code_of(held, request, [Spend(second.coin_id, 100)]) == "out-of-step"


@pytest.mark.parametrize(("pay_fen", "change_fen"), [(100, 1), (101, 0), (99, 0), (100, 2**52)], ids=str)
def test_what_is_not_conserved_is_not_signed(
    held: Held, request_of: PaymentRequest, pay_fen: int, change_fen: int
) -> None:
    large, _ = coins_of(held.wallet)
    assert code_of(held, request_of, [Spend(large.coin_id, pay_fen, change_fen)]) == "element-refused"


def test_change_is_a_new_coin_that_may_be_paid(held: Held, hops: World) -> None:
    shop = hops.wallet(tier=0)
    for paid_fen in (30, 60, 70):
        pay(held.wallet, shop, paid_fen)
        kept = {coin.coin_id: coin.value_fen for coin in held.state.coins if coin is not None}
        assert kept == {coin.coin_id: coin.value_fen for coin in coins_of(held.wallet)}
    assert not kept


@pytest.mark.parametrize(
    "parts",
    [
        {"payee": bytes([1]) * 32},
        {"request_id": bytes(31) + b"\1"},
        {"payee": CENTRE, "request_id": NO_REQUEST},
        {"signed_at_s": NOW - 1},
        {"claim_by_s": NOW + 3 * DAY_S},
        {"signed_at_s": NOW + 31 * DAY_S, "claim_by_s": NOW + 31 * DAY_S},
    ],
    ids=lambda parts: "-".join(parts),
)
def test_what_breaks_a_rule_of_the_coin_or_the_request_is_not_signed(
    held: Held, request_of: PaymentRequest, parts: dict[str, Any]
) -> None:
    large, small = coins_of(held.wallet)
    if parts.get("payee") == CENTRE:
        assert code_of(held, request_of, [Spend(large.coin_id, 90, 10)], **parts) == "element-refused"
        return
    assert code_of(held, request_of, [Spend(large.coin_id, 100)], **parts) == "element-refused"
    assert small.coin_id in {coin.coin_id for coin in held.state.coins if coin is not None}


def test_a_certificate_that_was_not_put_in_is_not_used(hops: World) -> None:
    """A phone makes one of a higher tier for its own key, to get around the limit."""
    held = held_in(hops, [300_000], tier=4)
    held.custody.verify_pin(PIN)
    request = PaymentRequest.parse(hops.wallet(tier=0).request(300_000, now_s=NOW).body)
    (coin,) = coins_of(held.wallet)
    spends = [Spend(coin.coin_id, 300_000)]
    certificate = held.wallet.certificate
    assert code_of(held, request, spends) == "over-limit"
    forged = WalletCertificate.sign(
        hops.key("nobody"), certificate.claims, kind=certificate.kind, tier=1, profile=certificate.profile
    )
    assert code_of(held, request, spends, certificate=forged) == "element-refused"


def test_what_an_element_does_not_understand_it_does_not_sign(held: Held) -> None:
    for domain in (*set(Domain) - {Domain.TRANSFER, Domain.RECEIPT},):
        with pytest.raises(ShuangliError):
            sign_object(held.custody, domain, b"\x80")
    for data in (b"", b"\x80", join(b"", b""), join(b"", b"hello"), join(b"")):
        with pytest.raises(Refused) as refused:
            held.custody._send(Ins.SIGN_TRANSFER, data)
        assert refused.value.code == "element-refused"


def test_a_staged_coin_is_only_handed_in(world: World) -> None:
    """The terms of its epoch bind the element: a received coin waits for the operator."""
    held = held_in(world)
    pay(world.wallet([100]), held.wallet, 100)
    (coin,) = coins_of(held.wallet)
    request = PaymentRequest.parse(world.wallet(tier=0).request(100, now_s=NOW).body)
    assert code_of(held, request, [Spend(coin.coin_id, 100)]) == "element-refused"
    held.wallet.hand_in(now_s=NOW)
    assert held.state.held_fen(NOW) == 0


def test_limits_are_the_elements_own(hops: World) -> None:
    policy = replace(ELEMENT_POLICY, payment_limit_fen=50, day_limit_fen=120)
    held = held_in(hops, [50] * 4 + [60], policy=policy)
    shop = hops.wallet(tier=0)

    def outcome(amount_fen: int, at_s: int = NOW) -> str:
        try:
            pay(held.wallet, shop, amount_fen, at_s)
        except Refused as refused:
            return refused.code
        return "paid"

    assert outcome(60) == "over-limit"
    assert [outcome(50), outcome(50), outcome(50)] == ["paid", "paid", "over-limit"]
    assert outcome(50, NOW - 60) == "over-limit"
    assert outcome(50, NOW + DAY_S) == "paid"


def test_a_clock_put_back_does_not_open_a_new_day(hops: World) -> None:
    held = held_in(hops, [50] * 4, policy=replace(ELEMENT_POLICY, day_limit_fen=100))
    for at_s in (NOW, NOW + 1):
        pay(held.wallet, hops.wallet(tier=0), 50, at_s)
    request = PaymentRequest.parse(hops.wallet(tier=0).request(50, now_s=NOW).body)
    (coin, _) = coins_of(held.wallet)
    assert code_of(held, request, [Spend(coin.coin_id, 50)], signed_at_s=NOW) == "over-limit"


def test_no_more_coins_at_once_than_the_log_has_room_for(hops: World) -> None:
    room = Capacity(coins=MAX_SPENDS + 8)
    held = held_in(hops, [1] * (MAX_SPENDS + 2), capacity=room)
    shop = hops.wallet(tier=0)
    pay(held.wallet, shop, MAX_SPENDS)
    assert held.state.held_fen(NOW) == 2
    many = held_in(hops, [1] * (MAX_SPENDS + 2), capacity=room, name="many")
    with pytest.raises(Refused) as refused:
        pay(many.wallet, shop, MAX_SPENDS + 1)
    assert refused.value.code == "too-many-coins"
    request = PaymentRequest.parse(shop.request(MAX_SPENDS + 1, now_s=NOW).body)
    spends = [Spend(coin.coin_id, 1) for coin in coins_of(many.wallet)][: MAX_SPENDS + 1]
    assert code_of(many, request, spends) == "element-full"


def test_the_log_keeps_the_newest_transfers(hops: World) -> None:
    held = held_in(hops, [1, 2, 3, 4])
    shop = hops.wallet(tier=0)
    paid = [pay(held.wallet, shop, amount_fen) for amount_fen in (1, 2, 3)]
    kept = held.custody.signed_before()
    assert [signed.transfer for signed in kept] == [one.transfer.signed.data for one in paid[-SMALL.log :]]
    assert [signed.request for signed in kept] == [one.request.body for one in paid[-SMALL.log :]]
    assert held.state.counters.transfers == 3
