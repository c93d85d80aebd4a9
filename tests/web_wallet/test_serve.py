"""`shuangli wallet serve`: a process on a wallet file, for one browser of this machine."""

import socket
from pathlib import Path

import pytest

from shuangli.cli_holder import VARIABLE
from tests.devices.processes import SHUANGLI, running, wallet
from tests.web_wallet.conftest import Street
from tests.web_wallet.serving import make_files


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_files(tmp_path_factory.mktemp("served"), ann="")["ann"]


def test_it_listens_on_this_machine_alone_and_ends_when_it_is_told(file: Path) -> None:
    with running(*SHUANGLI, "wallet", "serve", "--file", file, "--port", "0", "--json") as process:
        address, _, token = process.next_facts()["link"].partition("/launch?token=")
        assert address.startswith("http://127.0.0.1:")
        assert len(token) >= 43
        told = wallet("show", "--file", file)
        assert told.code == 2, "another program cannot use the file meanwhile"
        port = int(address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as asking:
            asking.sendall(b"GET / HTTP/1.1\r\nHost: attacker.example\r\n\r\n")
            assert asking.recv(64).startswith(b"HTTP/1.1 421 ")
        process.process.terminate()
        assert process.end().code == 0


def test_what_it_needs_is_said_in_one_line(street: Street, tmp_path: Path) -> None:
    town = street.town
    missing = town.type("serve", "--file", tmp_path / "none.wallet")
    assert missing.code == 2
    assert missing.err.count("\n") == 1
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = town.type("serve", "--file", town.wallet("ann"), "--port", port)
    assert told.code == 2
    for _ in range(3):
        assert town.type("serve", "--file", town.file("ann"), env={VARIABLE: "wrong"}).code == 2
    locked = town.type("serve", "--file", town.file("ann"), "--json")
    assert (locked.code, locked.facts["code"]) == (1, "locked"), "as every other command says it"
    assert f"cannot listen at 127.0.0.1 port {port}" in told.err
