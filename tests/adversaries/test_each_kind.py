"""Every kind of adversary alone: it does what it should, is found, and nobody else is accused."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shuangli.issuer.cases import Case
from shuangli.messages.notices import RevocationList
from shuangli.offline.evidence import verify_evidence
from shuangli.sims.adversaries.attack import Kind
from shuangli.sims.adversaries.truth import forked_coins
from shuangli.sims.played import CellReport
from tests.adversaries.attacked import (
    ALONE,
    NEVER_FORKS,
    PEOPLE,
    STAGED,
    attacked,
    outcomes_of,
    play,
    small_town,
)
from tests.engine.plans import TERMS
from tests.engine.town import Town

Played = tuple[Town, CellReport, list[Case]]
Play = Callable[..., Played]


@pytest.fixture
def playing(tmp_path: Path) -> Iterator[Play]:
    """Plays a town under an attack of `ALONE`, with more settings, and checks what must always hold."""
    towns: list[Town] = []

    def run(name: str, *, staged: bool = False, **settings: object) -> Played:
        hard = tuple(range(PEOPLE)) if name == "broken_element" else ()
        given = {**ALONE[name], **{key.replace("__", "."): value for key, value in settings.items()}}
        plan, system = attacked(small_town(hard=hard), given, terms=STAGED if staged else TERMS)
        played = play(plan, system, tmp_path / str(len(towns)))
        towns.append(played[0])
        return played

    yield run
    for town in towns:
        town.close()


@pytest.mark.parametrize("name", ALONE)
def test_alone_it_is_found_if_it_forks_and_nobody_else_is_named(playing: Play, name: str) -> None:
    town, report, cases = playing(name)
    kind = Kind(name.split("-")[0])
    assert [attack.kind for attack in town.plan.attacks] == [kind]
    forks = forked_coins(report.deeds)
    assert {case.coin_id for case in cases} == set(forks)
    if name in NEVER_FORKS:
        assert cases == []
    else:
        assert cases
        assert {report.guilty[case.culprit] for case in cases} == {kind}
        for case in cases[:2]:
            assert verify_evidence(case.evidence, root=town.system.anchors.root).culprit == case.culprit
    labelled = outcomes_of(town, kind)
    assert labelled or name.startswith("double_deposit")
    assert any(not payment.attack for payment in town.payments)


def test_f02_a_rollback_pays_again_what_it_has_paid(playing: Play) -> None:
    _, report, cases = playing("rollback")
    assert sum(case.loss_fen for case in cases) == sum(report.exposed_fen.values()) > 0


def test_f25_a_broken_element_signs_again_and_one_that_holds_does_not(playing: Play) -> None:
    town, report, _ = playing("broken_element", broken_element__probability=0.0)
    assert town.plan.attacks[0].foiled == 2
    assert report.deeds == []


def test_f25_hard_wallets_cannot_be_copied_or_put_back() -> None:
    for kind in ("clone", "clone-habit", "rollback", "mule_ring", "colluding_payee-pair"):
        plan, _ = attacked(small_town(hard=tuple(range(PEOPLE))), ALONE[kind])
        (attack,) = plan.attacks
        assert attack.foiled > 0
        assert attack.forking == frozenset()
        assert (plan.devices.copy_of == -1).all()


def test_a_payee_that_refuses_and_claims_is_convicted_by_its_own_two_words(playing: Play) -> None:
    town, report, cases = playing("colluding_payee")
    (payee,) = town.plan.attacks[0].devices
    assert {case.culprit for case in cases} == {town.device(payee).key.public}
    assert set(outcomes_of(town, "colluding_payee")) == {"refused-by-payee"}
    # The payers have it back, and the payee has it: the guarantee fund pays once.
    assert sum(case.loss_fen for case in cases) == report.exposed_fen[town.device(payee).key.public]
    slow, *_ = playing("colluding_payee", colluding_payee__strategy="slow")
    outcomes = outcomes_of(slow, "colluding_payee")
    assert outcomes.count("refused-by-payee") == -(-len(outcomes) // 8)


def test_a_deaf_payee_accepts_what_others_refuse(playing: Play) -> None:
    """The copy pays there after the list names its key; the centre finds and books it all the same."""
    settings = {**ALONE["clone"], "clone__strategy": "slow"}
    given = {key.replace(".", "__"): value for key, value in settings.items()}
    deaf, *_ = playing("colluding_payee-deaf", **given, colluding_payee__number=3)
    town, *_ = playing("clone", **given)
    assert outcomes_of(deaf, "clone").count("paid") > outcomes_of(town, "clone").count("paid")
    for payee in deaf.plan.attacks[1].devices:
        listed, heard = deaf.banks[0].trust.revocations, deaf.wallet(payee).trust.revocations
        assert isinstance(listed, RevocationList)
        assert isinstance(heard, RevocationList)
        assert heard.number < listed.number


@pytest.mark.parametrize(("off_s", "outcome"), [(240, "paid"), (-240, "paid"), (900, "request-expired")])
def test_f21_a_clock_that_is_off_by_minutes_is_tolerated_and_by_more_refused(
    playing: Play, off_s: int, outcome: str
) -> None:
    town, *_ = playing("clock_cheat", clock_cheat__off_s=off_s)
    assert set(outcomes_of(town, "clock_cheat")) == {outcome}


def test_f20_what_is_withheld_is_lost_after_deadline_and_grace(tmp_path: Path) -> None:
    terms = replace(STAGED, claim_window_s=2 * 3_600, grace_s=0)
    plan, system = attacked(
        small_town(), {"withheld_deposit.number": 1, "withheld_deposit.hours": 2.6}, terms=terms
    )
    town, report, cases = play(plan, system, tmp_path)
    assert report.holdings.late_fen > 0
    assert cases == []
    town.close()


def test_f13_f16_the_same_bytes_twice_are_a_repeat_and_anew_is_a_fork(playing: Play) -> None:
    town, report, cases = playing("double_deposit")
    (payee,) = town.plan.attacks[0].devices
    key = town.device(payee).key.public
    assert {case.culprit for case in cases} == {key}
    # It is enrolled at both operators, and the second one froze what it claimed there.
    assert all(bank.store.wallet(key) is not None for bank in town.banks)
    assert report.holdings.frozen_fen > 0


def test_mules_are_not_accused_and_the_value_goes_through_their_hands(playing: Play) -> None:
    town, report, cases = playing("mule_ring")
    (attack,) = town.plan.attacks
    (culprit,) = attack.forking
    assert {case.culprit for case in cases} == {town.device(culprit).key.public}
    mules = set(attack.devices) - {culprit}
    passed_on = [p for p in town.payments if p.attack and p.payer in mules and p.outcome == "paid"]
    assert {p.hops for p in passed_on} == {2, 3}
    # Where value is staged, a mule passes on money of its own.
    staged, *_ = playing("mule_ring", staged=True)
    assert {p.hops for p in staged.payments if p.attack and p.payer in mules and p.outcome == "paid"} == {1}
    assert report.exposed_fen


def test_structuring_stays_just_under_the_threshold(playing: Play) -> None:
    town, *_ = playing("structuring", structuring__threshold_fen=400)
    amounts_fen = [payment.amount_fen for payment in town.payments if payment.attack]
    assert amounts_fen
    assert all(380 <= amount_fen < 400 for amount_fen in amounts_fen)


def test_f30_after_the_revocation_devices_refuse_the_operators_certificates(playing: Play) -> None:
    town, report, cases = playing("leaked_key", leaked_key__noticed_h=0.5)
    forged = set(report.guilty) - {town.device(index).key.public for index in range(len(town.plan.devices))}
    assert len(forged) == 1
    assert all(bank.store.wallet(*forged) is None for bank in town.banks)
    assert {case.culprit for case in cases} <= forged
    revoked_s = town.system.plan.revokes[0][0]
    late = [
        payment.outcome
        for payment in town.payments
        if payment.at_s > revoked_s + 2_400 and payment.payer % 2 == 0 and payment.payee >= PEOPLE
    ]
    assert late
    assert "paid" not in late
    never, *_ = playing("leaked_key", leaked_key__noticed_h=0.0)
    assert never.system.plan.revokes == ()


def test_a_budget_bounds_what_is_paid_on_the_side(playing: Play) -> None:
    for name in ("clone", "rollback", "structuring", "mule_ring"):
        town, *_ = playing(name, **{f"{name}__budget_fen": 900})
        (attack,) = town.plan.attacks
        for device in attack.devices:
            paid = [p for p in town.payments if p.attack and p.payer == device and p.outcome == "paid"]
            assert sum(payment.amount_fen for payment in paid) <= 900
