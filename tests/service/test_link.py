"""One request over a line that breaks: when it is made again, and what is known of whether it was heard."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import pytest

from shuangli.api.http_link import HttpLink, NotHeard
from shuangli.errors import BadInput, StoreError
from tests.service.line import HOST

ORDER = b"order"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nheard"


def read_request(near: socket.socket) -> bytes:
    """A request whose body is as long as `ORDER`, or is none."""
    data = b""
    while not data.endswith((ORDER, b"\r\n\r\n")) or data.startswith(b"POST") != data.endswith(ORDER):
        piece = near.recv(65_536)
        assert piece
        data += piece
    return data


@contextmanager
def server(answers: Sequence[bytes], *, then_gone: bool = False) -> Iterator[tuple[str, list[bytes]]]:
    """Gives one answer a connection, and hangs up; its address, and what it was asked."""
    asked: list[bytes] = []
    listening = socket.create_server((HOST, 0))

    def serve() -> None:
        for number, answer in enumerate(answers, 1):
            near, _ = listening.accept()
            with near:
                asked.append(read_request(near))
                if then_gone and number == len(answers):
                    listening.close()
                near.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://{HOST}:{listening.getsockname()[1]}", asked
    thread.join()
    listening.close()


def test_it_is_asked_again_once_over_a_new_connection() -> None:
    with server([b"", ANSWER]) as (address, asked), closing(HttpLink(address, who="issuer", again=1)) as link:
        assert link.ask("POST", "/v1/loads", ORDER, media_type="application/cose") == b"heard"
    assert asked[0] == asked[1]
    assert asked[0].endswith(ORDER)


def test_f12_after_that_nobody_knows_whether_it_was_heard() -> None:
    with (
        server([b"", b""]) as (address, asked),
        closing(HttpLink(address, who="issuer", again=1)) as link,
        pytest.raises(StoreError) as lost,
    ):
        link.ask("GET", "/")
    assert (len(asked), lost.value.code, type(lost.value)) == (2, "unavailable", StoreError)


def test_f12_what_was_sent_once_may_have_been_heard_though_no_connection_can_be_made_now() -> None:
    with (
        server([b""], then_gone=True) as (address, asked),
        closing(HttpLink(address, who="issuer", again=1)) as link,
        pytest.raises(StoreError) as lost,
    ):
        link.ask("GET", "/")
    assert (len(asked), type(lost.value)) == (1, StoreError)


def test_where_no_connection_can_be_made_nobody_has_heard() -> None:
    with socket.create_server((HOST, 0)) as listening:
        address = f"http://{HOST}:{listening.getsockname()[1]}"
    with closing(HttpLink(address, who="issuer", again=1)) as link, pytest.raises(NotHeard) as down:
        link.ask("GET", "/")
    assert (down.value.code, address in str(down.value)) == ("unavailable", True)


def test_a_wallets_request_is_made_once() -> None:
    with (
        server([b""]) as (address, asked),
        closing(HttpLink(address, who="operator")) as link,
        pytest.raises(StoreError),
    ):
        link.ask("GET", "/")
    assert len(asked) == 1


@pytest.mark.parametrize("host", ["999.1.1.1", "xn--a", "xn--ls8h.example"])
def test_a_host_that_no_request_can_name_is_bad_input_before_anything_is_asked(host: str) -> None:
    with pytest.raises(BadInput, match="names no host") as bad:
        HttpLink(f"https://{host}:8443", who="issuer")
    assert bad.value.code == "bad-option"
