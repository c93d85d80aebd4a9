"""The figures of a comparison, from a study's runs: tables in long form, one row for each estimate.

points        point, the varied settings, measure, n, mean, sd, t_low, t_high
differences   the same of each point less the baseline, paired by seed: n, mean, t_…, bootstrap_…, clear
sensitivity   measure, setting, index, value, low, high
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from shuangli.sims.arrays import Floats
from shuangli.sims.settings import Value
from shuangli.sims.studies.design import Design
from shuangli.sims.studies.intervals import Difference, Interval, estimate, paired
from shuangli.sims.studies.record import Record
from shuangli.sims.studies.sensitivity import (
    Influence,
    grid_influences,
    rank_influences,
    sobol_influences,
)

ESTIMATE: Final = {"n": pl.Int32, "mean": pl.Float64, "sd": pl.Float64}
T: Final = {"t_low": pl.Float64, "t_high": pl.Float64}
BOOTSTRAP: Final = {"bootstrap_low": pl.Float64, "bootstrap_high": pl.Float64}
SENSITIVITY: Final = {
    "measure": pl.String,
    "setting": pl.String,
    "index": pl.String,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}


class Values:
    """What was measured at each point with each seed."""

    def __init__(self, record: Record, runs: pl.DataFrame) -> None:
        """Of the runs in `runs`, as `record.collect` gives them."""
        self._record = record
        self._by_measure: dict[str, dict[tuple[int, int], float | None]] = {}
        for measure in record.measures:
            rows = runs.select("point", "seed", measure).iter_rows()
            self._by_measure[measure] = {(point, seed): value for point, seed, value in rows}

    def at(self, measure: str, point: int) -> dict[int, float]:
        """The values of a point by seed; without those where there was nothing to count."""
        found = self._by_measure[measure]
        values = {seed: found.get((point, seed)) for seed in self._record.seeds}
        return {seed: value for seed, value in values.items() if value is not None}

    def mean(self, measure: str) -> Floats | None:
        """The mean over seeds at each point [point]; None if a point has no value."""
        each = [list(self.at(measure, point).values()) for point in range(len(self._record.points))]
        if not all(each):
            return None
        return np.array([np.mean(values) for values in each])

    def whole(self, measure: str) -> Floats | None:
        """All values [seed, point]; None if one is missing."""
        each = [self.at(measure, point) for point in range(len(self._record.points))]
        if any(len(values) < len(self._record.seeds) for values in each):
            return None
        return np.array([[values[seed] for values in each] for seed in self._record.seeds])


def points_table(record: Record, values: Values) -> pl.DataFrame:
    """Each measure at each point."""
    rows: list[dict[str, Any]] = []
    for measure in record.measures:
        for point in range(len(record.points)):
            found = estimate(list(values.at(measure, point).values()))
            if found is not None:
                own = {"n": found.n, "mean": found.mean, "sd": found.sd, **_bounds("t", found.t)}
                rows.append({**_place(record, point), "measure": measure, **own})
    return pl.DataFrame(rows, schema={**_places(record), "measure": pl.String, **ESTIMATE, **T})


def differences_table(record: Record, values: Values) -> pl.DataFrame:
    """Each measure at each point of a grid, less the same at the baseline with the same seed."""
    rows: list[dict[str, Any]] = []
    for measure, point, found in _differences(record, values):
        own = {"n": found.n, "mean": found.mean, "clear": found.clear}
        bounds = {**_bounds("t", found.t), **_bounds("bootstrap", found.bootstrap)}
        rows.append({**_place(record, point), "measure": measure, **own, **bounds})
    schema = {**_places(record), "measure": pl.String, "n": pl.Int32, "mean": pl.Float64}
    return pl.DataFrame(rows, schema={**schema, **T, **BOOTSTRAP, "clear": pl.Boolean})


def _differences(record: Record, values: Values) -> Iterator[tuple[str, int, Difference]]:
    for measure in record.measures:
        base = values.at(measure, record.baseline)
        for point in range(len(record.points)):
            here = values.at(measure, point)
            seeds = [seed for seed in here if seed in base]
            found = paired([here[seed] for seed in seeds], [base[seed] for seed in seeds])
            if record.design == Design.GRID and point != record.baseline and found is not None:
                yield measure, point, found


def sensitivity_table(record: Record, values: Values) -> tuple[pl.DataFrame, dict[str, float]]:
    """What each setting does to each measure, and the R² of a regression by measure, where it is one.

    A measure that has no value at some point is left out.
    """
    rows: list[dict[str, Any]] = []
    fits: dict[str, float] = {}
    for measure in record.measures:
        for found in _influences(record, values, measure, fits):
            own = {"setting": found.setting, "index": found.index, "value": found.value}
            low, high = found.interval if found.interval is not None else (None, None)
            rows.append({"measure": measure, **own, "low": low, "high": high})
    return pl.DataFrame(rows, schema=SENSITIVITY), fits


def _influences(record: Record, values: Values, measure: str, fits: dict[str, float]) -> list[Influence]:
    if record.design == Design.GRID:
        surfaces = values.whole(measure)
        if surfaces is None or len(record.axes) < 2:
            return []
        shape = [len({point[name] for point in record.points}) for name in record.axes]
        return grid_influences(record.axes, surfaces.reshape(len(record.seeds), *shape))
    means = values.mean(measure)
    if means is None:
        return []
    if record.design == Design.SOBOL:
        return sobol_influences(record.axes, means)
    found, fits[measure] = rank_influences(record.axes, settings_matrix(record), means)
    return found


def settings_matrix(record: Record) -> Floats:
    """The varied settings as numbers [point, setting]; of a choice, the position among its levels."""
    return np.array([column_of(record, name) for name in record.axes]).T


def column_of(record: Record, name: str) -> Floats:
    """One varied setting as numbers [point]."""
    column: Sequence[Value] = [point[name] for point in record.points]
    if any(isinstance(value, str) for value in column):
        levels = list(dict.fromkeys(column))
        return np.array([levels.index(value) for value in column], dtype=np.float64)
    return np.array(column, dtype=np.float64)


def _place(record: Record, point: int) -> dict[str, Any]:
    return {"point": point, **record.points[point]}


def _places(record: Record) -> dict[str, Any]:
    kinds = {int: pl.Int64, float: pl.Float64, str: pl.String}
    return {"point": pl.Int32, **{name: kinds[type(record.points[0][name])] for name in record.axes}}


def _bounds(name: str, interval: Interval) -> dict[str, float | None]:
    low, high = interval if interval is not None else (None, None)
    return {f"{name}_low": low, f"{name}_high": high}
