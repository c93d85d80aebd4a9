"""Regimes at a running bank: the change-over on its day, interest each quarter, and reserves."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shuangli.days import DAY_S, day_no, start_of
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from shuangli.operator.regimes import desk as desk_module
from shuangli.operator.regimes.desk import INTEREST, RegimeDesk
from shuangli.operator.regimes.interest import periods_until
from shuangli.operator.regimes.settings_file import read_regimes
from shuangli.operator.regimes.table import CHINA, RegimeKind, RegimeTable
from shuangli.wallet.wallet import Wallet
from tests.setting import VAULT_FEN
from tests.world import World

NEW_YEAR = start_of(day_no(date(2026, 1, 1)))
NOON_S = DAY_S // 2
QUARTER_DAYS = 79
"""From 2026-01-01 to 2026-03-20, both included."""


class Clocked:
    """A bank whose clock the test sets."""

    def __init__(self, world: World, table: RegimeTable = CHINA) -> None:
        self.world = world
        self.bank = world.banks["OP01"]
        self.now_s = NEW_YEAR
        self.desk = RegimeDesk(self.bank, table, self._transaction)

    @contextmanager
    def _transaction(self) -> Iterator[int]:
        with self.bank.store.transaction():
            yield self.now_s

    def at(self, day: date) -> "Clocked":
        self.now_s = start_of(day_no(day)) + NOON_S
        return self

    def deposit(self, wallet: Wallet, amount_fen: int) -> None:
        with self._transaction():
            self.bank.deposit(wallet.key.public, amount_fen, now_s=self.now_s)

    def owed_fen(self, *wallets: Wallet) -> list[int]:
        return [self.world.deposit_fen(wallet) for wallet in wallets]

    def policies(self) -> list[tuple[str, int]]:
        log = self.bank.store.audit
        events = [Event.decode(log.entry(number)) for number in range(log.size)]
        return [
            (event.fact("name"), event.fact("value")) for event in events if event.kind is EventKind.POLICY
        ]


@pytest.fixture
def clocked(world: World) -> Clocked:
    return Clocked(world)


def test_an_existing_wallet_earns_from_the_day_of_the_change_over(clocked: Clocked) -> None:
    person, anonymous = clocked.world.wallet(tier=3), clocked.world.wallet(tier=4)
    clocked.at(date(2025, 11, 1))
    for wallet in (person, anonymous):
        clocked.deposit(wallet, 1_000_000)
    assert clocked.desk.keep_up() == 0
    assert clocked.desk.report().regime.kind is RegimeKind.DIGITAL_CASH
    clocked.at(date(2026, 1, 1))
    assert clocked.desk.keep_up() == 0
    assert clocked.policies() == [
        ("regime/digital-cash", day_no(date(2020, 4, 1))),
        ("regime/deposit-money", day_no(date(2026, 1, 1))),
    ]
    assert clocked.at(date(2026, 3, 20)).desk.keep_up() == 0
    due_fen = 1_000_000 * QUARTER_DAYS * 500 // 360_000_000
    assert clocked.at(date(2026, 3, 21)).desk.keep_up() == due_fen == 109
    assert clocked.owed_fen(person, anonymous) == [1_000_109, 1_000_000]
    assert clocked.bank.store.ledger.balance_fen(INTEREST) == due_fen
    clocked.world.check_books()


def test_interest_is_paid_once(clocked: Clocked) -> None:
    wallet = clocked.world.wallet()
    clocked.deposit(wallet, 10_000_000)
    clocked.at(date(2026, 4, 1))
    assert clocked.desk.keep_up() > 0
    assert clocked.desk.keep_up() == 0
    # A wallet that is opened after the settlement is not settled for it.
    clocked.world.wallet(name="new")
    assert clocked.desk.keep_up() == 0
    assert len(clocked.policies()) == 2


def test_a_crash_in_the_middle_pays_nobody_twice(clocked: Clocked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_module, "WALLETS_AT_ONCE", 1)
    wallets = [clocked.world.wallet() for _ in range(3)]
    for wallet in wallets:
        clocked.deposit(wallet, 10_000_000)
    clocked.at(date(2026, 3, 21))
    # The first wallet is settled, and then the process ends.
    (period,) = periods_until(CHINA, date(2026, 3, 21))
    assert clocked.desk._settle_some(period) == 1_097
    assert Clocked(clocked.world).at(date(2026, 3, 21)).desk.keep_up() == 2_194
    assert clocked.owed_fen(*wallets) == [10_001_097] * 3


def test_what_is_in_the_offline_purse_earns_nothing(clocked: Clocked) -> None:
    wallet = clocked.world.wallet()
    clocked.deposit(wallet, 10_000_000)
    clocked.world.load(wallet, [5_000_000], now_s=NEW_YEAR)
    with clocked._transaction():
        clocked.bank.book("load", f"deposit:{1:09d}", "vault", 10_000_000, NEW_YEAR, bytes(32))
    assert clocked.at(date(2026, 3, 21)).desk.keep_up() == 0


def test_a_closed_wallets_interest_goes_to_the_holders_next_one(clocked: Clocked) -> None:
    person = bytes(31) + b"p"
    old = clocked.world.wallet(person=person)
    clocked.deposit(old, 10_000_000)
    clocked.at(date(2026, 2, 1))
    with clocked.world.transaction():
        clocked.bank.close_wallet(old.key.public, now_s=clocked.now_s)
    new = clocked.world.wallet(person=person)
    assert clocked.at(date(2026, 3, 21)).desk.keep_up() > 0
    assert clocked.owed_fen(old)[0] == 0
    assert clocked.owed_fen(new)[0] > 10_000_000


def test_reserves_and_insurance(clocked: Clocked) -> None:
    person = bytes(31) + b"p"
    rich = [clocked.world.wallet(tier=1, person=person) for _ in range(2)]
    anonymous = clocked.world.wallet(tier=4)
    for wallet, amount_fen in zip((*rich, anonymous), (40_000_000, 30_000_000, 1_000_001), strict=True):
        clocked.deposit(wallet, amount_fen)
    cash = clocked.at(date(2025, 12, 31)).desk.report()
    assert (cash.insured_fen, cash.required_reserve_fen, cash.short_fen) == (0, 71_000_001, 0)
    deposits = clocked.at(date(2026, 1, 2)).desk.report()
    assert (deposits.online_fen, deposits.real_name_fen) == (71_000_001, 70_000_000)
    # One person has two wallets, and is insured once; 7.5 % is rounded up.
    assert deposits.insured_fen == 50_000_000
    assert deposits.required_reserve_fen == 5_325_001
    assert deposits.vault_fen == VAULT_FEN
    assert deposits.accrued_micro_fen == sum(fen * 500 // 360 for fen in (40_000_000, 30_000_000))
    assert deposits.as_json()["short_fen"] == 0


def test_what_is_missing_in_reserve_is_told(world: World) -> None:
    clocked = Clocked(world, read_regimes('operator = "non-bank"'))
    wallet = world.wallet(tier=1)
    clocked.deposit(wallet, VAULT_FEN + 5)
    assert clocked.desk.report().short_fen == 5
    assert clocked.at(date(2027, 1, 1)).desk.keep_up() == 0


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moves=st.lists(st.tuples(st.integers(-40, 400), st.integers(-(10**6), 10**7)), min_size=1, max_size=12),
    looks=st.lists(st.integers(0, 430), max_size=8),
)
def test_interest_is_the_sum_over_days_however_often_one_settles(
    moves: list[tuple[int, int]], looks: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Against a model that adds up one day after the other, in fractions."""
    world = World(Path(tmp_path_factory.mktemp("interest")))
    try:
        clocked = Clocked(world)
        wallet = world.wallet(tier=1)
        first = day_no(date(2026, 1, 1))
        balance_fen, exact, changes = 0, Fraction(0), sorted(moves)
        for day in range(-40, 450):
            clocked.now_s = start_of(first + day) + NOON_S
            if day in looks or day == 449:
                clocked.desk.keep_up()
                balance_fen = clocked.owed_fen(wallet)[0]
            while changes and changes[0][0] == day:
                moved_fen = max(changes.pop(0)[1], -balance_fen)
                if moved_fen > 0:
                    clocked.deposit(wallet, moved_fen)
                elif moved_fen < 0:
                    with clocked._transaction():
                        clocked.bank.book(
                            "load", "deposit:000000001", "vault", -moved_fen, clocked.now_s, bytes(32)
                        )
                balance_fen += moved_fen
            # Days after the last settlement within the time looked at are not due yet.
            if 0 <= day < day_no(date(2027, 3, 21)) - first:
                exact += Fraction(balance_fen * 500, 360_000_000)
        paid_fen = clocked.bank.store.ledger.balance_fen(INTEREST)
        assert 0 <= exact - paid_fen < 1
    finally:
        world.close()
