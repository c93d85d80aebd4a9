"""Sweeps: every run once, whatever happens on the way, and each as if it had been run alone."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from shuangli.cli import main
from shuangli.errors import BadInput
from shuangli.sims.api import compare, run, run_setup, sweep
from shuangli.sims.directories import alone_in
from shuangli.sims.progress import sweep_bar
from shuangli.sims.studies.measures import MEASURES, measured
from shuangli.sims.studies.pool import LocalRunners, Runners, Task
from shuangli.sims.studies.record import read_record
from shuangli.sims.studies.sweep import Swept
from shuangli.sims.studies.sweep import sweep as sweep_study
from tests.docs.pages import ROOT
from tests.missing import without
from tests.studies.dying import work_and_die
from tests.studies.made_up import TINY, study_in

TRANSIT = """scenario = "transit"
[settings]
trips = 40
outage_h = 0
[sweep]
seeds = 1
[sweep.vary]
{}
"""


def files_of(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.glob("rows/*.parquet")}


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the tiny study, swept in two processes."""
    directory = tmp_path_factory.mktemp("study")
    study_in(directory)
    assert sweep(directory / "study.toml", directory / "out", workers=2) == Swept(4, 0, [])
    return directory / "out"


def test_each_run_is_a_row_with_all_settings_and_measures(swept: Path) -> None:
    runs = pl.read_parquet(swept / "runs.parquet")
    assert runs.select("point", "seed", "setting.hop_cap").rows() == [
        (0, 1, 1),
        (0, 2, 1),
        (1, 1, 6),
        (1, 2, 6),
    ]
    assert runs["setting.clone.share"].to_list() == [0.34] * 4
    assert set(MEASURES) < set(runs.columns)
    assert runs["payments.attempted"].min() > 0  # type: ignore[operator]
    assert runs["books.difference_fen"].to_list() == [0] * 4
    assert not (swept / "under-way").exists()


def test_a_row_says_what_the_run_alone_says(swept: Path, tmp_path: Path) -> None:
    study = study_in(tmp_path)
    written = run_setup(study.run(1, 2), tmp_path / "alone", workers=2)
    row = pl.read_parquet(swept / "runs.parquet").filter(point=1, seed=2).row(0, named=True)
    assert {name: row[name] for name in MEASURES} == measured(written.result)


def test_the_record_says_what_was_run_and_with_what(swept: Path) -> None:
    record = read_record(swept)
    assert record.config["workers"] == 6
    assert record.config["days"] == 1
    assert (record.seeds, record.points) == ([1, 2], [{"hop_cap": 1}, {"hop_cap": 6}])
    assert {"shuangli", "python", "numpy", "scipy", "pynacl"} <= record.versions.keys()
    assert {f"{name}.parquet" for name in record.names} == set(files_of(swept))


class Watched(LocalRunners):
    """Runners that note which runs they were given."""

    started: ClassVar[list[str]] = []

    def start(self, task: Task) -> None:
        self.started.append(task.name)
        super().start(task)


def test_begun_again_it_plays_nothing_and_extended_only_what_is_new(swept: Path, tmp_path: Path) -> None:
    def play(text: str) -> tuple[Swept, int]:
        Watched.started.clear()
        done = sweep_study(
            study_in(tmp_path, text), swept, lambda scratch: Watched(1, scratch), lambda *_: None
        )
        return done, len(Watched.started)

    before = files_of(swept)
    assert play(TINY.replace("seeds = 2", "seeds = 2 # no change")) == (Swept(4, 4, []), 0)
    assert play(TINY.replace("[1, 6]", "[1, 2, 6]")) == (Swept(6, 4, []), 2)
    after = files_of(swept)
    assert {name: after[name] for name in before} == before
    study_in(tmp_path)
    assert sweep(tmp_path / "study.toml", swept, workers=1) == Swept(4, 4, [])


