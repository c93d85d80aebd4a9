"""Wages, interest and risk control say the same on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest

from shuangli.days import day_no, day_of, start_of
from shuangli.operator.payroll.report import LineState
from shuangli.operator.regimes.desk import RegimeDesk
from shuangli.operator.regimes.table import CHINA
from shuangli.operator.risk.cases import Outcome
from tests.database.places import Places
from tests.payroll.test_desk import PAID_FEN, WAGES, Works, batch_of
from tests.risk.test_control import HOUR_S, Watched
from tests.world import NOW, World


@pytest.fixture
def world(places: Places) -> Iterator[World]:
    """A world, once on SQLite and once on PostgreSQL."""
    with places.new() as place:
        world = World(place)
        yield world
        world.close()


def test_wages_and_interest(world: World) -> None:
    works = Works(world)
    assert works.paid(batch_of(*WAGES)).sum_fen(LineState.PAID) == 60_100
    assert works.deposits_fen() == PAID_FEN
    assert works.desk.finish() == 0
    bank = works.bank

    @contextmanager
    def transaction() -> Iterator[int]:
        with bank.store.transaction():
            yield start_of(day_no(date(2026, 3, 21)))

    desk = RegimeDesk(bank, CHINA, transaction)
    # 939,900, 10,100, 20,000 and 30,000 fen for 79 days at 0.05 %.
    assert desk.keep_up() == sum(fen * 79 * 500 // 360_000_000 for fen in PAID_FEN)
    assert desk.keep_up() == 0
    report = desk.report()
    assert report.online_fen == sum(works.deposits_fen())
    assert report.accrued_micro_fen > 0


def test_risk_control(world: World) -> None:
    watched = Watched(world)
    watched.collect()
    assert watched.pay(watched.mule, watched.boss, 3_900, now_s=NOW + HOUR_S) is not None
    watched.review(1, Outcome.CLEARED)
    assert watched.pay(watched.mule, watched.boss, 3_900, now_s=NOW + 2 * HOUR_S) is None
    with watched.bank.store.transaction():
        days = watched.control.report_large_values(now_s=NOW)
    assert days == [day_of(NOW) - 1]
