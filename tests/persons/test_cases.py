"""Cases between operators and the issuer: who holds a culprit's key, what is owed, and what comes back."""

from typing import Any

import pytest

from shuangli import codec, cose
from shuangli.cose import Domain
from shuangli.crypto import sha256
from shuangli.errors import BadInput, Malformed, Refused, StoreError, Unverified
from shuangli.issuer.losses import case_desk
from shuangli.issuer.losses.case_desk import MOST_CASES
from shuangli.issuer.persons.limits import Customer
from shuangli.issuer.service import case_office
from shuangli.issuer.service.case_messages import NamedHolder, Recovery, decode_cases, encode_cases
from shuangli.messages.enrolment import Enrolment
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from shuangli.messages.fields import NONCE_BYTES
from shuangli.messages.loads import LoadOrder
from shuangli.offline.evidence import verify_evidence
from shuangli.operator.accounts import VAULT
from tests.paying import pay
from tests.persons.answers import FACE_FEN, forge, owed_fen, run_losses
from tests.service.desks import CUTS, Desks, State
from tests.setting import NAMES, NOW, PSEUDONYMS
from tests.world import World

REFERENCE = bytes(range(16))


@pytest.fixture
def desks(world: World) -> Desks:
    return Desks(world)


def disclosures(world: World, name: str) -> list[Event]:
    store = world.issuer.store if name == "centre" else world.banks[name].store
    events = [Event.decode(data) for data in store.audit.entries(0, store.audit.size)]
    return [event for event in events if event.kind is EventKind.DISCLOSURE]


def test_the_operator_names_who_holds_a_culprits_key(world: World, desks: Desks) -> None:
    forger = forge(world)
    (case,) = desks.issuer.cases_of("OP01", after=0)
    assert desks.issuer.cases_of("OP02", after=0) == []
    assert verify_evidence(case.evidence, root=world.keys["root"].public).culprit == forger.key.public
    for _ in range(2):
        desks.at["OP01"].take_returns()
    enrolment = Enrolment.parse(world.banks["OP01"].store.enrolment(forger.key.public))
    for name in ("centre", "OP01"):
        (told,) = disclosures(world, name)
        assert (told.operator, told.fact("case_no"), told.fact("order")) == ("OP01", 1, enrolment.signed.id)
    assert disclosures(world, "OP02") == []
    (debt,) = case_office.look_at_debts(world.issuer)
    assert debt.standing.person == PSEUDONYMS.of(sha256(b"forger"), at_s=NOW)


