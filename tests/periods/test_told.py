"""What happens is what a report says: ages, deadlines, waits, findings, balances, freezes, filings."""

from pathlib import Path

import pytest

from shuangli.days import DAY_S
from shuangli.issuer.findings.payments import settled_payments
from shuangli.messages.event_facts import WAITS, waits_of
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from shuangli.messages.hand_in import HandIn
from shuangli.offline.chain import walk
from shuangli.offline.periods.ageing import class_path, date_of
from shuangli.operator.customers.wallets import Wallets
from shuangli.operator.risk.control import RiskControl
from shuangli.operator.risk.deciding import RiskPolicy
from shuangli.operator.risk.model import own_model
from tests.paying import as_upload, pay
from tests.periods.making import Made, make
from tests.setting import NOW, TRANSFERABLE
from tests.settlement.answers import EXPIRED_S
from tests.settlement.breaches import paid_too_much
from tests.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, terms=TRANSFERABLE)


def stocks(world: World, name: str = "centre", *, until_s: int) -> dict[str, int]:
    """What a report says at its end, after it was verified."""
    made: Made = make(world, name, until_s=until_s)
    made.verify()
    return dict(made.report.stocks)


def group(figures: dict[str, int], kind: str) -> dict[str, int]:
    start = f"{kind}."
    return {name.removeprefix(start): value for name, value in figures.items() if name.startswith(start)}


def test_what_is_outstanding_is_told_by_its_dates(world: World) -> None:
    rider, shop = world.wallet([100, 50]), world.wallet(tier=0)
    paid = pay(rider, shop, 60, now_s=NOW + 2 * DAY_S)
    # The transfer alone is handed in: the shop's coin and the change are open from now on.
    world.submit(as_upload(paid.payment.body), now_s=NOW + 3 * DAY_S)
    end = stocks(world, until_s=NOW + 4 * DAY_S)
    outstanding_fen = end["supply.1.outstanding_fen"]
    assert outstanding_fen == world.supply().outstanding_fen > 0
    for kind in ("since", "due", "age", "left"):
        assert sum(group(end, kind).values()) == outstanding_fen, kind
    assert len(group(end, "since")) == 2, "what was loaded and not touched, and what was paid"
    assert min(group(end, "since").values()) > 0
    assert not group(end, "left").get("past.open_fen")
    late = stocks(world, until_s=EXPIRED_S)
    assert group(late, "left")["past.open_fen"] == 60, "nobody has presented what the shop was paid in time"


def test_waits_are_told_by_both_logs(world: World) -> None:
    rider, shop = world.wallet([100, 50, 20]), world.wallet(tier=0)
    for hours in (0, 1, 30):
        pay(rider, shop, 10, now_s=NOW + hours * 3_600)
    world.hand_in(shop, now_s=NOW + 31 * 3_600)
    for name in ("centre", "OP01"):
        found = group(stocks(world, name, until_s=NOW + 2 * DAY_S), "waits")
        assert sum(found.values()) == 3
        assert found == {"OP01.under-3-days": 2, "OP01.under-6-hours": 1}


@pytest.mark.parametrize(
    ("waited_s", "name"), [(-5, "under-1-hour"), (3_599, "under-1-hour"), (3_600, "under-6-hours")]
)
def test_a_class_ends_before_its_bound(waited_s: int, name: str) -> None:
    (number,) = waits_of([NOW], received_s=NOW + waited_s)
    assert WAITS[number][0] == name


@pytest.mark.parametrize(
    ("kind", "day", "name"),
    [
        ("since", 100, "under-1-day"),
        ("since", 101, "under-1-day"),
        ("since", 99, "under-7-days"),
        ("since", 94, "under-7-days"),
        ("since", 93, "under-30-days"),
        ("since", 10, "90-days-or-more"),
        ("due", 99, "past"),
        ("due", 100, "under-1-day"),
        ("due", 101, "under-7-days"),
        ("due", 130, "under-90-days"),
        ("due", 190, "90-days-or-more"),
    ],
)
def test_classes_of_days(kind: str, day: int, name: str) -> None:
    """At the end of day 100, up to its last second."""
    for at_s in (100 * DAY_S + 1, 101 * DAY_S):
        assert class_path(kind, date_of(day), at_s=at_s)[1] == name


