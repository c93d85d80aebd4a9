"""Personal data is erased when its retention ends; books and log stay, and reports verify as before."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shuangli.database.tables import Table
from shuangli.days import DAY_S, day_of
from shuangli.errors import BadInput, Refused
from shuangli.messages.event_kinds import EventKind, Reason
from shuangli.messages.events import Event
from shuangli.operator.accounts import NOBODY, UNKNOWN_OWNERS
from shuangli.operator.customers.movements import Movement
from shuangli.operator.customers.payments import Payments
from shuangli.operator.netting.store import NettingStore
from shuangli.operator.privacy.identities import IdentityDesk
from shuangli.operator.privacy.retention import erase_due
from shuangli.operator.regimes.settings_file import read_regimes
from shuangli.operator.regimes.table import CHINA, RETENTION_DAYS
from shuangli.operator.risk.control import RiskControl
from shuangli.operator.risk.deciding import RiskPolicy
from shuangli.operator.steps import STEPS
from shuangli.wallet.wallet import Wallet
from tests.api.service import serving_here
from tests.database.places import Places
from tests.paying import pay, person_of
from tests.periods.making import make
from tests.setting import NOW, TRANSFERABLE
from tests.world import World

DUE_S = NOW + RETENTION_DAYS * DAY_S


@pytest.fixture
def world(places: Places) -> Iterator[World]:
    """On both kinds of databases."""
    with places.new() as place:
        world = World(place, terms=TRANSFERABLE)
        yield world
        world.close()


def closed(world: World, **options: object) -> Wallet:
    wallet = world.wallet(**options)  # type: ignore[arg-type]
    with world.transaction():
        world.banks["OP01"].close_wallet(wallet.key.public, now_s=NOW)
    return wallet


def erase(world: World, *, now_s: int) -> int:
    with world.transaction():
        return erase_due(world.banks["OP01"], retention_days=RETENTION_DAYS, now_s=now_s)


def test_what_leads_to_a_person_is_erased_on_its_day_and_once(world: World) -> None:
    bank, wallet = world.banks["OP01"], closed(world)
    key, person = wallet.key.public, person_of(wallet)
    enrolment = bank.store.enrolment(key)
    assert erase(world, now_s=DUE_S - 1) == 0
    assert erase(world, now_s=DUE_S) == 1
    assert erase(world, now_s=DUE_S) == 0
    row = bank.store.wallet(key)
    assert row is not None
    assert (row.person, bank.store.enrolment(key)) == (NOBODY, b"")
    dump = b"".join(
        bytes(value) if isinstance(value, bytes) else str(value).encode()
        for table in ("wallets", "loads_by_day", "risk_events")
        for row in bank.store.database.rows(f"SELECT * FROM {table}")  # noqa: S608
        for value in row
    )
    assert person not in dump
    assert enrolment not in dump
    log = bank.store.audit
    (told,) = [
        event for event in map(Event.decode, log.entries(0, log.size)) if event.kind is EventKind.ERASURE
    ]
    assert (told.fact("wallets"), told.fact("closed_before_s")) == (1, NOW)


def test_who_is_still_a_customer_is_not_forgotten(world: World) -> None:
    """An open wallet, one that was closed later, or money that is owed: each keeps the records."""
    anna, bank = bytes([7]) * 32, world.banks["OP01"]
    closed(world, person=anna)
    second = world.wallet(person=anna)
    owed = world.wallet(person=bytes([8]) * 32)
    with world.transaction():
        bank.deposit(owed.key.public, 5, now_s=NOW)
        bank.close_wallet(owed.key.public, now_s=NOW)
    assert erase(world, now_s=DUE_S) == 0
    with world.transaction():
        bank.close_wallet(second.key.public, now_s=NOW + DAY_S)
    assert erase(world, now_s=DUE_S) == 0
    assert erase(world, now_s=DUE_S + DAY_S) == 2, "both of anna's, and not who is owed something"


def test_reports_before_and_after_verify(world: World) -> None:
    bank, wallet = world.banks["OP01"], closed(world)
    before = make(world, "OP01", until_s=NOW + 1)
    with world.transaction():
        assert erase_due(bank, retention_days=0, now_s=NOW + 5) == 1
    before.verify()
    after = make(world, "OP01", until_s=NOW + 1)
    assert after.verify().report.stocks == before.report.stocks
    assert Event.decode(after.entries[-1]).kind is EventKind.ERASURE
    assert [*after.entries[: len(before.entries)]] == [*before.entries]
    with pytest.raises(Refused, match="has opened no wallet"):
        bank.row_of(wallet.key.public)


def test_a_granted_request_ends_with_the_records(world: World) -> None:
    bank, wallet = world.banks["OP01"], closed(world)
    desk = IdentityDesk(bank)
    with world.transaction():
        made = desk.ask(
            wallet.key.public, Reason.FRAUD, authority="Police", order_text="1", by="a", now_s=NOW
        )
        desk.answer(made.request_no, grant=True, by="b", now_s=NOW)
        holder = desk.holder(made.request_no)
    assert holder is not None
    assert holder.person == person_of(wallet)
    erase(world, now_s=DUE_S)
    with pytest.raises(Refused, match="no request 1"):
        desk.request(made.request_no)


def test_how_long_is_a_setting() -> None:
    assert CHINA.retention_days == RETENTION_DAYS
    assert read_regimes("retention_days = 1826").retention_days == 1_826
    for wrong in ("-1", '"long"', "99999999"):
        with pytest.raises(BadInput, match="is not a whole number"):
            read_regimes(f"retention_days = {wrong}")


def test_the_service_does_it_when_its_clock_says_so(tmp_path: Path) -> None:
    with serving_here(tmp_path) as service:
        key = service.wallet("anna").public
        with service.desk.transaction() as now_s:
            service.desk.bank.close_wallet(key, now_s=now_s)
        service.desk.keep_up()
        assert service.desk.bank.store.enrolment(key)
        service.clock.advance(RETENTION_DAYS * DAY_S)
        service.desk.keep_up()
        assert not service.desk.bank.store.enrolment(key)


def test_what_erased_customers_had_loaded_counts_on_when_days_are_netted(world: World) -> None:
    """Others go on redeeming what they had loaded: the bank knows that it made so much."""
    bank, wallet = world.banks["OP01"], world.wallet((300,))
    other = world.wallet((200,))
    for each in (wallet, other):
        pay(each, world.wallet(tier=0, operator="OP02"), 100)
        with world.transaction():
            bank.close_wallet(each.key.public, now_s=NOW)
    assert erase(world, now_s=DUE_S) == 2
    netting = NettingStore(bank.store.database)
    assert netting.loaded_fen() == 500
    assert bank.store.database.rows("SELECT person, loaded_fen FROM loads_by_day") == [(NOBODY, 500)]


def test_nothing_that_is_left_names_an_erased_person(world: World) -> None:
    """Not the books, where money went from one wallet of theirs to the next, nor what others did."""
    bank, person = world.banks["OP01"], bytes(range(32))
    first = world.wallet(person=person)
    payer = world.wallet()
    with world.transaction():
        payments, control = Payments(bank), RiskControl(bank, RiskPolicy(model=None))
        bank.deposit(payer.key.public, 9, now_s=NOW)
        movement = Movement(
            kind="transfer", payer=payer.key.public, payee=first.key.public, amount_fen=9, at_s=NOW
        )
        assert control.judge(movement) is None
        payments.transfer(payer.key.public, first.key.public, 9, note="for Anna", now_s=NOW)
        for key in (first.key.public, payer.key.public):
            bank.store.keep_answer(f"wallet/{key.hex()}/a", bytes(32), b"told by " + key, NOW)
        bank.deposit(first.key.public, 60_000_000, now_s=NOW)
        bank.close_wallet(first.key.public, now_s=NOW)
    second = world.wallet(person=person)
    with world.transaction():
        bank.pay(second.key.public, payer.key.public, 60_000_009, now_s=NOW)
        bank.close_wallet(second.key.public, now_s=NOW)
        control.look(now_s=NOW)
        assert control.large_values(day_of(NOW))
        assert day_of(NOW) in control.report_large_values(now_s=NOW + 3 * DAY_S)
    assert person in dump_of(world)
    assert erase(world, now_s=DUE_S) == 2
    assert person not in dump_of(world)
    assert b"for Anna" not in dump_of(world)
    assert b"told by " + first.key.public not in dump_of(world)
    assert b"told by " + payer.key.public in dump_of(world)


def dump_of(world: World) -> bytes:
    """All that the operator keeps, but signed objects of others."""
    database = world.banks["OP01"].store.database
    tables = [each.name for step in STEPS for each in step if isinstance(each, Table)]
    rows = [
        row
        for name in tables
        if database.has_table(name)
        for row in database.rows(f"SELECT * FROM {name}")  # noqa: S608
    ]
    values = [value for row in rows for value in row]
    return b"".join(bytes(each) if isinstance(each, bytes) else str(each).encode() for each in values)


def test_what_comes_back_to_an_erased_wallet_is_nobodys(world: World) -> None:
    bank, wallet, payer = world.banks["OP01"], world.wallet(), world.wallet()
    with world.transaction():
        bank.deposit(payer.key.public, 10, now_s=NOW)
        payments = Payments(bank)
        receipt = payments.transfer(payer.key.public, wallet.key.public, 10, note="", now_s=NOW)
        payments.withdraw(wallet.key.public, 10, now_s=NOW)
        bank.close_wallet(payer.key.public, now_s=NOW)
    erase(world, now_s=DUE_S)
    row = bank.store.wallet(payer.key.public)
    assert bank.account_of(row) == UNKNOWN_OWNERS
    assert bank.enrolment_id(payer.key.public) != bank.enrolment_id(wallet.key.public)
    with world.transaction():
        bank.deposit(wallet.key.public, 10, now_s=NOW)
        with pytest.raises(Refused) as refused:
            payments.refund(receipt.receipt_no, 10, by=wallet.key.public, note="", now_s=NOW)
    assert refused.value.code == "unknown-wallet"
