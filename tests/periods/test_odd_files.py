"""What lies in a report's directory and should not: it is named in one line, and not read."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result

from shuangli.cli import main
from shuangli.offline.periods.directory import MOST_FILE_BYTES
from tests.periods.making import Made, written

LINE = "\n"


def shuangli(*words: object) -> Result:
    return CliRunner().invoke(main, [*map(str, words)])


@pytest.fixture
def report(of_centre: Made, tmp_path: Path) -> Path:
    """A report of which a test may break what it likes."""
    return written(of_centre, tmp_path / "report")


def link(path: Path) -> None:
    path.symlink_to("/etc/hostname")


def link_to_a_folder(path: Path) -> None:
    path.symlink_to(path.parent)


def huge(path: Path) -> None:
    """A file that takes no room on the disk, and would take all memory."""
    path.touch()
    os.truncate(path, 1 << 40)


ODD: Final[dict[str, tuple[str, Callable[[Path], object], str]]] = {
    "a link": ("cosignatures/one.cbor", link, "cosignatures/one.cbor is a link, or no file"),
    "a link that leads nowhere": ("a", lambda path: path.symlink_to("b"), "a is a link, or no file"),
    "a link to a folder": ("evidence/a", link_to_a_folder, "evidence/a is a link, or no file"),
    "a pipe": ("evidence/pipe", os.mkfifo, "evidence/pipe is a link, or no file"),
    "the log as a pipe": ("log.cborseq", os.mkfifo, "log.cborseq is a link, or no file"),
    "the report as a pipe": ("report.cbor", os.mkfifo, "report.cbor is a link, or no file"),
    "a huge file": ("evidence/a.cbor", huge, f"at most {MOST_FILE_BYTES} are read"),
    "the report as a huge file": ("report.cbor", huge, f"at most {MOST_FILE_BYTES} are read"),
    "a name that a terminal obeys": ("evidence/\x1b[2J", Path.touch, r"'evidence/\x1b[2J' is no name of"),
    "a name in no encoding": ("evidence/\udcff", Path.touch, r"'evidence/\udcff' is no name of a file"),
    "a file of another": ("notes.txt", Path.touch, "notes.txt is not part of the report"),
}


@pytest.mark.parametrize("name", ODD)
def test_f33_what_no_report_has_is_named(report: Path, of_centre: Made, name: str) -> None:
    at, put, words = ODD[name]
    path = report / at
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    put(path)
    done = shuangli("report", "verify", report, "--root", of_centre.root.hex())
    assert done.exit_code == 1, done.output
    assert done.output.startswith("no: ")
    assert words in done.output
    assert done.output.count(LINE) == 1
    assert done.output[:-1].isprintable()


@pytest.mark.parametrize("command", ["verify", "export"])
def test_a_directory_that_is_none_or_has_no_report(of_centre: Made, tmp_path: Path, command: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    for name in ("none", "file", "empty"):
        done = shuangli("report", command, tmp_path / name, "--root", of_centre.root.hex())
        assert done.exit_code == 2, done.output
        assert str(tmp_path / name) in done.output
        assert done.output.count(LINE) == 1


def test_a_root_key_that_is_a_huge_file_or_none(report: Path, tmp_path: Path) -> None:
    huge(tmp_path / "huge")
    (tmp_path / "text").write_bytes("根".encode())
    for root in (tmp_path / "huge", tmp_path / "text", tmp_path, "/dev/zero", "", "0" * 63, "z" * 64):
        done = shuangli("report", "verify", report, "--root", root)
        assert done.exit_code == 2, done.output
        assert "is neither 64 hex digits nor a file with them" in done.output


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
@pytest.mark.parametrize("name", ["report.cbor", "log.cborseq", "evidence", "exported", "."])
def test_what_may_not_be_read_is_bad_input(report: Path, of_centre: Made, name: str) -> None:
    (report / "exported").mkdir()
    path = report / name
    path.chmod(0)
    try:
        done = shuangli("report", "verify", report, "--root", of_centre.root.hex())
    finally:
        path.chmod(0o700)
    assert (done.exit_code, done.output.count(LINE)) == (2, 1), done.output
    assert "Permission denied" in done.output


def test_receipts_may_be_linked(report: Path, of_centre: Made, tmp_path: Path) -> None:
    """They are the regulator's own files, and lie where that pleases."""
    receipts = tmp_path / "receipts"
    receipts.mkdir()
    (tmp_path / "one").write_bytes(b"?")
    (receipts / "one").symlink_to(tmp_path / "one")
    done = shuangli("report", "verify", report, "--root", of_centre.root.hex(), "--receipts", receipts)
    assert done.exit_code == 1
    assert "receipt 1 is not one of centre" in done.output
    shutil.rmtree(receipts)
    done = shuangli("report", "verify", report, "--root", of_centre.root.hex(), "--receipts", receipts)
    assert (done.exit_code, done.output.count(LINE)) == (2, 1), done.output
