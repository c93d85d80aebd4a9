"""Studies of a border: both sides are measured and compared, and their money is never mixed."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest

from shuangli.errors import BadInput
from shuangli.sims.api import compare
from shuangli.sims.settings import Value
from shuangli.sims.studies.measures import ABROAD, ALL_MEASURES, MEASURES, SHOWN, measured
from tests.studies.made_up import make_up, study_in

BORDER = """
scenario = "border"
[sweep]
seeds = 4
[sweep.vary]
travels_share = [0.1, 0.4]
"""
SIDE = {
    "payments": {"attempted": 4, "paid": 3},
    "hours": [{"unreconciled_fen": 7, "circulating_fen": 9}],
    "books": {"difference_fen": 0, "devices": {"held_fen": 12}},
}
OTHER = {
    "payments": {"attempted": 10, "paid": 2},
    "hours": [{"unreconciled_fen": 70, "circulating_fen": 90}],
    "books": {"difference_fen": 5, "devices": {"held_fen": 120}},
}


def test_each_side_is_measured_by_itself() -> None:
    values = measured({**SIDE, "abroad": OTHER})
    assert (values["payments.paid_share"], values["abroad.payments.paid_share"]) == (0.75, 0.2)
    assert (values["books.devices.held_fen"], values["abroad.books.devices.held_fen"]) == (12, 120)
    assert (values["hours.circulating_fen.max"], values["abroad.hours.circulating_fen.max"]) == (9, 90)
    assert values["abroad.books.difference_fen"] == 5
    assert set(values) == set(ALL_MEASURES)


def test_a_run_without_another_side_has_no_columns_for_one() -> None:
    assert set(measured(SIDE)) == set(MEASURES)


def test_amounts_of_the_other_side_are_not_fen() -> None:
    for name, measure in MEASURES.items():
        theirs = ALL_MEASURES[f"{ABROAD}{name}"]
        assert theirs.unit == ("smallest units abroad" if measure.unit == "fen" else measure.unit)


def by_point(point: Mapping[str, Value], seed: int) -> float:
    return 10 * float(point["travels_share"]) + seed


def test_a_study_of_a_border_compares_both_sides(tmp_path: Path) -> None:
    study = study_in(tmp_path, BORDER)
    assert study.measures == (*SHOWN, *(f"{ABROAD}{name}" for name in SHOWN))
    make_up(tmp_path / "out", study, by_point)
    found = compare(tmp_path / "out")
    assert set(found.points["measure"]) == set(study.measures)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<code>abroad.payments.paid_share</code>" in page
    meanings = pl.read_csv(tmp_path / "out" / "dictionary.csv").filter(
        pl.col("column") == "abroad.payments.paid_share"
    )
    assert meanings["meaning"].to_list() == ["the other side: share of the attempted payments that was paid"]


def test_books_abroad_that_do_not_balance_are_not_hidden(tmp_path: Path) -> None:
    make_up(tmp_path / "out", study_in(tmp_path, BORDER), by_point, abroad__books__difference_fen=1.0)
    compare(tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "the books do not balance, or an honest wallet is accused" in page


def test_a_scenario_with_one_side_has_no_measures_abroad(tmp_path: Path) -> None:
    text = (
        BORDER.replace("border", "transit")
        .replace("travels_share", "load_fen")
        .replace("0.1, 0.4", "500, 900")
    )
    with pytest.raises(BadInput, match=r"abroad\.payments\.paid"):
        study_in(tmp_path, text.replace("seeds = 4", 'seeds = 4\nmeasures = ["abroad.payments.paid"]'))
