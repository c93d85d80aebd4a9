"""Who bears a loss: receivables, set-off, recovery and the two rules; faults F17, F45, F46 and F47."""

from itertools import permutations
from pathlib import Path

import pytest

from shuangli.crypto import sha256
from shuangli.errors import BadInput, Refused, StoreError
from shuangli.issuer.losses.gather import losses_by_person
from shuangli.issuer.losses.policy import LossPolicy, LossRule
from shuangli.messages.notices import Outcome
from shuangli.wallet.wallet import Wallet
from tests.forging import bundle, sign_away
from tests.persons.answers import (
    EXPIRED_S,
    double_spend,
    frozen_fen,
    only_receivable,
    pseudonym_of,
    redeem_all,
    run_losses,
)
from tests.settlement.answers import outcomes
from tests.settlement.test_refusals import refuse
from tests.world import DAY_S, NOW, STAGED, TRANSFERABLE, World, as_upload, coins_of, pay

ANNA = sha256(b"Anna")
FUND = "guarantee-fund"


def balance_fen(world: World, account: str) -> int:
    return world.issuer.store.ledger.balance_fen(account)


def gates_of(world: World, number: int) -> list[Wallet]:
    return [world.wallet(tier=0, operator=("OP01", "OP02")[index % 2]) for index in range(number)]


def culprit_with(world: World, values_fen: list[int], payments_fen: list[int]) -> tuple[Wallet, list[Wallet]]:
    """A wallet of Anna's whose copies pay one gate each, in one coin; the gates hand in."""
    culprit, gates = world.wallet(values_fen, person=ANNA), gates_of(world, len(payments_fen))
    double_spend(world, culprit, gates, payments_fen)
    for gate in gates:
        world.hand_in(gate)
    return culprit, gates


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
    assert (desk.unnamed("OP01"), desk.unnamed("OP02")) == ([key], [])
    with pytest.raises(Refused) as refusal:
        desk.name_holder(key, pseudonym_of(ANNA), operator="OP02")
    assert refusal.value.code == "unknown-wallet"
    with world.issuer.transaction():
        desk.name_holder(key, world.banks["OP01"].person_of(key, at_s=NOW), operator="OP01")
    assert only_receivable(world).debtor == pseudonym_of(ANNA)
    assert desk.unnamed("OP01") == []


def recover(world: World, amount_fen: int, reference: bytes = b"1") -> None:
    """Anna pays back, and OP01 passes it on."""
    with world.issuer.transaction():
        world.issuer.loss_desk.recover(
            pseudonym_of(ANNA), amount_fen, operator="OP01", reference=reference, now_s=NOW
        )


def test_a_culprit_pays_back_and_never_more_than_it_owes(world: World) -> None:
    culprit, _ = culprit_with(world, [100], [100, 80])
    run_losses(world, now_s=NOW + 1)
    bank, key = world.banks["OP01"], culprit.key.public
    with bank.store.transaction(), pytest.raises(Refused) as refusal:
        bank.pay_back(key, 50, now_s=NOW, reference=b"1")
    assert refusal.value.code == "insufficient-funds"
    with bank.store.transaction():
        bank.deposit(key, 50, now_s=NOW)
        bank.pay_back(key, 50, now_s=NOW, reference=b"1")
    for _ in range(2):
        recover(world, 50)
        assert (only_receivable(world).recovered_fen, only_receivable(world).open_fen) == (50, 30)
        world.check_books()
    with pytest.raises(Refused) as refusal:
        recover(world, 20)
    assert refusal.value.code == "nonce-used"
    for amount_fen in (31, 0, -5):
        with pytest.raises(BadInput, match="cannot be paid"):
            recover(world, amount_fen, b"2")
    assert only_receivable(world).open_fen == 30
    with pytest.raises(Refused) as refusal, world.issuer.transaction():
        world.issuer.loss_desk.recover(pseudonym_of(ANNA), 30, operator="OP03", reference=b"3", now_s=NOW)
    assert refusal.value.code == "vault-empty"


