"""Wages and interest say the same on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from shuangli.days import day_no, start_of
from shuangli.operator.payroll.report import LineState
from shuangli.operator.regimes.desk import RegimeDesk
from shuangli.operator.regimes.table import CHINA
from tests.payroll.works import PAID_FEN, WAGES, Works, batch_of
from tests.world import World


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
