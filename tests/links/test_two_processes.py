"""Two devices as two processes, over TCP and a Unix socket; then both reconcile."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from shuangli.offline.links.addresses import Address
from tests.links.support import LOADED_FEN, PRICE_FEN, parties
from tests.world import World

ROOT: Final = Path(__file__).resolve().parents[2]
WAIT_S: Final = 60


def start(role: str, address: str, directory: Path) -> "subprocess.Popen[str]":
    directory.mkdir()
    command = [sys.executable, "-m", "tests.links.device", role, address, str(directory)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def said(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """The last thing that a process says before it ends well."""
    out, err = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0, err
    last: dict[str, Any] = json.loads(out.splitlines()[-1])
    return last


def test_two_processes_pay_and_reconcile(world: World, address: Address, tmp_path: Path) -> None:
    with start("payee", str(address), tmp_path / "payee") as payee:
        assert payee.stdout is not None
        line = payee.stdout.readline()
        assert line, payee.communicate(timeout=WAIT_S)[1]
        with start("payer", json.loads(line)["listens"], tmp_path / "payer") as payer:
            paid = said(payer)
        received = said(payee)
    assert (paid["state"], paid["balance_fen"]) == ("paid", LOADED_FEN - PRICE_FEN)
    assert (received["state"], received["balance_fen"]) == ("received", PRICE_FEN)

    # The operator of this process has enrolled and loaded the same two wallets.
    both = parties(world)
    for told in (received, paid):
        if told["upload"]:
            world.submit(bytes.fromhex(told["upload"]))
    assert world.deposit_fen(both.payee) == PRICE_FEN
    assert world.cases() == []
    world.check_books()
