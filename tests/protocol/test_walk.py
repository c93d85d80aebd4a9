"""A walk along chains, step by step: what it reports, what it costs, and the times that it compares."""

import pytest

from shuangli.messages.bundle import Bundle
from shuangli.offline.chain import walk
from tests.forging import bundle, outputs_of, raw_bundle, sign_away
from tests.paying import coins_of, pay
from tests.protocol.attempts import OTHER_REQUEST
from tests.setting import DAY_S, NOW
from tests.world import World


def test_a_walk_reports_one_step_for_every_spend(world: World) -> None:
    rider, other = world.wallet([100, 50]), world.wallet([70])
    coins = [*coins_of(rider), *coins_of(other)]
    three = sign_away(rider, [(coin, coin.value_fen) for coin in coins])
    false = three.signed.data[:-1] + bytes([three.signed.data[-1] ^ 1])
    for shown, objects, codes in (
        (coins, [three.signed.data], [None, None, "not-owner"]),
        (coins[:2], [three.signed.data], [None, None, "unknown-coin"]),
        (coins[2:], [three.signed.data], ["unknown-coin", "unknown-coin", "not-owner"]),
        ([], [three.signed.data], ["unknown-coin"] * 3),
        (coins, [false], ["signature"] * 3),
        (coins, [b"\x00", three.signed.data], ["cbor", None, None, "not-owner"]),
    ):
        seen = walk(Bundle.decode(raw_bundle(shown, *objects)), world.trust())
        assert [step.fault and step.fault.code for step in seen.steps] == codes


def test_a_transfer_of_unknown_coins_costs_no_signature_check(world: World) -> None:
    rider = world.wallet([100])
    place = world.trust()
    before = place.verifier.checked
    walk(Bundle.decode(bundle([], sign_away(rider, [(coins_of(rider)[0], 100)]))), place)
    assert place.verifier.checked == before


def test_the_cache_spares_signatures_and_no_other_check(world: World) -> None:
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    data = Bundle.decode(pay(rider, gate, 100).payment.body)
    place = world.trust()
    first, checked = walk(data, place), place.verifier.checked
    again = walk(data, place)
    assert place.verifier.checked == checked
    assert [step.fault for step in first.steps] == [step.fault for step in again.steps] == [None]
    stranger = world.trust()
    stranger._epochs = ()
    assert [fault.code for fault in walk(data, stranger).faults] == ["epoch"]


@pytest.mark.parametrize(
    ("signed_s", "claim_by_s", "code"),
    [
        (-1, DAY_S, "time-order"),
        (0, 2 * DAY_S, None),
        (0, 2 * DAY_S + 1, "deadline-order"),
        (29 * DAY_S, 30 * DAY_S, None),
        (29 * DAY_S, 30 * DAY_S + 1, "deadline-order"),
        (30 * DAY_S, 30 * DAY_S, "expired-coin"),
    ],
)
def test_times_along_a_chain(world: World, signed_s: int, claim_by_s: int, code: str | None) -> None:
    """A coin of 30 days, with 2 days to claim."""
    rider = world.wallet([100])
    (coin,) = coins_of(rider)
    transfer = sign_away(
        rider,
        [(coin, 100)],
        payee=world.key("x").public,
        request_id=OTHER_REQUEST,
        now_s=NOW + signed_s,
        claim_by_s=NOW + claim_by_s,
    )
    (step,) = walk(Bundle.decode(bundle([coin], transfer)), world.trust()).steps
    assert (step.fault and step.fault.code) == code


def test_a_deadline_is_never_later_than_one_before_it_and_change_keeps_its_own(hops: World) -> None:
    payer, middle, payee = hops.wallet([100]), hops.wallet(), hops.wallet()
    (coin,) = coins_of(payer)
    first = sign_away(payer, [(coin, 60)], payee=middle.key.public, request_id=OTHER_REQUEST)
    received, change = outputs_of(first, coin)
    assert (received.claim_by_s, change.claim_by_s) == (NOW + DAY_S, coin.claim_by_s)
    for claim_by_s, code in ((NOW + DAY_S, None), (NOW + DAY_S + 1, "deadline-order")):
        onward = sign_away(
            middle,
            [(received, 60)],
            payee=payee.key.public,
            request_id=OTHER_REQUEST,
            claim_by_s=claim_by_s,
        )
        *_, step = walk(Bundle.decode(bundle([received], onward)), hops.trust()).steps
        assert (step.fault and step.fault.code) == code


def test_a_certificate_counts_at_the_time_of_signing_but_for_redemptions(world: World) -> None:
    rider = world.wallet([100])
    (coin,) = coins_of(rider)
    expired_s = rider.certificate.claims.expires_at_s
    paying = sign_away(
        rider, [(coin, 100)], payee=world.key("x").public, request_id=OTHER_REQUEST, now_s=expired_s
    )
    redeeming = sign_away(rider, [(coin, 100)], now_s=expired_s)
    codes = [
        step.fault and step.fault.code
        for transfer in (paying, redeeming)
        for step in walk(Bundle.decode(bundle([coin], transfer)), world.trust()).steps
    ]
    assert codes == ["certificate-time", None]


def test_a_redemption_hands_in_whole_coins(world: World) -> None:
    """With change a payee could be paid out of it, and its own upload then show two redemptions."""
    rider = world.wallet([100])
    (coin,) = coins_of(rider)
    data = bundle([coin], sign_away(rider, [(coin, 60)]))
    (step,) = walk(Bundle.decode(data), world.trust()).steps
    assert step.fault is not None
    assert step.fault.code == "not-conserved"
