"""sim.peers.*: events a second of SimPy and Mesa on the meetings of a metro day, and of this simulator.

In the toy an event is a payment (one number less, another one more) or the hourly hand-in of a gate: what
is left of a metro day if there are no coins, messages, signatures, operators and databases. It says what the
event loops of these libraries cost, and so how much of a run here is not the loop. It does not say that they
could do what is done here in that time: to do it, they would have to call the same wallets.

sim.peers.simpy     a process for each rider and each gate, in virtual seconds
sim.peers.mesa      an agent for each rider and each gate, events on `mesa.experimental.devs.DEVSimulator`
sim.peers.shuangli  payments and hand-ins of the same plan with `signatures=accounting`, in one process
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import mesa
import numpy as np
import simpy
from mesa.experimental.devs import DEVSimulator
from simpy.events import Event

from bench.processor_time import cpu_s_of
from bench.result import Measured, Wanted
from shuangli.sims.arrays import Ints
from shuangli.sims.catalogue import make_scenario
from shuangli.sims.run import play_only
from shuangli.sims.scenario import HOUR_S, Scenario

TRIPS: Final = 20_000
PURSE_FEN: Final = 10_000


class Day(NamedTuple):
    """The meetings of a plan: (at_s, gate, amount_fen) of each rider, in order; its gates, and its span."""

    riders: list[list[tuple[int, int, int]]]
    gates: list[int]
    start_s: int
    end_s: int


class Town:
    """What the toy keeps: what each device holds, and how many events there were."""

    def __init__(self, devices: int) -> None:
        self.held_fen = [PURSE_FEN] * devices
        self.banked_fen = 0
        self.events = 0

    def pay(self, rider: int, gate: int, amount_fen: int) -> None:
        """One payment, refused where too little is there."""
        self.events += 1
        if self.held_fen[rider] >= amount_fen:
            self.held_fen[rider] -= amount_fen
            self.held_fen[gate] += amount_fen

    def hand_in(self, gate: int) -> None:
        """A gate takes what it holds to its bank."""
        self.events += 1
        self.banked_fen += self.held_fen[gate]
        self.held_fen[gate] = 0


def measure(wanted: Wanted) -> list[Measured]:
    """The lines that are wanted; the limit of each is SimPy's figure of the same run."""
    if not any(wanted(f"sim.peers.{name}") for name in ("simpy", "mesa", "shuangli")):
        return []
    settings = {"trips": str(TRIPS), "signatures": "accounting"}
    scenario = make_scenario("transit", settings, seed=1, demand=None, network=None)
    day = day_of(scenario)
    rates = {"simpy": _rate(_Simpy, day), "mesa": _rate(_Mesa, day), "shuangli": _own_rate(scenario, day)}
    return [
        Measured(
            name=f"sim.peers.{name}",
            value=round(rate),
            unit="events/s",
            limit="SimPy with a payment that is two additions, in the same run",
            limit_value=round(rates["simpy"]),
        )
        for name, rate in rates.items()
        if wanted(f"sim.peers.{name}")
    ]


def day_of(scenario: Scenario) -> Day:
    """Whom each rider of a metro day meets when."""
    riders: dict[int, list[tuple[int, int, int]]] = {}
    gates: set[int] = set()
    for plan in scenario.plans:
        first, meets = plan.first_device, plan.meetings
        for at_s, payer, payee, amount_fen in _rows(meets.at_s, meets.payer, meets.payee, meets.amount_fen):
            riders.setdefault(first + payer, []).append((at_s, first + payee, amount_fen))
            gates.add(first + payee)
    calendar = scenario.plans[0].calendar
    # Riders and gates are numbered anew, from 0.
    place = {gate: len(riders) + number for number, gate in enumerate(sorted(gates))}
    trips = [[(at_s, place[gate], fen) for at_s, gate, fen in mine] for mine in riders.values()]
    return Day(trips, sorted(place.values()), calendar.start_s, calendar.closes_s)


