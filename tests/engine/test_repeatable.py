"""The same seed gives the same bytes: elsewhere, with another hash seed, and in any number of processes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.engine.runs import play_small

ROOT = Path(__file__).resolve().parents[2]
TIMES = {"run.json"}
SETTINGS = {
    "transit": ("clone.share=0.15", "operators=3"),
    "payroll": ("workers=30", "shops=3", "days=2", "clone.share=0.2", "among_workers=0.8"),
}


def simulate(
    name: str,
    directory: Path,
    files: tuple[str, ...],
    *,
    hash_seed: str = "0",
    workers: int = 1,
    threads: int = 1,
) -> dict[str, bytes]:
    """Run the command in `directory`; what it has written."""
    directory.mkdir()
    settings = [word for setting in SETTINGS[name] for word in ("--set", setting)]
    command = [sys.executable, "-m", "shuangli", "sim", "run", name, "--out", "out", *files, *settings]
    subprocess.run(
        [*command, "--seed", "1", "--workers", str(workers)],
        cwd=directory,
        env={
            **os.environ,
            "PYTHONHASHSEED": hash_seed,
            "PYTHONPATH": str(ROOT),
            "POLARS_MAX_THREADS": str(threads),
        },
        check=True,
        capture_output=True,
    )
    return written(directory / "out")


def written(out: Path) -> dict[str, bytes]:
    """Everything that a run has written but databases and times, by name."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and "databases" not in path.parts and path.name not in TIMES
    }


def differing(some: dict[str, bytes], others: dict[str, bytes]) -> list[str]:
    """The files that are not the same."""
    return [name for name in sorted(some.keys() | others.keys()) if some.get(name) != others.get(name)]


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_seed_means_the_same_everywhere(name: str, trips: Path, line: Path, tmp_path: Path) -> None:
    files = ("--demand", str(trips), "--network", str(line)) if name == "transit" else ()
    first = simulate(name, tmp_path / "first", files)
    again = simulate(name, tmp_path / "somewhere else", files, hash_seed="4711", workers=3, threads=2)
    assert differing(first, again) == []
    assert {"result.json", "report.cbor", "payments.parquet", "cases.parquet", "report.html"} <= first.keys()
    assert any(name.startswith("evidence/") for name in first)

    given: dict[str, Any] = {"demand": trips, "network": line} if name == "transit" else {}
    given |= dict(setting.split("=") for setting in SETTINGS[name])
    here = play_small(tmp_path / "here", name, seed=1, **given)
    assert differing(first, written(here.directory)) == [], "played in one process"

    other = play_small(tmp_path / "other", name, seed=2, **given)
    figures, others = json.loads(first["result.json"]), json.loads(written(other.directory)["result.json"])
    assert figures["scenario"].pop("seed") != others["scenario"].pop("seed")
    assert figures["hours"] != others["hours"]
    assert written(other.directory)["root-key.txt"] != first["root-key.txt"]
