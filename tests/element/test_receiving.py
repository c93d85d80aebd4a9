"""As payee: an element takes in what it has verified itself, and never says two things of one payment."""

from dataclasses import replace
from typing import Any

import pytest

from shuangli.errors import OutOfTurn, Refused, ShuangliError
from shuangli.messages.notices import RevocationList
from shuangli.messages.session import PaymentRequest, Receipt, Refusal, RefusalReason
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Message
from shuangli.wallet.element.receiving import MAX_BUNDLE_BYTES
from shuangli.wallet.element.state import MAX_ANSWERED
from tests.element.support import PAYEE, SMALL, Held, held_in
from tests.forging import bundle, sign_away
from tests.paying import coins_of, pay
from tests.setting import DAY_S, NOW
from tests.world import World


class Offer:
    """A request of 100 fen by an element, and a payment of it that was not shown to it yet."""

    def __init__(self, world: World, held: Held) -> None:
        self.held = held
        self.request = held.wallet.request(100, now_s=NOW)
        self.request_id = request_id_of(self.request)
        self.payer = world.wallet([100])
        (self.payment,) = self.payer.receive(self.request_id, self.request, now_s=NOW)
        self.transfer_id = self.payer.purse.paying[self.request_id].transfer_id

    def receipt(self, payment: bytes | None = None, **parts: Any) -> Receipt:
        """What a phone asks its element to say."""
        signer = self.held.custody.receiving(self.request.body, payment or self.payment.body)
        fields: dict[str, Any] = {
            "request_id": self.request_id,
            "transfer_ids": [self.transfer_id],
            "received_at_s": NOW,
            **parts,
        }
        return Receipt.sign(signer, **fields)

    def refusal(self, *transfer_ids: bytes) -> Refusal:
        return Refusal.sign(
            self.held.custody,
            request_id=self.request_id,
            transfer_ids=transfer_ids or [self.transfer_id],
            refused_at_s=NOW,
            reason=RefusalReason.TOO_LATE,
        )


@pytest.fixture
def offer(world: World) -> Offer:
    return Offer(world, held_in(world))


def refused(offer: Offer, **parts: Any) -> str:
    before = offer.held.state
    with pytest.raises(ShuangliError) as error:
        offer.receipt(**parts)
    assert offer.held.state == before
    return error.value.code


def test_f03_a_payment_is_taken_in_once(offer: Offer) -> None:
    held = offer.held
    first = offer.receipt()
    taken = held.state
    assert taken.held_fen(NOW) == 100
    assert offer.receipt() == first
    assert offer.receipt(received_at_s=NOW + 5).transfer_ids == first.transfer_ids
    assert held.state == taken


def test_f03_coins_that_were_spent_do_not_come_in_again(hops: World) -> None:
    offer = Offer(hops, held_in(hops))
    held = offer.held
    held.wallet.receive(offer.request_id, offer.payment, now_s=NOW)
    pay(held.wallet, hops.wallet(tier=0), 100)
    offer.receipt()
    assert held.state.held_fen(NOW) == 0


def test_only_what_was_paid_is_receipted(offer: Offer, world: World) -> None:
    assert refused(offer, transfer_ids=[bytes(32)]) == "out-of-turn"
    assert refused(offer, transfer_ids=[offer.transfer_id, bytes(32)]) == "out-of-turn"
    assert refused(offer, request_id=bytes(32)) == "out-of-turn"
    assert refused(offer, payment=offer.payment.body[:-1] + b"\0") == "element-refused"
    other = Offer(world, held_in(world, name="other"))
    assert refused(offer, payment=other.payment.body) == "element-refused"


def test_an_element_verifies_by_itself(offer: Offer, world: World) -> None:
    """The phone may be broken: somebody else's coin is not taken in."""
    victim = world.wallet([100])
    coins = coins_of(victim)
    fake = sign_away(
        offer.payer,
        [(coin, coin.value_fen) for coin in coins],
        payee=offer.held.custody.public,
        request_id=offer.request_id,
    )
    shown = bundle(coins, fake)
    assert refused(offer, payment=shown, transfer_ids=[fake.signed.id]) == "element-refused"


def test_what_was_refused_is_never_received_and_the_other_way_round(world: World) -> None:
    offer = Offer(world, held_in(world))
    offer.refusal()
    assert refused(offer) == "out-of-turn"
    offer = Offer(world, held_in(world, name="second"))
    offer.receipt()
    with pytest.raises(OutOfTurn):
        offer.refusal()
    with pytest.raises(OutOfTurn):
        offer.refusal(bytes(32), offer.transfer_id)
    offer.refusal(bytes(32))


