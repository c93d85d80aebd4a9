"""A metro day as issue 2 wants it: all trips, books to the fen, every fork found, nobody honest named."""

from pathlib import Path

import polars as pl
import pytest

from shuangli.sims.engine import WINDOWS_AFTER_CLOSE
from tests.engine.checks import check_boardings, check_run
from tests.engine.conftest import Play
from tests.engine.runs import boardings_of, trips_table

DAY_S = 86_400
OUTAGE_S = (17 * 3_600, 20 * 3_600)


@pytest.mark.parametrize(
    ("seed", "copied_share", "processes"),
    [(1, 0, 0), (1, 0.005, 0), (2, 0.005, 0), (1, 0.2, 0), (2, 0.2, 2), (3, 0.2, 0)],
)
def test_books_forks_and_boardings(
    metro: Play, trips: Path, seed: int, copied_share: float, processes: int
) -> None:
    run = metro(seed=seed, clone__share=copied_share, **({"processes": processes} if processes else {}))
    check_run(run)
    check_boardings(run, boardings_of(trips.read_text(encoding="utf-8")))
    wallets, forks = run.result["wallets"], run.result["forks"]
    riders = int(run.scenario.trips.wallets) if run.scenario.trips else 0
    assert wallets["copied"] == round(copied_share * riders)
    # Four stations with a gate in each of four cells; secret copies are opened by nobody.
    assert wallets["opened"] == riders + 16 - wallets["copied"]
    assert forks["injected"] > 0 if copied_share == 0.2 else forks["injected"] <= 10
    assert forks["injected"] == 0 or copied_share > 0
    assert forks["culprits"] <= wallets["copied"]


def test_about_two_trips_a_wallet(metro: Play) -> None:
    plan = metro(seed=1, clone__share=0).scenario.trips
    assert plan is not None
    assert plan.wallets == pytest.approx(len(plan) / 2, rel=0.02)
    assert metro(seed=1, clone__share=0).result["scenario"]["config"]["trips_per_wallet"] == 2.0


def test_payments_in_the_outage_wait_for_its_end(metro: Play) -> None:
    run = metro(seed=1, clone__share=0.2)
    at_s = pl.col("at_s") - run.result["scenario"]["first_day_s"]
    within = run.payments.filter(
        (at_s >= OUTAGE_S[0]) & (at_s < OUTAGE_S[1]), pl.col("received_s").is_not_null()
    )
    assert within.height > 10
    ends_s = run.result["scenario"]["first_day_s"] + OUTAGE_S[1]
    assert (within["received_s"] >= ends_s).all()
    assert (within["latency_s"] >= ends_s - within["at_s"]).all()


def test_without_an_outage_gates_are_an_hour_behind_at_most(metro: Play) -> None:
    run = metro(seed=1, clone__share=0, outage_h=0)
    check_run(run)
    assert run.result["reconciliation"]["latency_s"]["max"] <= 3_600
    with_outage = metro(seed=1, clone__share=0).result["reconciliation"]["latency_s"]["max"]
    assert 3_600 < with_outage <= 3_600 + 3 * 3_600


def test_an_outage_over_the_close_puts_it_off(metro: Play) -> None:
    """Found: with an outage into the night nobody could reconcile at the close, and forks were missed."""
    run = metro(seed=1, clone__share=0.2, outage_from_h=22, outage_h=24)
    check_run(run)
    calendar = run.scenario.plans[0].calendar
    assert calendar.closes_s == run.result["scenario"]["first_day_s"] + 46 * 3_600
    assert run.result["reconciliation"]["only_at_close"] > 0


def test_what_came_only_at_the_close(metro: Play) -> None:
    seldom = metro(seed=1, clone__share=0.2, reconcile_every_s=30 * DAY_S)
    check_run(seldom)
    figures = seldom.result["reconciliation"]
    # Gates first go online within thirty days, most of them after this one.
    assert figures["only_at_close"] > 0.8 * seldom.result["payments"]["paid"]
    often = metro(seed=1, clone__share=0.2, reconcile_every_s=300, outage_h=0)
    check_run(often)
    assert often.result["reconciliation"]["only_at_close"] <= 2


