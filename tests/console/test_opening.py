"""A long report is verified in a process of its own: what a reader is shown meanwhile, and at last."""

import multiprocessing
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from fastapi import FastAPI

from shuangli.errors import ProtocolError, StoreError
from shuangli.offline.periods import adding_up
from shuangli.offline.periods.directory import SEQUENCES
from shuangli.operator.console.app import make_console
from shuangli.operator.console.opening import open_report
from shuangli.operator.console.pages import BASE
from shuangli.operator.console.reports import OpenReport, Shelf, StillOpening
from shuangli.operator.console.words import words
from shuangli.operator.service.auth.clients import Clients
from tests.console.conftest import Browser, Console
from tests.console.counting import Counting

MOMENT_S: Final = 0.01


def shelf_of(console: Console, reports: Path | None = None) -> Shelf:
    """The reports, each opened by a worker, and pages that wait a moment only."""
    root = console.made.root
    return Shelf(reports or console.reports, root, fewest_bytes=0, patience_s=MOMENT_S)


def opened_at_last(shelf: Shelf, name: str, *, meanwhile: Callable[[], object] = lambda: None) -> OpenReport:
    """The report, asked for until it is there; something is done before each further time."""
    while True:
        try:
            return shelf.open(name)
        except StillOpening:
            meanwhile()


def kill_workers() -> None:
    """Let all workers end in the middle of whatever they do."""
    for worker in multiprocessing.active_children():
        worker.kill()


def test_a_worker_opens_what_this_process_would(console: Console) -> None:
    shelf, directory = shelf_of(console), console.reports / "system"
    with pytest.raises(StillOpening) as still:
        shelf.open("system")
    report = console.made.report
    assert (still.value.entries_read, still.value.entries) == (0, report.size)
    shown = opened_at_last(shelf, "system")
    here = OpenReport(
        directory, console.made.root, open_report(directory, console.made.root, progress=lambda _: None)
    )
    assert shown.report == here.report == report
    assert shown.index.hours == here.index.hours
    assert shown.delays == here.delays
    for name in report.stocks:
        assert shown.index.behind(f"end.{name}") == here.index.behind(f"end.{name}")
    assert shown.entry(5) == here.entry(5)
    # From then on it is there at once.
    assert shelf.open("system") is shown


def test_it_is_read_once(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adding_up, "Event", Counting)
    Counting.read = 0
    told: list[int] = []
    opened = open_report(console.reports / "system", console.made.root, progress=told.append)
    assert Counting.read == len(console.made.entries)
    assert told == [0]
    assert opened.index.hours


def test_what_does_not_hold_is_told_as_ever(console: Console, tmp_path: Path) -> None:
    shutil.copytree(console.reports / "system", tmp_path / "system")
    books = tmp_path / "system" / "books.cborseq"
    books.write_bytes(books.read_bytes()[:-1] + b"?")
    with pytest.raises(ProtocolError, match="the books"):
        opened_at_last(shelf_of(console, tmp_path), "system")


def test_a_log_that_changes_afterwards_is_verified_anew(console: Console, tmp_path: Path) -> None:
    shutil.copytree(console.reports / "system", tmp_path / "system")
    shelf = Shelf(tmp_path, console.made.root)
    assert shelf.open("system") is shelf.open("system")
    for name in SEQUENCES:
        path = tmp_path / "system" / name
        good = path.read_bytes()
        path.write_bytes(good + b"?")
        with pytest.raises(ProtocolError):
            shelf.open("system")
        path.write_bytes(good)
    assert shelf.open("system").report == console.made.report


def test_a_worker_that_ends_is_told_and_another_one_begins(console: Console) -> None:
    shelf = shelf_of(console)
    with pytest.raises(StoreError, match="the process that verified the report has ended") as fault:
        opened_at_last(shelf, "system", meanwhile=kill_workers)
    assert fault.value.code == "worker"
    assert opened_at_last(shelf, "system").report == console.made.report


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_reader_sees_how_far_it_is_and_nothing_of_the_report(console: Console, language: str) -> None:
    app, shelf, desk = FastAPI(), shelf_of(console), console.service.desk
    clients = Clients(desk.bank.store, random.Random(language).randbytes)
    app.mount(BASE, make_console(desk, clients, shelf, root=console.made.root))
    browser = Browser(app, language)
    browser.post(f"{BASE}/sign-in", name=console.name, secret=console.secret)
    path = f"{BASE}/reports/system/figures?figure=end.supply.1.loaded_fen"
    told = browser.get(path)
    assert told.status_code == 202
    assert words(language)["opening"] in told.text
    assert f'<progress max="{console.made.report.size}" value="0"' in told.text
    assert f'<a href="{path}">{words(language)["look-again"]}</a>' in told.text
    assert words(language)["verified"] not in told.text
    assert str(console.made.report.stocks["supply.1.loaded_fen"]) not in told.text
    while told.status_code == 202:
        told = browser.get(path)
    assert told.status_code == 200
    assert "end.supply.1.loaded_fen" in told.text
