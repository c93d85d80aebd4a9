"""Who bears a loss: receivables, and what is frozen and set off; faults F45, F46 and F47."""

from itertools import permutations
from pathlib import Path

import pytest

from shuangli.crypto import sha256
from shuangli.errors import Refused, StoreError
from shuangli.issuer.losses.gather import losses_by_person
from shuangli.wallet.wallet import Wallet
from tests.forging import bundle, refuse, sign_away
from tests.paying import as_upload, coins_of, pay
from tests.persons.answers import (
    ANNA,
    EXPIRED_S,
    FUND,
    balance_fen,
    culprit_with,
    double_spend,
    frozen_fen,
    gates_of,
    only_receivable,
    pseudonym_of,
    redeem_all,
    run_losses,
)
from tests.setting import DAY_S, NOW, TRANSFERABLE
from tests.settlement.answers import outcomes
from tests.world import World


def test_what_the_fund_pays_is_owed_by_the_culprits_person(world: World) -> None:
    culprit, _ = culprit_with(world, [100], [100, 80])
    assert balance_fen(world, FUND) == 80
    run_losses(world, now_s=NOW + 1)
    one = only_receivable(world)
    assert (one.culprit, one.debtor) == (culprit.key.public, pseudonym_of(ANNA))
    assert (one.claimed_fen, one.open_fen) == (80, 80)
    assert (balance_fen(world, "receivables"), balance_fen(world, FUND)) == (80, 0)
    run_losses(world, now_s=NOW + 2)
    assert only_receivable(world).claimed_fen == 80, "booked once"


def test_what_the_culprit_still_has_of_the_coin_covers_the_case_first(world: World) -> None:
    culprit_with(world, [100], [30, 60])
    (case,) = world.cases()
    assert (case.loss_fen, case.fund_paid_fen) == (0, 60)
    run_losses(world, now_s=NOW + 1)
    assert only_receivable(world).open_fen == 60, (
        "its change may still be claimed by somebody who was paid with it"
    )
    run_losses(world, now_s=EXPIRED_S)
    assert (only_receivable(world).set_off_fen, only_receivable(world).open_fen) == (60, 0)
    assert frozen_fen(world) == 10, "the rest of its change of 70 is nobody else's"
    supply = world.supply()
    assert (supply.outstanding_fen, supply.forked_open_fen) == (0, 0)
    assert (supply.redeemed_fen, supply.returned_fen, supply.void_fen) == (30, 70, 40)


def test_a_frozen_redemption_is_set_off_once_nobody_else_can_claim_the_coin(world: World) -> None:
    culprit, _ = culprit_with(world, [100, 50], [100, 100])
    redeem_all(world, culprit)
    assert world.deposit_fen(culprit) == 0
    run_losses(world, now_s=NOW + DAY_S)
    assert (only_receivable(world).open_fen, frozen_fen(world)) == (100, 0)
    for now_s in (EXPIRED_S, EXPIRED_S + DAY_S):
        run_losses(world, now_s=now_s)
        assert (only_receivable(world).open_fen, frozen_fen(world)) == (50, 0)
        assert world.supply().outstanding_fen == 0
    assert world.deposit_fen(culprit) == 0


def test_somebody_who_was_paid_with_a_frozen_coin_comes_before_the_set_off(world: World) -> None:
    culprit, _ = culprit_with(world, [100, 50], [100, 100])
    honest, copy = world.wallet(tier=0), world.clone(culprit)
    redeem_all(world, copy)
    pay(culprit, honest, 50)
    assert world.hand_in(honest).credited_fen == 50
    run_losses(world, now_s=EXPIRED_S)
    assert (frozen_fen(world), world.deposit_fen(honest)) == (0, 50)
    assert sum(one.claimed_fen for one in world.issuer.store.losses.receivables()) == 100


def test_f47_what_was_refused_and_a_culprit_would_get_back_is_frozen_and_costs_nobody(world: World) -> None:
    culprit, (gate, refuser) = world.wallet([100], person=ANNA), gates_of(world, 2)
    copy = world.clone(culprit)
    pay(culprit, gate, 100)
    refused = pay(copy, refuser, 100)
    world.hand_in(gate)
    upload = as_upload(refused.payment.body, refuse(refuser, refused))
    assert outcomes(world, upload) == ["FORKED", "FROZEN"]
    for now_s in (NOW + 1, EXPIRED_S):
        run_losses(world, now_s=now_s)
        (case,) = world.cases()
        assert (case.paid_fen, case.loss_fen, case.fund_paid_fen) == (100, 0, 0)
    assert world.issuer.store.losses.receivables() == []
    assert (frozen_fen(world), world.supply().void_fen, world.supply().forked_open_fen) == (0, 100, 0)


