"""Risk control at a bank: what it sees in the books, holds, lets pass, freezes, logs and reports."""

import pytest

from shuangli.days import day_of
from shuangli.errors import BadInput, Refused
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from shuangli.operator.risk.cases import Outcome
from shuangli.operator.risk.events import Action
from shuangli.operator.risk.large_values import large_values
from tests.paying import pay
from tests.risk.watched import FEW, HOUR_S, Watched
from tests.setting import DAY_S, NOW
from tests.world import World


@pytest.fixture
def watched(world: World) -> Watched:
    return Watched(world)


def test_what_many_have_paid_is_held_and_the_customer_is_not_told_why(watched: Watched) -> None:
    watched.collect()
    held = watched.pay(watched.mule, watched.boss, 3_900, now_s=NOW + HOUR_S)
    assert held is not None
    assert held.code == "held"
    assert "case 1" in str(held)
    assert "paid within a day" not in str(held)
    case = watched.control.cases.case(1)
    assert (case.action, case.outcome, case.amount_fen) == (Action.HOLD, Outcome.OPEN, 3_900)
    assert case.explanation == "many-to-one: 4 people paid within a day, and 97 % of what came goes on"
    assert watched.world.deposit_fen(watched.mule) == 4_000
    assert watched.steps() == ["HELD"]
    # Asked for again, it is the same case.
    again = watched.judge(watched.mule, watched.boss, 3_900, now_s=NOW + 2 * HOUR_S)
    assert str(again) == str(held)
    assert len(watched.control.cases.queue(after=0, most=9, only_open=True)) == 1


def test_what_is_cleared_passes_once(watched: Watched) -> None:
    watched.collect()
    assert watched.pay(watched.mule, watched.boss, 3_900, now_s=NOW + HOUR_S) is not None
    watched.review(1, Outcome.CLEARED)
    assert watched.pay(watched.mule, watched.boss, 3_900, now_s=NOW + 2 * HOUR_S) is None
    assert watched.world.deposit_fen(watched.boss) == 3_900
    assert watched.control.cases.case(1).outcome is Outcome.PASSED
    assert watched.steps() == ["HELD", "CLEARED"]
    for wallet in watched.rich:
        assert watched.pay(wallet, watched.mule, 1_000, now_s=NOW + 3 * HOUR_S) is None
    assert watched.pay(watched.mule, watched.boss, 3_900, now_s=NOW + 4 * HOUR_S) is not None
    watched.bank.store.audit.check()


def test_what_is_confirmed_freezes_the_wallet(watched: Watched) -> None:
    watched.collect()
    watched.judge(watched.mule, watched.boss, 3_900, now_s=NOW + HOUR_S)
    watched.review(1, Outcome.CONFIRMED)
    assert watched.is_frozen(watched.mule)
    assert watched.steps() == ["HELD", "CONFIRMED"]
    with pytest.raises(Refused) as error:
        watched.review(1, Outcome.CLEARED)
    assert error.value.code == "nothing-due"


def test_two_rules_freeze_and_who_is_cleared_is_released(world: World) -> None:
    watched = Watched(world, FEW._replace(out_in_an_hour=0))
    watched.collect()
    assert watched.judge(watched.mule, watched.boss, 3_900, now_s=NOW + HOUR_S) is not None
    assert watched.is_frozen(watched.mule)
    found = watched.control.cases.queue(after=0, most=99, only_open=True)
    (case,) = [one for one in found if one.action > Action.FLAG]
    assert case.action is Action.FREEZE
    watched.review(case.case_no, Outcome.CLEARED)
    assert not watched.is_frozen(watched.mule)


def test_what_comes_in_is_looked_at_before_anything_leaves(watched: Watched) -> None:
    saver = watched.rich[0]
    for days in (4, 3, 2):
        watched.deposit(saver, 4_500_000, now_s=NOW - days * HOUR_S)
    assert watched.judge(watched.rich[1], watched.boss, 5, now_s=NOW) is None
    (case,) = watched.control.cases.queue(after=0, most=9, only_open=True)
    assert case.explanation.startswith("structuring: 3 movements of 45,000.00 yuan or more")
    assert case.action is Action.FLAG
    # Each movement is looked at once.
    with watched.bank.store.transaction():
        assert watched.control.look(now_s=NOW) == 0
    assert watched.steps() == ["FLAGGED"]


def test_a_redemption_of_offline_value_is_looked_at(watched: Watched) -> None:
    watched.world.load(watched.rich[0], [400_000], now_s=NOW)
    pay(watched.rich[0], watched.boss, 400_000, now_s=NOW)
    with watched.bank.store.transaction():
        watched.control.look(now_s=NOW)
    watched.world.hand_in(watched.boss, now_s=NOW + 60)
    assert watched.world.deposit_fen(watched.boss) == 400_000
    with watched.bank.store.transaction():
        assert watched.control.look(now_s=NOW + 60) == 1


def test_reviews_say_confirmed_or_cleared_of_a_case_that_there_is(watched: Watched) -> None:
    with pytest.raises(Refused, match="no case 7"):
        watched.review(7, Outcome.CLEARED)
    with pytest.raises(BadInput, match="confirmed or cleared"):
        watched.review(7, Outcome.PASSED)


def test_a_wallet_that_is_not_there_is_not_judged(watched: Watched) -> None:
    stranger = watched.world.wallet(operator="OP02")
    assert watched.judge(stranger, watched.boss, 5, now_s=NOW) is None


def test_large_values_are_reported_for_each_day_once(world: World) -> None:
    watched = Watched(world)
    company = world.wallet(tier=0, name="company")
    watched.deposit(company, 200_000_000, now_s=NOW - DAY_S)
    watched.deposit(watched.boss, 49_999_999, now_s=NOW - DAY_S)
    world.load(watched.rich[0], [5_000_000], now_s=NOW)
    yesterday = day_of(NOW) - 1
    with watched.bank.store.transaction():
        assert watched.control.report_large_values(now_s=NOW) == [yesterday]
        assert watched.control.report_large_values(now_s=NOW) == []
        (found,) = watched.control.large_values(yesterday)
        assert (found.category.value, found.total_fen) == ("other than natural person", 200_000_000)
        (cash,) = [one for one in watched.control.large_values(yesterday + 1) if one.is_out]
        assert (cash.category.value, cash.total_fen) == ("cash-like", 5_000_000)
        assert len(watched.control.report_of(yesterday)[0]) == 32
        with pytest.raises(Refused) as error:
            watched.control.report_of(yesterday + 1)
        assert error.value.code == "not-found"
    log = watched.bank.store.audit
    kinds = [Event.decode(log.entry(number)).kind for number in range(log.size)]
    assert kinds.count(EventKind.REPORT) == 1
    assert large_values([]) == []
