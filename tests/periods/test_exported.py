"""What is exported from a report: its schema, tables and pages, and that verification finds each change."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from shuangli.errors import BadInput, ProtocolError, Unverified
from shuangli.messages.period_report import PeriodReport
from shuangli.offline.periods.directory import verify_directory
from shuangli.offline.periods.exporting import FORMATS, check_exported, export
from shuangli.offline.periods.page import report_page
from shuangli.offline.periods.schema import report_schema, schema_text
from shuangli.offline.periods.titles import TITLES
from tests.missing import without
from tests.periods.making import Made, written

ROOT: Final = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def of_system(of_centre: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The centre's report, exported in all formats."""
    directory = written(of_centre, tmp_path_factory.mktemp("exported") / "report")
    export(directory, of_centre.report, FORMATS)
    return directory


# --- the schema -------------------------------------------------------------------------------


def test_the_schema_is_published() -> None:
    assert (ROOT / "docs/reference/report.schema.json").read_text(encoding="utf-8") == schema_text()


VALIDATOR: Final = Draft202012Validator(report_schema(), format_checker=FormatChecker())


@pytest.mark.parametrize("whose", ["of_centre", "of_operator"])
def test_reports_are_as_the_schema_says(request: pytest.FixtureRequest, whose: str) -> None:
    made: Made = request.getfixturevalue(whose)
    shown = json.loads(made.files["report.json"])
    VALIDATOR.validate(shown)
    assert {*shown["end"]} | {*shown["period"]} <= {*TITLES}