def test_f45_what_one_wallet_of_a_person_holds_covers_what_another_one_owes(world: World) -> None:
    first, _ = culprit_with(world, [100], [100, 100])
    with world.transaction():
        world.banks["OP01"].close_wallet(first.key.public, now_s=NOW)
    # The wallet that replaces it double spends, too, at a coin of its own, and has another one left.
    second, gates = world.wallet([60, 40], person=ANNA, operator="OP02"), gates_of(world, 2)
    double_spend(world, second, gates, [60, 60])
    for gate in gates:
        world.hand_in(gate)
    redeem_all(world, second, "OP02")
    run_losses(world, now_s=EXPIRED_S)
    (standing,) = [one for one in losses_by_person(world.issuer.store) if one.cases]
    assert standing.person == pseudonym_of(ANNA)
    assert standing.keys == {first.key.public, second.key.public}
    assert (standing.cases, standing.loss_fen, standing.claimed_fen) == (2, 160, 160)
    assert (standing.set_off_fen, standing.open_fen, standing.frozen_fen) == (40, 120, 0)


def test_a_key_is_its_own_debtor_until_its_operator_names_who_holds_it(world: World) -> None:
    culprit, _ = culprit_with(world, [100], [100, 100])
    key, desk = culprit.key.public, world.issuer.loss_desk
    world.issuer.store.database.execute("DELETE FROM holders")
    run_losses(world, now_s=NOW + 1)
    assert only_receivable(world).debtor == key
    with pytest.raises(Refused) as refusal:
        desk.name_holder(key, pseudonym_of(ANNA), operator="OP02")
    assert refusal.value.code == "unknown-wallet"
    with world.issuer.transaction():
        desk.name_holder(key, world.banks["OP01"].person_of(key, at_s=NOW), operator="OP01")
    assert only_receivable(world).debtor == pseudonym_of(ANNA)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE receivables SET claimed_fen = claimed_fen + 1",
        "UPDATE receivables SET set_off_fen = set_off_fen - 1",
        "UPDATE receivables SET written_off_fen = written_off_fen + 1",
        "UPDATE frozen SET used_fen = used_fen - 1 WHERE used_fen > 0",
        "UPDATE receivables SET claimed_fen = claimed_fen + 1, set_off_fen = set_off_fen + 1",
    ],
)
def test_books_that_do_not_fit_their_rows_are_noticed(world: World, change: str) -> None:
    culprit_with(world, [100], [30, 60])
    run_losses(world, now_s=EXPIRED_S)
    world.issuer.store.database.execute(change)
    with pytest.raises(StoreError, match="differ"):
        world.check_books()


def two_culprits(world: World) -> tuple[Wallet, list[tuple[bytes, str]]]:
    """A chain that two culprits fork one after the other; the first one, and all that is handed in."""
    first, second, victims = world.wallet([100, 20], person=ANNA), world.wallet(), gates_of(world, 3)
    copy = world.clone(first)
    pay(first, second, 100)
    pay(copy, victims[0], 70)
    double_spend(world, second, victims[1:], [30, 60])
    uploads = [(victim.hand_in(now_s=NOW) or b"", victim.certificate.claims.issuer) for victim in victims]
    (left,) = coins_of(first)
    return first, [*uploads, (bundle([left], sign_away(first, [(left, 20)])), "OP01")]


def test_f46_f47_debts_less_holdings_are_the_same_in_every_order(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    world = World(tmp_path / "first", terms=TRANSFERABLE)
    first, uploads = two_culprits(world)
    found = set()
    for number, order in enumerate(permutations(uploads)):
        place = world.copy(tmp_path / str(number))
        for upload in order:
            place.submit(*upload)
        run_losses(place, now_s=EXPIRED_S)
        open_fen = sum(one.open_fen for one in place.issuer.store.losses.receivables())
        # A culprit that redeems before it is found out is paid, and owes so much more.
        kept_fen = place.deposit_fen(first)
        supply = place.supply()
        assert supply.outstanding_fen == supply.forked_open_fen == 0
        assert supply.redeemed_fen + supply.fund_paid_fen - kept_fen == 70 + 30 + 60
        assert sorted(case.loss_fen for case in place.cases()) == [0, 60]
        found.add(open_fen - frozen_fen(place) - kept_fen)
        place.close()
    assert len(found) == 1
    world.close()


def test_a_return_out_of_the_fund_names_its_owner_and_counts_as_claimed(hops: World) -> None:
    first, honest = hops.wallet([100], person=ANNA), hops.wallet(person=sha256(b"honest"))
    copy, gate, nobody = hops.clone(first), hops.wallet(tier=0), hops.wallet(tier=0)
    pay(first, gate, 100)
    hops.hand_in(gate)
    pay(copy, honest, 100)
    (coin,) = coins_of(honest)
    lost = sign_away(honest, [(coin, 100)], payee=nobody.key.public, request_id=sha256(b"lost"))
    hops.submit(bundle([coin], lost))
    run_losses(hops, now_s=EXPIRED_S)
    run_losses(hops, now_s=EXPIRED_S + 1)
    assert hops.deposit_fen(honest) == 100
    assert only_receivable(hops).claimed_fen == 100
    holders = hops.issuer.store.losses.holders([honest.key.public])
    assert holders == {honest.key.public: pseudonym_of(sha256(b"honest"))}
