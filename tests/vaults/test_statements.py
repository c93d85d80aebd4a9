"""A day that is over is netted, told to operators, compared with their books, and booked once."""

from typing import Any

from shuangli.issuer.vaults.statements import NettingStatement
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from shuangli.operator.accounts import BORROWED, VAULT
from shuangli.operator.netting.desk import SETTLEMENT
from tests.paying import pay
from tests.periods.making import make
from tests.service.desks import Desks
from tests.setting import DAY_S, NOW
from tests.vaults.rounds import RESERVES_FEN, agree, pass_on, redeem_elsewhere
from tests.world import World


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


def test_what_a_short_bank_was_lent_is_in_its_books_in_the_logs_and_in_the_reports(
    world: World, desks: Desks
) -> None:
    redeem_elsewhere(world, desks, RESERVES_FEN + 700, loader="OP01", redeemer="OP02")
    desks.now_s += DAY_S
    pass_on(desks)
    pass_on(desks)
    short = world.banks["OP01"]
    assert (short.store.ledger.balance_fen(SETTLEMENT), short.store.ledger.balance_fen(BORROWED)) == (0, -700)
    assert not desks.at["OP01"].has_alarm()
    agree(world)
    with world.transaction():
        world.issuer.vaults.pay_in("OP01", 600, now_s=desks.now_s)
        short.netting.pay_in(600, now_s=desks.now_s)
    desks.now_s += DAY_S
    pass_on(desks)
    pass_on(desks)
    assert (short.store.ledger.balance_fen(SETTLEMENT), short.store.ledger.balance_fen(BORROWED)) == (0, -100)
    agree(world)
    for origin, name, books in (
        ("centre", "OP01", {"books.lent.OP01": 100}),
        ("OP01", "-", {"books.borrowed.total": -100}),
    ):
        report = make(world, origin, until_s=desks.now_s + 1).verify().report
        flows = {f"netting.{name}.borrowed_fen": 700, f"netting.{name}.repaid_fen": 600}
        assert books.items() <= report.stocks.items()
        assert flows.items() <= report.flows.items()


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
