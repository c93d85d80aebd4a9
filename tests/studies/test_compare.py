"""The comparison of a study: its tables, pictures and page, on results that were made up."""

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as Xml

import polars as pl
import pytest
from click.testing import CliRunner

from shuangli.cli import main
from shuangli.errors import BadInput
from shuangli.sims.api import compare
from shuangli.sims.settings import Value
from shuangli.sims.studies.numbers import figure
from tests.studies.made_up import TINY, make_up, study_in

GRID = """
about = "What limits & intervals are worth"
scenario = "transit"
[sweep]
seeds = 6
measures = ["payments.paid_share", "forks.loss_fen"]
[sweep.vary]
reconcile_every_s = [900, 3600, 14400]
load_fen = [500, 2000]
"""
SAMPLED = GRID.replace("seeds = 6", 'seeds = 2\npoints = 16\ndesign = "{}"').replace(
    "[900, 3600, 14400]", '{{ from = 900, to = 90000, scale = "log" }}'
)


def linear(point: Mapping[str, Value], seed: int) -> float:
    """Falls with the interval, rises with the load, and has much of its noise from the seed."""
    return 100 * seed + float(point["load_fen"]) - float(point["reconcile_every_s"]) / 100


def test_the_tables_say_what_was_put_in(tmp_path: Path) -> None:
    make_up(tmp_path / "out", study_in(tmp_path, GRID), linear)
    found = compare(tmp_path / "out")
    assert found.missing == 0
    point = found.points.filter(measure="forks.loss_fen", reconcile_every_s=900, load_fen=500).row(
        0, named=True
    )
    assert (point["n"], point["mean"]) == (6, 350 + 500 - 9)
    # The baseline has the file's settings: 3,600 s and 2,000 fen. The seeds' noise is gone.
    differences = found.differences.filter(measure="forks.loss_fen")
    assert differences.height == 5
    for row in differences.iter_rows(named=True):
        expected = row["load_fen"] - 2_000 - (row["reconcile_every_s"] - 3_600) / 100
        assert [row[name] for name in ("mean", "t_low", "bootstrap_high")] == pytest.approx([expected] * 3)
        assert row["clear"]
    index = found.sensitivity.filter(measure="forks.loss_fen", index="first", setting="load_fen")
    # Variances of the levels: 750² for the load; of (9, 36, 144) for the interval.
    assert index["value"][0] == pytest.approx(562_500 / (562_500 + 3_402))


