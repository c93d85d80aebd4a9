"""Messages as text: F36 and F38 for what is copied and pasted."""

import base64
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.errors import LinkError, Malformed
from shuangli.offline.links.frames import MAX_MESSAGE_BYTES
from shuangli.offline.links.text import MAX_TEXT, START, from_text, to_text
from shuangli.offline.states import Kind, Message
from tests.links.support import messages

RECEIPT = Message(Kind.RECEIPT, b"hello")
TEXT = "shuangli:U0wBAAAI3ZuCA0VoZWxsb8iWbw0"


def test_the_format_is_the_one_in_the_docs() -> None:
    assert to_text(RECEIPT) == TEXT


@given(messages, st.integers(1, 200))
def test_a_message_comes_out_as_it_went_in_however_its_lines_are_broken(message: Message, width: int) -> None:
    text = to_text(message)
    lines = [text[start : start + width] for start in range(0, len(text), width)]
    assert from_text("\r\n ".join(lines) + "\n") == message


@given(st.text())
def test_f36_any_text_is_a_message_or_malformed(text: str) -> None:
    for tried in (text, START + text):
        with pytest.raises(Malformed):
            from_text(tried)


@given(st.integers(0, len(TEXT) - 1), st.sampled_from(string.printable))
def test_f38_what_is_cut_off_or_mistyped_is_found(place: int, letter: str) -> None:
    changed = TEXT[:place] + letter + TEXT[place + 1 :]
    if changed != TEXT:
        with pytest.raises(Malformed):
            from_text(changed)
    with pytest.raises(Malformed):
        from_text(TEXT[:place])


def test_f36_a_message_has_one_text() -> None:
    framed = base64.urlsafe_b64decode(TEXT.removeprefix(START) + "=")
    assert from_text(TEXT) == RECEIPT
    for other in (
        TEXT + "=",
        START + base64.b64encode(framed[:-1] + b"\xfb").decode().rstrip("="),
        TEXT[:-1] + chr(ord(TEXT[-1]) + 1),
        START.upper() + TEXT.removeprefix(START),
    ):
        with pytest.raises(Malformed):
            from_text(other)


def test_a_text_has_a_bound() -> None:
    largest = Message(Kind.PAYMENT, bytes(MAX_MESSAGE_BYTES - 7))
    assert len(to_text(largest)) <= MAX_TEXT
    assert from_text(to_text(largest)) == largest
    with pytest.raises(Malformed, match="at most"):
        from_text(START + "A" * MAX_TEXT)
    with pytest.raises(LinkError):
        to_text(Message(Kind.PAYMENT, bytes(MAX_MESSAGE_BYTES)))
