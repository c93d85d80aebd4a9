"""`report verify` and `evidence verify`: yes (0), no (1), and bad input (2), for whatever was altered (F33).

One process checks many altered directories: the command's own entry point is called, as `python -m shuangli`
calls it; each answer is checked once in a process of its own, too.
"""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from shuangli.cli import main
from shuangli.crypto import SigningKey, sha256
from shuangli.issuer.authority import Authority
from shuangli.offline.report import sign_report
from tests.e2e.command import shuangli

SAMPLE = 12
"""Flipped bits in each file."""
Answer = tuple[int, str]
Ask = Callable[..., Answer]


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    """Call the command in this process: exit code and what it prints."""

    def call(*words: object) -> Answer:
        with pytest.raises(SystemExit) as ended:
            main([*map(str, words)])
        printed = capsys.readouterr()
        assert printed.err == ""
        assert isinstance(ended.value.code, int)
        return ended.value.code, printed.out

    return call


def verify(ask: Ask, directory: Path, *more: str) -> Answer:
    return ask("report", "verify", directory, "--root", directory / "root-key.txt", *more)


def files_of(directory: Path) -> list[Path]:
    """The files that the report answers for, one piece of evidence among them, and the report."""
    evidence = sorted((directory / "evidence").iterdir())
    tables = [directory / name for name in ("result.json", "payments.parquet", "cases.parquet")]
    return [*tables, directory / "report.html", directory / "report.cbor", evidence[0]]


def test_yes(ask: Ask, finished: Path) -> None:
    code, said = verify(ask, finished)
    result = json.loads((finished / "result.json").read_text(encoding="utf-8"))
    forks = result["forks"]["found"]
    assert forks > 0
    assert (code, said) == (
        0,
        f"yes: {4 + forks} files unaltered, {forks} double spends proven, the supply adds up\n",
    )
    code, said = verify(ask, finished, "--json")
    assert (code, json.loads(said)) == (
        0,
        {"verified": True, "network": "sim", "files": 4 + forks, "forks": forks},
    )


def test_the_key_itself_will_do_as_well(ask: Ask, finished: Path) -> None:
    key = (finished / "root-key.txt").read_text(encoding="utf-8").strip()
    assert ask("report", "verify", finished, "--root", key)[0] == 0


@pytest.mark.parametrize("number", range(6))
def test_one_flipped_bit_in_any_file(ask: Ask, copied: Path, number: int) -> None:
    path = files_of(copied)[number]
    content = path.read_bytes()
    rng = random.Random(number)
    for place in [0, len(content) - 1, *rng.sample(range(len(content)), SAMPLE)]:
        damaged = bytearray(content)
        damaged[place] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        code, said = verify(ask, copied)
        assert code == 1, (path.name, place)
        assert said.startswith(f"no: {copied}: ")
        if path.name != "report.cbor":
            assert path.name in said
    path.write_bytes(content)
    assert verify(ask, copied)[0] == 0


@pytest.mark.parametrize("number", range(6))
def test_a_missing_or_empty_file(ask: Ask, copied: Path, number: int) -> None:
    path = files_of(copied)[number]
    path.write_bytes(b"")
    assert verify(ask, copied)[0] == 1
    path.unlink()
    if path.name == "report.cbor":
        return
    code, said = verify(ask, copied)
    assert code == 1
    assert path.name in said
    assert "is missing" in said


@pytest.mark.parametrize("name", ["case-99999-00000000.cbor", "notes.txt", ".hidden", "é.cbor"])
def test_added_evidence(ask: Ask, copied: Path, name: str) -> None:
    (copied / "evidence" / name).write_bytes(min((copied / "evidence").iterdir()).read_bytes())
    code, said = verify(ask, copied)
    assert (code, f"{name} is not part of the report" in said) == (1, True)


def test_a_changed_figure_written_down_neatly(ask: Ask, copied: Path) -> None:
    path = copied / "result.json"
    result = json.loads(path.read_text(encoding="utf-8"))
    result["forks"]["loss_fen"] = 0
    path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    code, said = verify(ask, copied)
    assert (code, "result.json was altered" in said) == (1, True)


