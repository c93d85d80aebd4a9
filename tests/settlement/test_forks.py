"""Double spends found in reconciliation: faults F01, F02, F14, F46, F48 and F49 at the centre."""

import threading

import pytest

from shuangli.errors import Refused
from shuangli.issuer.facts import coin_key
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.notices import Outcome, RevocationList
from shuangli.messages.session import Refusal, RefusalReason
from shuangli.offline.chain import Coin
from shuangli.offline.request import request_id_of
from shuangli.offline.spending import MAX_CHAIN
from shuangli.wallet.wallet import Wallet
from tests.forging import bundle, outputs_of, raw_bundle, sign_away, signed_again
from tests.settlement.answers import only_case, outcomes
from tests.settlement.conftest import NewWorld
from tests.world import DAY_S, NOW, STAGED, YEAR_S, World, coins_of, pay


def copied(world: World) -> tuple[Wallet, Wallet, Wallet, Wallet, Coin]:
    """A soft wallet with one coin of 100 fen, its copy, and two gates of two operators."""
    rider = world.wallet([100])
    gates = world.wallet(tier=0, operator="OP01"), world.wallet(tier=0, operator="OP02")
    (coin,) = coins_of(rider)
    return rider, world.clone(rider), *gates, coin


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_f01_a_copied_wallet_is_found_whichever_gate_comes_first(
    world: World, order: tuple[int, int]
) -> None:
    rider, copy, first, second, coin = copied(world)
    pay(rider, first, 100)
    pay(copy, second, 80)
    gates = [first, second]
    assert world.hand_in(gates[order[0]]).outcomes == (Outcome.SETTLED,) * 2
    assert world.cases() == []
    last = world.hand_in(gates[order[1]])
    assert last.outcomes == (Outcome.FORKED, Outcome.SETTLED)
    case = only_case(world)
    assert (case.culprit, case.coin_id, case.operator) == (rider.key.public, coin.coin_id, "OP01")
    assert (case.face_fen, case.paid_fen, case.loss_fen) == (100, 180, 80)
    # Both honest gates are paid in full: one out of circulation, the other by the guarantee fund.
    assert (world.deposit_fen(first, "OP01"), world.deposit_fen(second, "OP02")) == (100, 80)
    supply = world.supply()
    assert supply.loaded_fen == 100
    assert supply.forked_fen == 100
    assert supply.redeemed_fen + supply.fund_paid_fen == 180


def test_f01_a_double_spend_of_less_than_the_coin_costs_nobody(world: World) -> None:
    rider, copy, first, second, _ = copied(world)
    pay(rider, first, 30)
    pay(copy, second, 60)
    world.hand_in(first)
    world.hand_in(second)
    case = only_case(world)
    assert (case.paid_fen, case.loss_fen) == (90, 0)


def test_f01_a_second_fork_of_a_coin_keeps_its_case_and_both_branches(world: World) -> None:
    rider, copy, first, second, coin = copied(world)
    third_copy, third = world.clone(copy), world.wallet(tier=0)
    for payer, gate, amount_fen in ((rider, first, 100), (copy, second, 80), (third_copy, third, 70)):
        pay(payer, gate, amount_fen)
        world.hand_in(gate)
    case = only_case(world)
    assert (case.coin_id, case.paid_fen, case.loss_fen) == (coin.coin_id, 250, 150)
    assert len(world.issuer.store.spends_of(coin_key(coin))) == 3
    assert world.supply().forked_fen == 200


def test_a_fork_below_a_fork_is_a_case_of_its_own_and_counted_once(hops: World) -> None:
    first, second = hops.wallet([100]), hops.wallet()
    copy, victim = hops.clone(first), hops.wallet()
    pay(first, second, 100)
    pay(copy, victim, 100)
    second_copy, others = hops.clone(second), [hops.wallet(), hops.wallet()]
    pay(second, others[0], 100)
    pay(second_copy, others[1], 100)
    for wallet in (victim, *others):
        assert hops.hand_in(wallet).credited_fen == 100
    cases = {case.culprit: case for case in hops.cases()}
    assert cases.keys() == {first.key.public, second.key.public}
    # Paid were 300 fen for a coin of 100; what each culprit added is its own loss.
    assert [case.loss_fen for case in cases.values()] == [100, 100]
    assert [case.paid_fen for case in cases.values()] == [200, 200]
    assert hops.supply().fund_paid_fen == 200
    hops.check_books()


def test_f02_a_wallet_restored_from_a_backup_that_pays_again_is_a_fork(world: World) -> None:
    rider, backup, first, second, coin = copied(world)
    pay(rider, first, 100)
    world.hand_in(first)
    pay(backup, second, 100)
    world.hand_in(second)
    assert only_case(world).culprit == rider.key.public
    assert only_case(world).coin_id == coin.coin_id


@pytest.mark.parametrize("reverse", [False, True])
def test_f46_a_coin_paid_and_then_redeemed_by_its_payer_is_a_fork(world: World, reverse: bool) -> None:
    rider, _, gate, _, coin = copied(world)
    pay(rider, gate, 100)
    redemption = bundle([coin], sign_away(rider, [(coin, 100)]))
    if reverse:
        assert outcomes(world, redemption) == ["SETTLED"]
        assert world.hand_in(gate).outcomes == (Outcome.FORKED, Outcome.SETTLED)
    else:
        world.hand_in(gate)
        assert outcomes(world, redemption) == ["FORKED"]
    case = only_case(world)
    assert case.culprit == rider.key.public
    assert case.loss_fen == (100 if reverse else 0)
    assert world.deposit_fen(gate) == 100
    supply = world.supply()
    assert supply.forked_fen == supply.fund_paid_fen + supply.void_fen == 100


