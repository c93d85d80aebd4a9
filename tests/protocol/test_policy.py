"""A device's own rules while it is offline (F21 to F23): limits, PIN, reconciliation, list and clock."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.days import BEIJING, day_of, start_of
from shuangli.errors import Refused, Unverified
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import WalletCertificate, WalletKind
from shuangli.messages.claims import Claims
from shuangli.messages.notices import RevocationList
from shuangli.messages.session import Refusal, RefusalReason
from shuangli.offline.limits import LIMITS_2022, limits_of
from shuangli.offline.policy import STANDARD_ACCEPTS, PayeePolicy, PayerPolicy, Usage, check_payment
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message
from shuangli.wallet.left import left_of
from shuangli.wallet.wallet import Wallet
from tests.forging import sign_away
from tests.paying import pay
from tests.setting import DAY_S, NOW
from tests.world import World

MINUTE_S = 60
YEAR_S = 365 * DAY_S
NO_LIMITS = LIMITS_2022.limits(0)


def refusal(payer: Wallet, payee: Wallet, amount_fen: int, *, now_s: int = NOW, pin: bool = False) -> Refused:
    """What the payer's device says to a request; it must not have spent anything."""
    request = payee.request(amount_fen, now_s=now_s)
    before = payer.purse.checkpoint()
    with pytest.raises(Refused) as refused:
        payer.receive(request_id_of(request), request, now_s=now_s, pin=pin)
    assert payer.purse.checkpoint() == before
    return refused.value


def list_of(world: World, *, number: int, issued_at_s: int) -> bytes:
    return RevocationList.sign(
        world.keys["centre"], number=number, issued_at_s=issued_at_s, wallets=(), operators=(), epochs=()
    ).signed.data


# --- limits -------------------------------------------------------------------------------------


def test_over_the_limit_of_a_payment_says_by_how_much(world: World) -> None:
    payer = world.wallet([1_000], payer=PayerPolicy(payment_limit_fen=500))
    over = refusal(payer, world.wallet(tier=0), 507, pin=True)
    assert (over.code, str(over)) == ("over-limit", "7 fen over the payment limit of 500 fen")
    pay(payer, world.wallet(tier=0), 500)


def test_the_tier_limits_a_payment_whatever_the_device_allows(world: World) -> None:
    payer = world.wallet([300_000], tier=4, payer=PayerPolicy(payment_limit_fen=10**9))
    assert str(refusal(payer, world.wallet(tier=0), 200_001, pin=True)).startswith("1 fen over the payment")


def test_the_day_limit_counts_a_day_and_starts_anew(world: World) -> None:
    payer = world.wallet([1_000], payer=PayerPolicy(day_limit_fen=600))
    gate = world.wallet(tier=0)
    pay(payer, gate, 400)
    assert str(refusal(payer, gate, 201)) == "1 fen over the day limit of 600 fen"
    pay(payer, gate, 200)
    pay(payer, gate, 400, now_s=NOW + DAY_S)


def test_a_day_begins_at_midnight_in_beijing_as_for_operators_and_issuer(world: World) -> None:
    """A device counts as operators do online, and as the issuer does over all wallets of a person."""
    midnight_s = start_of(day_of(NOW) + 1)
    assert datetime.fromtimestamp(midnight_s, BEIJING).hour == 0
    payer, gate = world.wallet([1_000], payer=PayerPolicy(day_limit_fen=600)), world.wallet(tier=0)
    pay(payer, gate, 400, now_s=midnight_s - 1)
    assert left_of(payer, now_s=midnight_s - 1).day_ends_s == midnight_s
    assert refusal(payer, gate, 400, now_s=midnight_s - 1).code == "over-limit"
    again = world.restart(payer)
    assert again.purse.usage.day == day_of(midnight_s) - 1
    assert left_of(again, now_s=midnight_s).day_left_fen == 600
    pay(again, gate, 400, now_s=midnight_s)
    assert again.purse.usage.day == day_of(midnight_s)