def _rows(*columns: Ints) -> Iterator[list[int]]:
    yield from np.stack(columns, axis=1).tolist()


def _rate(play: "type[_Simpy] | type[_Mesa]", day: Day) -> float:
    started = time.process_time()
    events = play(day).run()
    return events / (time.process_time() - started)


class _Simpy:
    """The toy as SimPy's users write it."""

    def __init__(self, day: Day) -> None:
        self._day = day
        self._town = Town(len(day.riders) + len(day.gates))
        self._environment = simpy.Environment(initial_time=day.start_s)

    def _ride(self, rider: int) -> Iterator[Event]:
        for at_s, gate, amount_fen in self._day.riders[rider]:
            yield self._environment.timeout(at_s - self._environment.now)
            self._town.pay(rider, gate, amount_fen)

    def _bank(self, gate: int) -> Iterator[Event]:
        while True:
            yield self._environment.timeout(HOUR_S)
            self._town.hand_in(gate)

    def run(self) -> int:
        """Play the day; how many events there were."""
        for rider in range(len(self._day.riders)):
            self._environment.process(self._ride(rider))  # type: ignore[arg-type]
        for gate in self._day.gates:
            self._environment.process(self._bank(gate))  # type: ignore[arg-type]
        self._environment.run(until=self._day.end_s)
        return self._town.events


class _Rider(mesa.Agent):  # type: ignore[misc]
    """A rider of the toy in Mesa: each trip schedules the next."""

    def __init__(self, model: "_MesaTown", number: int) -> None:
        super().__init__(model)
        self._number = number
        self._left = iter(model.day.riders[number])
        self._next()

    def _next(self) -> None:
        trip = next(self._left, None)
        if trip is not None:
            model = self.model
            model.simulator.schedule_event_absolute(
                self.ride, trip[0] - model.day.start_s, function_args=[*trip]
            )

    def ride(self, _at_s: int, gate: int, amount_fen: int) -> None:
        """Pay at the exit."""
        self.model.town.pay(self._number, gate, amount_fen)
        self._next()


class _Gate(mesa.Agent):  # type: ignore[misc]
    """A gate of the toy in Mesa."""

    def __init__(self, model: "_MesaTown", number: int) -> None:
        super().__init__(model)
        self._number = number
        self._next()

    def _next(self) -> None:
        self.model.simulator.schedule_event_relative(self.bank, HOUR_S)

    def bank(self) -> None:
        """Hand in, and again in an hour."""
        self.model.town.hand_in(self._number)
        self._next()


class _MesaTown(mesa.Model):  # type: ignore[misc]
    """The toy as a model of Mesa."""

    def __init__(self, day: Day, simulator: DEVSimulator) -> None:
        super().__init__(seed=1)
        self.day = day
        self.simulator = simulator
        self.simulator.setup(self)
        self.town = Town(len(day.riders) + len(day.gates))
        # Held here, since events refer to their agents weakly.
        self.people = [
            *(_Rider(self, number) for number in range(len(day.riders))),
            *(_Gate(self, gate) for gate in day.gates),
        ]


class _Mesa:
    """The toy as Mesa's users write it, with events rather than steps."""

    def __init__(self, day: Day) -> None:
        self._day = day

    def run(self) -> int:
        """Play the day; how many events there were."""
        simulator = DEVSimulator()
        model = _MesaTown(self._day, simulator)
        simulator.run_until(self._day.end_s - self._day.start_s)
        return model.town.events


def _own_rate(scenario: Scenario, day: Day) -> float:
    """Payments and hand-ins by second of CPU time, of the real thing on the same meetings."""
    with tempfile.TemporaryDirectory() as directory:
        result, cpu_s = cpu_s_of(lambda: play_only(scenario, Path(directory) / "out"))
    hand_ins = len(day.gates) * ((day.end_s - day.start_s) // HOUR_S)
    return float((result["payments"]["attempted"] + hand_ins) / cpu_s)
