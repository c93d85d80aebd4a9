"""Small runs of the whole simulator: real databases and signatures, a few hundred payments."""

import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from shuangli.database.sqlite import SqliteDatabase
from shuangli.issuer.facts import ObjectKind
from shuangli.issuer.objects import Objects
from shuangli.messages.loads import Load
from shuangli.messages.session import Refusal
from shuangli.messages.transfers import Transfer
from shuangli.sims.catalogue import make_scenario
from shuangli.sims.run import run_scenario
from shuangli.sims.scenario import Scenario
from tests.truth import Truth

STATIONS: Final = "ABCD"
LINE: Final = "line,seq,station,distance_from_previous_m\nL,1,A,\nL,2,B,1500\nL,3,C,4000\nL,4,D,9000\n"
HOURS: Final = range(6, 23)
Boardings = Counter[tuple[int, str]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Finished:
    """A finished run: what it was planned from, and what it wrote."""

    scenario: Scenario
    directory: Path
    result: dict[str, Any]
    run: dict[str, Any]

    @property
    def payments(self) -> pl.DataFrame:
        """`payments.parquet`."""
        return pl.read_parquet(self.directory / "payments.parquet")

    @property
    def cases(self) -> pl.DataFrame:
        """`cases.parquet`."""
        return pl.read_parquet(self.directory / "cases.parquet")

    def query(self, database: str, sql: str) -> list[Any]:
        """Rows of one of the databases, `issuer` or `operator-NAME`."""
        connection = sqlite3.connect(self.directory / "databases" / f"{database}.sqlite")
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def truth(self) -> Truth:
        """What really happened, from the signed objects that the issuer has kept."""
        return Truth(
            [Load.parse(data) for data in self.objects(ObjectKind.LOAD)],
            [Transfer.parse(data) for data in self.objects(ObjectKind.TRANSFER)],
            [Refusal.parse(data) for data in self.objects(ObjectKind.REFUSAL)],
        )

    def objects(self, kind: ObjectKind) -> list[bytes]:
        """The signed objects of a kind that the issuer has kept."""
        database = SqliteDatabase(self.directory / "databases" / "issuer.sqlite")
        try:
            return [data for data, _ in Objects(database).of_kind(kind)]
        finally:
            database.close()


def play_small(
    directory: Path,
    name: str,
    *,
    seed: int = 1,
    demand: Path | None = None,
    network: Path | None = None,
    processes: int = 0,
    **settings: object,
) -> Finished:
    """Run a scenario as the command line does, without its progress; `clone__share` sets `clone.share`.

    Without `processes` all is played in this one, which spares starting others: that the files are the same
    either way is held by test_repeatable.py.
    """
    texts = {key.replace("__", "."): str(value) for key, value in settings.items()}
    scenario = make_scenario(name, texts, seed=seed, demand=demand, network=network)
    written = run_scenario(scenario, directory, workers=processes, progress=lambda *_: None)
    return Finished(scenario=scenario, directory=directory, result=written.result, run=written.run)


class PlayedOnce:
    """Plays small runs, each in a directory of its own; the same settings are played once."""

    def __init__(self, make_directory: Callable[[str], Path]) -> None:
        self._make_directory = make_directory
        self._played: dict[str, Finished] = {}

    def __call__(self, name: str, **settings: Any) -> Finished:
        """A run of the scenario of this name."""
        key = repr((name, sorted(settings.items())))
        if key not in self._played:
            self._played[key] = play_small(self._make_directory(name) / "out", name, **settings)
        return self._played[key]


def trips_table(*, seed: int = 3, most: int = 3, stations: str = STATIONS, dates: Iterable[str] = ()) -> str:
    """An OD table as CSV, with up to `most` trips of each kind in each hour."""
    rng = random.Random(seed)
    days = list(dates)
    lines = ["hour,origin,destination,trips" + (",date" if days else "")]
    for day in days or [""]:
        for hour in HOURS:
            for origin in stations:
                for destination in stations:
                    if origin != destination:
                        trips = rng.randint(0, most)
                        lines.append(f"{hour},{origin},{destination},{trips}" + (f",{day}" if day else ""))
    return "\n".join(lines) + "\n"


def boardings_of(table: str) -> Boardings:
    """What an OD table asks for: trips by hour since the first midnight, and station of entry."""
    header, *rows = [line.split(",") for line in table.splitlines()]
    days = sorted({row[4] for row in rows}) if "date" in header else []
    asked: Boardings = Counter()
    for row in rows:
        day = days.index(row[4]) if days else 0
        asked[24 * day + int(row[0]), row[1]] += int(row[3])
    return +asked


def simulated_boardings(run: Finished) -> Boardings:
    """What the run has simulated, by hour since the first midnight and station of entry."""
    first_s = run.result["scenario"]["first_day_s"]
    hour = (pl.col("entry_s") - first_s) // 3_600
    return Counter({(h, s): n for h, s, n in run.payments.group_by(hour, "origin").len().iter_rows()})
