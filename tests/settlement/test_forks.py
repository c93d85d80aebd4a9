"""Double spends found in reconciliation: faults F01, F02, F14 and F46 at the centre."""

import threading

import pytest

from shuangli.issuer.facts import coin_key
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.notices import Outcome
from shuangli.offline.spending import MAX_CHAIN
from tests.forging import bundle, outputs_of, sign_away
from tests.paying import coins_of, pay
from tests.setting import NOW
from tests.settlement.answers import only_case, outcomes
from tests.settlement.copies import copied
from tests.world import World


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
