"""How risk control looks at what has come in: some at a time, each once, none left out."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shuangli.operator.accounts import CASH
from shuangli.operator.risk import control, history
from shuangli.operator.risk.control import RiskControl
from shuangli.operator.risk.deciding import RiskPolicy
from shuangli.operator.risk.events import EventKind, RiskEvent
from shuangli.operator.risk.history import Books, Past
from shuangli.operator.service import desk
from shuangli.wallet.wallet import Wallet
from tests.service.desks import Desks
from tests.setting import DAY_S, NOW
from tests.world import World


class Seen:
    """A bank, what comes in there, and what risk control has looked at."""

    def __init__(self, world: World) -> None:
        self.bank = world.banks["OP01"]
        self.control = RiskControl(self.bank, RiskPolicy(model=None))
        self.books = Books(self.bank.store)
        self.wallet, self.other = world.wallet(name="one"), world.wallet(name="other")

    def book(self, kind: str, wallet: Wallet, amount_fen: int, *, at_s: int = NOW) -> None:
        with self.bank.store.transaction():
            account = self.bank.wallet(wallet.key.public).account
            debit, credit = (CASH, account) if amount_fen > 0 else (account, CASH)
            self.bank.book(kind, debit, credit, abs(amount_fen), at_s, b"x")

    def look(self, most: int | None = None) -> int:
        with self.bank.store.transaction():
            return self.control.look(now_s=NOW, most=most)

    def amounts_fen(self) -> list[int]:
        """Of what was looked at, in that order."""
        rows = self.bank.store.database.rows("SELECT amount_fen FROM risk_events ORDER BY event_no")
        return [amount_fen for (amount_fen,) in rows]


@pytest.fixture
def seen(world: World) -> Seen:
    return Seen(world)


def test_some_are_looked_at_at_a_time_and_each_once(seen: Seen) -> None:
    for number in range(5):
        seen.book("deposit", seen.wallet, 100 + number)
    assert [seen.look(most=2) for _ in range(4)] == [2, 2, 1, 0]
    assert seen.amounts_fen() == [100, 101, 102, 103, 104]
    seen.book("deposit", seen.other, 200)
    assert seen.look() == 1
    assert seen.amounts_fen()[5:] == [200]


def test_a_turn_of_the_desk_ends_however_much_comes_in(
    world: World, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "LOOKED_AT_ONCE", 2)
    monkeypatch.setattr(desk, "LOOKS", 2)
    for number in range(5):
        seen.book("deposit", seen.wallet, 100 + number)
    of_bank = Desks(world).at["OP01"]
    of_bank.keep_up()
    assert seen.amounts_fen() == [100, 101, 102, 103]
    of_bank.keep_up()
    assert seen.amounts_fen() == [100, 101, 102, 103, 104]


def test_many_entries_that_are_no_movements_hide_none(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interest for every wallet is more entries at once than are read at once."""
    monkeypatch.setattr(control, "AT_ONCE", 2)
    for _ in range(3):
        seen.book("interest", seen.other, 7)
    seen.book("deposit", seen.wallet, 100)
    assert seen.look() == 1
    assert seen.amounts_fen() == [100]


def test_what_is_read_once_for_several_movements_is_what_each_would_have_read(
    seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MOST_EVENTS", 3)
    for number in range(12):
        kind = ("deposit", "interest", "payment")[number % 3]
        wallet = seen.other if number % 4 == 0 else seen.wallet
        amount_fen = -(number + 1) if number in (5, 8) else number + 50
        seen.book(kind, wallet, amount_fen, at_s=NOW - DAY_S + (number * 7) % 5)
    last = seen.books.last_no()
    person = seen.bank.wallet(seen.wallet.key.public).person
    past = seen.books.past(person, first_no=last - 9, last_no=last + 1)
    found = [past.before(number, at_s=NOW) for number in range(last - 9, last + 2)]
    alone = [seen.books.history(person, before_no=n, at_s=NOW) for n in range(last - 9, last + 2)]
    assert found == alone
    assert any(len(each.events) == 3 for each in found)
    assert found[-1] != found[-3]


def movement(at_s: int) -> RiskEvent:
    return RiskEvent(wallet_no=1, person=bytes(32), kind=EventKind.RECONCILED, amount_fen=1, at_s=at_s)


@given(
    st.lists(st.none() | st.integers(0, 9), max_size=12), st.booleans(), st.integers(1, 14), st.integers(0, 9)
)
@example([3, None, 3, 5], True, 5, 5)
def test_what_lies_in_order_is_found_without_looking_at_all(
    times: list[int | None], is_sorted: bool, entry_no: int, at_s: int
) -> None:
    """A customer with one wallet is looked at in another way than one with two, of which one is empty."""
    moved = sorted(each for each in times if each is not None)
    if is_sorted:
        times = [None if each is None else moved.pop(0) for each in times]
    numbered = [
        (number, None if each is None else movement(NOW + each)) for number, each in enumerate(times, 1)
    ]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(history, "MOST_EVENTS", 5)
        patched.setattr(history, "LOOKBACK_S", 4)
        quickly, slowly = (
            Past(by_wallet).before(entry_no, at_s=NOW + at_s) for by_wallet in ([numbered], [numbered, []])
        )
    assert quickly == slowly
    assert quickly.in_order or not is_sorted or not quickly.events
    for since_s in range(11):
        assert quickly.since(NOW + since_s) == slowly.since(NOW + since_s)
