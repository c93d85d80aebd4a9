"""Wallets of a town whose keys and coins are on cards."""

from pathlib import Path

from tests.devices.people import Town

PIN = "2580"


def open_card(town: Town, name: str, *, loaded: str = "") -> Path:
    """An open wallet on a new card."""
    pin = town.directory / "pin.txt"
    pin.write_text(f"{PIN}\n")
    told = town.open_wallet(name, "--card", card_of(town, name), "--pin-file", pin)
    assert told.code == 0, told
    town.load(name, loaded)
    return town.file(name)


def card_of(town: Town, name: str) -> Path:
    """The file that is the card of a wallet."""
    return town.directory / f"{name}.card"
