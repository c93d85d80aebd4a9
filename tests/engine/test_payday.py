"""Payrolls on the same engine: coins change hands several times, and the same must hold."""

import polars as pl
import pytest

from shuangli.errors import BadInput
from shuangli.sims.catalogue import make_scenario
from tests.engine.checks import check_run
from tests.engine.conftest import Play

BUSY: dict[str, float] = {"among_workers": 0.9, "payments_per_day": 4, "offline_h": 90}
DAY_S = 86_400


@pytest.mark.parametrize("seed", [1, 2])
def test_books_and_forks_over_several_hops(payday: Play, seed: int) -> None:
    run = payday(seed=seed, **{"clone.share": 0.2}, **BUSY)
    check_run(run)
    assert {"1", "2", "3"} <= set(run.result["payments"]["by_hops"])
    assert run.result["forks"]["injected"] > 0


def test_without_copies_nobody_is_named_and_all_is_paid(payday: Play) -> None:
    run = payday(**{"clone.share": 0}, among_workers=0.8)
    check_run(run)
    assert run.cases.is_empty()
    assert set(run.result["payments"]["by_outcome"]) <= {"paid", "insufficient-funds"}
    devices = run.result["books"]["devices"]
    assert devices["in_flight_fen"] == devices["unpaid_fen"] == 0


def test_who_uses_a_copy_is_paid_no_wage_by_another_operator(payday: Play) -> None:
    """Found: such a wage ended the run. A copy is known only where the copied wallet was opened."""
    run = payday(**{"clone.share": 0.4}, workers=20, employers=12, days=4, payday=2, among_workers=0.9)
    check_run(run)
    assert run.result["operators"]["refused"]["unknown-wallet"] > 0
    own = run.payments.filter(pl.col("outcome") == "own-request")
    assert own.height > 0
    holder: dict[int, int] = {}
    for plan in run.scenario.plans:
        for index, original in enumerate(plan.devices.copy_of.tolist()):
            holder[plan.first_device + index] = plan.first_device + (index if original < 0 else original)
    assert all(holder[payer] == holder[payee] for payer, payee in own.select("payer", "payee").iter_rows())


def test_the_hop_cap_is_kept(payday: Play) -> None:
    run = payday(**{"clone.share": 0.1}, among_workers=1, hop_cap=2, offline_h=90)
    check_run(run)
    assert max(map(int, run.result["payments"]["by_hops"])) == 2


def test_rent_is_paid_on_the_day(payday: Play) -> None:
    run = payday(**{"clone.share": 0}, renters=1.0, payday=1, payday_spread_d=0, rent_day=3, days=4)
    check_run(run)
    rent = run.payments.filter(pl.col("kind") == "rent")
    assert rent.height == 40
    assert rent.filter(pl.col("outcome") == "paid").height > 20
    assert set((rent["at_s"] - run.scenario.first_day_s) // DAY_S) == {2}


def test_in_an_outage_nobody_is_paid_a_wage_or_hands_in(payday: Play) -> None:
    run = payday(**{"clone.share": 0}, payday=2, payday_spread_d=0, days=5, outage_from_d=0.5, outage_d=3.0)
    check_run(run)
    from_s, to_s = (run.scenario.first_day_s + round(day * DAY_S) for day in (0.5, 3.5))
    for plan in run.scenario.plans:
        assert (plan.wages.at_s >= to_s).all()
        assert (plan.errands.loads.at_s >= to_s).all()
    received = run.payments["received_s"].drop_nulls()
    assert not ((received >= from_s) & (received < to_s)).any()
    during = run.payments.filter(pl.col("at_s").is_between(from_s, to_s - 1))
    assert during.filter(pl.col("outcome") == "paid").height > 0
    level = {row["hour"]: row["circulating_fen"] for row in run.result["hours"]}
    assert len({level[hour] for hour in range(13, 83)}) == 1


def test_an_outage_ends_before_the_run_does() -> None:
    settings = {"outage_from_d": "28", "outage_d": "5"}
    with pytest.raises(BadInput, match=r"outage_from_d=28, outage_d=5, days=31: .* at most 30"):
        make_scenario("payroll", settings, seed=1, demand=None, network=None)