def test_what_is_written_off_the_fund_bears(world: World) -> None:
    culprit_with(world, [100], [100, 80])
    run_losses(world, now_s=NOW + 1)
    for written_off_fen in (80, 0):
        with world.issuer.transaction():
            assert world.issuer.loss_desk.write_off(pseudonym_of(ANNA), now_s=NOW) == written_off_fen
        assert (only_receivable(world).written_off_fen, only_receivable(world).open_fen) == (80, 0)
        assert (balance_fen(world, FUND), balance_fen(world, "receivables")) == (80, 0)
        world.check_books()


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


# --- the rules ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "paid_fen"),
    [
        (LossPolicy(cap_per_person_fen=1_000), [100, 100, 100]),
        (LossPolicy(cap_per_person_fen=99), [100, 0, 0]),
        (LossPolicy(cap_per_person_fen=1_000, fund_fen=150), [100, 100, 0]),
        (LossPolicy(cap_per_person_fen=1_000, rule=LossRule.FIRST_CLAIM_ONLY), [100, 0, 0]),
    ],
)
def test_who_is_paid_follows_the_rule(tmp_path: Path, policy: LossPolicy, paid_fen: list[int]) -> None:
    world = World(tmp_path, terms=STAGED, policy=policy)
    _, gates = culprit_with(world, [100], [100, 100, 100])
    operators = ("OP01", "OP02", "OP01")
    assert [world.deposit_fen(*one) for one in zip(gates, operators, strict=True)] == paid_fen
    (case,) = world.cases()
    run_losses(world, now_s=NOW + 1)
    assert case.fund_paid_fen == sum(paid_fen) - 100
    claimed_fen = sum(one.claimed_fen for one in world.issuer.store.losses.receivables())
    assert claimed_fen == case.fund_paid_fen
    world.close()


def test_a_fund_with_an_end_pays_again_once_something_has_come_back(tmp_path: Path) -> None:
    world = World(tmp_path, terms=STAGED, policy=LossPolicy(cap_per_person_fen=1_000, fund_fen=100))
    anna, _ = culprit_with(world, [100], [100, 100])
    run_losses(world, now_s=NOW + 1)
    bank = world.banks["OP01"]
    with bank.store.transaction():
        bank.deposit(anna.key.public, 100, now_s=NOW)
        bank.pay_back(anna.key.public, 100, now_s=NOW, reference=b"both")
    culprit, gates = world.wallet([100]), gates_of(world, 3)
    double_spend(world, culprit, gates, [100, 100, 100])
    last = [world.hand_in(gates[0]).outcomes[-1]]
    for amount_fen, gate in ((99, gates[1]), (1, gates[2])):
        recover(world, amount_fen, bytes([amount_fen]))
        last.append(world.hand_in(gate).outcomes[-1])
    assert last == [Outcome.SETTLED, Outcome.CAPPED, Outcome.SETTLED]
    world.check_books()
    world.close()


def test_f17_a_payer_and_a_payee_farm_the_fund_up_to_the_cap_of_the_person_and_no_further(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, terms=STAGED, cap_fen=250)
    band = sha256(b"the payee")
    farms = [world.wallet(tier=0, person=band, operator=name) for name in ("OP01", "OP02", "OP01")]
    for _ in range(3):
        culprit = world.wallet([100], person=ANNA)
        double_spend(world, culprit, farms, [100, 100, 100])
    for farm in farms:
        world.hand_in(farm)
    assert world.issuer.store.losses.fund_paid_by_person_fen() == {pseudonym_of(band): 200}
    run_losses(world, now_s=EXPIRED_S)
    standings = {one.person: one for one in losses_by_person(world.issuer.store)}
    assert standings[pseudonym_of(band)].fund_paid_fen == 200
    assert standings[pseudonym_of(band)].cases == 0
    assert standings[pseudonym_of(ANNA)].open_fen == 200
    assert len(standings[pseudonym_of(ANNA)].keys) == 3
    assert {case.culprit for case in world.cases()} == standings[pseudonym_of(ANNA)].keys
    world.close()


# --- order --------------------------------------------------------------------------------------


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