def test_a_place_may_have_days_of_its_own(world: World) -> None:
    """A simulated place begins its days at the midnight that all its clocks show."""
    midnight_s = (NOW // DAY_S + 1) * DAY_S
    policy = PayerPolicy(day_limit_fen=600, day_offset_s=0)
    payer, gate = world.wallet([1_000], payer=policy), world.wallet(tier=0)
    pay(payer, gate, 400, now_s=midnight_s - 1)
    pay(payer, gate, 400, now_s=midnight_s)


def test_f21_a_clock_put_back_does_not_open_a_new_day(world: World) -> None:
    payer = world.wallet([1_000], payer=PayerPolicy(day_limit_fen=600))
    gate = world.wallet(tier=0)
    pay(payer, gate, 400, now_s=NOW + DAY_S)
    assert refusal(payer, gate, 400, now_s=NOW).code == "over-limit"


def test_a_wallet_asks_for_no_more_than_it_may_hold(world: World) -> None:
    payee = world.wallet([400_000], tier=4)
    with pytest.raises(Refused, match="1 fen over the balance limit of 1000000 fen"):
        payee.request(600_001, now_s=NOW)
    payee.request(600_000, now_s=NOW)
    with pytest.raises(Refused, match="over the balance limit"):
        payee.order_load([600_001], now_s=NOW)


def test_a_payee_sees_that_a_payer_is_over_its_tiers_limit(world: World) -> None:
    """A broken device signs what it should not; the certificate names its tier."""
    payer, payee = world.wallet([300_000], tier=4), world.wallet(tier=0)
    request_id = request_id_of(payee.request(200_001, now_s=NOW))
    (coin,) = payer.purse.coins.values()
    transfer = sign_away(payer, [(coin, 200_001)], payee=payee.key.public, request_id=request_id)
    bundle = Bundle(loads=(coin.load.signed.data,), transfers=(transfer.signed.data,))
    (answer,) = payee.receive(request_id, Message(Kind.PAYMENT, bundle.encode()), now_s=NOW)
    assert Refusal.parse(answer.body).reason is RefusalReason.OVER_LIMIT
    assert not payee.purse.coins


def test_a_table_that_is_newer_than_the_program_sets_no_limit(world: World) -> None:
    claims = world.wallet().certificate.claims
    newer = WalletCertificate.sign(world.keys["OP01"], claims, kind=WalletKind.SOFT, tier=4, profile=99)
    assert limits_of(newer) == NO_LIMITS
    assert isinstance(newer.claims, Claims)


# --- reconciliation and PIN ---------------------------------------------------------------------


def test_after_so_many_payments_the_wallet_must_be_reconciled(world: World) -> None:
    payer = world.wallet([10] * 5, payer=PayerPolicy(payments_between_syncs=2))
    gate = world.wallet(tier=0)
    pay(payer, gate, 10)
    pay(payer, gate, 10)
    assert refusal(payer, gate, 10).code == "sync-required"
    payer.note_sync(now_s=NOW)
    pay(payer, gate, 10)


def test_after_too_long_the_wallet_must_be_reconciled(world: World) -> None:
    payer = world.wallet([10] * 5, payer=PayerPolicy(offline_s=2 * DAY_S))
    gate = world.wallet(tier=0)
    opened_s = NOW - DAY_S
    pay(payer, gate, 10, now_s=opened_s + 2 * DAY_S)
    assert refusal(payer, gate, 10, now_s=opened_s + 2 * DAY_S + 1).code == "sync-required"


def test_f23_a_pin_is_asked_for_above_an_amount(world: World) -> None:
    payer = world.wallet([1_000], payer=PayerPolicy(pin_above_fen=100))
    gate = world.wallet(tier=0)
    assert not payer.needs_pin(100)
    assert payer.needs_pin(101)
    assert refusal(payer, gate, 101).code == "pin-required"
    pay(payer, gate, 101)


def test_f23_a_pin_is_asked_for_after_so_many_payments(world: World) -> None:
    """A thief pays a few times, up to the amount, and no more."""
    payer = world.wallet([10] * 9, payer=PayerPolicy(payments_between_pins=3))
    gate = world.wallet(tier=0)
    for _ in range(3):
        assert not payer.needs_pin(10)
        pay(payer, gate, 10)
    assert refusal(payer, gate, 10).code == "pin-required"
    pay(payer, gate, 10)
    assert not payer.needs_pin(10)


def test_f23_the_count_survives_a_restart_and_a_checkpoint(world: World) -> None:
    payer = world.wallet([10] * 9, payer=PayerPolicy(payments_between_pins=1))
    pay(payer, world.wallet(tier=0), 10)
    assert world.restart(payer).needs_pin(10)
    payer.compact()
    assert world.restart(payer).needs_pin(10)


payments = st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 5 * DAY_S), st.booleans()), max_size=20)


