"""The directory of a study: what was to be run, and what has been.

    study.json            the study in full: settings, points, seeds, versions, the name of each run
    rows/NAME.parquet     one finished run; NAME says what decided its outcome (`scenario_file.digest_of`)
    under-way/            what runs are writing; of no use afterwards
    runs.parquet          all finished runs in one table

A row is written under another name and then renamed: a process that is killed leaves it as a whole or not at
all. A machine that crashes may leave its name alone: such a row counts as not there, and is played again.
"""

import io
import json
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from shuangli.errors import BadInput, StoreError
from shuangli.sims.directories import not_writable
from shuangli.sims.run import versions
from shuangli.sims.scenario_file import Setup, digest_of
from shuangli.sims.settings import Value
from shuangli.sims.studies.measures import measures_of
from shuangli.sims.studies.pool import Measured, Task
from shuangli.sims.studies.study import Study

SCHEMA: Final = "shuangli.study/1"
STUDY: Final = "study.json"
RUNS: Final = "runs.parquet"
ROWS: Final = "rows"
UNDER_WAY: Final = "under-way"
PARQUET: Final = b"PAR1"
SETTING: Final = "setting."
"""What columns of settings begin with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A study as its directory has it.

    points [point]: the varied settings' values; those in `logarithmic` are spread evenly in their logarithm.
    runs [point][seed]: the name of each run. config: the settings of the scenario, the same everywhere unless
    they are varied. files: digests.
    """

    schema: str
    about: str
    scenario: str
    config: dict[str, Value]
    files: dict[str, str]
    design: str
    axes: list[str]
    logarithmic: list[str]
    samples: int
    design_seed: int
    seeds: list[int]
    measures: list[str]
    baseline: int
    points: list[dict[str, Value]]
    runs: list[list[str]]
    versions: dict[str, str]

    @property
    def names(self) -> list[str]:
        """All runs, once each."""
        return list(dict.fromkeys(name for runs in self.runs for name in runs))


def recorded(study: Study) -> tuple[Record, list[Task]]:
    """The record of a study, and its runs, once each.

    Raises:
        BadInput: a file of the scenario cannot be read.
    """
    base = study.setup.identity()
    tasks: dict[str, Task] = {}
    runs: list[list[str]] = []
    for point in range(len(study.points)):
        config = study.run(point, 0).config
        runs.append([])
        for seed in study.seeds:
            name = digest_of({**base, "config": config, "seed": seed})
            tasks.setdefault(name, Task(name, study.run(point, seed)))
            runs[-1].append(name)
    record = Record(
        schema=SCHEMA,
        about=study.setup.about,
        scenario=study.setup.scenario,
        config=study.setup.config,
        files=dict(base["files"]),  # type: ignore[call-overload]
        design=study.design.value,
        axes=[axis.name for axis in study.axes],
        logarithmic=[axis.name for axis in study.axes if axis.log],
        samples=study.samples,
        design_seed=study.design_seed,
        seeds=list(study.seeds),
        measures=list(study.measures),
        baseline=study.baseline,
        points=[dict(point) for point in study.points],
        runs=runs,
        versions=versions(),
    )
    return record, list(tasks.values())


def open_directory(directory: Path, record: Record) -> None:
    """Make the study's directory, or go on in it.

    Raises:
        BadInput: it cannot be written, or holds something else (`bad-output`).
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()) and not (directory / STUDY).is_file():
            raise BadInput(
                "bad-output", f"{directory}: holds files that are not of a study; name an empty directory"
            )
        # What a sweep that was killed has left there.
        shutil.rmtree(directory / UNDER_WAY, ignore_errors=True)
        for name in (ROWS, UNDER_WAY):
            (directory / name).mkdir(exist_ok=True)
        write_whole(directory / STUDY, (json.dumps(asdict(record), indent=1) + "\n").encode())
    except OSError as error:
        raise not_writable(directory, error) from error


def read_record(directory: Path) -> Record:
    """The record of a study's directory.

    Raises:
        BadInput: there is none, or it is of another version.
    """
    try:
        content: Any = json.loads((directory / STUDY).read_bytes())
        if content["schema"] != SCHEMA:
            raise ValueError
        return Record(**content)
    except OSError as error:
        raise BadInput("bad-file", f"{directory}: is not the directory of a study: no {STUDY}") from error
    except (ValueError, TypeError, KeyError) as error:
        raise BadInput("bad-file", f"{directory / STUDY}: is not a study of the form {SCHEMA}") from error


def finished(directory: Path, names: Iterable[str]) -> set[str]:
    """Those of the runs that are there."""
    return {name for name in names if _is_whole(_row(directory, name))}


def _row(directory: Path, name: str) -> Path:
    return directory / ROWS / f"{name}.parquet"


def _is_whole(row: Path) -> bool:
    """A Parquet file begins and ends with four letters; one that was cut off does not."""
    try:
        with row.open("rb") as file:
            begins = file.read(len(PARQUET))
            file.seek(-len(PARQUET), io.SEEK_END)
            return begins == file.read() == PARQUET
    except OSError:
        return False


def write_row(directory: Path, setup: Setup, name: str, values: Measured) -> None:
    """Keep what was measured in a run.

    Raises:
        StoreError: the disk is full or gone.
    """
    settings = {f"{SETTING}{key}": [value] for key, value in setup.config.items()}
    measures = measures_of(setup.scenario)
    row = pl.DataFrame(
        {"run": [name], "seed": [setup.seed], **settings, **{key: [values[key]] for key in measures}},
        schema_overrides=dict.fromkeys(measures, pl.Float64),
    )
    target = _row(directory, name)
    beside = directory / UNDER_WAY / f"{name}.parquet"
    try:
        row.write_parquet(beside)
        beside.replace(target)
    except OSError as error:
        raise StoreError("unavailable", f"{target}: {error.strerror}") from error


def collect(directory: Path, record: Record) -> pl.DataFrame:
    """All finished runs, one row each, in order of point and seed; written to `runs.parquet`, too.

    Raises:
        BadInput: none is finished, or a row is damaged.
        StoreError: the disk is full or gone.
    """
    there = finished(directory, record.names)
    places = pl.DataFrame(
        [(point, name) for point, names in enumerate(record.runs) for name in names if name in there],
        schema={"point": pl.Int32, "run": pl.String},
        orient="row",
    )
    if not there:
        raise BadInput("bad-file", f"{directory}: none of its runs is finished; see `shuangli sim sweep`")
    rows = pl.concat([_read(_row(directory, name)) for name in record.names if name in there])
    runs = places.join(rows, on="run", how="left", maintain_order="left")
    table = io.BytesIO()
    runs.write_parquet(table)
    try:
        write_whole(directory / RUNS, table.getvalue())
    except OSError as error:
        raise StoreError("unavailable", f"{directory / RUNS}: {error.strerror}") from error
    return runs


def _read(row: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(row)
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        what = "is damaged; delete it, and run `shuangli sim sweep` again"
        raise BadInput("bad-file", f"{row}: {what}") from error


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there as a whole or not at all."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_bytes(data)
    beside.replace(path)
