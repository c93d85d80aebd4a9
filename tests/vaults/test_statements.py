"""A day that is over is netted, told to operators, compared with their books, and booked once."""

from typing import Any

import pytest

from shuangli.errors import Malformed, StoreError, Unverified
from shuangli.issuer.minting import vault
from shuangli.issuer.vaults.desk import reserve
from shuangli.issuer.vaults.statements import NettingStatement
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from shuangli.operator.accounts import VAULT
from shuangli.operator.netting.desk import SETTLEMENT
from tests.service.desks import Desks, State
from tests.world import DAY_S, NOW, World, pay

RESERVES_FEN = 10_000


@pytest.fixture
def desks(world: World) -> Desks:
    """The desks of a world in which every operator has reserves."""
    with world.transaction():
        for name, bank in world.banks.items():
            world.issuer.vaults.pay_in(name, RESERVES_FEN, now_s=NOW)
            bank.netting.pay_in(RESERVES_FEN, now_s=NOW)
    return Desks(world)


def redeem_elsewhere(world: World, desks: Desks, amount_fen: int, *, loader: str, redeemer: str) -> None:
    """A coin that one operator has loaded ends at another's customer."""
    payer, payee = world.wallet((amount_fen,), operator=loader), world.wallet(tier=0, operator=redeemer)
    pay(payer, payee, amount_fen, desks.now_s)
    upload = payee.hand_in(now_s=desks.now_s)
    assert upload is not None
    desks.at[redeemer].reconcile(upload)


def pass_on(desks: Desks, *names: str) -> None:
    """Let operators do their round."""
    for name in names or tuple(desks.at):
        desks.at[name].take_returns()


def agree(world: World) -> None:
    """Vaults and reserves are the same in the books of operators and issuer."""
    balance_fen = world.issuer.store.ledger.balance_fen
    for name, bank in world.banks.items():
        assert bank.store.ledger.balance_fen(VAULT) == -balance_fen(vault(name))
        assert bank.store.ledger.balance_fen(SETTLEMENT) == -balance_fen(reserve(name))
    world.check_books()