def test_several_days_and_value_that_comes_too_late(metro: Play, tmp_path: Path) -> None:
    dates = [f"2026-03-{day:02d}" for day in (1, 2, 4, 6)]
    table = trips_table(most=1, stations="AD", dates=dates)
    demand = tmp_path / "days.csv"
    demand.write_text(table, encoding="utf-8")
    run = metro(demand=demand, clone__share=0.1, reconcile_every_s=30 * DAY_S, seed=5)
    check_run(run)
    asked = boardings_of(table)
    moved = {days: 24 * (int(date[-2:]) - 1 - days) for days, date in enumerate(dates)}
    check_boardings(run, type(asked)({(h + moved[h // 24], s): n for (h, s), n in asked.items()}))
    assert run.result["scenario"]["input"]["days"] == [f"2026-03-{day:02d}" for day in range(1, 7)]
    # A gate that goes online after more than the claim window and the grace gets nothing for the first days.
    assert run.result["books"]["devices"]["late_fen"] > 0


def test_few_gates_one_operator_and_a_rider_who_travels_a_lot(metro: Play, tmp_path: Path) -> None:
    table = trips_table(most=4, stations="BC")
    demand = tmp_path / "two.csv"
    demand.write_text(table, encoding="utf-8")
    run = metro(demand=demand, operators=1, trips_per_wallet=5, clone__share=0.3, seed=4)
    check_run(run)
    check_boardings(run, boardings_of(table))


def test_buses_cards_discounts_and_stations_that_are_cut_off(metro: Play) -> None:
    run = metro(
        demand=None,
        trips=40,
        days=2,
        bus_share=0.2,
        card_share=0.3,
        early_off=0.5,
        month_discount="beijing",
        day_cap_fen=500,
        reconcile="exponential",
        cut_share=0.5,
        outage_h=0,
    )
    check_run(run)
    trips, by_bus = run.result["trips"], run.payments.filter(pl.col("origin").str.starts_with("Bus line"))
    assert trips["boardings_difference"] == 0
    assert trips["attempted"] == trips["asked"] == 80
    assert 0 < by_bus.height <= trips["by_bus"] == 20
    # Buses are offline all day: what they were paid comes in at night, or at the close.
    night_s = run.result["scenario"]["first_day_s"] + 86_400 + 2 * 3_600
    assert by_bus.filter(pl.col("received_s") < night_s).is_empty()
    assert trips["free"] == 80 - run.payments.filter(~pl.col("origin").str.starts_with("Bus line")).height
    assert set(trips["waiting_ms"]) == {"all", "card", "phone-soft"}
    assert set(run.payments["phone"]) == {"card", "phone-soft"}


def test_fewer_trips_than_cells(metro: Play) -> None:
    run = metro(demand=None, trips=1)
    check_run(run)
    assert run.result["trips"]["attempted"] == 1


def test_beyond_the_cap_the_payees_bear_it(metro: Play) -> None:
    """Found: the whole loss was said to be the guarantee fund's, even where it paid nothing."""
    run = metro(seed=3, clone__share=0.2, cap_per_person_fen=0)
    check_run(run)
    forks, (supply,) = run.result["forks"], run.result["supply"]
    assert supply["fund_paid_fen"] == forks["borne_by_guarantee_fund_fen"] == 0
    assert forks["unpaid_to_payees_fen"] == run.result["books"]["devices"]["capped_fen"] > 0
    paid = metro(seed=3, clone__share=0.2).result
    assert paid["forks"]["unpaid_to_payees_fen"] == 0
    assert paid["supply"][0]["fund_paid_fen"] == forks["unpaid_to_payees_fen"]
    assert paid["forks"]["borne_by_guarantee_fund_fen"] > 0


def test_what_operators_refuse_is_counted(metro: Play) -> None:
    run = metro(seed=1, clone__share=0, top_up_below_fen=1_000_000, top_up_fen=400_000)
    check_run(run)
    assert set(run.result["operators"]["refused"]) == {"over-limit"}
    assert metro(seed=1, clone__share=0).result["operators"]["refused"] == {}


def test_nobody_speaks_after_the_close(metro: Play) -> None:
    """Found: gates went on handing in until the last window, so that answers could be lost."""
    run = metro(seed=1, clone__share=0.2)
    calendar = run.scenario.plans[0].calendar
    ends_s = calendar.closes_s + calendar.close_takes_s
    received_s = [row[0] for row in run.query("operator-OP01", "SELECT max(received_s) FROM uploads")]
    assert max(received_s) < ends_s
    assert WINDOWS_AFTER_CLOSE >= 2
