"""Who gets a connection to the issuer, and to which issuer an operator speaks; others change nothing."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import httpx
import pytest

from shuangli.api.http_link import NotHeard
from shuangli.api.service.listening import MOST_OF_PEER
from shuangli.api.tls import ISSUER_NAME, TlsFiles, operator_context
from shuangli.crypto import sha256
from shuangli.errors import BadInput, StoreError
from shuangli.issuer.service.keys import tls_files_in
from shuangli.operator.issuer_client import HttpIssuer
from tests.service.line import HOST
from tests.service.network import Network, submission
from tests.service.peers import EMPTY, Made, ask_everything, reach
from tests.setting import YEAR_S


def test_a_certificate_as_it_should_be_is_taken(net: Network, certified: Made) -> None:
    with reach(net, certified()) as issuer:
        assert issuer.key_set()


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"authority": sha256(b"another authority")}, id="of another authority"),
        pytest.param({"valid": (-2 * 86_400, -86_400)}, id="expired"),
        pytest.param({"valid": (86_400, YEAR_S)}, id="not valid yet"),
        pytest.param({"as_issuer": True}, id="the issuer's kind"),
    ],
)
def test_no_connection_with_a_certificate(net: Network, certified: Made, changed: dict[str, Any]) -> None:
    with reach(net, certified(**changed)) as issuer:
        for ask in ask_everything(issuer, net):
            with pytest.raises(StoreError) as refused:
                ask()
            assert refused.value.code == "unavailable"


def context_without_certificate(net: Network) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=tls_files_in(net.issuer_directory).authority)


@pytest.mark.parametrize("path", ["/v1/key-set", "/v1/health", "/v1/openapi.json", "/v1/nothing"])
def test_no_connection_without_a_certificate(net: Network, path: str) -> None:
    with (
        httpx.Client(verify=context_without_certificate(net), trust_env=False) as client,
        pytest.raises(httpx.TransportError),
    ):
        client.get(f"https://{HOST}:{net.issuer.port}{path}", extensions={"sni_hostname": ISSUER_NAME})


def test_no_connection_without_tls(net: Network) -> None:
    with httpx.Client(trust_env=False) as client, pytest.raises(httpx.TransportError):
        client.get(f"http://{HOST}:{net.issuer.port}/v1/key-set")


def test_no_connection_with_an_older_tls(net: Network) -> None:
    context = operator_context(tls_files_in(net.directory / "OP01"))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with httpx.Client(verify=context, trust_env=False) as client, pytest.raises(httpx.TransportError):
        client.get(f"https://{HOST}:{net.issuer.port}/v1/key-set", extensions={"sni_hostname": ISSUER_NAME})


@contextmanager
def false_issuer(context: ssl.SSLContext) -> Iterator[tuple[int, list[bytes]]]:
    """A server of somebody else: its port, and what it has been told."""
    told: list[bytes] = []
    listening = socket.create_server((HOST, 0))

    def serve() -> None:
        near, _ = listening.accept()
        with suppress(OSError), near, context.wrap_socket(near, server_side=True) as link:
            told.append(link.recv(65_536))

    thread = threading.Thread(target=serve)
    thread.start()
    yield listening.getsockname()[1], told
    thread.join()
    listening.close()


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({}, id="an operator"),
        pytest.param(
            {"as_issuer": True, "authority": sha256(b"another authority")}, id="of another authority"
        ),
        pytest.param({"as_issuer": True, "valid": (-2 * 86_400, -86_400)}, id="expired"),
    ],
)
def test_an_operator_tells_a_false_issuer_nothing(
    net: Network, certified: Made, changed: dict[str, Any]
) -> None:
    files = certified(**changed)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    with (
        false_issuer(context) as (port, told),
        HttpIssuer(f"https://{HOST}:{port}", tls_files_in(net.directory / "OP01")) as issuer,
        pytest.raises(NotHeard, match="certificate verify failed"),
    ):
        issuer.settle(submission("OP01", EMPTY))
    assert not b"".join(told)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8443", "unix:/run/issuer", "issuer", "", "https://bänk"]
)
def test_an_issuer_is_reached_over_https_only(net: Network, address: str) -> None:
    with pytest.raises(BadInput) as bad:
        HttpIssuer(address, tls_files_in(net.directory / "OP01"))
    assert bad.value.code == "bad-option"
    assert "https://HOST:PORT" in str(bad.value)


def test_f40_an_operator_with_all_its_connections_keeps_no_other_out(net: Network) -> None:
    """It opens more than it may, and asks for nothing; its last ones are closed, and others are answered."""
    files = tls_files_in(net.directory / "OP01")
    with ExitStack() as opened:
        for _ in range(MOST_OF_PEER):
            opened.enter_context(_connected(net, files))
        one_more = opened.enter_context(_connected(net, files))
        assert one_more.recv(1) == b""
        with reach(net, tls_files_in(net.directory / "OP02")) as issuer:
            assert issuer.key_set()


def _connected(net: Network, files: TlsFiles) -> ssl.SSLSocket:
    plain = socket.create_connection((HOST, net.issuer.port), timeout=20)
    return operator_context(files).wrap_socket(plain, server_hostname=ISSUER_NAME)
