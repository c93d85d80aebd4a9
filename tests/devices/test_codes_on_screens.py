"""Two people at two terminals of 80 by 24 characters pay each other by the codes on their screens."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shuangli.offline.links.qr import CodeReader
from shuangli.offline.links.qr_reading import codes_in
from shuangli.offline.links.text import to_text
from shuangli.offline.states import Kind, Message
from tests.devices.photographs import photograph
from tests.devices.processes import serving
from tests.devices.terminals import Terminal, at_terminal
from tests.wallet_file.files import PASSPHRASE

CODE = re.compile(r"(?:\x1b\[97;40m[^\x1b]*\x1b\[0m\r\n)+")
LINE = re.compile(r"\x1b\[97;40m([^\x1b]*)\x1b\[0m")


@contextmanager
def at_small_terminal(*words: object) -> Iterator[Terminal]:
    with at_terminal(*words) as terminal:
        terminal.resize(columns=80, lines=24)
        terminal.wait_for("passphrase:")
        terminal.type(f"{PASSPHRASE}\n")
        yield terminal


def read_off(terminal: Terminal) -> Message:
    """Point a camera at the screen until the codes on it are a message."""
    reader = CodeReader()
    while True:
        seen = terminal.wait_for(r"code \d+ of \d+: Enter goes on|, as a code")
        lines = LINE.findall(CODE.findall(seen)[-1])
        for code in codes_in(photograph(lines)):
            message = reader.read(code)
            if message is not None:
                return message


@pytest.mark.heavy
def test_a_payment_over_two_screens_and_two_keyboards(tmp_path: Path) -> None:
    with serving(tmp_path / "files") as operator:
        ann = operator.open_wallet(tmp_path / "ann.wallet", loaded="50")
        bob = operator.open_wallet(tmp_path / "bob.wallet")
    with (
        at_small_terminal("receive", "4", "--qr", "--file", bob) as payee,
        at_small_terminal("pay", "--qr", "--file", ann) as payer,
    ):
        request = read_off(payee)
        payer.wait_for("the other device's request")
        payer.type(f"{to_text(request)}\n")
        payer.wait_for(r"pay CNY 4.00 to wallet")
        payer.type("y\n")
        payment = read_off(payer)
        payee.type("\n")
        payee.wait_for("the other device's payment")
        payee.type(f"{to_text(payment)}\n")
        receipt = read_off(payee)
        payer.type(f"{to_text(receipt)}\n")
        payer.wait_for("paid 4.00 to wallet")
        payee.type("\n")
        payee.wait_for("received 4.00 from wallet")
        assert (payer.end(), payee.end()) == (0, 0)
    assert [message.kind for message in (request, payment, receipt)] == [
        Kind.REQUEST,
        Kind.PAYMENT,
        Kind.RECEIPT,
    ]
