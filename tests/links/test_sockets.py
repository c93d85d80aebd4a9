"""Sockets: addresses, waiting, cuts; and whole payments over TCP and Unix sockets, cut everywhere."""

import socket
import stat
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Final

import pytest

from shuangli.errors import BadInput, LinkError, Malformed, Refused
from shuangli.offline.links.addresses import Address, UnixAddress, parse_address
from shuangli.offline.links.frames import GOODBYE, OVERHEAD_BYTES, encode_frame
from shuangli.offline.links.sockets import Patience, SocketLink
from shuangli.offline.states import Kind, Message
from tests.links.support import connected, linked, listening

RECEIPT: Final = Message(Kind.RECEIPT, b"hello")


@pytest.fixture
def ends() -> Iterator[tuple[SocketLink, socket.socket]]:
    """A link, and the bare socket at its other end."""
    ours, other = socket.socketpair()
    other.settimeout(20)
    with closing(linked(ours)) as link, other:
        yield link, other


# --- addresses --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["tcp:127.0.0.1:7000", "tcp:gate.example:1", "tcp:[::1]:65535", "unix:/run/a b"]
)
def test_an_address_reads_as_it_is_written(text: str) -> None:
    assert str(parse_address(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "tcp", "unix:", "tcp::1", "tcp:h", "tcp:h:", "tcp:h:x", "tcp:h:-1", "tcp:h:65536"),
        *("tcp:::1:7000", "udp:h:1", "h:1", "tcp:h:٣", "tcp:h:" + "9" * 5_000),
        *("tcp:" + "h" * 64 + ":1", "tcp:a..b:1", "tcp:.:1", "tcp:h\udcff:1", "tcp:a b:1", "tcp:a\nb:1"),
    ],
)
def test_what_is_no_address_is_bad_input_in_one_line(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_address(text)
    assert refused.value.code == "bad-option"
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "wrong", [{"connect_s": 0}, {"message_s": -1.0}, {"most_bytes": 0}, {"most_bytes": 2**24}]
)
def test_patience_that_cannot_be_is_bad_input(wrong: dict[str, float]) -> None:
    with pytest.raises(BadInput):
        Patience(**wrong)  # type: ignore[arg-type]


# --- one link ---------------------------------------------------------------------------------------


def test_messages_go_both_ways_and_goodbye_ends_them(address: Address) -> None:
    with listening(address) as listener:
        with connected(listener.address) as here:
            accepted = listener.accept(within_s=20)
            assert accepted is not None
            with accepted as there:
                here.send(RECEIPT)
                here.send(Message(Kind.PAYMENT, bytes(100_000)))
                assert there.receive() == RECEIPT
                there.send(RECEIPT)
                assert there.receive() == Message(Kind.PAYMENT, bytes(100_000))
            assert here.receive() == RECEIPT
            assert here.receive() is None
            assert here.receive() is None
        assert listener.accept(within_s=0) is None


def test_f38_a_damaged_frame_closes_the_connection(ends: tuple[SocketLink, socket.socket]) -> None:
    link, other = ends
    frame = encode_frame(RECEIPT)
    other.sendall(frame + frame[:-1] + b"\0")
    assert link.receive() == RECEIPT
    with pytest.raises(Malformed, match="checksum"):
        link.receive()
    assert other.recv(1) == b""


@pytest.mark.parametrize("cut", range(len(encode_frame(RECEIPT)) + 1))
def test_a_stream_that_ends_without_goodbye_was_cut(ends: tuple[SocketLink, socket.socket], cut: int) -> None:
    link, other = ends
    frame = encode_frame(RECEIPT)
    other.sendall(frame[:cut])
    other.shutdown(socket.SHUT_WR)
    if cut == len(frame):
        assert link.receive() == RECEIPT
    with pytest.raises(LinkError) as ended:
        link.receive()
    assert ended.value.code == "link-cut"


def test_no_goodbye_is_said_when_something_went_wrong(ends: tuple[SocketLink, socket.socket]) -> None:
    link, other = ends
    with pytest.raises(Refused), link:
        raise Refused("declined")
    assert other.recv(100) == b""


