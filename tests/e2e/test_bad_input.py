"""Bad input ends with exit code 2 and one line that says what, where, and what would be right."""

import json
from pathlib import Path

import pytest

from tests.e2e.command import SMALL, assert_one_line, shuangli

HEADER = "hour,origin,destination,trips\n"
NETWORK_HEADER = "line,seq,station,distance_from_previous_m\n"


@pytest.mark.parametrize(
    ("name", "content", "parts"),
    [
        ("od.csv", b"hour,origin,trips\n8,A,3\n", ("od.csv", "destination")),
        ("od.csv", HEADER.encode() + b"8,A,B,3\n9,A,B,-1\n", ("od.csv", "row 3", "trips", "'-1'")),
        ("od.csv", HEADER.encode() + b"8,A,B,2.5\n", ("od.csv", "row 2", "trips", "'2.5'")),
        ("od.csv", HEADER.encode() + b"8,A,B,1\n24,A,B,3\n", ("od.csv", "row 3", "hour", "'24'", "0 to 23")),
        ("od.csv", HEADER.encode() + b"8,,B,1\n", ("od.csv", "row 2", "origin", "empty")),
        ("od.csv", b"", ("od.csv", "empty")),
        ("od.csv", HEADER.encode(), ("od.csv", "no rows")),
        ("od.csv", bytes(range(256)), ("od.csv", "not a CSV table")),
        ("od.parquet", b"PAR1 and more of it PAR1", ("od.parquet", "not a Parquet table")),
        ("od.xlsx", b"PK\3\4", ("od.xlsx", "neither .csv nor .parquet")),
        ("boardings.csv", b"slot_start_s,station,boardings\n0,A,1\n99,B,x\n", ("row 3", "boardings", "'x'")),
        ("missing.csv", None, ("missing.csv", "no such file")),
    ],
)
def test_demand(tmp_path: Path, name: str, content: bytes | None, parts: tuple[str, ...]) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = shuangli("sim", "run", "transit", "--demand", name, "--out", "out", cwd=tmp_path)
    assert_one_line(done, *parts)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("rows", "parts"),
    [
        ("L,1,A,\nL,2,C,900\n", ("od.csv", "row 2", "destination", "station 'B'", "line.csv")),
        ("L,1,A,\nL,2,B,\n", ("line.csv", "row 3", "distance_from_previous_m")),
        ("L,1,A,\nL,1,B,5\n", ("line.csv", "row 3", "seq", "twice")),
    ],
)
def test_network(tmp_path: Path, rows: str, parts: tuple[str, ...]) -> None:
    (tmp_path / "od.csv").write_text(HEADER + "8,A,B,3\n", encoding="utf-8")
    (tmp_path / "line.csv").write_text(NETWORK_HEADER + rows, encoding="utf-8")
    options = ("--demand", "od.csv", "--network", "line.csv", "--out", "out")
    assert_one_line(shuangli("sim", "run", "transit", *options, cwd=tmp_path), *parts)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("sim", "run"), ("transit", "payroll")),
        (("sim", "run", "tranzit"), ("tranzit", "nearest is transit")),
        (("sim", "run", "transit", "--fast"), ("--fast",)),
        (("sim", "walk"), ("walk",)),
        (("sim", "run", "transit", "--set", "tripz=3"), ("--set tripz", "nearest is trips")),
        (("sim", "run", "transit", "--set", "trips"), ("--set trips", "KEY=VALUE")),
        (("sim", "run", "transit", "--set", "trips=many"), ("trips=many", "whole number")),
        (("sim", "run", "transit", "--set", "trips=" + "9" * 400), ("trips=9999", "10^8")),
        (("sim", "run", "transit", "--set", "clone.share=0.6"), ("clone.share=0.6", "0.5")),
        (("sim", "run", "transit", "--seed", "-1"), ("--seed", "-1")),
        (("sim", "run", "transit", "--workers", "0"), ("--workers", "0")),
        (("sim", "run", "payroll", "--demand", "od.csv"), ("demand", "transit", "payroll")),
        (("report", "verify", "nowhere", "--root", "0" * 64), ("nowhere", "No such file")),
        (("report", "verify", "nowhere"), ("--root",)),
        (("evidence", "verify", "nowhere", "--root", "0" * 64), ("nowhere", "No such file")),
        (("evidence", "verify", ".", "--root", "0" * 64), ("Is a directory",)),
        (("evidence", "verify", "x", "--root", "0" * 63), ("--root 000", "64 hex digits nor a file")),
        (("evidence", "verify", "x", "--root", "g" * 64), ("--root ggg", "64 hex digits nor a file")),
    ],
)
def test_options(tmp_path: Path, words: tuple[str, ...], parts: tuple[str, ...]) -> None:
    assert_one_line(shuangli(*words, cwd=tmp_path), *parts)
    assert list(tmp_path.iterdir()) == []


def test_output_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work", encoding="utf-8")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    for out, part in (("file", "File exists"), ("file/out", "Not a directory"), ("mine", "empty directory")):
        done = shuangli("sim", "run", "transit", *SMALL, "--out", out, cwd=tmp_path)
        assert_one_line(done, out, part)
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk; what was written stays marked as unfinished."""
    limited = ("bash", "-c", 'ulimit -f 200; exec "$@"', "-")
    done = shuangli("sim", "run", "transit", *SMALL, "--out", "out", cwd=tmp_path, under=limited)
    assert_one_line(done, "out")
    assert json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8")) == {"unfinished": True}
    assert not (tmp_path / "out" / "result.json").exists()
    again = shuangli("sim", "run", "transit", *SMALL, "--out", "out", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
