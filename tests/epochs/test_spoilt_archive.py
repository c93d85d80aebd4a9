"""What a verification finds in an archive that a dishonest centre, or anybody else, has altered."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from shuangli.crypto import sha256
from shuangli.errors import Malformed, ShuangliError, Unverified
from shuangli.issuer.archive.files import MANIFEST
from shuangli.issuer.archive.manifest import ArchiveManifest
from shuangli.issuer.archive.verifying import open_archive, verify_archive
from tests.epochs.lives import (
    archive,
    wind_up,
)
from tests.forging import bundle, sign_away
from tests.paying import coins_of
from tests.world import World


@pytest.fixture
def place(lived: tuple[World, Path], tmp_path: Path) -> Path:
    """A copy of the archive, to be spoilt."""
    return shutil.copytree(lived[1], tmp_path / "epoch-00001")


def rewrite(world: World, place: Path, table: str, frame: pl.DataFrame, **changed: object) -> None:
    """Change a table and sign the manifest anew, as a dishonest centre would."""
    name = f"{table}-00000.parquet"
    frame.write_parquet(place / name)
    old = ArchiveManifest.parse((place / MANIFEST).read_bytes())
    fresh = ArchiveManifest.sign(
        world.keys["centre"],
        network=old.network,
        archived_at_s=old.archived_at_s,
        epoch=old.epoch,
        centre=old.centre,
        operators=old.operators,
        counts=dict(old.counts) | {table: frame.height},
        totals=dict(old.totals) | dict(changed),  # type: ignore[arg-type]
        files=dict(old.files) | {name: sha256((place / name).read_bytes())},
    )
    (place / MANIFEST).write_bytes(fresh.signed.data)


def read(place: Path, table: str) -> pl.DataFrame:
    return pl.read_parquet(place / f"{table}-00000.parquet")


def changed(frame: pl.DataFrame, row: int, column: str, value: object) -> pl.DataFrame:
    rows = frame.to_dicts()
    rows[row][column] = value
    return pl.DataFrame(rows, schema=frame.schema)


@pytest.mark.parametrize("table", ["objects", "spends", "returns", "mint_log", "cases"])
def test_a_row_that_is_left_out_is_missed(lived: tuple[World, Path], place: Path, table: str) -> None:
    world, _ = lived
    frame = read(place, table)
    for row in range(frame.height):
        rewrite(world, place, table, pl.concat([frame.slice(0, row), frame.slice(row + 1)]))
        with pytest.raises((Unverified, Malformed)):
            verify_archive(place, world.keys["root"].public)
    rewrite(world, place, table, frame)
    verify_archive(place, world.keys["root"].public)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("spends", "settled_fen", 1),
        ("spends", "settled_fen", 0),
        ("spends", "further", 1),
        ("spends", "coin_key", bytes(37)),
        ("spends", "object_id", bytes(32)),
        ("objects", "data", b""),
        ("objects", "kind", 2),
        ("objects", "kind", 9),
        ("objects", "no", 0),
        ("returns", "value_fen", 1),
        ("returns", "position", 99),
        ("returns", "paid_fen", 1),
        ("mint_log", "owner", bytes(32)),
        ("cases", "culprit", bytes(32)),
    ],
)
def test_a_row_that_is_altered_is_found(
    lived: tuple[World, Path], place: Path, table: str, column: str, value: object
) -> None:
    world, _ = lived
    frame = read(place, table)
    for row in range(frame.height):
        if frame[column][row] == value or (table, column) == ("returns", "value_fen"):
            continue
        rewrite(world, place, table, changed(frame, row, column, value))
        with pytest.raises((Unverified, Malformed)):
            verify_archive(place, world.keys["root"].public)


def test_a_signature_that_does_not_verify_is_found(lived: tuple[World, Path], place: Path) -> None:
    """The id does not cover the signature: nothing else would show it."""
    world, _ = lived
    frame = read(place, "objects")
    for row in range(frame.height):
        data = frame["data"][row]
        flipped = data[:-1] + bytes([data[-1] ^ 1])
        rewrite(world, place, "objects", changed(frame, row, "data", flipped))
        with pytest.raises(Unverified) as found:
            verify_archive(place, world.keys["root"].public)
        assert found.value.code == "signature"


def test_a_coin_without_a_fate_is_found_even_if_the_totals_say_nothing(
    lived: tuple[World, Path], place: Path
) -> None:
    world, _ = lived
    frame = read(place, "returns")
    totals = dict(open_archive(place, root=world.keys["root"].public).manifest.totals)
    left_fen = totals["returned_fen"] - frame["value_fen"][0]
    rewrite(world, place, "returns", frame.slice(1), returned_fen=left_fen)
    with pytest.raises(Unverified) as found:
        verify_archive(place, world.keys["root"].public)
    assert "no fate" in str(found.value)


def test_a_spend_against_the_rules_is_found(world: World, tmp_path: Path) -> None:
    """Owner and centre together cannot make a redemption with change."""
    rider = world.wallet([9])
    (coin,) = coins_of(rider)
    world.submit(bundle([coin], sign_away(rider, [(coin, 9)])))
    wind_up(world, {})
    place = archive(world, tmp_path)
    wrong = sign_away(rider, [(coin, 5)])
    row = read(place, "objects").height - 1
    rewrite(world, place, "objects", changed(read(place, "objects"), row, "data", wrong.signed.data))
    rewrite(world, place, "spends", changed(read(place, "spends"), 0, "object_id", wrong.signed.id))
    with pytest.raises(Unverified) as found:
        verify_archive(place, world.keys["root"].public)
    assert f"object {read(place, 'objects')['no'][row]}" in str(found.value)


@pytest.mark.parametrize("name", ["loaded_fen", "redeemed_fen", "returned_fen", "forked_fen", "void_fen"])
def test_totals_are_counted_from_the_files(lived: tuple[World, Path], place: Path, name: str) -> None:
    world, _ = lived
    rewrite(world, place, "alarms", read(place, "alarms"), **{name: 1})
    with pytest.raises(Unverified) as found:
        verify_archive(place, world.keys["root"].public)
    assert "totals" in str(found.value)


def test_a_file_with_one_bit_flipped_a_foreign_file_and_a_missing_one(
    lived: tuple[World, Path], place: Path
) -> None:
    root = lived[0].keys["root"].public
    for path in sorted(place.iterdir()):
        data = path.read_bytes()
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        with pytest.raises((Unverified, Malformed)):
            verify_archive(place, root)
        path.unlink()
        with pytest.raises((Unverified, Malformed)):
            verify_archive(place, root)
        path.write_bytes(data)
    (place / "more.parquet").write_bytes(b"")
    with pytest.raises(Unverified):
        verify_archive(place, root)
    (place / "more.parquet").unlink()
    verify_archive(place, root)


def test_another_root_and_another_signer(lived: tuple[World, Path], place: Path) -> None:
    world, _ = lived
    with pytest.raises(Unverified):
        verify_archive(place, world.keys["OP01"].public)
    world_keys = dict(world.keys)
    world.keys["centre"] = world.keys["OP01"]
    rewrite(world, place, "alarms", read(place, "alarms"))
    world.keys.update(world_keys)
    with pytest.raises(Unverified) as found:
        verify_archive(place, world.keys["root"].public)
    assert found.value.code == "signature"


def test_what_is_not_an_archive(tmp_path: Path) -> None:
    with pytest.raises(ShuangliError):
        verify_archive(tmp_path, bytes(32))
    (tmp_path / MANIFEST).write_bytes(b"\x80")
    with pytest.raises(Malformed):
        verify_archive(tmp_path, bytes(32))