def test_f14_both_branches_at_once_at_two_operators_make_one_case(world: World) -> None:
    rider, copy, first, second, coin = copied(world)
    uploads = {}
    for payer, gate, name in ((rider, first, "OP01"), (copy, second, "OP02")):
        pay(payer, gate, 100)
        uploads[name] = gate.hand_in(now_s=NOW) or b""
    gate_open = threading.Barrier(2)
    failures: list[Exception] = []

    def hand_in(name: str) -> None:
        place = world.opened_again()
        try:
            gate_open.wait(10)
            place.submit(uploads[name], name)
        except Exception as error:
            failures.append(error)
        finally:
            place.close()

    threads = [threading.Thread(target=hand_in, args=(name,)) for name in uploads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert only_case(world).coin_id == coin.coin_id
    assert len(world.issuer.store.spends_of(coin_key(coin))) == 2
    assert (world.deposit_fen(first, "OP01"), world.deposit_fen(second, "OP02")) == (100, 100)


def test_f48_no_fact_is_recorded_for_an_invented_coin_nor_for_somebody_elses(world: World) -> None:
    rider, other = world.wallet([100]), world.wallet([50])
    (real,), (somebodys,) = coins_of(rider), coins_of(other)
    invented = real._replace(coin_id=bytes([7] * 32), value_fen=30)
    spends = [(invented, 30), (real, 100), (somebodys, 50)]
    transfer = sign_away(rider, spends, payee=world.key("x").public, request_id=bytes([1] * 32))
    assert outcomes(world, bundle([real, somebodys], transfer)) == ["UNKNOWN_COIN", "SETTLED", "INVALID"]
    assert world.fact(real.coin_id) is not None
    assert world.fact(invented.coin_id) is None
    assert world.fact(somebodys.coin_id) is None
    # The honest owner's coin is as good as before, and the verdict does not depend on what is shown.
    gate = world.wallet(tier=0)
    pay(other, gate, 50)
    assert world.hand_in(gate).credited_fen == 50
    assert outcomes(world, bundle([real], transfer)) == ["UNKNOWN_COIN", "REPEAT", "UNKNOWN_COIN"]
    assert world.cases() == []
    world.check_books()


@pytest.mark.parametrize("together", [False, True])
def test_f49_another_signature_over_the_same_content_is_a_repeat(world: World, together: bool) -> None:
    rider, _, gate, _, coin = copied(world)
    first = pay(rider, gate, 60).transfer
    again = signed_again(rider, first)
    if together:
        assert outcomes(world, bundle([coin], first, again)) == ["SETTLED", "REPEAT"]
    else:
        assert outcomes(world, bundle([coin], first)) == ["SETTLED"]
        assert outcomes(world, bundle([coin], again), "OP02") == ["REPEAT"]
    assert world.cases() == []
    world.check_books()


def test_f49_a_forks_second_branch_under_two_signatures_is_one_branch(world: World) -> None:
    rider, copy, first, second, coin = copied(world)
    one, two = pay(rider, first, 60).transfer, pay(copy, second, 70).transfer
    again = signed_again(copy, two)
    assert outcomes(world, bundle([coin], one, two, again)) == ["SETTLED", "FORKED", "REPEAT"]
    assert outcomes(world, bundle([coin], again), "OP02") == ["REPEAT"]
    assert len(world.issuer.store.spends_of(coin_key(coin))) == 2
    only_case(world)


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


def test_a_loss_is_counted_below_all_splits_that_a_coin_allows(hops: World) -> None:
    """An owner's own change is no hop; what bounds it is the length of the chain."""
    rider = hops.wallet([2_000])
    (coin,) = coins_of(rider)
    payee = hops.key("payee").public
    chain, last, change = [], coin, coin
    for number in range(1, MAX_CHAIN + 2):
        transfer = sign_away(rider, [(change, 1)], payee=payee, request_id=number.to_bytes(32, "big"))
        chain.append(transfer)
        last, change = change, outputs_of(transfer, change)[1]
    assert outcomes(hops, bundle([coin], *chain)) == ["SETTLED"] * MAX_CHAIN + ["INVALID"]
    assert outcomes(hops, bundle([last], sign_away(rider, [(last, last.value_fen)])))[-1] == "SETTLED"
    other = sign_away(rider, [(coin, 1_500)], payee=payee, request_id=bytes([255] * 32))
    assert outcomes(hops, bundle([coin], other)) == ["FORKED"]
    assert only_case(hops).paid_fen == 2_000 + 1_500


def test_a_key_certified_by_two_operators_is_proven_with_both_certificates(world: World) -> None:
    rider, copy, first, second, coin = copied(world)
    one = pay(rider, first, 100).transfer
    world.hand_in(first)
    certificate = WalletCertificate.parse(world.enrol(copy, "OP02"))
    two = sign_away(
        copy, [(coin, 100)], payee=second.key.public, request_id=bytes([9] * 32), certificate=certificate
    )
    assert outcomes(world, bundle([coin], two)) == ["FORKED"]
    assert one.certificate.claims.issuer != two.certificate.claims.issuer
    assert only_case(world).culprit == rider.key.public


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


def test_raw_bytes_among_the_transfers_are_answered_in_their_place(world: World) -> None:
    rider, _, gate, _, coin = copied(world)
    transfer = pay(rider, gate, 60).transfer
    upload = raw_bundle([coin], b"no transfer", transfer.signed.data, b"")
    assert outcomes(world, upload) == ["INVALID", "SETTLED", "INVALID"]
