"""Stolen devices, foreign keys, a leaked mint, terms that change, a line cut: honest people lose nothing."""

from dataclasses import replace
from pathlib import Path

import pytest

from shuangli.issuer.epochs.states import EpochState
from shuangli.issuer.minting import vault
from shuangli.issuer.supply import supply_by_epoch
from shuangli.messages.certificates import Mode
from shuangli.operator.accounts import VAULT
from shuangli.sims.adversaries.attack import Kind, Step
from shuangli.sims.payments import gone_back_fen
from shuangli.sims.plan import Rules
from shuangli.sims.system import CutOff, Killed
from tests.adversaries.attacked import (
    LOAD_FEN,
    MERCHANTS,
    PEOPLE,
    STAGED,
    attacked,
    cases_of,
    check_end,
    outcomes_of,
    play,
    small_town,
)
from tests.engine.plans import TERMS, WINDOW_S
from tests.engine.town import Town

STOLEN: dict[str, object] = {"stolen_device.number": 2, "stolen_device.reported_h": 0.5}


def stolen(tmp_path: Path, rules: Rules, *, hard: bool = False) -> Town:
    """A town in which two devices are stolen; everybody has as much again on their deposits."""
    plan = small_town(hard=tuple(range(PEOPLE)) if hard else (), each=6)
    plan = replace(plan, devices=replace(plan.devices, deposit_fen=2 * plan.devices.deposit_fen))
    plan, system = attacked(plan, STOLEN)
    town, _, cases = play(replace(plan, rules=rules), system, tmp_path)
    assert cases == []
    return town


def test_f23_a_thief_does_not_know_the_pin(tmp_path: Path) -> None:
    town = stolen(tmp_path, Rules(payments_between_pins=2))
    (attack,) = town.plan.attacks
    for thief in attack.devices:
        mine = [payment for payment in town.payments if payment.payer == thief and payment.attack]
        assert [payment.outcome for payment in mine].count("paid") <= 2
        assert mine[-1].outcome == "pin-required"
    town.close()


def test_f23_large_payments_need_the_pin_at_once(tmp_path: Path) -> None:
    town = stolen(tmp_path, Rules(pin_above_fen=10))
    assert set(outcomes_of(town, "stolen_device")) <= {"pin-required", "insufficient-funds"}
    town.close()


def test_f23_an_element_asks_for_the_pin_itself(tmp_path: Path) -> None:
    town = stolen(tmp_path, Rules(), hard=True)
    assert "paid" in outcomes_of(town, "stolen_device"), "small payments need none"
    town.close()


def test_f23_the_holder_has_it_no_more_and_the_deposit_is_safe(tmp_path: Path) -> None:
    town = stolen(tmp_path, Rules())
    (attack,) = town.plan.attacks
    for thief in attack.devices:
        acts = {act.step: act.at_s for act in attack.acts if act.device == thief}
        own = [p for p in town.payments if thief in (p.payer, p.payee) and not p.attack]
        assert {p.outcome for p in own if p.at_s > acts[Step.STEAL]} <= {"not-open"}
        assert (
            "paid" in {p.outcome for p in own if p.at_s < acts[Step.STEAL]} or acts[Step.STEAL] < own[0].at_s
        )
        bank, key = town.banks[thief % 2], town.device(thief).key.public
        row = bank.store.wallet(key)
        assert row is not None
        assert row.closed_at_s == acts[Step.REPORT]
        # The deposit is as it was, and what the device handed in is on it.
        assert -bank.store.ledger.balance_fen(row.account) >= LOAD_FEN
    refused = [branch.report(signatures_made=0).refused.get("unknown-wallet", 0) for branch in town.branches]
    assert sum(refused) == len(attack.devices)
    # Whoever the thief has paid is paid.
    assert "paid" in outcomes_of(town, Kind.STOLEN_DEVICE)
    assert sum(supply.difference_fen for supply in supply_by_epoch(town.system.issuer.store)) == 0
    town.close()


def test_f19_the_next_honest_payee_sees_that_nobody_has_certified_a_key(tmp_path: Path) -> None:
    plan, system = attacked(small_town(), {"uncertified_key.number": 2})
    town, report, cases = play(plan, system, tmp_path)
    assert cases == []
    (attack,) = town.plan.attacks
    among: list[str] = []
    at_shops: list[str] = []
    for payment in town.payments:
        if payment.attack:
            (among if payment.payer == payment.payee else at_shops).append(payment.outcome)
    assert among == ["paid"] * 2, "two programs of one adversary take each other's word"
    assert set(at_shops) == {"signature"}
    assert report.guilty == {}
    # Honest payments go on, also those of other customers at the same shops.
    later_s = min(act.at_s for act in attack.acts)
    honest = {p.outcome for p in town.payments if not p.attack and p.at_s > later_s}
    assert "paid" in honest
    assert "signature" not in honest
    town.close()


