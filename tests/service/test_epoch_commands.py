"""The commands that look at epochs, close and archive them, check an archive, and revoke a leaked key."""

import json
from pathlib import Path

import pytest

from shuangli.issuer.archive.files import MANIFEST
from shuangli.issuer.service import server
from shuangli.issuer.service.network import NETWORK
from shuangli.messages.notices import RevocationList
from tests.epochs.lives import ARCHIVED_S, live_through, wind_up
from tests.service.issuer_commands import facts, run, write_files
from tests.setting import NOW
from tests.world import World

GONE = 10**6


@pytest.fixture
def aged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An issuer's directory whose epoch is over, and the clock at that time."""
    directory = tmp_path / "issuer"
    directory.mkdir()
    monkeypatch.setattr(server, "_now_s", lambda: ARCHIVED_S)
    world = World(directory, network=NETWORK)
    wind_up(world, live_through(world))
    write_files(world, directory)
    world.close()
    return directory


def test_an_epoch_is_looked_at_closed_archived_and_verified(aged: Path, tmp_path: Path) -> None:
    root, out = aged / "root-key.txt", tmp_path / "archive"
    (before,) = facts("epochs", aged)["epochs"]
    assert (before["epoch"], before["state"], before["waits_for"]) == (1, "minting-closed", [])
    assert (
        before["loaded_fen"]
        == before["redeemed_fen"] + before["returned_fen"] + before["outstanding_fen"]
        > 0
    )
    code, said = run("archive", aged, 1, out)
    assert (code, said.count("\n")) == (2, 1)
    assert "only a closed one is archived" in said
    assert run("close-epoch", aged, 1) == (0, "epoch 1 is closed\n")
    assert run("close-epoch", aged, 1) == (2, "shuangli: epoch 1 is closed already\n")
    for _ in range(2):
        assert run("archive", aged, 1, out) == (0, f"epoch 1 is archived in {out / 'epoch-00001'}\n")
    assert "archived elsewhere" in run("archive", aged, 1, tmp_path / "other")[1]
    (after,) = facts("epochs", aged)["epochs"]
    assert (after["state"], after["loaded_fen"]) == ("archived", before["loaded_fen"])
    yes = facts("verify-archive", out / "epoch-00001", "--root", root)
    assert (yes["verified"], yes["totals"]["loaded_fen"]) == (True, before["loaded_fen"])
    assert len(yes["culprits"]) == 1
    assert run("verify-archive", out / "epoch-00001", "--root", root)[1].startswith("yes: epoch 1, ")


def test_f33_an_archive_that_does_not_hold_is_a_no_and_what_is_none_is_bad_input(
    aged: Path, tmp_path: Path
) -> None:
    root, place = aged / "root-key.txt", tmp_path / "epoch-00001"
    run("close-epoch", aged, 1)
    run("archive", aged, 1, tmp_path)
    assert run("verify-archive", place, "--root", "11" * 32)[0] == 1
    assert run("verify-archive", place, "--root", "key")[0] == 2
    assert run("verify-archive", aged, "--root", root) == (
        *(2, f"shuangli: {aged}: no archived epoch lies there\n"),
    )
    (table, *_) = sorted(place.glob("mint_log*"))
    table.write_bytes(table.read_bytes()[:-1] + b"x")
    code, said = run("verify-archive", place, "--root", root, "--json")
    assert (code, json.loads(said)["verified"], json.loads(said)["code"]) == (1, False, "report")
    (place / MANIFEST).write_bytes(b"\x80")
    assert run("verify-archive", place, "--root", root)[0] == 1


@pytest.mark.parametrize("state", ["open", "unknown"])
def test_an_epoch_that_something_waits_in_is_not_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setattr(server, "_now_s", lambda: NOW)
    world = World(tmp_path, network=NETWORK)
    world.wallet([100, 50])
    write_files(world, tmp_path)
    world.close()
    number = 1 if state == "open" else GONE
    code, said = run("close-epoch", tmp_path, number)
    assert (code, said.count("\n")) == (2, 1)
    assert ("it still mints; " in said, "2 coins are still open" in said) == (state == "open",) * 2
    assert run("archive", tmp_path, number, tmp_path / "archive")[0] == 2
    assert not (tmp_path / "archive").exists()
    code, said = run("close-epoch", tmp_path, number, "--end-minting")
    assert (code, "it still mints" in said) == (2, False)
    (view,) = facts("epochs", tmp_path)["epochs"]
    assert view["state"] == ("minting-closed" if state == "open" else "open")
    assert [(row["standing"], row["coins"], row["value_fen"]) for row in view["open_coins"]] == [
        ("open", 2, 150)
    ]
    code, said = run("epochs", tmp_path)
    assert code == 0
    assert [line.split() for line in said.splitlines() if line.startswith("  open ")] == [
        *([["open", "coins", "value", "coins", "oldest,", "days"], ["open", "1.50", "2", "0"]])
    ]
    assert "cannot be closed: 2 coins are still open" in said


def test_f30_an_operators_key_is_revoked_and_the_list_names_it(aged: Path) -> None:
    assert run("revoke-operator", aged, "OP07") == (2, "shuangli: OP07 is no operator of this network\n")
    (key,) = facts("revoke-operator", aged, "OP01")["keys"]
    assert run("revoke-operator", aged, "OP01") == (
        *(0, "the key of OP01 is revoked; the next revocation list names it\n"),
    )
    with server._issuer_in(aged, None) as issuer:
        assert {known.hex() for known in issuer.centre.operator_keys.revoked()} == {key}
        listed = RevocationList.parse(issuer.centre.revocation_list(now_s=ARCHIVED_S))
        assert {known.hex() for known in listed.operators} == {key}


@pytest.mark.parametrize(
    "words", [["epochs"], ["close-epoch", 1], ["archive", 1, "out"], ["revoke-operator", "A"]]
)
def test_none_of_them_founds_a_network(tmp_path: Path, words: list[object]) -> None:
    command, *more = words
    nowhere = tmp_path / "nowhere"
    assert run(command, nowhere, *more) == (2, f"shuangli: {nowhere}: no issuer lies there\n")
    assert not nowhere.exists()


def test_a_database_at_an_address_of_no_kind(aged: Path) -> None:
    code, said = run("epochs", aged, "--database", "mysql://x")
    assert (code, said) == (2, "shuangli: give a database as postgresql://USER@HOST/NAME\n")
