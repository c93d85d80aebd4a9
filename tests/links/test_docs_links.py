"""The bytes and figures in `docs/reference/links.md` are those of the code."""

import re
from pathlib import Path
from typing import Final

import pytest

from shuangli.offline.links import ndef, qr, tap
from shuangli.offline.links.apdu import Status
from shuangli.offline.links.frames import GOODBYE, MAX_MESSAGE_BYTES, MESSAGE_HEAD_BYTES, encode_frame
from shuangli.offline.links.qr_images import draw
from shuangli.offline.links.text import to_text
from shuangli.offline.states import Kind, Message
from tests.paying import pay
from tests.setting import TRANSFERABLE
from tests.world import World

PAGE: Final = (Path(__file__).resolve().parents[2] / "docs/reference/links.md").read_text(encoding="utf-8")
HELLO: Final = Message(Kind.RECEIPT, b"hello")
PAYMENT_BYTES: Final = (560, 4_096)


def examples() -> list[str]:
    """The indented lines of nothing but hexadecimal digits, without their spaces."""
    lines = re.findall(r"^    ([0-9a-f ]+)$", PAGE, re.MULTILINE)
    return [line.replace(" ", "") for line in lines]


def test_the_examples_are_what_the_code_writes() -> None:
    assert examples() == [
        HELLO.encode().hex(),
        encode_frame(HELLO).hex(),
        qr.codes_of(HELLO)[0].hex(),
        ndef.encode_ndef(HELLO).hex(),
    ]
    assert f"\n    {to_text(HELLO)}\n" in PAGE
    goodbye = re.search(r"`(534c01 [0-9a-f ]+)`", PAGE)
    assert goodbye is not None
    assert goodbye[1].replace(" ", "") == GOODBYE.hex()
    assert tap.APPLICATION.hex(" ").upper() == "F0 53 48 55 41 4E 47 4C 49"
    assert tap.APPLICATION.hex(" ").upper() in PAGE


def test_the_bounds_are_those_of_the_code() -> None:
    assert MAX_MESSAGE_BYTES == 2**20 + MESSAGE_HEAD_BYTES == 2**20 + 7
    assert f"{qr.MAX_CODES * (qr.MOVING_CODE_BYTES - qr.HEAD_BYTES):,} bytes" in PAGE
    assert f"{tap.MAX_TAP_BYTES:,} bytes" in PAGE


def test_every_status_word_is_explained() -> None:
    rows = re.findall(r"^\| ([0-9A-Fx, ]+) \| ", PAGE, re.MULTILINE)
    explained = {word.strip().replace("xx", "00") for row in rows for word in row.split(",")}
    # A terminal handles the remaining one by itself: no device of ours answers with it.
    assert {f"{status:04X}" for status in Status} - explained == {f"{Status.WRONG_LE:04X}"}


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Message, Message]:
    """A real request and receipt."""
    world = World(tmp_path_factory.mktemp("world"), terms=TRANSFERABLE)
    paid = pay(world.wallet([1_000]), world.wallet(tier=0), 400)
    world.close()
    return paid.request, paid.answer


def test_the_codes_that_messages_take_are_as_said(spoken: tuple[Message, Message]) -> None:
    request, receipt = spoken
    said = re.findall(r"^\| ([a-z][\w ,]+?) \| ([\d,]+) \| (\d+), version (\d+) \|$", PAGE, re.MULTILINE)
    payments = [Message(Kind.PAYMENT, bytes(size)) for size in (*PAYMENT_BYTES, 65_536)]
    names = ["request", "receipt", *(f"payment of {len(message.body):,} bytes" for message in payments)]
    counted = []
    for name, message in zip(names, [request, receipt, *payments], strict=True):
        codes = qr.codes_of(message)
        version = draw(codes[:1])[0].version
        counted.append((name, f"{len(message.encode()):,}", str(len(codes)), str(version)))
    assert said == counted


def tapped(messages: tuple[Message, Message, Message], *, extended: bool) -> tuple[str, str]:
    """Commands and bytes of a whole tap."""
    request, payment, receipt = messages
    device = tap.TapDevice(lambda message: payment if message == request else None)
    terminal = tap.TapTerminal(device.process, extended=extended)
    terminal.select()
    assert terminal.send(request) == payment
    assert terminal.send(receipt) is None
    return str(terminal.commands), f"{terminal.carried_bytes:,}"


@pytest.mark.parametrize("size", PAYMENT_BYTES)
def test_the_commands_that_a_tap_takes_are_as_said(spoken: tuple[Message, Message], size: int) -> None:
    request, receipt = spoken
    messages = request, Message(Kind.PAYMENT, bytes(size)), receipt
    figures = (*tapped(messages, extended=False), *tapped(messages, extended=True))
    assert f"| {size:,} bytes | {' | '.join(figures)} |" in PAGE
