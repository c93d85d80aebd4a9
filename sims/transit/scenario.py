"""Metro days: riders pay an offline gate with an offline device when they leave the system.

    demand      a table, or days that come of riders' habits      demand, given, habits
    riders      tours dealt to people with a home                 tours, riders
    trips       trains, queues, buses, fares                      journeys, pace, gates, buses, tariff
    hand-ins    schedules, stations that are cut off              handing_in
    cells       devices, payments, hand-ins of a part             cells

Each station has four exits, each with a row of gates that writes into one purse, and each bus line a
validator in every bus. Riders are spread over the four cells of a run, and use the exit and the buses of
their cell.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from shuangli.errors import BadInput
from shuangli.sims.cast import EVE_S
from shuangli.sims.chance import generator, uniforms
from shuangli.sims.plan import Calendar, CellPlan
from shuangli.sims.policies import system_of
from shuangli.sims.scenario import CELLS, DAY_S, HOUR_S, WINDOW_S, Scenario
from shuangli.sims.settings import day_start_s, settings_of, values_of
from shuangli.sims.transit.buses import Fleet
from shuangli.sims.transit.cells import Ways, cell_plan, hand_ins
from shuangli.sims.transit.config import TransitConfig
from shuangli.sims.transit.demand import Demand, demand_and_network, demand_of, profile_stations
from shuangli.sims.transit.fares import BEIJING
from shuangli.sims.transit.given import given_days
from shuangli.sims.transit.habits import Habits, habitual_days
from shuangli.sims.transit.journeys import Days, Planned, Riding, Rows, plan_trips
from shuangli.sims.transit.network import Network, read_network, synthetic_network
from shuangli.sims.transit.phones import dealt_phones
from shuangli.sims.transit.profile import shipped_profile
from shuangli.sims.transit.tariff import MONTHLY, Tariff

CLOSE_S: Final = 2 * HOUR_S
LEAST_COIN_LIFE_S: Final = 30 * DAY_S
"""Coins live at least as long as the run: nothing exchanges what has expired."""
SATURDAY: Final = 5
SAID_BY_DEMAND: Final = {
    "days": "how many there are",
    "trips": "how many there are",
    "weekend_share": "how many trips each day has",
    "spread_s": "when people ride",
}
"""Settings of riders' habits, and what a demand file says in their place."""


def transit(
    config: TransitConfig, *, seed: int, demand_file: Path | None, network_file: Path | None
) -> Scenario:
    """Plan metro days.

    Raises:
        BadInput: a file or a setting is wrong.
    """
    demand, riding, days = _riding(config, demand_file, network_file, seed=seed)
    planned = _planned(config, riding, days, seed=seed)
    trips = planned.trips
    first_day_s = day_start_s(config.date)
    calendar = _calendar(config, first_day_s, last_exit_s=int(trips.exit_s[-1]))
    ways = Ways(trips=trips, calendar=calendar, first_day_s=first_day_s)
    due = hand_ins(config, ways, days=len(days.weekend), seed=seed)
    plans: list[CellPlan] = []
    first_device = 0
    for cell in range(CELLS):
        plan = cell_plan(cell, first_device, ways, due, config, seed=seed)
        first_device += len(plan.devices)
        plans.append(plan)
    return Scenario(
        name="transit",
        seed=seed,
        config=values_of(config),
        facts={
            "demand": demand.source,
            "network": riding.network.source,
            "fares": BEIJING.source,
            "days": list(demand.days),
            "stations": list(demand.stations),
            "gates": int(planned.gates.sum()),
        },
        system=system_of(
            config,
            calendar,
            seed=seed,
            operators=config.operators,
            coin_life_s=max(LEAST_COIN_LIFE_S, calendar.ends_s - calendar.start_s + 5 * DAY_S),
        ),
        plans=plans,
        first_day_s=first_day_s,
        boardings=demand.boardings(),
        trips=trips,
    )