def test_an_element_answers_a_bounded_number_of_transfers_for_one_request(offer: Offer) -> None:
    for number in range(MAX_ANSWERED):
        offer.refusal(bytes([number]) * 32)
    offer.refusal(bytes(32))
    with pytest.raises(Refused) as full:
        offer.refusal(b"\xff" * 32)
    assert full.value.code == "element-full"
    assert refused(offer) == "element-full"


def test_f10_a_payment_that_the_phone_did_not_note_comes_again_with_its_payer(offer: Offer) -> None:
    held = offer.held
    held.wallet.receive(offer.request_id, offer.payment, now_s=NOW)
    held.journal = type(held.journal)(list(held.journal)[:-1])
    held = held.restart()
    assert held.wallet.purse.balance_fen == 0
    (receipt,) = held.wallet.receive(offer.request_id, offer.payment, now_s=NOW + 9)
    offer.payer.receive(offer.request_id, receipt, now_s=NOW + 9)
    assert held.wallet.purse.balance_fen == held.state.held_fen(NOW) == 100


def ask(held: Held, amount_fen: int = 1, now_s: int = NOW, **accepts: Any) -> Message:
    policy = replace(PAYEE, accepts=replace(PAYEE.accepts, **accepts))
    held.wallet._rules = replace(held.wallet._rules, payee=policy)
    return held.wallet.request(amount_fen, now_s=now_s)


def code_of(held: Held, *args: Any, **kwargs: Any) -> str:
    before = held.state
    with pytest.raises(Refused) as error:
        ask(held, *args, **kwargs)
    assert held.state == before
    return error.value.code


def test_an_element_asks_for_nothing_that_it_could_not_take(world: World) -> None:
    held = held_in(world, tier=4)
    assert code_of(held, bundle_bytes=MAX_BUNDLE_BYTES + 1) == "element-full"
    assert code_of(held, coins=SMALL.coins + 1) == "element-full"
    ask(held, coins=SMALL.coins, bundle_bytes=MAX_BUNDLE_BYTES)
    certificate = held.wallet.certificate
    with pytest.raises(Refused) as over:
        PaymentRequest.sign(
            held.custody,
            network="test",
            currency="CNY",
            amount_fen=1_000_001,
            certificate=certificate,
            nonce=held.custody.challenge(16),
            made_at_s=NOW,
            expires_at_s=NOW + 9,
            accepts=PAYEE.accepts,
        )
    assert over.value.code == "over-limit"


def test_requests_give_way_once_they_are_paid_or_expired(world: World) -> None:
    held = held_in(world)
    for _ in range(SMALL.requests):
        ask(held)
    assert code_of(held) == "element-full"
    late_s = NOW + PAYEE.request_life_s + PAYEE.clock_tolerance_s + 1
    ask(held, now_s=late_s)
    paid = held_in(world, name="paid")
    for _ in range(SMALL.requests + 1):
        pay(world.wallet([1]), paid.wallet, 1)
    assert paid.state.held_fen(NOW) == SMALL.requests + 1


def test_a_request_that_gave_way_is_not_answered(world: World) -> None:
    offer = Offer(world, held_in(world))
    offer.receipt()
    for _ in range(SMALL.requests):
        ask(offer.held)
    assert refused(offer) == "out-of-turn"
    with pytest.raises(OutOfTurn):
        offer.refusal()


def test_the_same_request_again_is_the_same(world: World) -> None:
    held = held_in(world)
    fields: dict[str, Any] = {
        "network": "test",
        "currency": "CNY",
        "amount_fen": 5,
        "certificate": held.wallet.certificate,
        "nonce": held.custody.challenge(16),
        "made_at_s": NOW,
        "expires_at_s": NOW + 60,
        "accepts": PAYEE.accepts,
    }
    first = PaymentRequest.sign(held.custody, **fields)
    made = held.state
    assert PaymentRequest.sign(held.custody, **fields) == first
    assert held.state == made
    with pytest.raises(OutOfTurn):
        PaymentRequest.sign(held.custody, **{**fields, "amount_fen": 6})
    fresh = {**fields, "nonce": held.custody.challenge(16)}
    for wrong in ({"network": "other"}, {"currency": "USD"}, {"certificate": world.wallet().certificate}):
        with pytest.raises(Refused) as refusal:
            PaymentRequest.sign(held.custody, **{**fresh, **wrong})
        assert refusal.value.code == "element-refused"


def test_dead_coins_give_way(world: World) -> None:
    held = held_in(world, [1] * SMALL.coins)
    assert code_of(held, coins=1) == "element-full"
    late_s = NOW + 60 * DAY_S
    fresh = RevocationList.sign(
        world.keys["centre"], number=1, issued_at_s=late_s, wallets=(), operators=(), epochs=()
    )
    held.wallet.update_revocations(fresh.signed.data)
    ask(held, now_s=late_s, coins=4)
    assert held.state.held_fen(late_s) == 0
