"""The worked study of docs/tutorial/clone-study.md, in small."""

import re

import polars as pl
import pytest

from scripts.make_clone_study import LOSS, PAGE, rows
from scripts.studies import study_text
from shuangli.sims.api import Comparison, compare, sweep
from shuangli.sims.studies.study import read_study


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """The study with two seeds and so few trips that it takes seconds."""
    directory = tmp_path_factory.mktemp("clones")
    path = directory / "clone-study.toml"
    text = study_text(PAGE).replace("seeds = 5", "seeds = 2")
    text = text.replace("[900, 3600, 14400, 86400]", "[3600, 86400]")
    path.write_text(text, encoding="utf-8")
    study = read_study(path, {"trips": "60", "clone.share": "0.1"})
    assert not sweep(study, directory / "out", workers=2).failures
    return compare(directory / "out")


def test_in_small_it_makes_the_same_table(small: Comparison) -> None:
    made = list(rows(small))
    assert len(made) == 6
    for row in made:
        assert re.fullmatch(r"(1\xa0h|1\xa0d)", row[0])
        assert re.fullmatch(r"¥\d+\.00", row[1])
        assert re.fullmatch(r"\d+\.\d %", row[4])
        assert row[5] == "–"


def test_in_small_books_balance_and_more_seldom_hand_ins_do_not_lower_the_loss(small: Comparison) -> None:
    assert small.runs["books.difference_fen"].to_list() == [0] * 12
    assert small.runs["forks.honest_accused"].to_list() == [0] * 12
    losses = small.points.filter(pl.col("measure") == LOSS)
    hourly, daily = (losses.filter(reconcile_every_s=every_s)["mean"].sum() for every_s in (3_600, 86_400))
    assert daily >= hourly
    assert daily > 0
