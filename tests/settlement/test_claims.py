"""What becomes of claims: faults F07, F16, F18, F20, F26 and F31 at operators and the centre."""

import pytest

from shuangli.errors import StoreError
from shuangli.messages.loads import Load, LoadOrder
from shuangli.messages.notices import Outcome
from shuangli.messages.session import Receipt
from shuangli.offline.request import request_id_of
from shuangli.wallet.wallet import Wallet
from tests.forging import bundle, outputs_of, sign_away
from tests.paying import coins_of, pay, read_bundle
from tests.setting import DAY_S, NETWORK, NOW
from tests.settlement.answers import outcomes
from tests.world import World

IN_TIME_S = NOW + 3 * DAY_S
"""Two days to claim and one of grace after a payment at NOW."""


def paid_shop(world: World, amount_fen: int = 100) -> tuple[Wallet, Wallet]:
    payer, shop = world.wallet([amount_fen]), world.wallet(tier=0)
    pay(payer, shop, amount_fen)
    return payer, shop


def test_f16_a_prefix_of_a_known_chain_is_harmless(hops: World) -> None:
    first, second, third = hops.wallet([100]), hops.wallet(), hops.wallet()
    one = pay(first, second, 100)
    pay(second, third, 100)
    assert hops.hand_in(third).credited_fen == 100
    before = hops.supply()
    assert outcomes(hops, one.payment.body, "OP02") == ["REPEAT"]
    assert outcomes(hops, bundle(coins_of(hops.wallet([5])))) == []
    assert hops.supply().redeemed_fen == before.redeemed_fen
    assert hops.cases() == []
    hops.check_books()


def test_f16_a_prefix_may_also_come_first(hops: World) -> None:
    first, second, third = hops.wallet([100]), hops.wallet(), hops.wallet()
    one = pay(first, second, 100)
    pay(second, third, 100)
    assert outcomes(hops, one.payment.body) == ["SETTLED"]
    third_upload = third.hand_in(now_s=NOW) or b""
    assert outcomes(hops, third_upload) == ["REPEAT", "SETTLED", "SETTLED"]
    assert hops.deposit_fen(third) == 100
    hops.check_books()


def test_f07_a_payer_shows_a_payment_whose_answer_it_never_got(world: World) -> None:
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    request = gate.request(60, now_s=NOW)
    rider.receive(request_id_of(request), request, now_s=NOW)
    assert world.hand_in(rider).outcomes == (Outcome.SETTLED,)
    supply = world.supply()
    assert (supply.outstanding_fen, supply.redeemed_fen) == (100, 0), "nobody has claimed it yet"
    world.check_books()


def test_f18_the_receipt_or_the_payees_own_hand_in_settles_what_was_received(world: World) -> None:
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    paid = pay(rider, gate, 60)
    receipt = Receipt.parse(rider.purse.paying[paid.request_id].answer)
    world.trust().verifier.check_once(receipt.signed, gate.key.public, "receipt")
    assert receipt.transfer_ids == (paid.transfer.signed.id,)
    world.hand_in(gate)
    fact = world.fact(paid.transfer.spends[0].coin_id)
    assert fact is not None
    assert fact.object_id == paid.transfer.signed.id


@pytest.mark.parametrize(("now_s", "outcome"), [(IN_TIME_S, Outcome.SETTLED), (IN_TIME_S + 1, Outcome.LATE)])
def test_f20_a_claim_after_deadline_and_grace_is_late(world: World, now_s: int, outcome: Outcome) -> None:
    _, shop = paid_shop(world)
    acknowledgement = world.hand_in(shop, now_s=now_s)
    assert acknowledgement.outcomes == (Outcome.SETTLED, outcome)
    assert acknowledgement.credited_fen == (0 if outcome is Outcome.LATE else 100)
    assert world.supply().outstanding_fen == (100 if outcome is Outcome.LATE else 0)
    world.check_books()


def test_f20_a_late_claim_is_a_fact_and_stays_late_however_often_it_comes(world: World) -> None:
    _, shop = paid_shop(world)
    (coin,) = coins_of(shop)
    upload = shop.hand_in(now_s=IN_TIME_S + 1) or b""
    assert outcomes(world, upload, now_s=IN_TIME_S + 1)[-1] == "LATE"
    assert world.fact(coin.coin_id) is not None
    world.enrol(shop, "OP02")
    assert outcomes(world, upload, "OP02", now_s=IN_TIME_S + DAY_S) == ["REPEAT", "REPEAT"]
    assert world.deposit_fen(shop) == world.deposit_fen(shop, "OP02") == 0
    assert world.cases() == []
    world.check_books()


