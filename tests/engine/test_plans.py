"""Plans: what cannot be planned, and what the two scenarios plan."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shuangli.errors import BadInput
from shuangli.messages.key_set import KeySet
from shuangli.sims.banks import premises
from shuangli.sims.catalogue import make_scenario
from shuangli.sims.plan import NOBODY, Calendar, CellPlan, Meetings, Role, Wages
from shuangli.sims.scenario import CELLS, Scenario
from shuangli.sims.settings import day_start_s
from shuangli.sims.system import System
from tests.engine.plans import DAY_S, START_S, WINDOW_S, calendar, cell_plan, devices, ints, meetings


def planned(name: str, *, seed: int = 1, demand: Path | None = None, **settings: object) -> Scenario:
    texts = {key: str(value) for key, value in settings.items()}
    return make_scenario(name, texts, seed=seed, demand=demand, network=None)


SMALL: dict[str, dict[str, Any]] = {
    "transit": {"trips": 800, "clone.share": 0.1},
    "payroll": {"workers": 80, "employers": 4, "shops": 5, "days": 3, "clone.share": 0.1},
}


@pytest.mark.parametrize("name", sorted(SMALL))
@pytest.mark.parametrize("seed", [1, 2])
def test_copies_are_pairs_within_a_cell(name: str, seed: int) -> None:
    plans = planned(name, seed=seed, **SMALL[name]).plans
    copied = 0
    for plan in plans:
        copies = np.flatnonzero(plan.devices.copy_of != NOBODY)
        originals = plan.devices.copy_of[copies]
        copied += copies.size
        assert len({*copies.tolist(), *originals.tolist()}) == 2 * copies.size
        assert (plan.devices.role[copies] == Role.PERSON).all()
        assert (plan.devices.role[originals] == Role.PERSON).all()
    holders = sum(int((plan.devices.role == Role.PERSON).sum()) for plan in plans)
    assert copied == round(0.1 * holders)


@pytest.mark.parametrize("name", sorted(SMALL))
def test_wallets_are_open_and_loaded_before_the_first_payment(name: str) -> None:
    scenario = planned(name, **SMALL[name])
    for plan in scenario.plans:
        calendar = plan.calendar
        first_s = int(plan.meetings.at_s[0])
        # A certificate takes two windows, and so does the load that is ordered with it.
        ready_s = max([*plan.devices.opens_s, *plan.wages.at_s]) + 5 * calendar.window_s
        assert calendar.start_s <= plan.devices.opens_s.min()
        assert ready_s <= first_s
        assert first_s >= scenario.first_day_s
        assert plan.meetings.at_s[-1] < calendar.closes_s


@pytest.mark.parametrize("name", sorted(SMALL))
def test_devices_are_numbered_cell_after_cell(name: str) -> None:
    plans = planned(name, **SMALL[name]).plans
    assert [plan.number for plan in plans] == list(range(len(plans)))
    assert [plan.first_device for plan in plans[1:]] == list(
        np.cumsum([len(plan.devices) for plan in plans])[:-1]
    )
    assert len(plans) == CELLS


def test_another_seed_is_another_plan_and_the_same_seed_the_same() -> None:
    for name, config in SMALL.items():
        first, again, other = (planned(name, seed=seed, **config) for seed in (1, 1, 2))
        assert all(
            np.array_equal(a.meetings.at_s, b.meetings.at_s)
            and np.array_equal(a.devices.copy_of, b.devices.copy_of)
            for a, b in zip(first.plans, again.plans, strict=True)
        )
        assert not np.array_equal(first.plans[0].meetings.at_s, other.plans[0].meetings.at_s)


@pytest.mark.parametrize(
    ("from_h", "hours", "closes_h"), [(17, 3, 24), (22, 5, 27), (20, 24, 44), (0, 24, 24), (24, 24, 48)]
)
def test_the_close_waits_for_the_end_of_an_outage(from_h: float, hours: float, closes_h: int) -> None:
    scenario = planned("transit", trips=300, outage_from_h=from_h, outage_h=hours)
    (outage,) = scenario.plans[0].calendar.outages
    closes_s = scenario.plans[0].calendar.closes_s - scenario.first_day_s
    assert outage == tuple(scenario.first_day_s + int(h * 3_600) for h in (from_h, from_h + hours))
    assert closes_h * 3_600 - 2 * 3_600 < closes_s <= closes_h * 3_600 + 3_600
    assert closes_s % WINDOW_S == 0


def test_what_is_signed_outlives_a_long_run(tmp_path: Path) -> None:
    """Found: coins lived thirty days and certificates half a year, however long the demand was."""
    demand = tmp_path / "year.csv"
    demand.write_text(
        "hour,origin,destination,trips,date\n8,A,B,9,2026-01-01\n8,B,A,9,2026-12-31\n", encoding="utf-8"
    )
    scenario = planned("transit", demand=demand)
    calendar, system = scenario.plans[0].calendar, scenario.system
    assert system.ends_s == calendar.ends_s
    assert calendar.ends_s - calendar.start_s > 364 * DAY_S
    assert system.terms.coin_life_s > calendar.ends_s - calendar.start_s
    anchors = System(system, tmp_path).anchors
    keys = KeySet.parse(anchors.key_set)
    operators, centres, epochs = keys.operators, keys.centres, keys.epochs
    for claims in [c.claims for c in operators] + [c.claims for c in centres] + [e.claims for e in epochs]:
        assert claims.not_before_s <= calendar.start_s
        assert claims.expires_at_s > calendar.ends_s
    bank = premises(system, anchors, 0, tmp_path).bank()
    assert bank.terms.certificate_life_s > calendar.ends_s - calendar.start_s
    assert planned("transit", trips=50).system.terms.coin_life_s == 30 * DAY_S


def test_an_outage_of_no_length_is_none() -> None:
    assert planned("transit", trips=50, outage_h=0).plans[0].calendar.outages == ()
    assert planned("transit", trips=50, outage_h=0.0001).plans[0].calendar.outages == ()


def plan_of(**changes: Any) -> CellPlan:
    known = {"people": devices(2, 1), "meets": meetings((10, 0, 2, 100)), **changes}
    return cell_plan(**known)


def test_plans_that_cannot_be() -> None:
    plan_of()
    with pytest.raises(ValueError, match="one length"):
        Meetings(at_s=ints([1]), payer=ints([0, 1]), payee=ints([1]), amount_fen=ints([1]), tag=ints([0]))
    with pytest.raises(ValueError, match="order of time"):
        Meetings(
            at_s=ints([2, 1]),
            payer=ints([0, 0]),
            payee=ints([1, 1]),
            amount_fen=ints([1, 1]),
            tag=ints([0, 1]),
        )
    with pytest.raises(ValueError, match="order of time"):
        Wages(
            at_s=ints([2, 1]),
            employer=ints([0, 0]),
            worker=ints([1, 1]),
            amount_fen=ints([1, 1]),
        )
    with pytest.raises(ValueError, match="two devices"):
        meetings((10, 0, 1, 100), (20, 1, 1, 100))
    with pytest.raises(ValueError, match="no copy itself"):
        devices(3, copy_of=[NOBODY, 0, 1])
    with pytest.raises(ValueError, match="of the same cell"):
        devices(3, copy_of=[NOBODY, 3, NOBODY])
    with pytest.raises(ValueError, match="of the same cell"):
        devices(3, copy_of=[NOBODY, -2, NOBODY])
    with pytest.raises(ValueError, match="operator of its original"):
        devices(2, copy_of=[NOBODY, 0], operator=[0, 1])
    with pytest.raises(ValueError, match="same cell can meet"):
        plan_of(meets=meetings((10, 0, 3, 100)))
    with pytest.raises(ValueError, match="once in a window"):
        plan_of(people=devices(2, 1, sync_every_s=[0, 0, WINDOW_S - 1]))


@pytest.mark.parametrize(
    "changes",
    [
        {"window_s": 0},
        {"closes_s": START_S - WINDOW_S},
        {"close_takes_s": 2 * WINDOW_S},
        {"closes_s": START_S + 12 * WINDOW_S + 1},
        {"close_takes_s": 6 * WINDOW_S + 1},
        {"outages": ((START_S, START_S + 12 * WINDOW_S + 1),)},
    ],
)
def test_calendars_that_cannot_be(changes: dict[str, Any]) -> None:
    known = {
        "start_s": START_S,
        "closes_s": START_S + 12 * WINDOW_S,
        "close_takes_s": 6 * WINDOW_S,
        "window_s": WINDOW_S,
        "outages": ((START_S, START_S + 12 * WINDOW_S),),
    }
    Calendar(**known)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"calendar|close"):
        Calendar(**{**known, **changes})


def test_online_from_the_end_of_an_outage_on() -> None:
    when = calendar(outages=((600, 900),))
    assert [when.online(START_S + s) for s in (599, 600, 899, 900)] == [True, False, False, True]


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("transit", {"tripz": "1"}, "tripz: there is no such setting; the nearest is trips"),
        ("payroll", {"trips": "1"}, "trips: there is no such setting; the nearest is "),
        ("transit", {"trips": "1.5"}, "trips=1.5: not a whole number"),
        ("transit", {"trips": ""}, "trips=: not a whole number"),
        ("transit", {"trips": "0"}, "trips=0 is not between 1 and"),
        ("transit", {"clone.share": "nan"}, "clone.share=nan is not between 0 and 0.5"),
        ("transit", {"clone.share": "inf"}, "clone.share=inf is not between"),
        ("transit", {"load_fen": "500001"}, "load_fen=500001 is not between 100 and 500000"),
        ("transit", {"date": "2026-02-30"}, "date=2026-02-30: not a date such as 2026-01-05"),
        ("transit", {"date": "1999-12-31"}, "date=1999-12-31 is not between 2000 and 2200"),
        ("payroll", {"days": "63"}, "days=63 is not between 1 and 62"),
        (
            "payroll",
            {"hop_cap": "9" * 5_000},
            "hop_cap=999999999999999999999999999999999999999…: not a whole number",
        ),
        (
            "payroll",
            {"hop_cap": "9" * 400},
            "hop_cap=999999999999999999999999999999999999999… is not between 1 and 8",
        ),
        ("transit", {"trips": "3000000000"}, "trips=3000000000 is not between 1 and 10^8"),
    ],
)
def test_settings_that_cannot_be(name: str, settings: dict[str, str], message: str) -> None:
    with pytest.raises(BadInput, match=re.escape(message)) as raised:
        make_scenario(name, settings, seed=1, demand=None, network=None)
    assert len(str(raised.value)) < 400


def test_files_are_for_transit(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--demand and --network are for transit"):
        make_scenario("payroll", {}, seed=1, demand=tmp_path / "x.csv", network=None)


def test_days_begin_at_midnight() -> None:
    assert day_start_s("2026-01-05") == 1_767_571_200
