"""Edge: compares the points of a study, and writes what comes of it into the study's directory.

runs.parquet     every finished run          dictionary.csv   the columns of all tables
tables/*.csv, tables/*.md   points, differences, sensitivity
plots/*.svg, plots/*.png    the charts of the page
report.html      all of it to look at
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

import polars as pl

from shuangli.errors import StoreError
from shuangli.sims.catalogue import CONFIGS
from shuangli.sims.report.plots import Chart
from shuangli.sims.settings import settings_of
from shuangli.sims.studies import plots
from shuangli.sims.studies.design import Design
from shuangli.sims.studies.figures import Values, differences_table, points_table, sensitivity_table
from shuangli.sims.studies.measures import ABROAD, ALL_MEASURES
from shuangli.sims.studies.numbers import figure
from shuangli.sims.studies.page import render
from shuangli.sims.studies.record import SETTING, Record, collect, read_record, write_whole

REPORT: Final = "report.html"
DICTIONARY: Final = "dictionary.csv"
TABLES: Final = "tables"
MUST_BE_ZERO: Final = ("books.difference_fen", "forks.honest_accused")
PLOTS: Final = "plots"
COLUMNS: Final = {
    "point": ("", "number of the point, in the order of the design"),
    "run": ("", "what decided the outcome, as a digest; two runs of one name are one run"),
    "seed": ("", "where chance started"),
    "measure": ("", "what was measured"),
    "n": ("seeds", "seeds with a value"),
    "mean": ("of the measure", "mean over seeds; in differences, of the paired differences"),
    "sd": ("of the measure", "standard deviation over seeds"),
    "t_low": ("of the measure", "95 % t-interval, from"),
    "t_high": ("of the measure", "95 % t-interval, to"),
    "bootstrap_low": ("of the measure", "95 % BCa bootstrap interval, from"),
    "bootstrap_high": ("of the measure", "95 % BCa bootstrap interval, to"),
    "clear": ("", "no interval contains 0"),
    "setting": ("", "a varied setting"),
    "index": ("", "first, total (parts of the variance) or rank (coefficient)"),
    "value": ("", "the index"),
    "low": ("", "95 % interval of the index, from"),
    "high": ("", "95 % interval of the index, to"),
}
"""Unit and meaning of the columns that are neither settings nor measures."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """A comparison of a study's points: its runs, tables as in `figures`, and how many runs are missing."""

    record: Record
    runs: pl.DataFrame
    points: pl.DataFrame
    differences: pl.DataFrame
    sensitivity: pl.DataFrame
    missing: int


def compare_study(directory: Path) -> Comparison:
    """Compare what is finished of the study in `directory`, and write all of it there.

    Raises:
        BadInput: it is not the directory of a study, or none of its runs is finished.
        StoreError: the disk is full.
    """
    record = read_record(directory)
    runs = collect(directory, record)
    values = Values(record, runs)
    points, differences = points_table(record, values), differences_table(record, values)
    sensitivity, fits = sensitivity_table(record, values)
    tables = {"points": points, "differences": differences, "sensitivity": sensitivity}
    missing = len(record.points) * len(record.seeds) - runs.height
    pictures = {measure: _pictures(record, tables, measure) for measure in record.measures}
    page = render(
        record,
        tables,
        fits,
        pictures,
        runs=runs.height,
        missing=missing,
        sound=_sound(runs),
    )
    try:
        for name in (TABLES, PLOTS):
            shutil.rmtree(directory / name, ignore_errors=True)
            (directory / name).mkdir()
        for name, table in tables.items():
            (directory / TABLES / f"{name}.csv").write_text(table.write_csv(), encoding="utf-8")
            (directory / TABLES / f"{name}.md").write_text(as_markdown(table), encoding="utf-8")
        for picture in chain.from_iterable(pictures.values()):
            (directory / PLOTS / f"{picture.name}.svg").write_bytes(picture.svg)
            (directory / PLOTS / f"{picture.name}.png").write_bytes(picture.png)
        dictionary = dictionary_of({"runs": runs, **tables}, record)
        write_whole(directory / DICTIONARY, dictionary.write_csv().encode())
        write_whole(directory / REPORT, page.encode())
    except OSError as error:
        raise StoreError("unavailable", f"{directory}: {error.strerror}") from error
    return Comparison(
        record=record,
        runs=runs,
        points=points,
        differences=differences,
        sensitivity=sensitivity,
        missing=missing,
    )


def _sound(runs: pl.DataFrame) -> bool:
    """All books balance, and nobody honest is accused, on both sides of a border."""
    wanted = [name for name in runs.columns if name.removeprefix(ABROAD) in MUST_BE_ZERO]
    return all((runs[name] == 0).all() for name in wanted)


def _pictures(record: Record, tables: Mapping[str, pl.DataFrame], measure: str) -> list[Chart]:
    """The charts of a measure; none where it has no value."""
    points = tables["points"]
    if not points.filter(pl.col("measure") == measure).height:
        return []
    made: list[Chart | None] = []
    if record.design == Design.GRID:
        made.append(plots.levels_picture(record, points, measure))
        made.append(plots.differences_picture(record, tables["differences"], measure))
    else:
        made += plots.scatter_pictures(record, points, measure)
    made.append(plots.sensitivity_picture(record, tables["sensitivity"], measure))
    return [picture for picture in made if picture is not None]


def as_markdown(table: pl.DataFrame) -> str:
    """A table in Markdown, its numbers with four digits that count."""
    lines = [f"| {' | '.join(table.columns)} |", "|---" * table.width + "|"]
    for row in table.iter_rows():
        cells = [figure(cell) if isinstance(cell, float) or cell is None else str(cell) for cell in row]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def dictionary_of(tables: dict[str, pl.DataFrame], record: Record) -> pl.DataFrame:
    """What each column of each table is: table, column, type, unit, meaning."""
    settings = settings_of(CONFIGS[record.scenario])
    rows: list[tuple[str, str, str, str, str]] = []
    for name, table in tables.items():
        for column, kind in table.schema.items():
            setting = settings.get(column.removeprefix(SETTING))
            if column in ALL_MEASURES:
                unit, about, _ = ALL_MEASURES[column]
            elif setting is not None:
                unit, about = setting.unit, setting.about
            else:
                unit, about = COLUMNS[column]
            rows.append((name, column, str(kind), unit, about))
    return pl.DataFrame(rows, schema=["table", "column", "type", "unit", "meaning"], orient="row")
