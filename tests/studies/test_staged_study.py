"""The study of docs/tutorial/staged-or-transferable-study.md, in small."""

from pathlib import Path

import polars as pl
import pytest

from scripts.make_staged_study import HEAD, PAGE, PAID, PICTURES, picture, rows
from scripts.studies import study_text
from shuangli.sims.api import Comparison, compare, sweep
from shuangli.sims.studies.study import read_study


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """The study with two seeds, where people are seldom online, and so few of them that it takes seconds."""
    directory = tmp_path_factory.mktemp("staged")
    path = directory / "staged-study.toml"
    text = study_text(PAGE).replace("seeds = 6", "seeds = 2").replace("[21.0, 57.0, 117.0]", "[117.0]")
    path.write_text(text.replace("hop_cap = [1, 2, 6]", "hop_cap = [1, 6]"), encoding="utf-8")
    few = {"workers": "24", "employers": "2", "shops": "4", "days": "6", "payday": "1", "rent_day": "3"}
    study = read_study(path, few)
    assert not sweep(study, directory / "out", workers=1).failures
    return compare(directory / "out")


def test_in_small_more_is_paid_where_received_coins_can_be_paid_on(small: Comparison, tmp_path: Path) -> None:
    assert small.runs["books.difference_fen"].to_list() == [0] * 4
    made = list(rows(small))
    assert [row[1] for row in made] == ["1 (staged)", "6"]
    assert [len(row) for row in made] == [len(HEAD)] * 2
    staged, transferable = small.points.filter(pl.col("measure") == PAID).sort("hop_cap")["mean"]
    assert transferable > staged
    for drawn in PICTURES:
        path = tmp_path / f"{drawn.name}.png"
        picture(path, small, drawn)
        assert path.read_bytes().startswith(b"\x89PNG")
