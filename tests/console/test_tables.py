"""A report whose log and books are Parquet tables alone is shown like any other."""

import shutil
import threading
from contextlib import AbstractContextManager
from pathlib import Path

import polars as pl
import pytest

from shuangli.errors import BadInput, ProtocolError
from shuangli.offline.periods import parquet
from shuangli.offline.periods.directory import SEQUENCES, files_below, verify_directory
from shuangli.operator.console.opening import Opening, open_report
from shuangli.operator.console.pages import BASE
from shuangli.operator.console.reports import Shelf
from shuangli.operator.console.words import words
from tests.console.conftest import Console
from tests.console.links import links
from tests.missing import without

TABLES = ("exported/log.parquet", "exported/books.parquet")


def test_every_figure_and_every_entry_is_that_of_the_files(console: Console) -> None:
    shelf = Shelf(console.reports, console.made.root)
    here, there = shelf.open("tables"), shelf.open("system")
    assert here.report == there.report
    assert here.index.hours == there.index.hours
    for figure in here.report.stocks:
        assert here.index.behind(f"end.{figure}") == there.index.behind(f"end.{figure}")
    for number in range(here.report.span.end):
        assert here.entry(number) == there.entry(number)


def test_its_pages_and_all_that_it_takes_to_verify_it(console: Console, tmp_path: Path) -> None:
    browser = console.signed_in()
    page = browser.get(f"{BASE}/reports/tables").text
    assert words("en")["verified"] in page
    start = f"{BASE}/reports/tables/"
    assert browser.get(f"{start}entries/1").status_code == 200
    cases = [link for link in links(page) if "/cases/" in link]
    for link in [*links(page), *(other for case in cases for other in links(browser.get(case).text))]:
        _, found, name = link.partition(f"{start}files/")
        if found:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(browser.get(link).content)
    assert all((tmp_path / name).is_file() for name in TABLES)
    verified = verify_directory(tmp_path, files_below(tmp_path, but=SEQUENCES), root=console.made.root)
    assert verified.report == console.made.report


@pytest.mark.parametrize("name", TABLES)
def test_f33_a_table_that_changes_is_not_shown(console: Console, tmp_path: Path, name: str) -> None:
    shutil.copytree(console.reports / "tables", tmp_path / "tables")
    shelf, path = Shelf(tmp_path, console.made.root), tmp_path / "tables" / name
    shelf.open("tables")
    table = pl.read_parquet(path)
    table.with_columns(kind=pl.lit("fair")).write_parquet(path)
    with pytest.raises(ProtocolError, match=f"{name}: row 1 shows 'fair' as `kind`"):
        shelf.open("tables")
    path.write_bytes(b"PAR1?")
    with pytest.raises(ProtocolError, match="is no Parquet file"):
        shelf.open("tables")
    path.unlink()
    with pytest.raises(ProtocolError):
        shelf.open("tables")


def test_no_table_is_read_here_before_a_worker_has(
    console: Console, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What others write to standard error meanwhile is not lost: only a worker is alone in its process."""
    silenced: list[int] = []
    kept = parquet._no_standard_error

    def silence() -> AbstractContextManager[None]:
        silenced.append(1)
        return kept()

    monkeypatch.setattr(parquet, "_no_standard_error", silence)
    Shelf(console.reports, console.made.root).open("tables").entry(3)
    assert not silenced
    assert capfd.readouterr() == ("", "")


def test_without_polars_it_is_said_what_is_missing(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "polars", needed_by="shuangli.offline.periods.parquet")
    with pytest.raises(BadInput, match=r"pip install 'shuangli\[archive\]'") as fault:
        open_report(console.reports / "tables", console.made.root, progress=lambda _: None)
    monkeypatch.setattr(Shelf, "open", lambda *_: _raise(fault.value))
    for language in ("en", "zh"):
        told = console.signed_in(language=language).get(f"{BASE}/reports/tables")
        assert told.status_code == 501
        assert words(language)["not-here"] in told.text
        assert "shuangli[archive]" in told.text


def _raise(error: Exception) -> None:
    raise error


def test_a_worker_says_what_is_bad_input(console: Console, tmp_path: Path) -> None:
    directory = tmp_path / "system"
    shutil.copytree(console.reports / "system", directory)
    for name in SEQUENCES:
        (directory / name).unlink()
    with pytest.raises(BadInput, match=r"neither log\.cborseq nor exported/log.parquet lies there"):
        Opening(directory, console.made.root, threading.Semaphore()).result(600)
