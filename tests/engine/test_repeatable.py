"""The same seed gives the same bytes: in another directory, with another hash seed and more workers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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
    seed: int = 1,
    hash_seed: str = "0",
    workers: int = 1,
    threads: int = 1,
) -> dict[str, bytes]:
    """Run the command in `directory`; everything that it has written but databases, by name."""
    directory.mkdir()
    settings = [word for setting in SETTINGS[name] for word in ("--set", setting)]
    command = [sys.executable, "-m", "shuangli", "sim", "run", name, "--out", "out", *files, *settings]
    subprocess.run(
        [*command, "--seed", str(seed), "--workers", str(workers)],
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
    out = directory / "out"
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and "databases" not in path.parts and path.name not in TIMES
    }


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_seed_means_the_same_everywhere(name: str, trips: Path, line: Path, tmp_path: Path) -> None:
    files = ("--demand", str(trips), "--network", str(line)) if name == "transit" else ()
    first = simulate(name, tmp_path / "first", files)
    again = simulate(name, tmp_path / "somewhere else", files, hash_seed="4711", workers=3, threads=2)
    assert first.keys() == again.keys()
    assert [name for name, data in first.items() if data != again[name]] == []
    assert {"result.json", "report.cbor", "payments.parquet", "cases.parquet", "report.html"} <= first.keys()
    assert any(name.startswith("evidence/") for name in first)

    other = simulate(name, tmp_path / "other", files, seed=2)
    figures, others = json.loads(first["result.json"]), json.loads(other["result.json"])
    assert figures["scenario"].pop("seed") != others["scenario"].pop("seed")
    assert figures["hours"] != others["hours"]
    assert other["root-key.txt"] != first["root-key.txt"]
