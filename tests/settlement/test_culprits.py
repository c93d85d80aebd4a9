"""What follows a fork: its culprit is frozen and revoked (F21), and claims are paid up to the cap."""

import pytest

from shuangli.errors import Refused
from shuangli.messages.notices import Outcome, RevocationList
from shuangli.messages.session import Refusal, RefusalReason
from shuangli.offline.request import request_id_of
from tests.forging import bundle, sign_away
from tests.paying import coins_of, pay
from tests.setting import DAY_S, NOW, STAGED, YEAR_S
from tests.settlement.answers import only_case, outcomes
from tests.settlement.copies import copied
from tests.world import World
from tests.worlds import NewWorld


def test_what_a_culprit_redeems_after_the_case_is_frozen(hops: World) -> None:
    rider = hops.wallet([100, 50])
    copy = hops.clone(rider)
    first, second = hops.wallet(), hops.wallet()
    donor = hops.wallet([40])
    pay(donor, rider, 40)
    pay(rider, first, 100)
    pay(copy, second, 100)
    hops.hand_in(first)
    hops.hand_in(second)
    only_case(hops)
    acknowledgement = hops.hand_in(rider)
    assert acknowledgement.credited_fen == 0
    assert acknowledgement.outcomes[-1] is Outcome.FROZEN
    assert hops.deposit_fen(rider) == 0
    hops.check_books()
    assert hops.supply().outstanding_fen == 50 + 40


def test_a_culprit_found_in_an_upload_is_frozen_in_the_same_upload(hops: World) -> None:
    rider = hops.wallet([100, 50])
    large, small = coins_of(rider)
    payee = hops.key("payee").public
    branches = [
        sign_away(rider, [(large, 100)], payee=payee, request_id=bytes([number] * 32)) for number in (1, 2)
    ]
    upload = bundle([large, small], *branches, sign_away(rider, [(small, 50)]))
    assert outcomes(hops, upload) == ["SETTLED", "FORKED", "FROZEN"]
    hops.check_books()


def test_claims_beyond_the_cap_are_recorded_and_not_paid(new_world: NewWorld) -> None:
    world = new_world(terms=STAGED, cap_fen=90)
    rider, copy, first, second, coin = copied(world)
    pay(rider, first, 100)
    pay(copy, second, 100)
    world.hand_in(first)
    acknowledgement = world.hand_in(second)
    assert acknowledgement.outcomes == (Outcome.FORKED, Outcome.CAPPED)
    assert acknowledgement.credited_fen == 0
    case = only_case(world)
    assert (case.coin_id, case.loss_fen) == (coin.coin_id, 0)
    assert world.supply().forked_open_fen == 100


def test_the_cap_counts_a_person_over_operators_and_uploads(new_world: NewWorld) -> None:
    world = new_world(terms=STAGED, cap_fen=100)
    victim = world.wallet(tier=0)
    world.enrol(victim, "OP02")
    credited = []
    for operator in ("OP01", "OP02", "OP01"):
        rider, copy, first, _, _ = copied(world)
        pay(rider, first, 60)
        pay(copy, victim, 60)
        world.hand_in(first)
        credited.append(world.hand_in(victim, operator).credited_fen)
    assert credited == [60, 0, 0]
    world.check_books()


def test_f21_a_list_that_a_clock_has_dated_far_ahead_is_replaced(hops: World) -> None:
    dated = [NOW, NOW + YEAR_S, NOW + 10, NOW + 20]
    listed = [RevocationList.parse(hops.issuer.centre.revocation_list(now_s=now_s)) for now_s in dated]
    assert [(each.number, each.issued_at_s) for each in listed] == [
        (1, NOW),
        (2, NOW + YEAR_S),
        (3, NOW + 10),
        (3, NOW + 10),
    ]


def test_a_case_revokes_the_key_and_payees_refuse_its_chains(hops: World) -> None:
    rider, copy, first, second, _ = copied(hops)
    other = hops.wallet([500])
    pay(other, rider, 30)
    empty = RevocationList.parse(hops.issuer.centre.revocation_list(now_s=NOW))
    assert (empty.number, empty.wallets) == (1, frozenset())
    pay(rider, first, 100)
    pay(copy, second, 100)
    hops.hand_in(first)
    hops.hand_in(second)
    data = hops.issuer.centre.revocation_list(now_s=NOW + 60)
    listed = RevocationList.parse(data)
    assert (listed.number, listed.wallets) == (2, frozenset([rider.key.public]))
    assert hops.issuer.centre.revocation_list(now_s=NOW + DAY_S) == data, "nothing new, no new number"
    payee = hops.wallet()
    payee.trust.update_revocations(data)
    request = payee.request(30, now_s=NOW + 120)
    (payment,) = rider.receive(request_id_of(request), request, now_s=NOW + 120)
    (answer,) = payee.receive(request_id_of(request), payment, now_s=NOW + 120)
    assert Refusal.parse(answer.body).reason is RefusalReason.REVOKED
    other.trust.update_revocations(data)
    asked = rider.request(10, now_s=NOW + 120)
    with pytest.raises(Refused) as refused:
        other.receive(request_id_of(asked), asked, now_s=NOW + 120)
    assert refused.value.code == "revoked"


def reconcile_and_fail(world: World, upload: bytes) -> None:
    bank = world.banks["OP02"]
    with bank.store.transaction(), world.issuer.transaction():
        bank.reconcile(upload, now_s=NOW)
        raise ZeroDivisionError


def test_a_transaction_that_fails_accuses_nobody(world: World) -> None:
    rider, copy, first, second, _ = copied(world)
    pay(rider, first, 100)
    pay(copy, second, 100)
    world.hand_in(first)
    upload = second.hand_in(now_s=NOW)
    assert upload is not None
    with pytest.raises(ZeroDivisionError):
        reconcile_and_fail(world, upload)
    assert world.cases() == []
    listed = RevocationList.parse(world.issuer.centre.revocation_list(now_s=NOW))
    assert listed.wallets == frozenset()
    assert world.hand_in(second).outcomes == (Outcome.FORKED, Outcome.SETTLED)
    only_case(world)
