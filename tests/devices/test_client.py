"""The client over HTTP: addresses, errors that come over the wire, and what answers and is no operator."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from shuangli.api.addresses import parse_operator_address, socket_path_of
from shuangli.api.http_client import HttpOperator
from shuangli.api.models import CBOR, MAX_ANSWER_BYTES, NetworkDescription, check_idempotency_key
from shuangli.api.problems import KINDS, error_of, problem_of
from shuangli.codec import encode
from shuangli.errors import CODES, BadInput, Malformed, Refused, ShuangliError, StoreError

WHERE = "http://operator.test"
NETWORK = {"network": "sandbox", "operator": "OP01", "currency": "CNY", "sandbox": True}


@pytest.mark.parametrize("kind", KINDS.values())
@pytest.mark.parametrize("code", CODES)
def test_an_error_comes_out_as_it_went_in(kind: type[ShuangliError], code: str) -> None:
    problem = problem_of(kind(code, "in these words"))
    assert 400 <= problem.status < 600
    error = error_of(problem.status, problem.encode(), address=WHERE)
    assert (type(error), error.code) == (kind, code)
    assert str(error) == (CODES[code] if kind is StoreError else "in these words")


def test_what_goes_wrong_inside_an_operator_stays_there() -> None:
    problem = problem_of(StoreError("unavailable", "/srv/secret.sqlite: disk I/O error"))
    assert (problem.status, problem.detail) == (503, CODES["unavailable"])
    assert problem_of(StoreError("corrupt", "/srv/secret.sqlite")).status == 500


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad Gateway</html>",
        b"\xff",
        b"[]",
        b'{"kind": "refused"}',
        b'{"code": "over-limit"}',
        b'{"kind": "refused", "code": "no-such-code"}',
        b'{"kind": ["refused"], "code": {"a": 1}}',
    ],
)
def test_an_answer_of_somebody_else_is_no_answer(body: bytes) -> None:
    error = error_of(502, body, address=WHERE)
    assert (type(error), error.code) == (StoreError, "unavailable")
    assert "502" in str(error)


def test_foreign_words_are_shown_in_one_short_line() -> None:
    body = b'{"kind": "refused", "code": "frozen", "detail": "a\\nb\\u001b[31m' + b"c" * 10_000 + b'"}'
    error = error_of(403, body, address=WHERE)
    assert str(error).isprintable()
    assert len(str(error)) <= 500


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://bank.example/shuangli/", "https://bank.example/shuangli"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("unix:/run/operator.sock", "unix:/run/operator.sock"),
        ("unix:operator.sock", f"unix:{Path.cwd() / 'operator.sock'}"),
    ],
)
def test_addresses(text: str, kept: str) -> None:
    assert parse_operator_address(text) == kept
    assert (socket_path_of(kept) is not None) == text.startswith("unix:")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "bank",
            "http:",
            "http://",
            "http://:80",
            "ftp://bank",
            "unix:",
            "http://bank:port",
            "http://[::1",
        ),
        *("http://bank:99999", "http://bank:0", "http://u:p@bank", "http://bank?a", "http://bank#a"),
        *("http://ba nk", "http://bank\n", "http://bänk", "tcp:bank:80"),
        *("http://" + "b" * 64, "http://ba..nk"),
    ],
)
def test_no_addresses(text: str) -> None:
    with pytest.raises(BadInput) as bad:
        parse_operator_address(text)
    assert bad.value.code == "bad-option"


def test_models_pass_over_what_they_do_not_know() -> None:
    network = NetworkDescription(network="sandbox", operator="OP01", currency="CNY", sandbox=True)
    assert NetworkDescription.decode(network.encode()) == network
    assert NetworkDescription.decode(encode({**NETWORK, "motd": "hi"})) == network


@pytest.mark.parametrize(
    "body",
    [
        encode([]),
        encode({"network": "sandbox"}),
        encode({**NETWORK, "sandbox": 1}),
        encode({**NETWORK, "currency": "yuan"}),
        encode({**NETWORK, "operator": ""}),
        encode({**NETWORK, "more": bytes(5_000)}),
        b"",
    ],
)
def test_models_refuse_what_is_none(body: bytes) -> None:
    with pytest.raises(Malformed):
        NetworkDescription.decode(body)


@pytest.mark.parametrize("key", ["", "a" * 65, "a\nb", "é"])
def test_no_idempotency_keys(key: str) -> None:
    with pytest.raises(Malformed):
        check_idempotency_key(key)


@contextmanager
def answering(status: int, body: bytes, *, said_bytes: int | None = None) -> Iterator[str]:
    """A server that gives one answer to everything, and says that it is of another length if asked to."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", CBOR)
            self.send_header("Content-Length", str(len(body) if said_bytes is None else said_bytes))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "body", "said_bytes", "error", "code"),
    [
        (200, b"hello", None, Malformed, "cbor"),
        (200, encode({}), None, Malformed, "shape"),
        (200, b"hello", 100, StoreError, "unavailable"),
        (404, b"<html>Not Found</html>", None, StoreError, "unavailable"),
        (302, b"", None, StoreError, "unavailable"),
        (304, b"", None, StoreError, "unavailable"),
        (500, b"", None, StoreError, "unavailable"),
        (403, b'{"kind": "refused", "code": "frozen", "detail": "no"}', None, Refused, "frozen"),
        (200, bytes(MAX_ANSWER_BYTES + 1), None, Malformed, "too-large"),
    ],
)
def test_whatever_answers_ends_as_one_clear_error(
    status: int, body: bytes, said_bytes: int | None, error: type[ShuangliError], code: str
) -> None:
    with answering(status, body, said_bytes=said_bytes) as address, HttpOperator(address) as operator:
        with pytest.raises(error) as caught:
            operator.describe()
        assert type(caught.value) is error
        assert caught.value.code == code


def test_nobody_answers(tmp_path: Path) -> None:
    for address in (f"unix:{tmp_path / 'nobody'}", "http://127.0.0.1:1"):
        with HttpOperator(address) as operator, pytest.raises(StoreError) as caught:
            operator.describe()
        assert (caught.value.code, address in str(caught.value)) == ("unavailable", True)
