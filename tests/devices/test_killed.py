"""Payer or payee is killed between any two writes of a payment, and run again: the same payment is finished.

FAULTS F05 to F08 and F10 for real processes: SIGKILL before a write has been committed, and right after it,
when what it says has not been said yet. In a payment each device writes twice: the payee its request and what
it received, the payer what it signed and the receipt.
"""

import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

import pytest

from tests.devices.people import Town
from tests.devices.processes import Running, done, running

WRITES: Final = 2
"""Of each device in one payment."""
KILLED: Final = -signal.SIGKILL
KILLS: Final = [(where, number) for number in range(1, WRITES + 1) for where in ("before", "after")]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town with a wallet that holds 50 yuan and one that holds nothing; not to be changed."""
    directory = tmp_path_factory.mktemp("opened")
    with Town(directory, now_s=int(time.time())).open() as town:
        town.wallet("ann", loaded="50")
        town.wallet("bob")
    return directory


@pytest.fixture
def town(opened: Path, tmp_path: Path) -> Iterator[Town]:
    """A copy of it, on the clock of this machine."""
    shutil.copytree(opened, tmp_path, dirs_exist_ok=True)
    with Town(tmp_path, now_s=int(time.time())).open() as town:
        yield town


class Device:
    """One of the two devices, whose commands are processes."""

    def __init__(self, town: Town, name: str) -> None:
        self._file = town.file(name)

    def runs(self, *words: object, kill: tuple[str, int] = ("before", 0)) -> AbstractContextManager[Running]:
        """A command, which is killed at a write if that is asked for."""
        driver = (sys.executable, "-m", "tests.devices.killed", *kill)
        return running(*driver, *words, "--file", self._file, "--json")


def till(town: Town) -> str:
    return f"unix:{town.directory / 'till'}"


def assert_one_payment(town: Town, payer: dict[str, Any], payee: dict[str, Any]) -> None:
    """Both ended well, it was paid once, and once both have synced it is booked once."""
    assert (payer["state"], payee["state"]) == ("paid", "received")
    assert payer["request"] == payee["request"]
    assert [town.show(name)["balance_fen"] for name in ("ann", "bob")] == [4_600, 400]
    assert town.show("ann")["unanswered"] == town.show("bob")["requests"] == []
    for name in ("bob", "ann"):
        told = town.type("sync", "--file", town.file(name), "--json")
        assert (told.code, told.facts["in_flight_fen"]) == (0, 0), told
    assert [town.deposit_fen(name) for name in ("ann", "bob")] == [0, 400]
    assert [town.show(name)["balance_fen"] for name in ("ann", "bob")] == [4_600, 0]
    town.nothing_lost()


@pytest.mark.parametrize("kill", KILLS, ids=lambda kill: "-".join(map(str, kill)))
def test_f05_f08_f10_the_payee_is_killed(town: Town, kill: tuple[str, int]) -> None:
    payer, payee = Device(town, "ann"), Device(town, "bob")
    ask = ("receive", "4", "--at", till(town))
    with payer.runs("pay", till(town), "--amount", "4") as paying:
        with payee.runs(*ask, kill=kill) as killed:
            assert killed.end().code == KILLED
        with payee.runs("receive", "--again", "--at", till(town)) as again:
            received = again.end()
        if kill == ("before", 1):
            # It had not even stored a request, so there is none to be shown again.
            assert (received.code, "no request" in received.err) == (2, True)
            with payee.runs(*ask) as anew:
                received = anew.end()
        paid = paying.end()
    assert_one_payment(town, done(paid), done(received))


@pytest.mark.parametrize("kill", KILLS, ids=lambda kill: "-".join(map(str, kill)))
def test_f06_f07_f10_the_payer_is_killed(town: Town, kill: tuple[str, int]) -> None:
    payer, payee = Device(town, "ann"), Device(town, "bob")
    pay = ("pay", till(town), "--amount", "4")
    with payee.runs("receive", "4", "--at", till(town)) as receiving:
        with payer.runs(*pay, kill=kill) as killed:
            assert killed.end().code == KILLED
        assert town.show("ann")["balance_fen"] == (5_000 if kill == ("before", 1) else 4_600)
        with payer.runs(*pay) as again:
            paid = again.end()
        received = receiving.end()
    assert_one_payment(town, done(paid), done(received))


def test_these_are_all_writes_of_a_payment(town: Town) -> None:
    payer, payee, at_the_next = Device(town, "ann"), Device(town, "bob"), ("before", WRITES + 1)
    with (
        payee.runs("receive", "4", "--at", till(town), kill=at_the_next) as receiving,
        payer.runs("pay", till(town), "--amount", "4", kill=at_the_next) as paying,
    ):
        paid, received = paying.end(), receiving.end()
    assert_one_payment(town, done(paid), done(received))