@given(made=payments)
def test_usage_counts_what_was_paid(made: list[tuple[int, int, bool]]) -> None:
    usage = Usage()
    for amount_fen, at_s, pin in made:
        usage = usage.after_payment(amount_fen, on=at_s // DAY_S, pin=pin)
    assert usage.payments_since_sync == len(made)
    since_pin = next((i for i, (_, _, pin) in enumerate(reversed(made)) if pin), len(made))
    assert usage.payments_since_pin == since_pin
    last_day = max((at_s // DAY_S for _, at_s, _ in made), default=0)
    assert usage.day == last_day
    first = next((i for i, (_, at_s, _) in enumerate(made) if at_s // DAY_S == last_day), 0)
    assert usage.paid_today_fen == sum(amount_fen for amount_fen, _, _ in made[first:])


@given(made=payments, amount_fen=st.integers(1, 10**6), now_s=st.integers(0, 6 * DAY_S))
def test_what_is_allowed_keeps_every_limit(
    made: list[tuple[int, int, bool]], amount_fen: int, now_s: int
) -> None:
    policy = PayerPolicy(
        payment_limit_fen=500_000, day_limit_fen=1_500_000, payments_between_syncs=10, offline_s=3 * DAY_S
    )
    usage = Usage()
    for paid_fen, at_s, pin in made:
        usage = usage.after_payment(paid_fen, on=policy.day_of(at_s), pin=pin)
    try:
        check_payment(amount_fen, policy=policy, limits=NO_LIMITS, usage=usage, now_s=now_s, pin=False)
    except Refused:
        return
    after = usage.after_payment(amount_fen, on=policy.day_of(now_s), pin=False)
    assert after.paid_today_fen <= policy.day_limit_fen
    assert after.payments_since_sync <= policy.payments_between_syncs
    assert after.payments_since_pin <= policy.payments_between_pins + 1
    assert now_s <= policy.offline_s
    assert amount_fen <= min(policy.payment_limit_fen, policy.pin_above_fen)


# --- the revocation list and the clock ----------------------------------------------------------


def test_f22_a_payee_with_a_stale_list_asks_for_nothing(world: World) -> None:
    payee = world.wallet(tier=0)
    payee.request(5, now_s=NOW + 6 * DAY_S)
    with pytest.raises(Refused) as stale:
        payee.request(5, now_s=NOW + 6 * DAY_S + 1)
    assert stale.value.code == "stale-list"
    assert (
        str(stale.value)
        == f"the revocation list is {7 * DAY_S + 1} s old, at most {7 * DAY_S} s are accepted"
    )
    payee.update_revocations(list_of(world, number=1, issued_at_s=NOW + 6 * DAY_S))
    payee.request(5, now_s=NOW + 6 * DAY_S + 1)


def test_f22_a_payer_whose_list_is_older_than_the_payee_accepts_does_not_pay(world: World) -> None:
    strict = PayeePolicy(accepts=replace(STANDARD_ACCEPTS, list_age_s=DAY_S // 2))
    payer, payee = world.wallet([10]), world.wallet(tier=0, payee=strict)
    payee.update_revocations(list_of(world, number=1, issued_at_s=NOW))
    assert refusal(payer, payee, 10).code == "stale-list"
    payer.update_revocations(list_of(world, number=1, issued_at_s=NOW))
    pay(payer, payee, 10)


def test_f22_a_device_without_a_list_neither_asks_nor_pays(world: World) -> None:
    payer, payee = world.wallet([10]), world.wallet(tier=0)
    request = payee.request(10, now_s=NOW)
    for wallet in (payer, payee):
        wallet.trust.revocations = None
    with pytest.raises(Refused, match="no revocation list yet"):
        payer.receive(request_id_of(request), request, now_s=NOW)
    with pytest.raises(Refused, match="no revocation list yet"):
        payee.request(10, now_s=NOW)


@pytest.mark.parametrize("off_s", [-YEAR_S, -DAY_S, -MINUTE_S * 6, MINUTE_S * 8, DAY_S, YEAR_S // 4])
def test_f21_a_clock_that_is_far_off_refuses_and_does_not_misdate(world: World, off_s: int) -> None:
    """The request is open for two minutes, and five are tolerated."""
    payer, payee = world.wallet([10]), world.wallet(tier=0)
    request = payee.request(10, now_s=NOW)
    before = payer.purse.checkpoint()
    with pytest.raises((Refused, Unverified)) as refused:
        payer.receive(request_id_of(request), request, now_s=NOW + off_s)
    assert refused.value.code in ("request-expired", "certificate-time")
    assert payer.purse.checkpoint() == before


@pytest.mark.parametrize("off_s", [-MINUTE_S * 4, -1, 0, 1, MINUTE_S * 4])
def test_f21_a_clock_that_is_minutes_off_is_tolerated(world: World, off_s: int) -> None:
    payer, payee = world.wallet([10]), world.wallet(tier=0)
    request = payee.request(10, now_s=NOW)
    request_id = request_id_of(request)
    (payment,) = payer.receive(request_id, request, now_s=NOW + off_s)
    (answer,) = payee.receive(request_id, payment, now_s=NOW)
    assert answer.kind is Kind.RECEIPT
