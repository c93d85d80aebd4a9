"""Designs of experiments: where a study runs."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.errors import BadInput
from shuangli.sims.catalogue import CONFIGS
from shuangli.sims.settings import settings_of
from shuangli.sims.studies.design import Axis, Design, axis_of, count_points, points_of
from tests.studies.made_up import study_in

TRANSIT = settings_of(CONFIGS["transit"])
LOAD = axis_of(TRANSIT["load_fen"], 100, 100_000, log=True)
OUTAGE = axis_of(TRANSIT["outage_h"], 0, 24, log=False)
EVERY = Axis(name="reconcile_every_s", levels=(900, 3_600, 14_400))


def test_a_grid_is_every_combination_the_last_setting_first() -> None:
    points = points_of(Design.GRID, [EVERY, LOAD.spread(2)], 0, 1)
    assert [tuple(point.values()) for point in points] == [
        *((900, 100), (900, 100_000)),
        *((3_600, 100), (3_600, 100_000)),
        *((14_400, 100), (14_400, 100_000)),
    ]


def test_levels_spread_in_the_logarithm() -> None:
    assert LOAD.spread(4).levels == (100, 1_000, 10_000, 100_000)
    assert OUTAGE.spread(3).levels == (0.0, 12.0, 24.0)
    assert axis_of(TRANSIT["operators"], 1, 3, log=False).spread(9).levels == (1, 2, 3)


@given(points=st.integers(2, 40), seed=st.integers(0, 2**63 - 1))
def test_a_latin_hypercube_has_one_point_in_each_slice_of_each_setting(points: int, seed: int) -> None:
    made = points_of(Design.LATIN_HYPERCUBE, [OUTAGE, Axis(name="x", low=2, high=5)], points, seed)
    for name, low, high in (("outage_h", 0, 24), ("x", 2, 5)):
        shares = (np.array([float(point[name]) for point in made]) - low) / (high - low)
        assert sorted(np.floor(shares * points).astype(int)) == list(range(points))
    assert made == points_of(Design.LATIN_HYPERCUBE, [OUTAGE, Axis(name="x", low=2, high=5)], points, seed)


def test_a_sobol_design_has_both_matrices_and_each_with_one_column_of_the_other() -> None:
    axes = [Axis(name=name, low=0, high=1) for name in "abc"]
    points = points_of(Design.SOBOL, axes, 8, 1)
    assert len(points) == count_points(Design.SOBOL, axes, 8) == 40
    matrix = np.array([[point[name] for name in "abc"] for point in points], dtype=float).reshape(5, 8, 3)
    a, b = matrix[0], matrix[1]
    assert not np.isclose(a, b).any()
    for column in range(3):
        expected = a.copy()
        expected[:, column] = b[:, column]
        assert np.array_equal(matrix[2 + column], expected)
    assert np.allclose(np.sort(np.floor(8 * a), axis=0), np.arange(8)[:, None])


@given(
    low=st.floats(1, 1_000),
    width=st.floats(1, 1e6),
    share=st.floats(0, 1),
    log=st.booleans(),
    whole=st.booleans(),
)
def test_a_value_never_leaves_its_range(
    low: float, width: float, share: float, log: bool, whole: bool
) -> None:
    axis = Axis(name="x", low=low, high=low + width, log=log, whole=whole)
    value = axis.at(share)
    assert low * (1 - 1e-12) <= float(value) <= (low + width) * (1 + 1e-12)
    assert isinstance(value, int) == whole


def test_a_setting_with_levels_takes_each_of_them_alike_often() -> None:
    values = [EVERY.at(share) for share in np.linspace(0, 1, 300, endpoint=False)]
    assert [values.count(level) for level in EVERY.levels] == [100, 100, 100]
    assert EVERY.at(1.0) == 14_400


SWEEP = 'scenario = "transit"\n[sweep]\n'
VARY = "[sweep.vary]\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('scenario = "transit"', r"lacks the table \[sweep\]"),
        (SWEEP, "sweep.vary: not a table that names a setting"),
        (SWEEP + "vari = 1", "sweep.vari: there is no such key; the nearest is vary"),
        (SWEEP + 'design = "soboll"\n' + VARY + "trips=[1]", "design=soboll: there is no .*nearest is sobol"),
        (SWEEP + "seeds = 0\n" + VARY + "trips=[1]", "sweep.seeds=0: not a whole number from 1 to 10000"),
        (SWEEP + "seeds = [1, 1]\n" + VARY + "trips=[1]", "sweep.seeds=.*: not different whole numbers"),
        (
            SWEEP + "measures = ['forks.lost']\n" + VARY + "trips=[1]",
            "forks.lost: .* nearest is forks.loss_fen",
        ),
        (SWEEP + "measures = []\n" + VARY + "trips=[1]", "sweep.measures=.*: not a list of measures"),
        (SWEEP + VARY + "trps=[1]", "sweep.vary.trps: there is no such setting; the nearest is trips"),
        (SWEEP + VARY + "trips=[1, 1]", "sweep.vary.trips=.*: not different levels"),
        (SWEEP + VARY + "trips=[0]", "sweep.vary.trips=0 is not between 1 and"),
        (SWEEP + VARY + "trips=['1']", "sweep.vary.trips='1': not a whole number, but a text"),
        (SWEEP + VARY + "trips=3", "sweep.vary.trips=3: neither a list of levels nor from and to"),
        (SWEEP + VARY + "trips={from=1}", "sweep.vary.trips: lacks to"),
        (SWEEP + VARY + "trips={from=1,to=9,stps=2}", "vary.trips.stps: .* the nearest is steps"),
        (SWEEP + VARY + "trips={from=1,to=9}", "vary.trips: lacks steps: a grid needs 2 to 1000"),
        (SWEEP + VARY + "trips={from=9,to=1,steps=2}", "from 9 to 1 is not a range that rises"),
        (SWEEP + VARY + "outage_h={from=0,to=1,steps=2,scale='log'}", "is not a range above 0 that rises"),
        (SWEEP + VARY + "outage_h={from=1,to=2,steps=2,scale='ln'}", "scale=ln: not linear or log"),
        (SWEEP + VARY + "date={from=1,to=2,steps=2}", "a date has no range; give a list of levels"),
        (SWEEP + 'design="sobol"\npoints=6\n' + VARY + "trips=[1,2]", "points=6: not a power of 2"),
        (SWEEP + 'design="sobol"\n' + VARY + "trips={from=1,to=9,steps=3}", "steps: is for a grid"),
        (SWEEP + "baseline={trips=5}\n" + VARY + "trips=[1,2]", "baseline=.*: is not a point of the grid"),
        (SWEEP + 'design="sobol"\nbaseline={}\n' + VARY + "trips=[1,2]", "baseline: is for a grid"),
        (
            SWEEP + VARY + "trips={from=1,to=9000,steps=1000}\nload_fen={from=100,to=9000,steps=1000}",
            "sweep.vary: makes 1000000 points",
        ),
    ],
)
def test_a_wrong_sweep_is_refused_with_key_and_reason(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=rf"study\.toml: .*{message}"):
        study_in(tmp_path, text)


def test_the_baseline_is_the_point_with_the_files_settings_unless_it_says_another(tmp_path: Path) -> None:
    text = SWEEP + "{}\n" + VARY + "reconcile_every_s = [900, 3600]\nload_fen = [500, 2000]\n"
    assert study_in(tmp_path, text.format("")).baseline == 3
    assert study_in(tmp_path, text.format("baseline = { load_fen = 2000 }")).baseline == 1
    assert study_in(tmp_path, text.replace("2000]", "900]").format("")).baseline == 0


def test_seeds_follow_each_other_from_the_files_or_are_listed(tmp_path: Path) -> None:
    text = "seed = 5\n" + SWEEP + "seeds = {}\n" + VARY + "trips = [1, 2]\n"
    assert study_in(tmp_path, text.format(3)).seeds == (5, 6, 7)
    assert study_in(tmp_path, text.format("[9, 2]")).seeds == (9, 2)
