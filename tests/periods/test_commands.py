"""`shuangli report write` and `report verify`, as a person types them at a sandbox."""

import json
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shuangli.cli import main
from shuangli.messages.period_report import PeriodReport
from shuangli.offline.periods.file import ReportFile
from shuangli.operator.service.sandbox import open_sandbox

NOW = 1_767_300_000
"""In the middle of the two days that are reported."""
PERIOD = ("--from", "2026-01-01", "--until", "2026-01-03T00:00")


def shuangli(*words: object) -> Result:
    return CliRunner().invoke(main, [*map(str, words)])


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sandbox that was founded on one of these days: its vaults are filled."""
    directory = tmp_path_factory.mktemp("reports") / "sandbox"
    seeds = count(1)
    with open_sandbox(directory, random_bytes=lambda size: bytes([next(seeds)]) * size, now_s=lambda: NOW):
        return directory


@pytest.fixture(scope="module")
def written(sandbox: Path) -> Path:
    """The operator's report."""
    out = sandbox.parent / "of-operator"
    done = shuangli("report", "write", sandbox, out, *PERIOD)
    assert done.exit_code == 0, done.output
    return out


def report_in(directory: Path) -> PeriodReport:
    return PeriodReport.parse(ReportFile.decode((directory / "report.cbor").read_bytes()).report)


def test_written_and_verified(sandbox: Path, written: Path) -> None:
    root = ("--root", sandbox / "root-key.txt")
    done = shuangli("report", "verify", written, *root, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    said = report_in(written)
    assert told["verified"]
    assert (told["origin"], told["report"]) == ("OP01", said.signed.id.hex())
    assert said.flows["postings.OP01.count"] == told["entries"] > 0
    shown = json.loads((written / "report.json").read_text())
    assert shown["end"]["books"]["vault"]["total"] == said.stocks["books.vault.total"] > 0
    central = sandbox.parent / "of-system"
    assert shuangli("report", "write", sandbox, central, *PERIOD, "--centre").exit_code == 0
    done = shuangli("report", "verify", central, *root)
    assert (done.exit_code, done.output.split()[0]) == (0, "yes:")


def test_a_report_that_was_written_is_in_the_next_one(sandbox: Path, written: Path, tmp_path: Path) -> None:
    """Whatever was filed, everybody sees: also a report that another one puts right."""
    first = report_in(written).signed.id.hex()
    again = tmp_path / "again"
    done = shuangli("report", "write", sandbox, again, *PERIOD, "--replaces", first, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads((again / "report.json").read_text())["replaces"] == first
    assert report_in(again).size > report_in(written).size
    root = ("--root", sandbox / "root-key.txt")
    later = tmp_path / "later"
    span = ("--from", "2026-01-03", "--until", "2026-11-28")
    assert shuangli("report", "write", sandbox, later, *span).exit_code == 0
    assert shuangli("report", "verify", later, *root, "--after", written).exit_code == 0
    done = shuangli("report", "verify", again, *root, "--after", written)
    assert done.exit_code == 1
    assert "begins before the end of the one before" in done.output


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--from", "yesterday", "--until", "2026-01-03"), "--from yesterday: not a date such as 2026-11-01"),
        (("--from", "2026-01-03", "--until", "2026-01-03"), "--until 2026-01-03 is not after --from"),
        (("--from", "2026-01-03", "--until", "2099-01-01"), "the period is not over"),
        ((*PERIOD, "--replaces", "12"), "--replaces 12: give a report's id, 64 hex digits"),
    ],
)
def test_bad_words(sandbox: Path, tmp_path: Path, words: tuple[str, ...], why: str) -> None:
    done = shuangli("report", "write", sandbox, tmp_path / "out", *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert why in done.stderr


def test_a_directory_of_nobody(tmp_path: Path) -> None:
    for words, who in (((), "operator"), (("--centre",), "issuer")):
        done = shuangli("report", "write", tmp_path, tmp_path / "out", *PERIOD, *words)
        assert done.exit_code == 2
        assert f"no {who}'s files lie there" in done.stderr


def test_a_directory_that_is_not_empty(sandbox: Path, written: Path) -> None:
    done = shuangli("report", "write", sandbox, written, *PERIOD)
    assert done.exit_code == 2
    assert "is not empty" in done.stderr


def test_receipts_that_are_none(sandbox: Path, written: Path, tmp_path: Path) -> None:
    (tmp_path / "receipt.cbor").write_bytes(b"\x80")
    root = ("--root", sandbox / "root-key.txt")
    done = shuangli("report", "verify", written, *root, "--receipts", tmp_path)
    assert done.exit_code == 1
    assert "receipt 1 is not one of OP01" in done.output
    alone = shuangli("report", "verify", written, *root, "--receipts", tmp_path / "receipt.cbor")
    assert (alone.exit_code, alone.output) == (1, done.output)
    done = shuangli("report", "verify", written, *root, "--receipts", tmp_path / "none")
    assert done.exit_code == 2
    assert "no files lie there" in done.stderr


def test_f32_a_witness_signs_what_has_grown_and_nothing_else(
    sandbox: Path, written: Path, tmp_path: Path
) -> None:
    root = ("--root", sandbox / "root-key.txt")
    made = shuangli("witness", "new", tmp_path / "me", "--json")
    key = json.loads(made.output)["witness"]
    later = tmp_path / "later"
    assert shuangli("report", "write", sandbox, later, *PERIOD).exit_code == 0
    done = shuangli("report", "verify", later, *root, "--witness", key)
    assert done.exit_code == 1
    assert f"witness {key} has not signed" in done.output
    assert shuangli("witness", "cosign", tmp_path / "me", later, *root).exit_code == 0
    assert shuangli("report", "verify", later, *root, "--witness", key).exit_code == 0
    done = shuangli("witness", "cosign", tmp_path / "me", written, *root)
    assert done.exit_code == 1, "the earlier report is of fewer entries"
    log = later / "log.cborseq"
    log.write_bytes(log.read_bytes()[:-1] + b"?")
    done = shuangli("witness", "cosign", tmp_path / "me", later, *root)
    assert done.exit_code == 1
    done = shuangli("witness", "cosign", tmp_path / "nobody", later, *root)
    assert done.exit_code == 2


def test_exported_and_compared(sandbox: Path, tmp_path: Path) -> None:
    root, out = ("--root", sandbox / "root-key.txt"), tmp_path / "out"
    assert shuangli("report", "write", sandbox, out, *PERIOD).exit_code == 0
    done = shuangli("report", "export", out, *root, "--format", "csv", "--format", "pdf", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert told["report"] == report_in(out).signed.id.hex()
    assert told["files"] == ["datapackage.json", "entries.csv", "figures.csv", "report.pdf"]
    done = shuangli("report", "verify", out, *root, "--json")
    assert (done.exit_code, json.loads(done.output)["exported"]) == (0, 4)
    table = out / "exported" / "figures.csv"
    lines = table.read_bytes().splitlines(keepends=True)
    table.write_bytes(b"".join([*lines[:2], lines[2].replace(b"\r", b"0\r"), *lines[3:]]))
    done = shuangli("report", "verify", out, *root)
    assert done.exit_code == 1
    assert "exported/figures.csv: row 2 is not what the log tells" in done.output
    # A report that does not hold is not exported.
    (out / "report.json").write_text("{}")
    done = shuangli("report", "export", out, *root)
    assert done.exit_code == 1
    assert "report.json does not show what was signed" in done.output
