"""A study: a scenario, what is varied, at which points, and with which seeds.

In a scenario file:

    [sweep]
    design = "grid"
    seeds = 5                                # as many from `seed` on, or a list
    measures = ["payments.paid_share"]

    [sweep.vary]
    reconcile_every_s = [900, 3600, 14400]             # levels
    load_fen = { from = 500, to = 5000, scale = "log", steps = 4 }

Every point runs with the same seeds, and with the same seed the same people set out on the same trips
(`chance`). So points are compared seed by seed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from shuangli.errors import BadInput
from shuangli.sims.catalogue import CONFIGS
from shuangli.sims.scenario_file import LARGEST_SEED, Key, Setup, read_toml, setup_of
from shuangli.sims.scenario_tables import read_value
from shuangli.sims.settings import Value, flattened, settings_of, shown, shown_key, unknown_key
from shuangli.sims.studies.design import MOST_POINTS, Axis, Design, axis_of, count_points, points_of
from shuangli.sims.studies.measures import SHOWN, measures_of, shown_of

MOST_SEEDS: Final = 10_000
MOST_RUNS: Final = 1_000_000
SWEEP_KEYS: Final = {
    key.name: key
    for key in (
        Key("design", "text", "grid", " or ".join(Design), "how points are chosen"),
        Key("seeds", "whole number or list", "5", "1 to 10000", "as many from seed on, or these"),
        Key(
            "points",
            "whole number",
            "64",
            "2 to 100000",
            "of a Latin hypercube; of each matrix of sobol (2^n)",
        ),
        Key("design_seed", "whole number", "1", "0 to 2^63 - 1", "where a sample starts"),
        Key("measures", "list of texts", ", ".join(SHOWN), "see measures", "what is compared"),
        Key(
            "baseline",
            "table",
            "the point with the file's settings, else the first",
            "a point of the grid",
            "what others are compared with",
        ),
        Key("vary", "table", "", "", "for each setting its levels, or from and to"),
    )
}
VARY_KEYS: Final = {
    key.name: key
    for key in (
        Key("from", "number", "", "", "the lowest value"),
        Key("to", "number", "", "", "the highest value"),
        Key("scale", "text", "linear", "linear or log", "spread evenly, or in the logarithm"),
        Key("steps", "whole number", "", "2 to 1000", "grid: how many levels; needed there"),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What a sweep runs: `points` [point] are the varied settings' values, each run with all `seeds`.

    `baseline` is the number of the point that others are compared with. `samples` is what the design was
    asked for: the size of the Latin hypercube, or of each matrix.
    """

    setup: Setup
    design: Design
    axes: tuple[Axis, ...]
    seeds: tuple[int, ...]
    samples: int
    design_seed: int
    measures: tuple[str, ...]
    baseline: int
    points: tuple[Mapping[str, Value], ...]

    def run(self, point: int, seed: int) -> Setup:
        """What is run at a point with a seed."""
        return replace(self.setup, settings={**self.setup.settings, **self.points[point]}, seed=seed)


def read_study(path: Path, overrides: Mapping[str, str] | None = None, *, seed: int | None = None) -> Study:
    """The study that a scenario file describes.

    Raises:
        BadInput: something in it is wrong: names file, key and reason.
    """
    content = read_toml(path)
    setup = setup_of(content, path, overrides, seed=seed)
    table = content.get("sweep")
    if not isinstance(table, dict):
        raise BadInput("bad-option", f"{path}: lacks the table [sweep]")
    study = _Reader(path, setup, table).study()
    for axis in study.axes:
        if axis.name in (overrides or {}):
            what = f"--set {axis.name}: {path} varies it; change it there, under sweep.vary"
            raise BadInput("bad-option", what)
    return study


