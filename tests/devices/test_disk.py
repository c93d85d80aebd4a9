"""A disk that is full under a wallet file or an operator: one line, nothing lost, and later it goes on.

A limit on the size of files stands for the disk.
"""

import re
import resource
from pathlib import Path
from typing import Final

from shuangli.errors import CODES
from tests.devices.people import Told
from tests.devices.processes import SHUANGLI, done, running, serving, wallet

LIMITS_KIB: Final = (1, 12, 16)
"""Some of these end a command when it opens the file, some later, some not at all."""
OPERATORS_LIMIT_KIB: Final = 40
"""Enough to open the databases, and not for a load."""
SAID_MEANWHILE: Final = (
    r"(shuangli: what is for the issuer waits: [^\n]+\n(shuangli: the issuer is reached again\n)?)?"
)
"""What a service may say on its own: every few seconds it writes, too, and there may be no room just then."""


def full(kib: int) -> tuple[str, ...]:
    """Run under a limit of so many KiB a file."""
    return ("bash", "-c", f'ulimit -S -f {kib}; exec "$@"', "-")


def failed(told: Told, part: object) -> bool:
    """Say whether a command failed; then it must have said so in one line that names `part`."""
    if told.code == 0:
        return False
    assert (told.code, told.out) == (2, ""), told
    assert re.fullmatch(rf"shuangli: [^\n]*{part}[^\n]*\n", told.err), told
    return True


def test_f42_f10_a_wallet_file_that_cannot_grow(tmp_path: Path) -> None:
    with serving(tmp_path / "operator") as operator:
        ann = operator.open_wallet(tmp_path / "ann.wallet", loaded="50")
        bob = operator.open_wallet(tmp_path / "bob.wallet")
        at = f"unix:{tmp_path / 'till'}"
        failures = 0
        for kib in LIMITS_KIB:
            load = ("load", "10", "--deposit", "--file", ann, "--json")
            if failed(wallet(*load, under=full(kib)), ann):
                failures += 1
                done(wallet(*load))
            # What the payer cannot write it does not sign; then there is room, and it pays once.
            pay = ("pay", at, "--amount", "4", "--file", ann, "--json")
            with running(*SHUANGLI, "wallet", "receive", "4", "--at", at, "--file", bob, "--json") as payee:
                if failed(wallet(*pay, under=full(kib)), ann):
                    failures += 1
                    done(wallet(*pay))
                payee.next_facts()
                assert done(payee.end())["state"] == "received"
        assert failures >= 2
        received_fen, left_fen = 400 * len(LIMITS_KIB), 5_000 + 600 * len(LIMITS_KIB)
        assert done(wallet("sync", "--file", bob, "--json"))["credited_fen"] == received_fen
        assert done(wallet("sync", "--file", ann, "--json"))["balance_fen"] == left_fen


def test_f42_an_operator_whose_disk_is_full_says_so_and_recovers(tmp_path: Path) -> None:
    at = ("--socket", tmp_path / "operator.sock")
    load = ("load", "50", "--deposit", "--file", tmp_path / "ann.wallet", "--json")
    with serving(tmp_path / "operator", *at) as operator:
        operator.open_wallet(tmp_path / "ann.wallet")
        operator.stop()
    with serving(tmp_path / "operator", *at, under=full(OPERATORS_LIMIT_KIB)) as operator:
        assert failed(wallet(*load), CODES["unavailable"])
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(operator.process.pid, resource.RLIMIT_FSIZE, unlimited)
        loaded = done(wallet(*load))
        assert re.fullmatch(SAID_MEANWHILE, operator.stop().err)
    assert (loaded["loaded_fen"], loaded["balance_fen"]) == (5_000, 5_000)
