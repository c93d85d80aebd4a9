"""The study of docs/tutorial/payroll-outage-study.md, in small."""

import polars as pl
import pytest

from scripts.make_payroll_study import HEAD, PAGE, PAID, rows
from scripts.studies import study_text
from shuangli.sims.api import Comparison, compare, sweep
from shuangli.sims.studies.study import read_study


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """The study with two seeds, one part of a wage, and so few workers and days that it takes seconds."""
    directory = tmp_path_factory.mktemp("payroll")
    path = directory / "payroll-outage-study.toml"
    text = study_text(PAGE).replace("seeds = 3", "seeds = 2").replace("[0.1, 0.25, 0.5]", "[0.25]")
    text = text.replace("outage_d = [0.0, 7.0]", "outage_d = [0.0, 4.0]")
    path.write_text(text, encoding="utf-8")
    study = read_study(path, {"workers": "16", "employers": "4", "shops": "4", "days": "13"})
    assert not sweep(study, directory / "out", workers=2).failures
    return compare(directory / "out")


def test_in_small_an_outage_lets_fewer_pay(small: Comparison) -> None:
    assert small.runs["books.difference_fen"].to_list() == [0] * 8
    made = list(rows(small))
    assert [row[0] for row in made] == ["0 days"] * 2 + ["4 days"] * 2
    assert [len(row) for row in made] == [len(HEAD)] * 4
    paid = small.points.filter(pl.col("measure") == PAID)
    calm, outage = (paid.filter(outage_d=days)["mean"].sum() for days in (0.0, 4.0))
    assert outage < calm