def test_f19_an_element_pays_no_uncertified_key() -> None:
    plan, _ = attacked(small_town(hard=tuple(range(PEOPLE))), {"uncertified_key.number": 2})
    (attack,) = plan.attacks
    assert (attack.foiled, attack.acts) == (2, ())


def test_f31_a_load_that_nobody_has_minted_stops_its_epoch_and_honest_coins_are_paid(tmp_path: Path) -> None:
    plan = small_town(each=8)
    plan = replace(plan, habits=replace(plan.habits, top_up_fen=1_000))
    plan, system = attacked(plan, {"leaked_mint.number": 1, "leaked_mint.budget_fen": 3_000}, terms=STAGED)
    town, report, cases = play(plan, system, tmp_path)
    assert (cases, report.guilty) == ([], {})
    store = town.system.issuer.store
    assert store.epochs.get(1).state is EpochState.STOPPED
    assert store.epochs.get(2).state is EpochState.OPEN
    forged = [payment for payment in town.payments if payment.attack == Kind.LEAKED_MINT]
    assert "paid" in {payment.outcome for payment in forged}, "a device cannot tell"
    # No operator has paid for it; every honest payment is paid for, and honest coins are exchanged.
    honest_fen = sum(p.amount_fen for p in town.payments if p.outcome == "paid" and not p.attack)
    supplies = supply_by_epoch(store)
    exchanged_fen = sum(supply.redeemed_fen for supply in supplies) - honest_fen
    assert exchanged_fen > 0
    assert (supplies[0].outstanding_fen, report.holdings.unpaid_fen) == (0, 0)
    # People go on, with value of the epoch in reserve.
    assert supplies[1].loaded_fen > 0
    assert supplies[1].redeemed_fen > 0
    town.close()


@pytest.mark.parametrize("first", [Mode.STAGED, Mode.TRANSFERABLE])
def test_f54_coins_follow_the_terms_of_their_own_epoch(tmp_path: Path, first: Mode) -> None:
    """The mint changes in the middle; nobody's coin is stranded, and none follows the other epoch's terms."""
    old, new = (STAGED, TERMS) if first is Mode.STAGED else (TERMS, STAGED)
    plan, system = attacked(small_town(each=8), {}, terms=old)
    changes_s = plan.calendar.start_s + 18 * WINDOW_S
    plan = replace(plan, habits=replace(plan.habits, top_up_fen=1_000))
    town, report, cases = play(plan, replace(system, later=((changes_s, new),)), tmp_path)
    assert cases == []
    supplies = supply_by_epoch(town.system.issuer.store)
    assert [supply.epoch for supply in supplies] == [1, 2]
    assert all(supply.loaded_fen > 0 for supply in supplies)
    assert all(supply.difference_fen == 0 for supply in supplies)
    assert report.holdings.unpaid_fen == 0
    hops = {payment.hops > 1: payment.at_s for payment in town.payments if payment.outcome == "paid"}
    assert set(hops) == {False, True}
    if first is Mode.STAGED:
        assert min(p.at_s for p in town.payments if p.outcome == "paid" and p.hops > 1) > changes_s
    town.close()


SHORT = replace(STAGED, claim_window_s=5_400, grace_s=0)


def test_what_nobody_claims_goes_back_once_and_its_payee_is_late(tmp_path: Path) -> None:
    settings: dict[str, object] = {"withheld_deposit.number": 1, "withheld_deposit.hours": 2.6}
    plan, system = attacked(small_town(), settings, terms=SHORT)
    town, report, cases = play(plan, replace(system, returns=True), tmp_path)
    assert cases == []
    back_fen = gone_back_fen(town.system.issuer.store)
    assert report.holdings.late_fen == back_fen > 0
    # The payers' operators have booked it.
    deposits = [
        -bank.store.ledger.balance_fen(row.account)
        for person in range(PEOPLE)
        for bank in (town.banks[person % 2],)
        if (row := bank.store.wallet(town.device(person).key.public)) is not None
    ]
    assert sum(deposits) >= back_fen
    town.close()


