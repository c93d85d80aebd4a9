"""What people type in stories, each a process: at wallets that reach their bank over a line, or at a bank."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shuangli.api.program_client import OperatorProgram
from tests.devices.processes import SHUANGLI, Operator, done, running, wallet
from tests.service.line import HOST, Line
from tests.service.network import Network


@contextmanager
def reached(net: Network, name: str) -> Iterator[Line]:
    """The line over which customers reach their bank; it can be cut and mended."""
    line = Line(int(net.operators[name].address.rpartition(":")[2]))
    try:
        yield line
    finally:
        line.close()


def open_wallet(file: Path, line: Line, root: str) -> str:
    """`shuangli wallet open`: the key of the new wallet."""
    address = f"http://{HOST}:{line.port}"
    told = done(wallet("open", "--file", file, "--operator", address, "--root", root, "--json"))
    return str(told["wallet"])


def pay_offline(payer: Path, payee: Path, yuan: str) -> dict[str, Any]:
    """Two devices that meet: one shows a request, the other pays it. Neither asks a bank."""
    asking = ("receive", yuan, "--at", "tcp:127.0.0.1:0", "--file", payee, "--json")
    with running(*SHUANGLI, "wallet", *asking) as showing:
        at = showing.next_facts()["listens"]
        paid = done(wallet("pay", at, "--amount", yuan, "--file", payer, "--json"))
        received = done(showing.end())
    assert (paid["state"], received["state"]) == ("paid", "received")
    return paid


def staff_of(net: Network, name: str) -> OperatorProgram:
    """`shuangli operator client add`: a program of the bank's own, and its line to the API."""
    operator: Operator = net.operators[name]
    words = ("client", "add", net.directory / name, "staff", "--scope", "wallets:manage", "--json")
    with running(*SHUANGLI, "operator", *words) as adding:
        secret = done(adding.end())["secret"]
    return OperatorProgram(operator.address, name="staff", secret=secret)