@pytest.mark.parametrize(
    "change",
    [
        {"report": "1234"},
        {"until": "tomorrow"},
        {"more": 1},
        {"period": {"loads": {"OP01": {"count": "1"}}}},
        {"end": {"weather": {"OP01": {"count": 1}}}},
        {"log": {"first": 0}},
    ],
)
def test_what_the_schema_does_not_allow(of_centre: Made, change: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(json.loads(of_centre.files["report.json"]) | change)


# --- tables and pages -------------------------------------------------------------------------


def test_all_that_was_exported_fits(of_system: Path, of_centre: Made) -> None:
    assert check_exported(of_system, of_centre.report) == 9
    # The report itself verifies as before.
    files = {**of_centre.files, "report.cbor": of_centre.file.encode()}
    assert verify_directory(of_system, files, root=of_centre.root).report == of_centre.report


def test_the_tables_have_each_figure_and_each_entry(of_system: Path, of_centre: Made) -> None:
    report = of_centre.report
    csv, parquet = (
        pl.read_csv(of_system / "exported/figures.csv", schema_overrides={"of": pl.String}),
        pl.read_parquet(of_system / "exported/figures.parquet"),
    )
    assert csv.equals(parquet)
    assert set(csv["report"]) == {report.signed.id.hex()}
    for where, figures in (("period", report.flows), ("end", report.stocks)):
        rows = csv.filter(pl.col("where") == where).select("group", "of", "figure", "value").rows()
        assert {".".join((group, of, figure)): value for group, of, figure, value in rows} == dict(figures)
    entries = pl.read_parquet(of_system / "exported/entries.parquet")
    assert entries["entry"].to_list() == [*range(report.span.first, report.span.end)]
    settled = [
        json.loads(facts) for kind, facts in entries.select("kind", "facts").rows() if kind == "settlement"
    ]
    assert sum(facts["credited_fen"] for facts in settled) == sum(
        value for name, value in report.flows.items() if name.startswith("uploads.") and "credited" in name
    )


def test_the_descriptor_is_a_data_package(of_system: Path, of_centre: Made) -> None:
    described = json.loads((of_system / "exported/datapackage.json").read_text())
    assert described["id"] == f"sha256:{of_centre.report.signed.id.hex()}"
    names = [resource["name"] for resource in described["resources"]]
    assert names == [
        *("figures-csv", "figures-parquet", "entries-csv", "entries-parquet"),
        *("log-parquet", "books-parquet"),
    ]
    for resource in described["resources"]:
        data = (of_system / "exported" / resource["path"]).read_bytes()
        assert resource["bytes"] == len(data)
        columns = [field["name"] for field in resource["schema"]["fields"]]
        if resource["format"] == "csv":
            assert data.decode().splitlines()[0].split(",") == columns


def test_the_page_needs_nothing_else_and_names_each_group(of_centre: Made) -> None:
    page = report_page(of_centre.report).decode()
    assert "http" not in page
    assert "<script" not in page
    for kind in {name.partition(".")[0] for name in of_centre.report.stocks}:
        assert TITLES[kind].english in page
        assert TITLES[kind].chinese in page
    assert "<svg" in page


def test_exported_again_it_is_the_same(of_system: Path, of_centre: Made, tmp_path: Path) -> None:
    again = written(of_centre, tmp_path / "again")
    export(again, of_centre.report, FORMATS)
    for path in (of_system / "exported").iterdir():
        assert (again / "exported" / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("name", ["figures.csv", "log.parquet", "report.html", "datapackage.json"])
def test_a_full_disk_is_told_and_leaves_no_part_of_a_file(of_centre: Made, tmp_path: Path, name: str) -> None:
    directory = written(of_centre, tmp_path / "report")
    full = directory / "exported" / name
    full.parent.mkdir()
    full.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        export(directory, of_centre.report, ["csv", "parquet", "html"])
    assert not full.is_symlink()
    assert not [*full.parent.glob(".*")]
    check_exported(directory, of_centre.report)


def edited(change: Callable[[str], str]) -> Callable[[Path], object]:
    def edit(path: Path) -> None:
        path.write_bytes(change(path.read_bytes().decode()).encode())

    return edit


def edited_table(change: Callable[[pl.DataFrame], pl.DataFrame]) -> Callable[[Path], object]:
    return lambda path: change(pl.read_parquet(path)).write_parquet(path)


def without_line(number: int) -> Callable[[str], str]:
    return lambda text: "".join(
        line for at, line in enumerate(text.splitlines(keepends=True)) if at != number
    )


CHANGED: Final[dict[str, tuple[str, Callable[[Path], object], str]]] = {
    "a value": (
        "figures.csv",
        edited(lambda text: text.replace("forked_fen,150", "forked_fen,151")),
        r"figures.csv: row \d+ is not",
    ),
    "a row left out": ("entries.csv", edited(without_line(4)), "entries.csv: row 4 is not"),
    "a row more": (
        "figures.csv",
        edited(lambda text: text + "x\r\n"),
        r"figures.csv: row \d+ is not in the log",
    ),
    "a column's name": (
        "figures.csv",
        edited(lambda text: text.replace("value", "amount", 1)),
        "its columns",
    ),
    "a cell of Parquet": (
        "figures.parquet",
        edited_table(lambda table: table.with_columns(pl.col("value") + 1)),
        "figures.parquet: row 1 is not",
    ),
    "the end of Parquet": ("entries.parquet", edited_table(lambda table: table[:-1]), r"row \d+ is missing"),
    "no Parquet": ("entries.parquet", lambda path: path.write_bytes(b"PAR?"), "is no Parquet file"),
    "the page": (
        "report.html",
        edited(lambda text: text.replace("1.50", "9.50")),
        "report.html does not show",
    ),
    "the PDF": (
        "report.pdf",
        lambda path: path.write_bytes(b"%PDF-1.4") and None,
        "report.pdf does not show",
    ),
    "the descriptor": (
        "datapackage.json",
        edited(lambda text: text.replace("sha256:", "md5:")),
        "datapackage.json does not describe the tables beside it",
    ),
    "another file": ("notes.txt", lambda path: path.write_text("!"), "notes.txt is not part"),
}


@pytest.mark.parametrize("name", CHANGED)
def test_what_was_changed_is_named(of_centre: Made, tmp_path: Path, name: str) -> None:
    file, change, words = CHANGED[name]
    directory = written(of_centre, tmp_path / "report")
    kind = file.rpartition(".")[2]
    export(directory, of_centre.report, [kind] if kind in FORMATS else ["csv"])
    change(directory / "exported" / file)
    with pytest.raises(ProtocolError, match=words):
        check_exported(directory, of_centre.report)


def test_an_export_of_another_report_is_refused(of_centre: Made, of_system: Path) -> None:
    other: PeriodReport = of_centre.signed_anew(made_at_s=of_centre.report.made_at_s + 1).report
    with pytest.raises(Unverified, match="row 1 is not what the log tells"):
        check_exported(of_system, other)


def test_a_package_that_is_missing_is_asked_for(
    of_centre: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, "reportlab", needed_by="shuangli.offline.periods.pdf")
    with pytest.raises(BadInput, match=r"pip install 'shuangli\[pdf\]'"):
        export(written(of_centre, tmp_path / "report"), of_centre.report, ["pdf"])