def test_f36_large_evidence_is_told_in_parts(
    world: World, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thief that signs away hundreds of coins twice keeps no operator from hearing of its cases."""
    coins = 60
    forger = world.wallet([1] * coins)
    for payer, operator in ((forger, "OP01"), (world.clone(forger), "OP02")):
        payee = world.wallet(tier=0, operator=operator)
        pay(payer, payee, coins)
        world.hand_in(payee)
    monkeypatch.setattr(case_desk, "MOST_EVIDENCE_BYTES", 30_000)
    told: list[int] = []
    while found := desks.issuer.cases_of("OP01", after=len(told)):
        assert sum(len(case.evidence) for case in decode_cases(encode_cases(found))) <= 30_000
        told += [case.case_no for case in found]
    assert told == [*range(1, coins + 1)]
    monkeypatch.setattr(case_desk, "MOST_EVIDENCE_BYTES", 10)
    assert len(desks.issuer.cases_of("OP01", after=0)) == 1


def test_no_other_bank_gives_a_culprits_key_to_somebody_else_by_ordering_for_it(world: World) -> None:
    """A thief and a bank in league would else leave what the thief owes to anybody they like."""
    forger = forge(world)
    order = LoadOrder.sign(
        forger.key, operator="OP02", values_fen=[1], nonce=bytes(NONCE_BYTES), ordered_at_s=NOW
    )
    customer = Customer(person=sha256(b"somebody else"), tier=2, profile=1)
    with world.issuer.transaction():
        world.issuer.mint(order.signed.data, operator="OP02", customer=customer, now_s=NOW)
    (debt,) = case_office.look_at_debts(world.issuer)
    assert debt.standing.person == PSEUDONYMS.of(sha256(b"forger"), at_s=NOW)


def test_no_bank_says_who_holds_a_key_that_has_ordered_nothing_there(world: World) -> None:
    """What an honest wallet's key pays would else count for anybody whom a lying bank likes."""
    honest, own = world.wallet(), world.wallet(operator="OP02")
    fields = ["OP02", honest.key.public, [1], bytes(NONCE_BYTES), NOW]
    forged = cose.sign(own.key, Domain.LOAD_ORDER, codec.encode_fields(fields)).data
    customer = Customer(person=sha256(b"somebody else"), tier=2, profile=1)
    with pytest.raises(Unverified) as refusal, world.issuer.transaction():
        world.issuer.mint(forged, operator="OP02", customer=customer, now_s=NOW)
    assert refusal.value.code == "signature"
    assert world.issuer.store.losses.holders([honest.key.public]) == {}


def test_f41_naming_is_done_again_until_it_is_heard(world: World, desks: Desks) -> None:
    forge(world)
    for state in CUTS:
        desks.cut(state, only="name_holder")
        with pytest.raises(StoreError):
            desks.at["OP01"].take_returns()
        assert disclosures(world, "OP01") == []
    desks.mend()
    desks.at["OP01"].take_returns()
    assert len(disclosures(world, "OP01")) == len(disclosures(world, "centre")) == 1


def test_only_the_enrolment_that_the_key_has_signed_names_its_holder(world: World, desks: Desks) -> None:
    forger, other = forge(world), world.wallet()
    enrolments = {wallet: world.enrolment(wallet) for wallet in (forger, other)}
    forged = world.enrolment(forger)[:-1] + bytes([world.enrolment(forger)[-1] ^ 1])
    for data, operator, code in (
        (enrolments[other], "OP01", "unknown-wallet"),
        (enrolments[forger], "OP02", "wrong-network"),
        (world.enrolment(forger, "OP02"), "OP02", "unknown-wallet"),
        (forged, "OP01", "signature"),
    ):
        with pytest.raises((Refused, Unverified)) as refused:
            desks.issuer.name_holder(data, bytes(32), operator=operator, now_s=NOW)
        assert refused.value.code == code


def test_what_a_culprit_pays_back_counts_once_on_both_sides(world: World, desks: Desks) -> None:
    forger = forge(world)
    with world.banks["OP01"].store.transaction():
        world.banks["OP01"].deposit(forger.key.public, 1_000, now_s=NOW)
    cases = desks.at["OP01"].cases
    assert owed_fen(world) == FACE_FEN
    for _ in range(2):
        cases.pay_back(forger.key.public, 150, reference=REFERENCE)
    assert owed_fen(world) == FACE_FEN - 150
    assert world.deposit_fen(forger) == 850
    with pytest.raises(Refused) as used:
        cases.pay_back(forger.key.public, 151, reference=REFERENCE)
    assert used.value.code == "nonce-used"
    world.check_books()


@pytest.mark.parametrize("state", CUTS)
def test_f41_a_payment_back_is_passed_on_later(world: World, desks: Desks, state: State) -> None:
    forger = forge(world)
    with world.banks["OP01"].store.transaction():
        world.banks["OP01"].deposit(forger.key.public, 1_000, now_s=NOW)
    desks.cut(state, only="pay_back")
    with pytest.raises(StoreError):
        desks.at["OP01"].cases.pay_back(forger.key.public, 150, reference=REFERENCE)
    assert world.deposit_fen(forger) == 850
    desks.mend()
    for _ in range(2):
        desks.at["OP01"].take_returns()
    assert owed_fen(world) == FACE_FEN - 150
    world.check_books()


def test_what_is_more_than_owed_goes_back_to_the_deposit(world: World, desks: Desks) -> None:
    forger = forge(world)
    with world.banks["OP01"].store.transaction():
        world.banks["OP01"].deposit(forger.key.public, 1_000, now_s=NOW)
    vault_fen = world.banks["OP01"].store.ledger.balance_fen(VAULT)
    for _ in range(2):
        with pytest.raises(BadInput):
            desks.at["OP01"].cases.pay_back(forger.key.public, FACE_FEN + 1, reference=REFERENCE)
        assert (world.deposit_fen(forger), owed_fen(world)) == (1_000, FACE_FEN)
    assert world.banks["OP01"].store.ledger.balance_fen(VAULT) == vault_fen
    world.check_books()


def test_f41_a_payment_back_whose_answer_was_lost_counts_once_although_its_debtor_is_named_since(
    world: World, desks: Desks
) -> None:
    """The centre knows the person by another name by then: it has taken the payment all the same."""
    forger = forge(world)
    with world.banks["OP01"].store.transaction():
        world.banks["OP01"].deposit(forger.key.public, 1_000, now_s=NOW)
    desks.cut(State.ANSWERS_LOST, only="pay_back")
    with pytest.raises(StoreError):
        desks.at["OP01"].cases.pay_back(forger.key.public, 150, reference=REFERENCE)
    desks.mend()
    renamed = sha256(b"the pseudonym of the next year")
    with world.issuer.transaction():
        world.issuer.loss_desk.name_holder(forger.key.public, renamed, operator="OP01")
    desks.at["OP01"].cases.pay_back(forger.key.public, 150, reference=REFERENCE)
    assert (world.deposit_fen(forger), owed_fen(world)) == (850, FACE_FEN - 150)
    world.check_books()


def test_f12_a_payment_back_that_is_asked_for_twice_at_once_goes_back_once(
    world: World, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ask the issuer before either hears that it takes nothing: the deposit is as it was, no larger."""
    payer, bank = world.wallet(), world.banks["OP01"]
    with bank.store.transaction():
        bank.deposit(payer.key.public, 1_000, now_s=NOW)
    cases, refuse = desks.at["OP01"].cases, desks.issuer.pay_back

    def pay() -> None:
        cases.pay_back(payer.key.public, 150, reference=REFERENCE)

    def refuse_both(*args: Any, **kwargs: Any) -> None:
        monkeypatch.setattr(desks.issuer, "pay_back", refuse)
        with pytest.raises(Refused):
            pay()
        refuse(*args, **kwargs)

    monkeypatch.setattr(desks.issuer, "pay_back", refuse_both)
    with pytest.raises(Refused):
        pay()
    assert world.deposit_fen(payer) == 1_000
    world.check_books()


def test_nobody_pays_back_for_another_operators_culprit(world: World, desks: Desks) -> None:
    forger = forge(world)
    with pytest.raises(Refused) as refused:
        desks.issuer.pay_back(forger.key.public, 1, operator="OP02", reference=REFERENCE, now_s=NOW)
    assert refused.value.code == "unknown-wallet"


def test_a_debt_is_written_off_by_the_case(world: World, desks: Desks) -> None:
    forge(world)
    forge(world, name="another", person=sha256(b"forger"))
    assert owed_fen(world) == 2 * FACE_FEN
    assert case_office.write_off(world.issuer, 2, now_s=NOW) == 2 * FACE_FEN, "one person's, over all cases"
    assert owed_fen(world) == 0
    for number in (2, 3):
        with pytest.raises(Refused):
            case_office.write_off(world.issuer, number, now_s=NOW)
    world.check_books()


def test_the_lists_of_the_office(world: World, desks: Desks) -> None:
    forge(world)
    (case,) = case_office.look_at_cases(world.issuer)
    assert case.facts()["open_fen"] == case.facts()["claimed_fen"] == FACE_FEN
    assert "case 1: OP01" in case.text()
    (debt,) = case_office.look_at_debts(world.issuer)
    assert debt.facts()["open_fen"] == FACE_FEN
    assert "owed 4.00" in debt.text()


def test_what_is_told_is_read_strictly(world: World, desks: Desks) -> None:
    forge(world)
    told = desks.issuer.cases_of("OP01", after=0)
    data = encode_cases(told)
    assert decode_cases(data) == told
    for wrong in (
        encode_cases([*told, *told]),
        data[:-1],
        encode_cases(told * (MOST_CASES + 1)),
        b"\x81\x80",
    ):
        with pytest.raises(Malformed):
            decode_cases(wrong)
    for read in (NamedHolder.decode, Recovery.decode):
        with pytest.raises(Malformed):
            read(b"\x80")


def test_f17_the_fund_pays_a_person_no_more_than_its_cap_at_all_operators_together(
    world: World, desks: Desks
) -> None:
    """The same person claims on forks at both operators, over the desks that they reach the issuer by."""
    world.issuer.centre._policy = type(world.issuer.centre._policy)(cap_per_person_fen=FACE_FEN)
    claimant = sha256(b"claimant")
    paid_fen = []
    for number, operator in enumerate(NAMES * 2):
        forger = world.wallet((FACE_FEN,), name=f"forger {number}")
        copy = world.clone(forger)
        for payer, name in ((forger, "honest"), (copy, "claims")):
            payee = world.wallet(tier=0, operator=operator, person=claimant if name == "claims" else b"")
            pay(payer, payee, FACE_FEN)
            upload = payee.hand_in(now_s=NOW)
            assert upload is not None
            desks.at[operator].reconcile(upload)
            if name == "claims":
                paid_fen.append(world.deposit_fen(payee, operator))
    assert paid_fen == [FACE_FEN, 0, 0, 0]
    run_losses(world, now_s=NOW)
    world.check_books()
