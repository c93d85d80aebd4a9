"""The page of benchmarks: every benchmark has its place, and figures are printed as they were measured."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bench.machine import machine
from bench.result import Measured
from bench.run import BENCHMARKS
from scripts import make_benchmarks_page
from scripts.make_benchmarks_page import BUSY, GROUPS, MARKS, Run, group_of, main, page_of
from tests.docs.pages import ROOT

MACHINE: dict[str, Any] = {
    "date": "2026-11-29",
    "processor": "Z80",
    "processors": 2,
    "memory_mb": 25_276,
    "system": "Linux x86_64",
    "load": 0.1,
    "commit": "0123456789ab",
    "versions": {"python": "3.11.7", "sqlite": "3.40.1"},
}


def line(name: str, value: float, unit: str = "us", limit_value: float = 100.0) -> dict[str, Any]:
    return Measured(name=name, value=value, unit=unit, limit="the limit", limit_value=limit_value).as_json()


def test_every_benchmark_has_a_group_of_its_own_and_every_group_a_benchmark() -> None:
    assert {group_of(name).prefix for name in BENCHMARKS} == set(BENCHMARKS) == {it.prefix for it in GROUPS}


def test_a_line_belongs_to_the_longest_beginning_of_its_name() -> None:
    assert group_of("settle.sqlite.1m.known").prefix == "settle"
    assert group_of("settle.profile.known").prefix == "settle.profile"
    with pytest.raises(ValueError, match="settlement"):
        group_of("settlement.x")


def test_a_page_has_the_machine_and_each_line_with_value_limit_and_ratio() -> None:
    page = page_of([Run([line("payment.1-coin.payer", 231.4), line("coins.missed", 0.01984)], MACHINE)])
    assert "2 × Z80, Linux x86_64, 25,276 MB; python 3.11.7, sqlite 3.40.1" in page
    assert "| `payment.1-coin.payer` | 231 | µs | 100 | the limit | 2.31 |" in page
    assert "| `coins.missed` | 0.0198 | µs | 100 | the limit | 0.00 |" in page
    assert page.index("## One payment") < page.index("## Choice of coins")
    assert "## Settlement" not in page, "nothing of it was measured"
    assert "other work" not in page
    assert BUSY.format(runs="run 1") in page_of([Run([line("payment.x", 1)], {**MACHINE, "load": 3.0})])


def test_a_mark_is_kept_or_missed_and_only_lines_that_were_measured_are_told() -> None:
    page = page_of([Run([line("sim.transit", 49.9), line("payment.1-coin.payer", 200.0)], MACHINE)])
    assert "| `sim.transit` | 0.50 | at least 0.5 | **missed** |" in page
    assert "| `payment.1-coin.payer` | 2.00 | at most 2 | kept |" in page
    assert "settle" not in page[page.index("## Aims") :]
    assert "## Aims" not in page_of([Run([line("coins.missed", 1)], MACHINE)])


def test_every_mark_speaks_of_lines_that_a_benchmark_writes() -> None:
    page = (ROOT / "docs/explanation/benchmarks.md").read_text(encoding="utf-8")
    measured = re.findall(r"^\| `([a-z0-9.-]+)` \|", page, re.MULTILINE)
    for mark in MARKS:
        assert any(re.fullmatch(mark.lines, name) for name in measured), mark.lines


def test_this_machine_is_told_with_its_versions() -> None:
    told = json.loads(json.dumps(machine()))
    assert told.keys() == MACHINE.keys()
    assert {"shuangli", "python", "sqlite", "postgresql", "pynacl"} <= told["versions"].keys()
    assert f"| 1 | {told['date']} | " in page_of([Run([line("payment.x", 1)], told)])


def test_of_two_runs_the_later_one_counts_and_each_line_names_its_run() -> None:
    first = Run([line("payment.a", 1), line("payment.b", 2)], MACHINE)
    page = page_of([first, Run([line("payment.b", 3)], {**MACHINE, "date": "2026-11-30"})])
    assert "| 1 | 2026-11-29 | " in page
    assert "| 2 | 2026-11-30 | " in page
    assert "| `payment.a` | 1 | µs | 100 | the limit | 0.01 | 1 |" in page
    assert "| `payment.b` | 3 | µs | 100 | the limit | 0.03 | 2 |" in page
    assert "| `payment.b` | 2 |" not in page


def test_it_writes_the_page_of_a_directory_or_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written = tmp_path / "page.md"
    monkeypatch.setattr(make_benchmarks_page, "PAGE", written)
    assert main([str(tmp_path)]) == 2
    assert "run make bench first" in capsys.readouterr().err
    assert not written.exists()
    (tmp_path / "bench.json").write_text(json.dumps([line("api.reconcile.1", 5, "uploads/s")]))
    (tmp_path / "bench-machine.json").write_text(json.dumps(MACHINE))
    assert main([str(tmp_path)]) == 0
    assert "| `api.reconcile.1` | 5 | uploads/s |" in written.read_text(encoding="utf-8")


def test_the_page_in_the_repository_is_one_that_the_script_writes() -> None:
    page = (ROOT / "docs/explanation/benchmarks.md").read_text(encoding="utf-8")
    assert page.startswith(make_benchmarks_page.START)
    assert "## Measured on" in page
