"""Commands of an issuer at the directory of a world, as people give them."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from shuangli.cli import main
from shuangli.crypto import SigningKey, sha256
from shuangli.issuer.service.keys import ISSUER_FILE, KEY_SET_FILE, IssuerKeys
from tests.setting import NOW
from tests.world import World


def write_files(world: World, directory: Path) -> None:
    """What a serving issuer has besides its database."""
    key_set = world.authority.sign_key_set(
        1, issued_at_s=NOW, operators=world.operators, centres=[world.centre], epochs=[world.epoch]
    )
    (directory / KEY_SET_FILE).write_bytes(key_set.signed.data)
    keys = IssuerKeys(
        root=world.authority.public,
        centre=seed_of(world, "centre"),
        minting=seed_of(world, "minting"),
    )
    (directory / ISSUER_FILE).write_bytes(keys.encode())
    (directory / "root-key.txt").write_text(world.authority.public.hex())


def seed_of(world: World, name: str) -> bytes:
    """The seed of a key of a world's."""
    seed = sha256(f"1/{name}".encode())
    assert SigningKey(seed).public == world.keys[name].public
    return seed


def run(*words: object) -> tuple[int, str]:
    """Run a command; its exit code, and what it has printed."""
    told = CliRunner().invoke(main, ["issuer", *map(str, words)])
    assert told.exception is None or isinstance(told.exception, SystemExit), told.exception
    assert "Traceback" not in told.output
    return told.exit_code, told.output


def facts(*words: object) -> Any:
    code, said = run(*words, "--json")
    assert code == 0, said
    return json.loads(said)