def test_what_was_settled_before_has_not_waited_again(world: World) -> None:
    rider, shop = world.wallet([100]), world.wallet(tier=0)
    paid = pay(rider, shop, 60)
    world.submit(as_upload(paid.payment.body), "OP02")
    world.hand_in(shop)
    assert sum(group(stocks(world, until_s=NOW + DAY_S), "waits").values()) == 1
    seen = walk(HandIn.decode(as_upload(paid.payment.body)).bundle, world.trust())
    assert len(settled_payments(seen, ())) == 0, "what has no outcome is not settled"


def test_a_late_deposit_and_a_broken_limit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _, payee = paid_too_much(world, monkeypatch)
    world.hand_in(payee)
    rider, shop = world.wallet([100]), world.wallet(tier=0)
    pay(rider, shop, 60)
    world.hand_in(shop, now_s=EXPIRED_S + 1)
    end = stocks(world, until_s=EXPIRED_S + 9)
    assert group(end, "findings") == {
        "OP01.late": 1,
        "OP01.late_fen": 60,
        "OP01.over_limit": 1,
        "OP01.over_limit_fen": 7,
    }


def test_balances_go_with_a_wallet_into_another_tier(world: World) -> None:
    bank, first, second = world.banks["OP01"], world.wallet(tier=3), world.wallet(tier=2)
    with world.transaction():
        bank.deposit(first.key.public, 700, now_s=NOW)
        bank.deposit(second.key.public, 90, now_s=NOW)
        bank.pay(first.key.public, second.key.public, 50, now_s=NOW)
        Wallets(bank).upgrade(first.key.public, 2, now_s=NOW)
    end = stocks(world, "OP01", until_s=NOW + 1)
    assert {name: value for name, value in group(end, "balances").items() if value} == {"2.deposit_fen": 790}
    assert (end["wallets.3.open"], end["wallets.2.open"]) == (0, 2)


def test_frozen_wallets_are_counted(world: World) -> None:
    bank, first, second = world.banks["OP01"], world.wallet(tier=3), world.wallet(tier=2)
    wallets = Wallets(bank)
    with world.transaction():
        bank.deposit(first.key.public, 700, now_s=NOW)
        for wallet in (first, second):
            wallets.freeze(wallet.key.public, asked_by="court", reason="order 1", now_s=NOW)
        wallets.release(second.key.public, now_s=NOW)
    end = group(stocks(world, "OP01", until_s=NOW + 1), "freezes")
    assert (end["OP01.frozen_now"], end["OP01.frozen"], end["OP01.frozen_fen"]) == (1, 2, 700)


def test_a_wallet_that_was_closed_and_then_lost_is_one_less(world: World) -> None:
    bank, wallet = world.banks["OP01"], world.wallet(tier=3)
    world.wallet(tier=3)
    with world.transaction():
        bank.close_wallet(wallet.key.public, now_s=NOW)
        bank.report_lost(wallet.key.public, now_s=NOW)
    end = stocks(world, "OP01", until_s=NOW + 1)
    assert (end["wallets.3.open"], end["wallets.3.lost_after_closing"]) == (1, 1)


def test_large_values_that_were_reported_are_counted(world: World) -> None:
    bank, wallet = world.banks["OP01"], world.wallet(tier=2)
    control = RiskControl(bank, RiskPolicy(model=own_model()))
    with world.transaction():
        bank.deposit(wallet.key.public, 60_000_000, now_s=NOW)
    with world.transaction():
        control.report_large_values(now_s=NOW + DAY_S)
    end = group(stocks(world, "OP01", until_s=NOW + 2 * DAY_S), "reports")
    assert end["OP01.large_values"] >= 1
    assert end["OP01.large_values_reported"] == 1


def test_personal_data_is_in_no_entry(happened: tuple[World, list[bytes]]) -> None:
    """Nor is any wallet's key or number: of all kinds of entries that a world brings about."""
    world, _ = happened
    secrets = set()
    for bank in world.banks.values():
        for wallet_no, key, person in bank.store.database.rows("SELECT wallet_no, key, person FROM wallets"):
            secrets |= {bytes(key), bytes(person), bank.pseudonyms.of(bytes(person), at_s=NOW)}
            secrets.add(f"deposit:{wallet_no:09d}".encode())
    kinds = set()
    for log in (world.issuer.store.audit, *(bank.store.audit for bank in world.banks.values())):
        for data in log.entries(0, log.size):
            kinds.add(Event.decode(data).kind)
            assert not [secret for secret in secrets if secret in data]
    assert kinds >= {EventKind.ACCOUNT, EventKind.SETTLEMENT, EventKind.CASE, EventKind.POSTING}