def test_what_was_redeemed_ends_with_the_operator_that_paid_it_out(world: World, desks: Desks) -> None:
    redeem_elsewhere(world, desks, 500, loader="OP01", redeemer="OP02")
    redeem_elsewhere(world, desks, 120, loader="OP02", redeemer="OP01")
    redeem_elsewhere(world, desks, 70, loader="OP01", redeemer="OP01")
    vaults_fen = {name: bank.store.ledger.balance_fen(VAULT) for name, bank in world.banks.items()}
    desks.now_s = (NOW // DAY_S + 1) * DAY_S
    # Whoever comes first finds nothing: the other one has not passed on everything yet.
    pass_on(desks, "OP01", "OP02")
    assert world.banks["OP01"].netting.last_no() == 0
    assert world.banks["OP02"].netting.last_no() == 1
    for _ in range(2):
        pass_on(desks)
        for name, moved_fen in (("OP01", -380), ("OP02", 380)):
            ledger = world.banks[name].store.ledger
            assert ledger.balance_fen(SETTLEMENT) == RESERVES_FEN + moved_fen
            assert ledger.balance_fen(VAULT) == vaults_fen[name] - moved_fen
    (data,) = desks.issuer.statements_to("OP01", after=0)
    told = NettingStatement.parse(data)
    assert (told.claims, told.debts, told.own_fen, told.fund_fen) == (
        (("OP02", 120),),
        (("OP02", 500),),
        70,
        0,
    )
    assert told.payments == (("OP01", "OP02", 380),)
    agree(world)


def test_every_netting_is_in_both_audit_logs(world: World, desks: Desks) -> None:
    redeem_elsewhere(world, desks, 500, loader="OP01", redeemer="OP02")
    desks.now_s += DAY_S
    pass_on(desks)
    pass_on(desks)
    stores: list[Any] = [world.issuer.store, *(bank.store for bank in world.banks.values())]
    for store in stores:
        (number,) = (
            number for (number,) in store.database.rows("SELECT entry_no FROM entries WHERE kind = 'netting'")
        )
        events = [Event.decode(data) for data in store.audit.entries(0, store.audit.size)]
        (told,) = (
            event
            for event in events
            if event.kind is EventKind.POSTING and event.fact("first_entry_no") == number
        )
        assert told.fact("moved_fen") == (1_000 if store is world.issuer.store else 500)


@pytest.mark.parametrize("state", [State.CUT, State.ANSWERS_LOST])
def test_f41_a_statement_that_does_not_arrive_is_asked_for_again(
    world: World, desks: Desks, state: State
) -> None:
    redeem_elsewhere(world, desks, 500, loader="OP01", redeemer="OP02")
    desks.now_s += DAY_S
    pass_on(desks, "OP02")
    desks.cut(state, only="statements_to")
    with pytest.raises(StoreError):
        desks.at["OP01"].take_returns()
    assert world.banks["OP01"].netting.last_no() == 0
    desks.mend()
    pass_on(desks)
    agree(world)


def test_f41_an_operator_that_is_cut_off_holds_up_the_others_for_a_day(world: World, desks: Desks) -> None:
    redeem_elsewhere(world, desks, 500, loader="OP01", redeemer="OP02")
    redeem_elsewhere(world, desks, 120, loader="OP02", redeemer="OP01")
    desks.now_s += DAY_S
    pass_on(desks, "OP02")
    assert desks.issuer.statements_to("OP02", after=0) == []
    desks.now_s += DAY_S
    pass_on(desks, "OP02")
    (data,) = desks.issuer.statements_to("OP02", after=0)
    # What the one that is away has redeemed is netted when it is back.
    assert NettingStatement.parse(data).position_fen == 500
    pass_on(desks)
    pass_on(desks)
    assert world.banks["OP01"].netting.last_no() == 2
    assert desks.issuer.issuer.vaults.held_fen("OP01")[1] == RESERVES_FEN - 380
    agree(world)


def test_f41_an_upload_that_waits_keeps_its_day_open(world: World, desks: Desks) -> None:
    payer, payee = world.wallet((300,), operator="OP02"), world.wallet(tier=0)
    pay(payer, payee, 300)
    upload = payee.hand_in(now_s=NOW)
    assert upload is not None
    desks.cut(State.CUT, only="settle_all")
    with pytest.raises(StoreError):
        desks.at["OP01"].reconcile(upload)
    redeem_elsewhere(world, desks, 500, loader="OP01", redeemer="OP02")
    desks.now_s += DAY_S
    pass_on(desks)
    desks.mend()
    desks.at["OP01"].catch_up()
    pass_on(desks)
    pass_on(desks)
    assert desks.issuer.issuer.vaults.held_fen("OP01")[1] == RESERVES_FEN - 200
    agree(world)


def test_what_does_not_agree_with_the_books_is_not_booked_and_is_an_alarm(world: World, desks: Desks) -> None:
    redeem_elsewhere(world, desks, 500, loader="OP01", redeemer="OP02")
    store = world.banks["OP02"].store
    store.database.execute("UPDATE credited SET credited_fen = credited_fen + 1")
    desks.now_s += DAY_S
    before = store.ledger.balances()
    pass_on(desks)
    pass_on(desks)
    assert store.ledger.balances() == before
    assert desks.at["OP02"].has_alarm()
    assert not desks.at["OP01"].has_alarm()
    with pytest.raises(Unverified) as alarm:
        desks.at["OP02"].check_netting()
    assert alarm.value.code == "netting"
    assert "501 fen" in str(alarm.value)
    # It is on record, and nothing after it is booked either.
    redeem_elsewhere(world, desks, 100, loader="OP01", redeemer="OP02")
    desks.now_s += DAY_S
    pass_on(desks)
    assert len(desks.issuer.statements_to("OP02", after=0)) == 2
    assert world.banks["OP02"].netting.last_no() == 0
    store.database.execute("UPDATE credited SET credited_fen = credited_fen - 1 WHERE day = ?", NOW // DAY_S)
    pass_on(desks)
    assert not desks.at["OP02"].has_alarm()
    agree(world)


def test_what_the_fund_has_paid_is_told_apart(world: World, desks: Desks) -> None:
    """Both operators agree with what is netted of a fork, whichever branch came first."""
    rider = world.wallet((400,))
    copy = world.clone(rider)
    for payer, operator in ((rider, "OP01"), (copy, "OP02")):
        payee = world.wallet(tier=0, operator=operator)
        pay(payer, payee, 400)
        upload = payee.hand_in(now_s=NOW)
        assert upload is not None
        desks.at[operator].reconcile(upload)
    desks.now_s += DAY_S
    pass_on(desks)
    pass_on(desks)
    told = {
        name: NettingStatement.parse(desks.issuer.statements_to(name, after=0)[0]) for name in world.banks
    }
    assert {name: (one.own_fen, one.fund_fen) for name, one in told.items()} == {
        "OP01": (400, 0),
        "OP02": (0, 400),
    }
    assert not any(desk.has_alarm() for desk in desks.at.values())
    agree(world)


def test_nobody_else_signs_a_statement(world: World, desks: Desks) -> None:
    redeem_elsewhere(world, desks, 500, loader="OP01", redeemer="OP02")
    desks.now_s += DAY_S
    pass_on(desks)
    (data,) = desks.issuer.statements_to("OP02", after=0)
    told = NettingStatement.parse(data)
    fields = {
        name: getattr(told, name)
        for name in NettingStatement.__dataclass_fields__
        if name not in ("signed", "operator")
    }
    another = {
        "signature": NettingStatement.sign(
            world.keys["OP01"],
            operator="OP01",
            **fields
            | {
                "claims": [],
                "debts": told.claims and [("OP02", 500)],
                "payments": told.payments,
            },
        ),
    }
    for code, forged in (("signature", another["signature"].signed.data), ("wrong-network", data)):
        with pytest.raises(Unverified) as refused, world.banks["OP01"].store.transaction():
            world.banks["OP01"].netting.take(forged, now_s=NOW)
        assert refused.value.code == code
    with pytest.raises(Malformed):
        NettingStatement.parse(data[:-1])


def test_a_dismissed_operator_holds_up_neither_netting_nor_returns(world: World, desks: Desks) -> None:
    redeem_elsewhere(world, desks, 500, loader="OP01", redeemer="OP02")
    desks.now_s += DAY_S
    pass_on(desks, "OP01")
    assert world.issuer.return_desk.complete_up_to_s(now_s=desks.now_s) == NOW - 1
    desks.key_set = world.authority.sign_key_set(
        2, issued_at_s=NOW, operators=world.operators[:1], centres=[world.centre], epochs=world.epochs
    ).signed.data
    desks.issuer.key_set()
    assert world.issuer.return_desk.complete_up_to_s(now_s=desks.now_s) == desks.now_s - 1
    pass_on(desks, "OP01")
    assert desks.issuer.issuer.vaults.held_fen("OP02")[1] == RESERVES_FEN + 500
    # An issuer that starts anew knows it, and still knows whom the operator has certified.
    again = world.opened_again()
    restarted = Desks(again)
    restarted.key_set, restarted.now_s = desks.key_set, desks.now_s
    restarted.issuer.key_set()
    assert again.issuer.return_desk.complete_up_to_s(now_s=desks.now_s) == desks.now_s - 1
    assert {each.claims.subject for each in again.issuer.trust.operators} == {"OP01", "OP02"}
    again.close()