def test_f30_nothing_goes_back_once_the_key_of_an_operator_is_revoked(tmp_path: Path) -> None:
    """Found: a watermark under the revoked key ended the run."""
    settings: dict[str, object] = {"withheld_deposit.number": 1, "withheld_deposit.hours": 2.6}
    revoked: dict[str, object] = {"leaked_key.number": 1, "leaked_key.noticed_h": 0.5}
    plan, system = attacked(small_town(), {**settings, **revoked}, terms=SHORT)
    town, report, _ = play(plan, replace(system, returns=True), tmp_path)
    assert report.holdings.late_fen > 0
    assert gone_back_fen(town.system.issuer.store) == 0
    town.close()


@pytest.mark.parametrize("cut", [True, False])
def test_f52_nothing_goes_back_before_the_watermark_of_an_operator_that_is_cut_off(
    tmp_path: Path, cut: bool
) -> None:
    """Some hand in on time at an operator that passes it on after the deadline, others not at all."""
    withheld: dict[str, object] = {"withheld_deposit.number": 1, "withheld_deposit.hours": 2.95}
    plan, system = attacked(small_town(seed=2, each=5), withheld, terms=SHORT)
    assert plan.attacks[0].devices[0] % 2 == 0, "who keeps quiet banks elsewhere"
    start_s = plan.calendar.start_s
    away = CutOff(1, start_s + 6 * WINDOW_S, start_s + 35 * WINDOW_S)
    town, _, cases = play(plan, replace(system, returns=True, cut_off=away if cut else None), tmp_path)
    assert cases == []
    store = town.system.issuer.store
    received = dict(store.transfers_received())
    back = [
        each for name in system.operator_names for each in store.returns.of_operator(name, after=0, most=99)
    ]
    # What nobody has handed in goes back, and not before the operator that was cut off has said what it has.
    assert back
    assert (min(each.returned_at_s for each in back) >= away.to_s) is cut
    # What was handed in to it on time is paid, after a deadline that passed while it was cut off.
    on_time = {
        payment.transfer_id
        for payment in town.payments
        if payment.outcome == "paid"
        and payment.payee % 2 == 1
        and payment.at_s + SHORT.claim_window_s < away.to_s
        and received[payment.transfer_id] <= payment.at_s + SHORT.claim_window_s
    }
    assert on_time
    assert on_time.isdisjoint({each.parent_id for each in back})
    # Shops hand in again and again while it is cut off, and are in time: no upload waits for another one.
    shops = [town.device(index) for index in range(PEOPLE, PEOPLE + MERCHANTS) if index % 2 == 1]
    assert sum(away.from_s <= p.at_s < away.to_s for p in town.payments if p.payee % 2 == 1) > len(shops)
    assert [shop.unpaid for shop in shops if shop.unpaid] == []
    town.close()


def test_f11_an_operator_killed_in_a_reconciliation_answers_the_same_bytes_when_it_is_back(
    tmp_path: Path,
) -> None:
    """It dies after the issuer has settled and minted, and before it has written anything down."""
    plan = small_town(each=6)
    plan = replace(plan, habits=replace(plan.habits, top_up_fen=1_000))
    plan, system = attacked(plan, {}, terms=STAGED)
    town = Town(plan, tmp_path, replace(system, killed=Killed(1, plan.calendar.start_s + 8 * WINDOW_S)))
    before = town.banks[1]
    while town.banks[1] is before and town.now_s < plan.calendar.closes_s:
        town.window()
    assert town.banks[1] is not before, "it was killed"
    # What the issuer has settled, it has not booked: until the next window the two vaults differ.
    at_issuer_fen = town.system.issuer.store.ledger.balance_fen(vault("OP02"))
    assert town.banks[1].store.ledger.balance_fen(VAULT) != -at_issuer_fen
    town.finish()
    report, cases = town.cell.report(), cases_of(town)
    check_end(town, report, cases)
    assert cases == []
    assert report.holdings.unpaid_fen == 0
    paid_fen = sum(p.amount_fen for p in town.payments if p.outcome == "paid")
    assert sum(supply.redeemed_fen for supply in supply_by_epoch(town.system.issuer.store)) == paid_fen
    for name, each in zip(town.system.plan.operator_names, town.banks, strict=True):
        each.store.ledger.check()
        at_issuer_fen = town.system.issuer.store.ledger.balance_fen(vault(name))
        assert each.store.ledger.balance_fen(VAULT) == -at_issuer_fen
    town.close()
