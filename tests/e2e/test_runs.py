"""Running a simulation: what is printed where, what an interrupt or a dead process leaves behind."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from shuangli.cli import main
from shuangli.sims.directories import alone_in
from tests.e2e.command import (
    ROOT,
    SMALL,
    OnTerminal,
    assert_one_line,
    ends,
    environment,
    shuangli,
    workers_of,
)

LONG = ("sim", "run", "transit", "--set", "trips=30000", "--out", "out", "--workers", "2")


def test_json_prints_json_and_nothing_else(tmp_path: Path) -> None:
    done = shuangli("sim", "run", "transit", *SMALL, "--json", "--out", "out", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    printed = json.loads(done.stdout)
    for name in ("result", "run"):
        assert printed[name] == json.loads((tmp_path / "out" / f"{name}.json").read_text(encoding="utf-8"))


def test_without_a_terminal_there_is_no_progress(tmp_path: Path) -> None:
    done = shuangli("sim", "run", "transit", *SMALL, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0].startswith("payments   ")
    assert done.stdout.endswith("report: build/transit/report.html\n")
    assert (tmp_path / "build" / "transit" / "report.html").is_file()


def test_on_a_terminal_there_is_a_bar_and_json_stays_clean(tmp_path: Path) -> None:
    words = ("sim", "run", "transit", *SMALL, "--json", "--out", "out")
    with OnTerminal(words, cwd=tmp_path) as command:
        code, output = command.finish()
        assert code == 0
        assert json.loads(output)["result"]["trips"]["attempted"] == 40
        assert "transit: 100%" in command.shown
        assert "payments=40" in command.shown


def test_a_run_replaces_what_an_earlier_one_left(tmp_path: Path) -> None:
    """Found: a run that broke off left the results of the run before it as if they were its own."""
    first = shuangli(
        "sim", "run", "transit", *SMALL, "--set", "clone.share=0.4", "--out", "out", cwd=tmp_path
    )
    assert first.returncode == 0, first.stderr
    left = {path.name for path in (tmp_path / "out").iterdir()}
    with OnTerminal(LONG, cwd=tmp_path) as command:
        command.wait_for(r"[1-9]/\d+ \[")
        command.interrupt()
        assert command.finish()[0] == 130
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "run.json",
        "databases",
        "evidence",
        "plots",
    }
    for name in ("evidence", "plots"):
        assert list((tmp_path / "out" / name).iterdir()) == []
    again = shuangli("sim", "run", "transit", *SMALL, "--out", "out", "--set", "clone.share=0", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == left
    verified = shuangli("report", "verify", "out", "--root", "out/root-key.txt", cwd=tmp_path)
    assert verified.returncode == 0, verified.stdout


@pytest.mark.parametrize("moment", [r"transit: 0window", r"[1-9]/\d+ \["], ids=["at the start", "under way"])
def test_an_interrupt_ends_it_at_once(tmp_path: Path, moment: str) -> None:
    """Ctrl-C reaches every process of the terminal; only the main one may speak of it.

    Found: workers that were just starting died with a traceback, and at the start it could be lost.
    """
    with OnTerminal(LONG, cwd=tmp_path) as command:
        command.wait_for(moment)
        workers = workers_of(command.process.pid)
        command.interrupt()
        code, output = command.finish()
        assert (code, output) == (130, "")
        assert "Traceback" not in command.shown
        assert command.shown.splitlines()[-1] == "shuangli: interrupted"
        assert command.shown.count("interrupted") == 1
    assert all(map(ends, workers))


@pytest.mark.parametrize("which", [0, -1], ids=["first", "last"])
def test_a_worker_that_dies_is_one_clear_error(tmp_path: Path, which: int) -> None:
    with OnTerminal(LONG, cwd=tmp_path) as command:
        command.wait_for(r"[1-9]/\d+ \[")
        workers = workers_of(command.process.pid)
        assert len(workers) == 4
        os.kill(workers[which], signal.SIGKILL)
        code, output = command.finish()
        assert (code, output) == (2, "")
        assert "Traceback" not in command.shown
        last = command.shown.splitlines()[-1]
        assert last.startswith("shuangli: out: the process ")
        assert last.endswith("ended before its work was done (exit code -9)")
    assert all(map(ends, workers))


def test_workers_do_not_outlive_a_main_process_that_is_killed(tmp_path: Path) -> None:
    with OnTerminal(LONG, cwd=tmp_path) as command:
        command.wait_for(r"[1-9]/\d+ \[")
        workers = workers_of(command.process.pid)
        command.process.kill()
        # The terminal is theirs as well: it ends when the last of them has.
        command.finish()
    assert all(map(ends, workers))
    again = shuangli("sim", "run", "transit", *SMALL, "--out", "out", cwd=tmp_path)
    assert again.returncode == 0, again.stderr


def commands() -> list[tuple[str, ...]]:
    """Every command and group."""
    found: list[tuple[str, ...]] = [()]
    waiting: list[tuple[tuple[str, ...], click.Command]] = [((), main)]
    while waiting:
        words, command = waiting.pop()
        for name, inner in sorted(getattr(command, "commands", {}).items()):
            found.append((*words, name))
            waiting.append(((*words, name), inner))
    return found


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_help(words: tuple[str, ...]) -> None:
    done = shuangli(*words, "--help", cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(" ".join(["Usage: python -m shuangli", *words]))
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize("words", [(), ("sim",), ("evidence",), ("report",)], ids=" ".join)
def test_a_group_without_a_command_shows_its_help(words: tuple[str, ...], tmp_path: Path) -> None:
    """Found: the help was printed as an error, squeezed into one line."""
    done = shuangli(*words, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\nCommands:\n" in done.stdout


def test_the_module_runs_from_the_root_of_the_repository() -> None:
    """There stands a folder `operator`, which must not hide the library's module."""
    without_path = {name: value for name, value in environment().items() if name != "PYTHONPATH"}
    command = [sys.executable, "-m", "shuangli", "--version"]
    done = subprocess.run(command, cwd=ROOT, env=without_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("shuangli, version ")


def test_describe_lists_what_can_be_set(tmp_path: Path) -> None:
    done = shuangli("sim", "describe", "payroll", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "  hop_cap = 6" in done.stdout.splitlines()


def test_two_runs_do_not_write_to_one_directory(tmp_path: Path) -> None:
    with alone_in(tmp_path / "out"):
        told = shuangli("sim", "run", "payroll", "--out", "out", cwd=tmp_path)
    assert_one_line(told, "another run or sweep is at work there")
    assert list((tmp_path / "out").iterdir()) == []


def test_nothing_is_squeezed_into_the_error_of_an_output(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine", encoding="utf-8")
    assert_one_line(
        shuangli("sim", "run", "payroll", "--out", "out", cwd=tmp_path), "name an empty directory"
    )