def _riding(
    config: TransitConfig, demand_file: Path | None, network_file: Path | None, *, seed: int
) -> tuple[Demand, Riding, Days]:
    """Who rides when from where to where: from files, or by the riders' habits."""
    rng = generator(seed, "demand")
    if demand_file is None:
        network = _network(network_file, seed=seed)
        days = _days(_dates(config.date, config.days))
        habits = Habits(
            trips=config.trips,
            weekend_share=config.weekend_share,
            trips_per_wallet=config.trips_per_wallet,
            ride_share=config.ride_share,
            spread_s=config.spread_s,
        )
        rides, rider, riders = habitual_days(habits, network, days.weekend, seed=seed)
        source = f"riders' habits, by a profile fitted to {shipped_profile().source}"
        demand = demand_of(rides, network.stations, days=config.days, source=source)
    else:
        _leave_to_demand(config)
        demand, network = demand_and_network(demand_file, network_file, trips=config.trips, rng=rng)
        days = _days(_dates_of(demand, config.date))
        rides, rider, riders = given_days(
            demand,
            network,
            days.weekend,
            trips_per_wallet=config.trips_per_wallet,
            ride_share=config.ride_share,
            seed=seed,
        )
    phone = dealt_phones(
        uniforms(seed, "phones", riders), cards=config.card_share, elements=config.element_share
    )
    riding = Riding(rides=rides, rider=rider, phone=phone, stations=demand.stations, network=network)
    return demand, riding, days


def _leave_to_demand(config: TransitConfig) -> None:
    """Make sure that nothing is set that the demand file says.

    Raises:
        BadInput: it is.
    """
    defaults = settings_of(TransitConfig)
    for name, what in SAID_BY_DEMAND.items():
        value = getattr(config, name)
        if value != defaults[name].default:
            raise BadInput("bad-option", f"{name}={value}: the demand file says {what}")


def _network(path: Path | None, *, seed: int) -> Network:
    if path is not None:
        return read_network(path)
    return synthetic_network(profile_stations(shipped_profile()), generator(seed, "network"))


def _dates(first: str, days: int) -> list[date]:
    begin = datetime.fromtimestamp(day_start_s(first), tz=UTC).date()
    return [begin + timedelta(days=day) for day in range(days)]


def _dates_of(demand: Demand, first: str) -> list[date]:
    """The dates of a table, where it has them, decide which days are weekends; else those of the run."""
    try:
        return [date.fromisoformat(day) for day in demand.days]
    except ValueError:
        return _dates(first, len(demand.days))


def _days(dates: list[date]) -> Days:
    return Days(
        weekend=tuple(day.weekday() >= SATURDAY for day in dates),
        month=tuple(12 * day.year + day.month for day in dates),
    )


def _planned(config: TransitConfig, riding: Riding, days: Days, *, seed: int) -> Planned:
    return plan_trips(
        riding,
        fares=BEIJING,
        tariff=Tariff(
            early_before_s=round(config.early_before_h * HOUR_S),
            early_off=config.early_off,
            tiers=MONTHLY[config.month_discount],
            day_cap_fen=config.day_cap_fen,
        ),
        fleet=Fleet(
            share=config.bus_share,
            lines=config.bus_lines,
            buses=config.buses_per_line,
            fare_fen=config.bus_fare_fen,
        ),
        rows=Rows(exits=CELLS, gates=config.gates, load=config.gate_load),
        days=days,
        seed=seed,
    )


def _calendar(config: TransitConfig, first_day_s: int, *, last_exit_s: int) -> Calendar:
    outage_s = round(config.outage_from_h * HOUR_S)
    outage_ends_s = outage_s + round(config.outage_h * HOUR_S)
    ends_s = last_exit_s + 1
    if outage_s < ends_s + WINDOW_S + CLOSE_S:
        # Nobody could reconcile before it is over.
        ends_s = max(ends_s, outage_ends_s)
    closes_s = first_day_s + -(-ends_s // WINDOW_S) * WINDOW_S
    outage = (first_day_s + outage_s, first_day_s + outage_ends_s)
    return Calendar(
        start_s=first_day_s - EVE_S,
        closes_s=closes_s,
        close_takes_s=CLOSE_S,
        window_s=WINDOW_S,
        outages=(outage,) if outage_s < outage_ends_s else (),
    )