def test_other_settings_or_another_file_are_other_runs(tmp_path: Path) -> None:
    demand = tmp_path / "od.csv"
    text = 'demand = "od.csv"\n' + TRANSIT.format("operators = [1]").replace("trips = 40\n", "")
    study_in(tmp_path, text)
    for trips, before in ((2, 0), (3, 0), (3, 1)):
        demand.write_text(f"hour,origin,destination,trips\n8,A,B,{trips}\n")
        assert sweep(tmp_path / "study.toml", tmp_path / "out", workers=1) == Swept(1, before, [])
    runs = pl.read_parquet(tmp_path / "out" / "runs.parquet")
    assert runs["payments.attempted"].to_list() == [3]


KILLED = """
import os, signal, sys
from shuangli.sims.api import sweep

def show(done, runs):
    if done == 2:
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    sweep(sys.argv[1], sys.argv[2], workers=2, show=show)
"""


def test_killed_in_the_middle_it_goes_on_where_it_was(swept: Path, tmp_path: Path) -> None:
    study_in(tmp_path)
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    out = tmp_path / "out"
    command = [sys.executable, str(script), str(tmp_path / "study.toml"), str(out)]
    ran = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert ran.returncode == -signal.SIGKILL
    there = files_of(out)
    assert 2 <= len(there) < 4
    (out / "under-way" / "half").mkdir(exist_ok=True)
    assert sweep(tmp_path / "study.toml", out, workers=2) == Swept(4, len(there), [])
    whole = files_of(out)
    assert {name: whole[name] for name in there} == there
    assert whole == {name: data for name, data in files_of(swept).items() if name in whole}
    assert not (out / "under-way").exists()


def with_work(work: Callable[..., object]) -> Callable[[Path], Runners]:
    return lambda scratch: LocalRunners(1, scratch, work)  # type: ignore[arg-type]


def test_a_process_that_dies_costs_its_run_and_no_other(tmp_path: Path) -> None:
    study, out = study_in(tmp_path), tmp_path / "out"
    done = sweep_study(study, out, with_work(work_and_die), lambda *_: None)
    assert [
        why.startswith("the process sweep ended before its work was done") for _, why in done.failures
    ] == [
        True,
        True,
    ]
    assert len(files_of(out)) == 2
    assert sweep(study, out, workers=1) == Swept(4, 2, [])


def test_a_run_that_fails_is_named_in_one_line_and_the_others_are_kept(tmp_path: Path) -> None:
    study_in(tmp_path, TRANSIT.format("trips_per_wallet = [100, 2]"))
    out = tmp_path / "out"
    command = ["sim", "sweep", str(tmp_path / "study.toml"), "--out", str(out), "--workers", "1"]
    ran = CliRunner().invoke(main, command)
    assert (ran.exit_code, ran.stderr.count("\n")) == (2, 1)
    assert "1 of 2 runs failed; the first, " in ran.stderr
    assert "trips_per_wallet leaves 1 wallets" in ran.stderr
    assert len(files_of(out)) == 1


def test_an_interrupt_ends_it_between_two_runs(tmp_path: Path) -> None:
    study, out = study_in(tmp_path), tmp_path / "out"

    def shown() -> None:
        with sweep_bar("x") as show:

            def interrupt(done: int, runs: int) -> None:
                if done == 1:
                    os.kill(os.getpid(), signal.SIGINT)
                show(done, runs)

            sweep(study, out, workers=1, show=interrupt)

    with pytest.raises(KeyboardInterrupt):
        shown()
    assert len(files_of(out)) == 1
    assert not (out / "under-way").exists()
    assert sweep(study, out, workers=1) == Swept(4, 1, [])


def test_a_row_that_a_crash_has_cut_off_is_played_again(swept: Path, tmp_path: Path) -> None:
    study, out = study_in(tmp_path), tmp_path / "out"
    shutil.copytree(swept, out)
    rows = [out / "rows" / f"{name}.parquet" for name in read_record(out).names]
    rows[0].write_bytes(b"")
    rows[1].write_bytes(rows[1].read_bytes()[:-1])
    assert compare(out).missing == 2
    assert sweep(study, out, workers=1) == Swept(4, 2, [])
    assert files_of(out) == files_of(swept)