class _Reader:
    """Reads the table [sweep] of one file."""

    def __init__(self, path: Path, setup: Setup, table: Mapping[str, Any]) -> None:
        self._path, self._setup, self._table = path, setup, table

    def _bad(self, key: str, what: str) -> BadInput:
        return BadInput("bad-option", f"{self._path}: sweep.{key}{what}")

    def study(self) -> Study:
        """All of it, checked."""
        for name in self._table:
            if name not in SWEEP_KEYS:
                raise unknown_key(f"{self._path}: sweep.{shown_key(name)}", name, SWEEP_KEYS)
        design = self._design()
        axes = self._axes(design)
        samples = self._whole("points", 64, 2, MOST_POINTS)
        if design is Design.SOBOL and samples & (samples - 1):
            raise self._bad("points", f"={samples}: not a power of 2, as the design sobol needs")
        seeds = self._seeds()
        total = count_points(design, axes, samples)
        if total > MOST_POINTS or total * len(seeds) > MOST_RUNS:
            raise self._bad("vary", f": makes {total} points, {total * len(seeds)} runs; too many")
        design_seed = self._whole("design_seed", 1, 0, LARGEST_SEED)
        points = points_of(design, axes, samples, design_seed)
        return Study(
            setup=self._setup,
            design=design,
            axes=axes,
            seeds=seeds,
            samples=samples,
            design_seed=design_seed,
            measures=self._measures(),
            baseline=self._baseline(design, points),
            points=tuple(points),
        )

    def _design(self) -> Design:
        name = self._table.get("design", Design.GRID.value)
        if name not in list(Design):
            raise unknown_key(
                f"{self._path}: sweep.design={shown(name)}", str(name), list(Design), what="design"
            )
        return Design(name)

    def _whole(self, key: str, default: int, low: int, high: int) -> int:
        value = self._table.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self._bad(key, f"={shown(value)}: not a whole number from {low} to {high}")
        return value

    def _seeds(self) -> tuple[int, ...]:
        seeds = self._table.get("seeds", 5)
        if isinstance(seeds, list):
            good = all(
                isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed <= LARGEST_SEED
                for seed in seeds
            )
            if not good or not 1 <= len(seeds) <= MOST_SEEDS or len(set(seeds)) != len(seeds):
                raise self._bad("seeds", f"={shown(seeds)}: not different whole numbers from 0 to 2^63 - 1")
            return tuple(seeds)
        count = self._whole("seeds", 5, 1, MOST_SEEDS)
        first = self._setup.seed
        if first + count - 1 > LARGEST_SEED:
            raise self._bad("seeds", f"={count}: there are not as many from seed {first} on")
        return tuple(range(first, first + count))

    def _measures(self) -> tuple[str, ...]:
        names = self._table.get("measures", list(shown_of(self._setup.scenario)))
        known = measures_of(self._setup.scenario)
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            raise self._bad("measures", f"={shown(names)}: not a list of measures")
        for name in names:
            if name not in known:
                raise unknown_key(f"{self._path}: sweep.measures: {shown(name)}", name, known, what="measure")
        return tuple(dict.fromkeys(names))

    def _axes(self, design: Design) -> tuple[Axis, ...]:
        table = self._table.get("vary")
        if not isinstance(table, dict) or not table:
            raise self._bad("vary", ": not a table that names a setting to vary")
        flat = flattened(CONFIGS[self._setup.scenario], table)
        return tuple(self._axis(name, value, design) for name, value in flat.items())

    def _axis(self, name: str, value: object, design: Design) -> Axis:
        known = settings_of(CONFIGS[self._setup.scenario])
        if name not in known:
            where = f"{self._path}: sweep.vary.{shown_key(name)}"
            raise unknown_key(where, name, known, what="setting")
        if isinstance(value, list):
            levels = tuple(self._value(name, level) for level in value)
            if not levels or len(set(levels)) != len(levels):
                raise self._bad(f"vary.{name}", f"={shown(value)}: not different levels")
            return Axis(name=name, levels=levels)
        if not isinstance(value, dict):
            raise self._bad(f"vary.{name}", f"={shown(value)}: neither a list of levels nor from and to")
        for key in value:
            if key not in VARY_KEYS:
                raise unknown_key(f"{self._path}: sweep.vary.{name}.{shown_key(key)}", key, VARY_KEYS)
        return self._range(name, value, design)

    def _range(self, name: str, table: Mapping[str, Any], design: Design) -> Axis:
        setting = settings_of(CONFIGS[self._setup.scenario])[name]
        if setting.kind not in ("whole number", "number"):
            raise self._bad(f"vary.{name}", f": a {setting.kind} has no range; give a list of levels")
        for key in ("from", "to"):
            if key not in table:
                raise self._bad(f"vary.{name}", f": lacks {key}")
        low, high = (float(self._value(name, table[key])) for key in ("from", "to"))
        scale = table.get("scale", "linear")
        if scale not in ("linear", "log"):
            raise self._bad(f"vary.{name}.scale", f"={shown(scale)}: not linear or log")
        if not low < high or (scale == "log" and low <= 0):
            above = " above 0" if scale == "log" else ""
            raise self._bad(f"vary.{name}", f": from {low:g} to {high:g} is not a range{above} that rises")
        axis = axis_of(setting, low, high, log=scale == "log")
        steps = table.get("steps")
        if design is not Design.GRID:
            if steps is not None:
                raise self._bad(f"vary.{name}.steps", ": is for a grid")
            return axis
        if steps is None:
            raise self._bad(f"vary.{name}", ": lacks steps: a grid needs 2 to 1000")
        if not isinstance(steps, int) or isinstance(steps, bool) or not 2 <= steps <= 1_000:
            raise self._bad(f"vary.{name}.steps", f"={shown(steps)}: a grid needs 2 to 1000")
        return axis.spread(steps)

    def _value(self, name: str, value: object) -> Value:
        return read_value(self._setup.scenario, name, value, f"{self._path}: sweep.vary.")

    def _baseline(self, design: Design, points: Sequence[Mapping[str, Value]]) -> int:
        """The point that the file names; else the one with the settings of the file, if there is one."""
        table = self._table.get("baseline")
        if table is None:
            config = self._setup.config
            here = [number for number, point in enumerate(points) if point.items() <= config.items()]
            return here[0] if here else 0
        if design is not Design.GRID:
            raise self._bad("baseline", ": is for a grid")
        if not isinstance(table, dict):
            raise self._bad("baseline", f"={shown(table)}: not a table")
        wanted = {
            name: read_value(self._setup.scenario, name, value, f"{self._path}: sweep.baseline.")
            for name, value in flattened(CONFIGS[self._setup.scenario], table).items()
        }
        for number, point in enumerate(points):
            if all(_same(point.get(name), value) for name, value in wanted.items()):
                return number
        raise self._bad("baseline", f"={shown(wanted)}: is not a point of the grid")


def _same(one: Value | None, other: Value) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9)
    return one == other
