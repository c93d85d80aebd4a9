"""A report is verified from tables as a person types it: one line, the right exit code, few imports."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shuangli.cli import main
from shuangli.errors import BadInput
from tests.missing import without
from tests.periods.making import Made
from tests.periods.tabling import as_tables, verified


def shuangli(*words: object) -> Result:
    return CliRunner().invoke(main, [*map(str, words)])


def test_a_regulator_who_has_only_the_tables(system: Path, of_centre: Made, tmp_path: Path) -> None:
    root = ("--root", of_centre.root.hex())
    done = shuangli("report", "verify", system, *root, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["verified"]
    assert (told["figures"], told["exported"]) == (
        len(of_centre.report.flows) + len(of_centre.report.stocks),
        7,
    )
    # What else was exported is compared with the log's table, and more can be made from it.
    log = (system / "exported/log.parquet").read_bytes()
    done = shuangli("report", "export", system, *root, "--format", "parquet", "--format", "html", "--json")
    assert done.exit_code == 0, done.output
    assert "report.html" in json.loads(done.stdout)["files"]
    assert (system / "exported/log.parquet").read_bytes() == log
    figures = system / "exported/figures.csv"
    good = figures.read_bytes()
    figures.write_bytes(good.replace(b"value_fen,450", b"value_fen,451", 1))
    done = shuangli("report", "verify", system, *root)
    assert done.exit_code == 1
    assert "exported/figures.csv: row" in done.stdout
    figures.write_bytes(good)
    shuangli("witness", "new", tmp_path / "me")
    done = shuangli("witness", "cosign", tmp_path / "me", system, *root)
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (lambda out: (out / "log.parquet").write_bytes(b"PAR1"), 1, "no Parquet file, or is damaged"),
        (lambda out: (out / "log.parquet").write_bytes(b""), 1, "no Parquet file, or is damaged"),
        (lambda out: (out / "books.parquet").write_text("entry,data"), 1, "no Parquet file, or is damaged"),
        (lambda out: (out / "books.parquet").unlink(), 2, "books.parquet: No such file"),
        (lambda out: (out / "books.parquet").unlink() or (out / "books.parquet").mkdir(), 2, "directory"),
        (lambda out: (out / "log.parquet").unlink(), 2, "neither log.cborseq nor exported/log.parquet"),
        (lambda out: (out.parent / "books.cborseq").touch(), 2, "log.cborseq: No such file"),
        (lambda out: (out.parent / "log.cborseq").touch(), 2, "books.cborseq: No such file"),
        (lambda out: (out.parent / "report.cbor").unlink(), 2, "report.cbor: is missing"),
        (lambda out: (out / "log.csv").touch(), 1, "exported/log.csv is not part of the report"),
    ],
)
def test_one_line_and_the_right_exit_code(
    of_centre: Made, tmp_path: Path, change: Callable[[Path], object], code: int, words: str
) -> None:
    directory = as_tables(of_centre, tmp_path / "report")
    change(directory / "exported")
    done = shuangli("report", "verify", directory, "--root", of_centre.root.hex())
    assert done.exit_code == code, done.output
    told = done.stdout if code == 1 else done.stderr
    assert words in told
    assert len(told.splitlines()) == 1


def test_without_the_library_it_is_asked_for(
    system: Path, of_centre: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, "polars", needed_by="shuangli.offline.periods.parquet")
    with pytest.raises(BadInput, match=r"pip install 'shuangli\[archive\]'"):
        verified(system, of_centre.root)


def test_it_takes_the_core_and_offline_alone(system: Path, of_centre: Made) -> None:
    words = ["report", "verify", str(system), "--root", of_centre.root.hex()]
    program = (
        "import sys; from shuangli.cli import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit as end:\n    assert end.code == 0, end\n"
        "print(sorted({name.split('.')[1] for name in sys.modules if name.startswith('shuangli.')}))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    folders = {"issuer", "operator", "sims", "wallet", "api", "database"}
    assert not folders & {*json.loads(done.stdout.splitlines()[-1].replace("'", '"'))}
