"""Metro days as plans: who is there, whom each trip pays, when gates hand in, what settings change."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shuangli.errors import BadInput
from shuangli.sims.plan import CellPlan, Role
from shuangli.sims.scenario import CELLS, DAY_S, Scenario
from shuangli.sims.transit.config import TransitConfig
from shuangli.sims.transit.phones import Phone
from shuangli.sims.transit.scenario import transit
from shuangli.sims.transit.trips import Trips

HOUR_S = 3_600
EVERYTHING: dict[str, Any] = {
    "trips": 800,
    "days": 3,
    "date": "2026-01-09",
    "bus_share": 0.2,
    "card_share": 0.2,
    "element_share": 0.3,
    "day_cap_fen": 900,
    "early_off": 0.5,
    "month_discount": "beijing",
}


def planned(*, seed: int = 1, demand: Path | None = None, **settings: Any) -> Scenario:
    return transit(TransitConfig(**settings), seed=seed, demand_file=demand, network_file=None)


def trips_of(scenario: Scenario) -> Trips:
    assert scenario.trips is not None
    return scenario.trips


def riders_of(plan: CellPlan) -> int:
    return int((plan.devices.role == Role.PERSON).sum())


@pytest.mark.parametrize("settings", [{"trips": 800}, EVERYTHING])
def test_every_trip_that_costs_something_is_paid_once_where_it_ends(settings: dict[str, Any]) -> None:
    scenario = planned(**settings)
    trips = trips_of(scenario)
    met = np.concatenate([plan.meetings.tag for plan in scenario.plans])
    assert sorted(met.tolist()) == np.flatnonzero(trips.fare_fen > 0).tolist()
    stations = len(trips.stations)
    for plan in scenario.plans:
        tag, merchant = plan.meetings.tag, plan.meetings.payee - riders_of(plan)
        assert (plan.meetings.payer == trips.wallet[tag] // CELLS).all()
        assert (trips.wallet[tag] % CELLS == plan.number).all()
        assert (plan.meetings.amount_fen == trips.fare_fen[tag]).all()
        assert (plan.meetings.at_s - scenario.first_day_s == trips.exit_s[tag]).all()
        assert (plan.devices.role[plan.meetings.payee] == Role.MERCHANT).all()
        metro = trips.metro[tag]
        assert (merchant[metro] == trips.destination[tag][metro]).all()
        line, bus = np.divmod(merchant[~metro] - stations, 4)
        assert (line == trips.destination[tag][~metro] - stations).all()
        assert (bus == trips.bus[tag][~metro]).all()


def test_stations_lines_and_riders_are_spread_over_the_operators() -> None:
    plan = planned(**EVERYTHING, operators=2).plans[0]
    riders, operator = riders_of(plan), plan.devices.operator
    gates, buses = operator[riders : riders + 68], operator[riders + 68 :]
    assert gates.tolist() == [0, 1] * 34
    assert buses.tolist() == ([0] * 4 + [1] * 4) * 5
    assert np.bincount(operator[:riders]).min() >= riders // 2
    assert set(planned(trips=50, operators=1).plans[0].devices.operator.tolist()) == {0}


def test_cards_and_elements_are_hard() -> None:
    scenario = planned(**EVERYTHING)
    trips = trips_of(scenario)
    shares = np.bincount(trips.phone) / trips.wallets
    assert shares == pytest.approx([0.2, 0.3, 0.5], abs=0.06)
    for plan in scenario.plans:
        hard = plan.devices.hard
        assert (hard[: riders_of(plan)] == (trips.phone[plan.number :: CELLS] != Phone.SOFT)).all()
        assert not hard[riders_of(plan) :].any()


def test_caps_and_discounts_make_trips_cheaper_and_coins_smaller() -> None:
    dear, cheap = planned(trips=800, days=3), planned(**EVERYTHING)
    trips = trips_of(cheap)
    assert trips.fare_fen[trips.metro].mean() < trips_of(dear).fare_fen.mean()
    spent = np.zeros((trips.wallets, 3), dtype=np.int64)
    np.add.at(spent, (trips.wallet, trips.entry_s // DAY_S), trips.fare_fen)
    assert spent.max() == 900
    assert dear.plans[0].habits.unit_fen == 100
    assert cheap.plans[0].habits.unit_fen == 50


def online_s(scenario: Scenario) -> dict[tuple[int, int], list[int]]:
    """When each merchant goes online by the plan, in seconds since the first midnight: by cell and number."""
    found: dict[tuple[int, int], list[int]] = {}
    for plan in scenario.plans:
        for at_s, device in zip(plan.syncs.at_s.tolist(), plan.syncs.device.tolist(), strict=True):
            key = plan.number, device - riders_of(plan)
            found.setdefault(key, []).append(at_s - scenario.first_day_s)
    return found


def test_gates_go_online_by_their_schedule_and_buses_at_night() -> None:
    hourly = online_s(planned(**EVERYTHING))
    assert len(hourly) == CELLS * (68 + 40)
    for (_, merchant), times in hourly.items():
        if merchant < 68:
            assert set(np.diff(times).tolist()) == {HOUR_S}
        else:
            assert times == [2 * HOUR_S + day * DAY_S for day in range(3)]
    starts = sorted(times[0] for (_, merchant), times in hourly.items() if merchant < 68)
    assert starts == [number * HOUR_S // 272 for number in range(272)]
    nightly = online_s(planned(trips=800, days=3, reconcile="nightly"))
    assert {tuple(times) for times in nightly.values()} == {
        tuple(2 * HOUR_S + day * DAY_S for day in range(3))
    }
    seldom = online_s(planned(trips=800, days=3, reconcile="exponential", reconcile_every_s=DAY_S))
    assert sum(map(len, seldom.values())) == pytest.approx(272 * 3, rel=0.15)


def test_full_gates_go_online_when_they_have_so_many_payments() -> None:
    scenario = planned(trips=2_000, reconcile="full", reconcile_after=5)
    trips = trips_of(scenario)
    for (cell, merchant), times in online_s(scenario).items():
        mine = (trips.destination == merchant) & (trips.wallet % CELLS == cell)
        assert times == sorted(set(trips.exit_s[mine][4::5].tolist()))


def test_a_station_that_is_cut_off_hands_nothing_in_for_hours() -> None:
    whole, cut = (online_s(planned(trips=800, cut_share=share, cut_h=4)) for share in (0, 0.5))
    quiet = [row for row, times in cut.items() if int(np.diff(times).max()) > HOUR_S]
    assert all(set(times) <= set(whole[row]) for row, times in cut.items())
    stations = {merchant for _, merchant in quiet}
    assert 20 < len(stations) < 48
    assert len(quiet) == CELLS * len(stations)
    assert max(int(np.diff(times).max()) for times in cut.values()) == 5 * HOUR_S


def test_weekends_are_told_by_the_date(tmp_path: Path) -> None:
    scenario = planned(trips=1_000, days=3, date="2026-01-09")
    assert np.bincount(trips_of(scenario).entry_s // DAY_S).tolist() == [1_000, 710, 710]
    assert scenario.facts["days"] == ["day 1", "day 2", "day 3"]
    table = "hour,origin,destination,trips,date\n" + "".join(
        f"6,A,B,9,2026-01-{day:02d}\n" for day in (9, 10)
    )
    path = tmp_path / "days.csv"
    path.write_text(table, encoding="utf-8")
    trips = trips_of(planned(demand=path, early_off=0.5, date="2026-03-02"))
    saturday = trips.entry_s >= DAY_S
    assert (trips.fare_fen[saturday].min(), trips.fare_fen[~saturday].max()) == (300, 150)


@pytest.mark.parametrize(
    ("setting", "value", "what"),
    [
        ("days", 2, "how many there are"),
        ("trips", 5, "how many there are"),
        ("weekend_share", 0.5, "how many trips each day has"),
        ("spread_s", 60, "when people ride"),
    ],
)
def test_what_a_demand_file_says_is_not_set_besides(
    setting: str, value: Any, what: str, tmp_path: Path
) -> None:
    path = tmp_path / "day.csv"
    path.write_text("hour,origin,destination,trips\n8,A,B,9\n", encoding="utf-8")
    with pytest.raises(BadInput, match=f"{setting}={value}: the demand file says {what}"):
        planned(demand=path, **{setting: value})


def test_gates_can_be_few() -> None:
    few, by_demand = planned(trips=20_000, gates=1), planned(trips=100_000, card_share=1, gate_load=0.05)
    assert few.facts["gates"] == 68 * CELLS
    gates = by_demand.facts["gates"]
    assert isinstance(gates, int)
    assert gates > 68 * CELLS
    crowd = trips_of(planned(trips=20_000, gates=1, card_share=1))
    assert crowd.waited_ms.mean() > 3 * trips_of(few).waited_ms.mean()
