"""Recovery phrases that holders have kept, and new wallets from them."""

from pathlib import Path

from tests.devices.people import ADDRESS, Told, Town


def backup(town: Town, name: str) -> Path:
    """A file with the recovery phrase of a wallet."""
    told = town.type("backup", "--file", town.file(name), "--json")
    assert told.code == 0, told
    path = town.directory / f"{name}.words"
    path.write_text(told.facts["phrase"])
    return path


def recover(town: Town, name: str, words: Path, *more: object) -> Told:
    """Recover a wallet's holder, by the words of a backup, into a new wallet."""
    where = ("--operator", ADDRESS, "--root", town.root)
    return town.type("recover", "--file", town.file(name), "--phrase-file", words, *where, "--json", *more)