@pytest.mark.parametrize("late_first", [False, True])
def test_a_claim_that_one_operator_had_in_time_is_paid_whoever_comes_first(
    world: World, late_first: bool
) -> None:
    """Lateness is judged by the time of the operator that was handed the chain, not by who was quicker."""
    _, shop = paid_shop(world)
    world.enrol(shop, "OP02")
    upload = shop.hand_in(now_s=NOW) or b""
    arrivals = [("OP02", IN_TIME_S), ("OP01", IN_TIME_S + 1)]
    results = [
        outcomes(world, upload, operator, now_s=now_s)
        for operator, now_s in (reversed(arrivals) if late_first else arrivals)
    ]
    assert results[0][-1] == ("LATE" if late_first else "SETTLED")
    assert results[1][-1] == ("SETTLED" if late_first else "REPEAT")
    assert (world.deposit_fen(shop, "OP02"), world.deposit_fen(shop, "OP01")) == (100, 0)
    supply = world.supply()
    assert (supply.redeemed_fen, supply.outstanding_fen) == (100, 0)
    world.check_books()


def test_who_forwards_a_coin_does_not_make_its_claim_late(hops: World) -> None:
    """The deadline of the last payment binds who claims; an earlier payee's has been met by its own."""
    first, second, third = hops.wallet([100]), hops.wallet(), hops.wallet()
    pay(first, second, 100)
    pay(second, third, 100, NOW + DAY_S)
    (coin,) = coins_of(third)
    assert coin.claim_by_s == NOW + 2 * DAY_S, "no later than the deadline before it"
    assert hops.hand_in(third, now_s=IN_TIME_S).credited_fen == 100


def test_own_unspent_coins_are_redeemed_until_they_expire(world: World) -> None:
    rider = world.wallet([100, 50])
    large, small = coins_of(rider)
    redeem = sign_away(rider, [(large, 100)], now_s=NOW + 29 * DAY_S)
    assert outcomes(world, bundle([large], redeem), now_s=NOW + 31 * DAY_S) == ["SETTLED"]
    redeem = sign_away(rider, [(small, 50)], now_s=NOW + 31 * DAY_S)
    assert outcomes(world, bundle([small], redeem), now_s=NOW + 31 * DAY_S + 1) == ["LATE"]
    assert world.deposit_fen(rider) == 100


def test_a_redemption_with_change_changes_nothing(world: World) -> None:
    """A late one would leave change that nobody knows to be open, and the books off by it."""
    rider = world.wallet([100])
    (coin,) = coins_of(rider)
    part = sign_away(rider, [(coin, 60)])
    change = outputs_of(part, coin)[1]
    spend = sign_away(rider, [(change, 40)], payee=world.key("x").public, request_id=bytes([1] * 32))
    for now_s in (NOW, NOW + 40 * DAY_S):
        assert outcomes(world, bundle([coin], part), now_s=now_s) == ["INVALID"]
        assert outcomes(world, bundle([coin], part, spend), now_s=now_s) == ["INVALID", "UNKNOWN_COIN"]
    world.check_books()


def leaked(world: World, wallet: Wallet, values_fen: list[int]) -> Load:
    """A load that whoever has stolen the minting key makes for a wallet."""
    order = LoadOrder.parse(wallet.order_load(values_fen, now_s=NOW))
    return Load.sign(
        world.keys["minting"],
        network=NETWORK,
        currency="CNY",
        order=order,
        epoch=1,
        issued_at_s=NOW,
        expires_at_s=NOW + DAY_S,
    )


def test_f31_a_load_that_was_never_minted_is_refused_and_raises_the_alarm(world: World) -> None:
    thief, gate, honest = world.wallet(), world.wallet(tier=0), world.wallet([70])
    load = leaked(world, thief, [500])
    thief.receive_load(load.signed.data)
    pay(thief, gate, 500)
    pay(honest, gate, 70)
    acknowledgement = world.hand_in(gate, now_s=NOW + 60)
    assert sorted(outcome.name for outcome in acknowledgement.outcomes) == [
        "NOT_MINTED",
        "NOT_MINTED",
        "SETTLED",
        "SETTLED",
    ]
    assert acknowledgement.credited_fen == 70
    assert world.issuer.store.findings.alarms() == [(load.signed.id, 1, "OP01", NOW + 60)]
    supply = world.supply()
    assert (supply.loaded_fen, supply.outstanding_fen) == (70, 0)
    world.check_books()


def test_a_coin_that_is_spent_but_not_open_stops_everything(world: World) -> None:
    """The books must never run on over a database that somebody has changed."""
    _, shop = paid_shop(world)
    world.issuer.store.database.execute("DELETE FROM open_coins")
    upload = shop.hand_in(now_s=NOW) or b""
    with pytest.raises(StoreError) as stopped:
        world.submit(upload)
    assert stopped.value.code == "corrupt"


def test_outcomes_stand_in_the_order_of_the_uploads_spends(hops: World) -> None:
    payer, shop = hops.wallet([100, 50, 20]), hops.wallet()
    other = hops.wallet([30])
    pay(payer, shop, 170)
    pay(other, shop, 30)
    upload = shop.hand_in(now_s=NOW) or b""
    acknowledgement = hops.submit(upload)
    assert len(read_bundle(upload).transfers) == 3
    assert len(acknowledgement.outcomes) == 3 + 1 + 4