def test_the_same_figures_written_down_otherwise(ask: Ask, copied: Path) -> None:
    path = copied / "result.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8"))), encoding="utf-8")
    assert verify(ask, copied)[0] == 1


def test_a_report_signed_anew_by_somebody_else(ask: Ask, copied: Path) -> None:
    """Whoever signs it with a centre of their own making convinces nobody who has the root key."""
    mallory = SigningKey(sha256(b"mallory"))
    made_at_s = json.loads((copied / "result.json").read_text(encoding="utf-8"))["scenario"]["first_day_s"]
    centre = Authority(mallory, network="sim").certify_centre(
        "centre", mallory.public, not_before_s=made_at_s, expires_at_s=made_at_s + 9
    )
    files = {path.relative_to(copied).as_posix(): path.read_bytes() for path in files_of(copied)[:-2]}
    signed = sign_report(mallory, network="sim", made_at_s=made_at_s, files=files, centre=centre.signed.data)
    (copied / "report.cbor").write_bytes(signed)
    assert verify(ask, copied)[0] == 1
    # With the forger's key for a root even the signature holds, but not what it says of the forks.
    (copied / "root-key.txt").write_text(mallory.public.hex(), encoding="utf-8")
    assert verify(ask, copied)[0] == 1


def test_a_wrong_root(ask: Ask, finished: Path) -> None:
    other = SigningKey(sha256(b"other")).public.hex()
    piece = next((finished / "evidence").iterdir())
    assert ask("report", "verify", finished, "--root", other)[0] == 1
    code, said = ask("evidence", "verify", piece, "--root", other, "--json")
    answer = json.loads(said)
    assert (code, answer["verified"], answer["code"]) == (1, False, "signature")


def test_evidence(ask: Ask, finished: Path) -> None:
    root = finished / "root-key.txt"
    for piece in (finished / "evidence").iterdir():
        code, said = ask("evidence", "verify", piece, "--root", root)
        assert (code, said.startswith("yes: key ")) == (0, True)
        code, said = ask("evidence", "verify", piece, "--root", root, "--json")
        facts = json.loads(said)
        assert (code, facts["verified"], len(set(facts["transfers"]))) == (0, True, 2)
        assert piece.name.endswith(f"-{facts['coin'][:8]}.cbor")


def test_evidence_with_one_flipped_bit(ask: Ask, copied: Path) -> None:
    root, piece = copied / "root-key.txt", next((copied / "evidence").iterdir())
    content = piece.read_bytes()
    rng = random.Random(1)
    for place in [0, len(content) - 1, *rng.sample(range(len(content)), 4 * SAMPLE)]:
        damaged = bytearray(content)
        damaged[place] ^= 1 << rng.randrange(8)
        piece.write_bytes(damaged)
        code, said = ask("evidence", "verify", piece, "--root", root)
        assert (code, said.startswith(f"no: {piece}: ")) == (1, True), place


def test_in_processes_of_their_own(finished: Path, copied: Path) -> None:
    """The same three answers through `python -m shuangli`."""
    yes = shuangli("report", "verify", finished, "--root", finished / "root-key.txt", cwd=copied)
    assert (yes.returncode, yes.stderr, yes.stdout[:5]) == (0, "", "yes: ")
    (copied / "result.json").write_bytes(b"{}")
    no = shuangli("report", "verify", ".", "--root", "root-key.txt", "--json", cwd=copied)
    assert (no.returncode, no.stderr) == (1, "")
    assert json.loads(no.stdout) == {
        "verified": False,
        "code": "report",
        "why": "result.json was altered after the report was signed",
    }
    bad = shuangli("report", "verify", "out", "--root", "root-key.txt", cwd=copied)
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr == "shuangli: out/report.cbor: No such file or directory\n"
    piece = next((copied / "evidence").iterdir())
    good = shuangli("evidence", "verify", piece, "--root", "root-key.txt", cwd=copied)
    assert (good.returncode, good.stderr, good.stdout[:8]) == (0, "", "yes: key")
