"""What a payroll plans: who is paid when, who is online when, and that a policy moves nobody."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuangli.sims.chance import rows
from shuangli.sims.payroll.connectivity import Spells, hand_ins, spells
from shuangli.sims.payroll.crowd import crowd, deal
from shuangli.sims.payroll.money import days_of_month
from shuangli.sims.payroll.scenario import payroll
from shuangli.sims.payroll.settings import PayrollConfig
from shuangli.sims.payroll.wages import SECTORS
from shuangli.sims.plan import NEVER_S, Calendar
from shuangli.sims.scenario import DAY_S, HOUR_S, Scenario
from shuangli.sims.settings import day_start_s

SMALL = {"workers": 80, "employers": 8, "shops": 8, "days": 20}


def planned(**changes: object) -> Scenario:
    return payroll(PayrollConfig(**{**SMALL, **changes}), seed=1)  # type: ignore[arg-type]


def calendar(*outages: tuple[int, int]) -> Calendar:
    return Calendar(start_s=0, closes_s=1_000, close_takes_s=3, window_s=1, outages=outages)


def test_the_share_of_time_online_is_as_asked() -> None:
    """An alternating renewal process that is under way: on / (on + off) at every time, from the first on."""
    online = spells(4_000, start_s=0, ends_s=30 * DAY_S, online_s=6 * HOUR_S, offline_s=18 * HOUR_S, seed=3)
    for at_s in (0, HOUR_S, 10 * DAY_S, 30 * DAY_S - 1):
        share = ((online.begins_s <= at_s) & (at_s < online.ends_s)).any(axis=1).mean()
        # Four standard deviations of a share of 4,000.
        assert share == pytest.approx(0.25, abs=4 * (0.25 * 0.75 / 4_000) ** 0.5)
    length_s = (online.ends_s - online.begins_s)[(online.begins_s > 0) & (online.ends_s < 20 * DAY_S)]
    assert length_s[length_s > 0].mean() == pytest.approx(6 * HOUR_S, rel=0.05)
    assert (online.begins_s[:, 1:] >= online.ends_s[:, :-1]).all()
    assert online.ends_s.max() == 30 * DAY_S


def test_always_online() -> None:
    online = spells(3, start_s=5, ends_s=50, online_s=1, offline_s=0, seed=1)
    assert [online.first_online_s(person, 7, calendar()) for person in range(3)] == [7, 7, 7]


@given(st.integers(0, 100), st.integers(0, 100), st.integers(1, 30))
def test_the_first_second_online(from_s: int, outage_s: int, outage_takes_s: int) -> None:
    online = Spells(begins_s=np.array([[10, 50]]), ends_s=np.array([[20, 70]]))
    found_s = online.first_online_s(0, from_s, calendar((outage_s, outage_s + outage_takes_s)))
    good = [
        at_s
        for at_s in (*range(10, 20), *range(50, 70))
        if at_s >= from_s and not outage_s <= at_s < outage_s + outage_takes_s
    ]
    assert found_s == (good[0] if good else NEVER_S)


def test_a_higher_share_hands_in_more_often_and_as_often_as_a_lower_one() -> None:
    online = spells(50, start_s=0, ends_s=10 * DAY_S, online_s=HOUR_S, offline_s=HOUR_S, seed=1)
    chance = rows(1, "hands in", 50, online.begins_s.shape[1])
    few, many = (
        {*zip(made.at_s.tolist(), made.device.tolist(), strict=True)}
        for made in (hand_ins(online, chance, share=share, from_s=100) for share in (0.2, 0.7))
    )
    assert few < many
    assert min(at_s for at_s, _ in few) >= 100


@settings(max_examples=30)
@given(st.lists(st.floats(0.1, 10), min_size=4, max_size=40))
def test_cells_are_about_as_large(size: list[float]) -> None:
    cell = deal(np.array(size), 4)
    filled = np.bincount(cell, np.array(size), 4)
    assert set(cell.tolist()) == {0, 1, 2, 3}
    # The largest cell was the smallest when its last employer came.
    assert filled.max() - max(size) <= filled.min() + 1e-9


def test_each_worker_is_paid_on_the_payday_of_the_employer() -> None:
    config = PayrollConfig(**SMALL, payday_spread_d=3)  # type: ignore[arg-type]
    people = crowd(config, seed=1)
    scenario = payroll(config, seed=1)
    paid = 0
    for cell, plan in enumerate(scenario.plans):
        workers = people.workers_of(cell)
        for at_s, worker, amount_fen in zip(
            plan.wages.at_s, plan.wages.worker, plan.wages.amount_fen, strict=True
        ):
            day = datetime.fromtimestamp(int(at_s), tz=UTC).day
            assert day == people.payday[people.employer[workers[worker]]]
            assert amount_fen == people.wage_fen[workers[worker]]
            paid += 1
        # Nobody is paid by somebody in another cell, and no employer owes more than it has.
        employers = plan.wages.employer
        owed_fen = np.bincount(employers, plan.wages.amount_fen, len(plan.devices))
        assert (owed_fen <= plan.devices.deposit_fen).all()
    assert paid == config.workers
    assert abs(people.payday - config.payday).max() <= 3


def test_days_of_a_month() -> None:
    first_s = day_start_s("2026-01-30")
    assert days_of_month(first_s, 40, 1) == [day_start_s("2026-02-01"), day_start_s("2026-03-01")]
    assert days_of_month(first_s, 2, 1) == []


def test_an_outage_moves_wages_and_loads_and_nothing_that_people_want_to_pay() -> None:
    calm, outage = planned(), planned(outage_from_d=7.0, outage_d=7.0)
    first_s, last_s = outage.plans[0].calendar.outages[0]
    for one, other in zip(calm.plans, outage.plans, strict=True):
        for name in ("at_s", "payer", "payee", "amount_fen", "tag"):
            assert np.array_equal(getattr(one.meetings, name), getattr(other.meetings, name))
        assert sorted(one.wages.worker.tolist()) == sorted(other.wages.worker.tolist())
        assert not ((other.wages.at_s >= first_s) & (other.wages.at_s < last_s)).any()
        assert (other.errands.loads.at_s.size and other.errands.loads.at_s.min()) != 0
        assert np.array_equal(one.syncs.at_s, other.syncs.at_s)


def test_the_mix_of_sectors_is_that_of_the_statistics() -> None:
    people = crowd(PayrollConfig(workers=2, employers=10_000, shops=10), seed=1)
    share = np.bincount(people.sector, minlength=len(SECTORS)) / 10_000
    for sector, found in zip(SECTORS, share, strict=True):
        assert found == pytest.approx(
            sector.share, abs=4 * (sector.share * (1 - sector.share) / 10_000) ** 0.5
        )