def test_all_files_are_there_and_the_dictionary_has_every_column(tmp_path: Path) -> None:
    make_up(tmp_path / "out", study_in(tmp_path, GRID), linear)
    found = compare(tmp_path / "out")
    out = tmp_path / "out"
    with (out / "dictionary.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    said = {(row["table"], row["column"]) for row in rows}
    tables = {"points": found.points, "differences": found.differences, "sensitivity": found.sensitivity}
    there = {(name, column) for name, table in tables.items() for column in table.columns}
    there |= {("runs", column) for column in pl.read_parquet_schema(out / "runs.parquet")}
    assert said == there
    assert all(row["meaning"] and row["type"] for row in rows)
    for name, table in tables.items():
        assert pl.read_csv(out / "tables" / f"{name}.csv").height == table.height
        assert len((out / "tables" / f"{name}.md").read_text().splitlines()) == table.height + 2
    pictures = sorted(path.name for path in (out / "plots").iterdir())
    assert len(pictures) == 2 * 2 * 3
    for name in pictures:
        data = (out / "plots" / name).read_bytes()
        assert data.startswith(b"\x89PNG") or Xml.fromstring(data).tag.endswith("svg")  # noqa: S314 - our own


@pytest.mark.parametrize("text", [GRID, SAMPLED.format("sobol"), SAMPLED.format("latin-hypercube"), TINY])
def test_the_page_needs_nothing_but_itself_and_is_the_same_again(text: str, tmp_path: Path) -> None:
    study = study_in(tmp_path, text)

    def value(point: Mapping[str, Value], seed: int) -> float:
        return seed + sum(float(part) for part in point.values())

    make_up(tmp_path / "out", study, value)
    compare(tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    outside = re.findall(r"(?:src|href)=\"(?!#)|url\((?!#)|@import|<script", page)
    assert outside == []
    assert str(tmp_path) not in page
    ids = re.findall(r"\bid=\"([^\"]+)\"", page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"href=\"#([^\"]+)\"", page)) <= set(ids)
    for measure in study.measures:
        assert f"<code>{measure}</code>" in page
    assert f"In all {len(study.points) * len(study.seeds)} runs the books balance" in page
    compare(tmp_path / "out")
    assert (tmp_path / "out" / "report.html").read_text(encoding="utf-8") == page


def test_a_measure_whose_name_begins_with_anothers_keeps_its_pictures(tmp_path: Path) -> None:
    text = GRID.replace('"forks.loss_fen"', '"payments.paid"')
    make_up(tmp_path / "out", study_in(tmp_path, text), linear)
    compare(tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    ids = re.findall(r"\bid=\"([^\"]+)\"", page)
    assert len(ids) == len(set(ids)), "a picture stands there twice"


def test_each_design_has_its_own_sensitivity(tmp_path: Path) -> None:
    for design, indices in (("sobol", {"first", "total"}), ("latin-hypercube", {"rank"})):
        study = study_in(tmp_path, SAMPLED.format(design))
        make_up(tmp_path / design, study, linear)
        found = compare(tmp_path / design)
        assert found.differences.height == 0
        assert set(found.sensitivity["index"]) == indices
        load = found.sensitivity.filter(setting="load_fen")["value"]
        interval = found.sensitivity.filter(setting="reconcile_every_s")["value"]
        assert load.min() > interval.max()  # type: ignore[operator]


def test_a_study_that_is_not_finished_is_compared_and_says_so(tmp_path: Path) -> None:
    make_up(tmp_path / "out", study_in(tmp_path, GRID), linear, missing=5)
    ran = CliRunner().invoke(main, ["sim", "compare", str(tmp_path / "out")])
    assert ran.exit_code == 0
    assert "31, 5 are missing" in ran.stdout
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "5 runs are missing" in page
    points = pl.read_csv(tmp_path / "out" / "tables" / "points.csv")
    assert points["n"].to_list() == [1, 6, 6, 6, 6, 6] * 2


def test_books_that_do_not_balance_are_not_hidden(tmp_path: Path) -> None:
    for missing in (0, 1):
        out = tmp_path / f"out-{missing}"
        make_up(out, study_in(tmp_path, GRID), linear, missing=missing, books__difference_fen=1.0)
        compare(out)
        page = (out / "report.html").read_text(encoding="utf-8")
        assert "the books do not balance, or an honest wallet is accused" in page
        assert ("1 run is missing" in page) is bool(missing)


def test_a_measure_without_a_value_somewhere_is_compared_where_there_is_one(tmp_path: Path) -> None:
    def sometimes(point: Mapping[str, Value], seed: int) -> float | None:
        return None if point["load_fen"] == 500 or seed == 2 else float(seed)

    make_up(tmp_path / "out", study_in(tmp_path, GRID), sometimes)
    found = compare(tmp_path / "out")
    assert set(found.points["load_fen"]) == {2_000}
    assert set(found.points["n"]) == {5}
    assert found.sensitivity.height == 0


def test_what_is_no_study_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"is not the directory of a study: no study\.json"):
        compare(tmp_path)
    (tmp_path / "study.json").write_text('{"schema": "other"}')
    with pytest.raises(BadInput, match=r"study\.json: is not a study of the form shuangli\.study/1"):
        compare(tmp_path)
    make_up(tmp_path / "out", study_in(tmp_path), linear_of_nothing, missing=4)
    with pytest.raises(BadInput, match="none of its runs is finished"):
        compare(tmp_path / "out")


def test_a_picture_of_too_many_lines_says_that_it_shows_their_mean(tmp_path: Path) -> None:
    many = GRID.replace("load_fen = [500, 2000]", "load_fen = [500, 1000, 1500, 2000, 2500]")
    for name, text in (("few", GRID), ("many", many)):
        make_up(tmp_path / name, study_in(tmp_path, text), linear)
        compare(tmp_path / name)
    few, more = ((tmp_path / name / "report.html").read_text(encoding="utf-8") for name in ("few", "many"))
    assert "Over reconcile_every_s, by load_fen" in few
    assert "Means over seeds with 95 % t-intervals." in few
    assert "Over reconcile_every_s, the mean of all else" in more
    assert "Means over seeds and over all levels of load_fen." in more
    assert "Means over seeds with 95 %" not in more


def test_a_row_that_is_damaged_is_named(tmp_path: Path) -> None:
    make_up(tmp_path / "out", study_in(tmp_path), linear_of_nothing)
    row = min((tmp_path / "out" / "rows").iterdir())
    row.write_bytes(b"PAR1 and nothing that is a table PAR1")
    ran = CliRunner().invoke(main, ["sim", "compare", str(tmp_path / "out")])
    said = "is damaged; delete it, and run `shuangli sim sweep` again"
    assert (ran.exit_code, ran.stderr) == (2, f"shuangli: {row}: {said}\n")


def test_a_directory_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    out = tmp_path / "out"
    make_up(out, study_in(tmp_path), linear_of_nothing)
    (out / "runs.parquet.new").mkdir()
    ran = CliRunner().invoke(main, ["sim", "compare", str(out)])
    assert (ran.exit_code, ran.stderr) == (2, f"shuangli: {out / 'runs.parquet'}: Is a directory\n")


def test_numbers_have_one_minus() -> None:
    assert [figure(number) for number in (-1234.5, -1.5, 0.98134, None)] == ["−1,234", "−1.5", "0.9813", "–"]


def linear_of_nothing(point: Mapping[str, Value], seed: int) -> float:
    return float(seed)