def test_two_sweeps_do_not_work_in_one_directory(tmp_path: Path) -> None:
    study, out = study_in(tmp_path), tmp_path / "out"
    with alone_in(out), pytest.raises(BadInput, match="another run or sweep is at work there"):
        sweep(study, out)
    assert list(out.iterdir()) == []


def test_what_the_command_line_sets_cannot_be_varied_as_well(tmp_path: Path) -> None:
    study_in(tmp_path)
    command = ["sim", "sweep", str(tmp_path / "study.toml"), "--set", "hop_cap=2"]
    ran = CliRunner().invoke(main, command)
    assert (ran.exit_code, ran.stderr.count("\n")) == (2, 1)
    assert "--set hop_cap: " in ran.stderr
    assert "varies it" in ran.stderr


def test_another_directory_is_left_alone(tmp_path: Path) -> None:
    study_in(tmp_path)
    with pytest.raises(BadInput, match="holds files that are not of a study"):
        sweep(tmp_path / "study.toml", tmp_path)


def test_the_command_says_how_many_runs_and_what_is_next(swept: Path, tmp_path: Path) -> None:
    study_in(tmp_path)
    command = ["sim", "sweep", str(tmp_path / "study.toml"), "--out", str(swept)]
    ran = CliRunner().invoke(main, command)
    assert ran.exit_code == 0
    assert "4 of 2 points and 2 seeds, 4 there before" in ran.stdout
    assert f"shuangli sim compare {swept}" in ran.stdout
    facts = json.loads(CliRunner().invoke(main, [*command, "--json"]).stdout)
    assert facts == {"directory": str(swept), "runs": 4, "there_before": 4}


def test_without_ray_the_command_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, "ray", needed_by="shuangli.sims.studies.ray_runners")
    study_in(tmp_path)
    command = ["sim", "sweep", str(tmp_path / "study.toml"), "--out", str(tmp_path / "out"), "--ray", "local"]
    ran = CliRunner().invoke(main, command)
    assert (ran.exit_code, ran.stderr.count("\n")) == (2, 1)
    assert "pip install 'shuangli[ray]'" in ran.stderr


@pytest.mark.heavy
def test_on_a_ray_cluster_the_rows_are_the_same(swept: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="needs the extra `ray`")
    study_in(tmp_path)
    out = tmp_path / "out"
    assert sweep(tmp_path / "study.toml", out, ray="local") == Swept(4, 0, [])
    expected = files_of(swept)
    assert files_of(out) == {name: expected[name] for name in files_of(out)}


def test_from_python_a_run_is_what_the_command_writes(tmp_path: Path) -> None:
    settings = {"workers": 6, "shops": 2, "days": 1}
    written = run("payroll", settings, 3, tmp_path / "api")
    words = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    ran = CliRunner().invoke(
        main,
        ["sim", "run", "payroll", *words, "--seed", "3", "--out", str(tmp_path / "cli"), "--workers", "1"],
    )
    assert ran.exit_code == 0, ran.output
    files = [sorted(p.name for p in (tmp_path / name).iterdir()) for name in ("api", "cli")]
    assert files[0] == files[1]
    results = [(tmp_path / name / "result.json").read_bytes() for name in ("api", "cli")]
    assert results[0] == results[1]
    assert written.result["scenario"]["config"]["workers"] == 6
    assert written.run["versions"]["shuangli"]


def test_from_python_numbers_may_be_those_of_numpy_and_texts_are_no_seeds(tmp_path: Path) -> None:
    settings = {"workers": np.int64(6), "shops": np.int32(2), "days": 1, "clone.share": np.float32(0.25)}
    run("payroll", settings, np.int64(3), tmp_path / "out")  # type: ignore[arg-type]
    scenario = json.loads((tmp_path / "out" / "result.json").read_bytes())["scenario"]
    assert (scenario["seed"], scenario["config"]["clone"]["share"]) == (3, 0.25)
    for seed in ("3", 1.5, True, None, -1):
        with pytest.raises(BadInput, match="is not a whole number from 0 to 2"):
            run("payroll", {}, seed, tmp_path / "out")  # type: ignore[arg-type]