def test_goodbye_to_nobody_does_no_harm(ends: tuple[SocketLink, socket.socket]) -> None:
    link, other = ends
    other.close()
    with link:
        pass


def test_goodbye_is_said_when_all_went_well(ends: tuple[SocketLink, socket.socket]) -> None:
    link, other = ends
    with link:
        pass
    assert other.recv(100) == GOODBYE


def test_a_silent_peer_is_not_waited_for_longer_than_asked() -> None:
    ours, other = socket.socketpair()
    patience = Patience(message_s=0.01)
    with SocketLink(ours, monotonic_s=time.monotonic, patience=patience) as link, other:
        with pytest.raises(LinkError) as ended:
            link.receive()
        assert ended.value.code == "link-silent"


def test_a_peer_that_sends_a_byte_now_and_then_is_silent_too() -> None:
    """At each look at the clock 11 s have gone by: after one byte the 20 s for the message are over."""
    ours, other = socket.socketpair()
    with closing(linked(ours, monotonic_s=count(0, 11).__next__)) as link, other:
        other.sendall(encode_frame(RECEIPT)[:1])
        with pytest.raises(LinkError) as ended:
            link.receive()
    assert ended.value.code == "link-silent"


def test_a_peer_that_takes_nothing_is_not_waited_for() -> None:
    ours, other = socket.socketpair()
    with (
        closing(SocketLink(ours, monotonic_s=time.monotonic, patience=Patience(message_s=0.01))) as link,
        other,
    ):
        with pytest.raises(LinkError) as ended:
            link.send(Message(Kind.PAYMENT, bytes(1_000_000)))
        assert ended.value.code == "link-silent"


def test_a_message_larger_than_asked_for_is_refused() -> None:
    ours, other = socket.socketpair()
    patience = Patience(most_bytes=100)
    with closing(SocketLink(ours, monotonic_s=time.monotonic, patience=patience)) as link, other:
        other.sendall(encode_frame(Message(Kind.PAYMENT, bytes(200)))[:8])
        with pytest.raises(Malformed, match="at most 100"):
            link.receive()


# --- listening --------------------------------------------------------------------------------------


def test_where_nobody_listens_nobody_is_reached(address: Address, tmp_path: Path) -> None:
    with listening(address) as listener:
        taken = listener.address
    with pytest.raises(LinkError) as refused:
        connected(taken)
    assert refused.value.code == "link-unreachable"


def test_two_do_not_listen_at_one_address(address: Address) -> None:
    with listening(address) as listener:
        with pytest.raises(LinkError) as refused:
            listening(listener.address)
        assert refused.value.code == "link-unreachable"
        with connected(listener.address):
            assert listener.accept(within_s=20) is not None


def test_who_listens_no_more_accepts_nobody(address: Address) -> None:
    with listening(address) as listener:
        pass
    with pytest.raises(LinkError):
        listener.accept(within_s=20)


def test_the_file_of_a_unix_socket_is_the_owners_and_goes_away(tmp_path: Path) -> None:
    path = tmp_path / "device.socket"
    with listening(UnixAddress(path=path)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.exists()


def test_what_a_killed_listener_left_is_replaced_and_another_file_is_not(tmp_path: Path) -> None:
    left, file = tmp_path / "left.socket", tmp_path / "notes.txt"
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(left))
    with listening(UnixAddress(path=left)) as listener, connected(listener.address):
        assert listener.accept(within_s=20) is not None
    file.write_text("keep")
    with pytest.raises(LinkError, match=r"notes\.txt"):
        listening(UnixAddress(path=file))
    assert file.read_text() == "keep"


@pytest.mark.parametrize("path", ["/nowhere/device.socket", "/tmp/" + "x" * 200])  # noqa: S108
def test_a_path_that_cannot_be_is_unreachable(path: str) -> None:
    for use in (listening, connected):
        with pytest.raises(LinkError) as refused:
            use(UnixAddress(path=Path(path)))
        assert refused.value.code == "link-unreachable"


def test_a_frame_adds_twelve_bytes() -> None:
    assert len(GOODBYE) == OVERHEAD_BYTES == 12
