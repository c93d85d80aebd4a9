"""Who may speak to the issuer, and in whose name; everybody else is refused, and nothing changes."""

import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from shuangli.api.http_link import NotHeard
from shuangli.api.models import CBOR, COSE_SIGN1
from shuangli.api.tls import ISSUER_NAME, Peer, TlsFiles, operator_context
from shuangli.crypto import SigningKey, sha256
from shuangli.errors import BadInput, Refused, StoreError
from shuangli.issuer.remittances.messages import Remittance, RemittanceAnswer, Verdict
from shuangli.issuer.service.admission import admit, dismiss
from shuangli.issuer.service.desk import IssuerDesk
from shuangli.issuer.service.keys import OFFLINE, ROOT_SECRETS_FILE, RootSecrets, tls_files_in
from shuangli.issuer.service.messages import CustomerOrder, encode_submissions
from shuangli.issuer.service.network import NETWORK
from shuangli.issuer.service.tls_authority import TlsAuthority, key_pem, public_key
from shuangli.messages.bundle import Bundle
from shuangli.messages.hand_in import HandIn
from shuangli.messages.key_set import KeySet
from shuangli.messages.loads import LoadOrder
from shuangli.messages.returns import Watermark
from shuangli.operator.issuer_client import HttpIssuer
from tests.service.holders import clock
from tests.service.line import HOST
from tests.service.network import Network, submission
from tests.world import COMPANY, NOW, World

YEAR_S = 365 * 86_400
SEED = sha256(b"tls key")
EMPTY = HandIn(bundle=Bundle(loads=(), transfers=())).encode()
Made = Callable[..., TlsFiles]


@pytest.fixture
def unchanged(net: Network) -> Iterator[None]:
    """Makes sure that nothing has changed in the issuer's database."""
    before = net.dump()
    yield
    assert net.dump() == before


@pytest.fixture
def certified(net: Network, tmp_path: Path) -> Made:
    """Makes files for TLS as an operator has them, with one thing changed."""
    secrets = RootSecrets.decode((net.issuer_directory / OFFLINE / ROOT_SECRETS_FILE).read_bytes())

    def make(
        *,
        authority: bytes = secrets.tls,
        name: str = "OP01",
        operator_key: bytes = net.operator_key("OP01").public,
        valid: tuple[int, int] = (-86_400, YEAR_S),
        as_issuer: bool = False,
    ) -> TlsFiles:
        signer, now_s = TlsAuthority(authority, network=NETWORK), clock()
        span: dict[str, Any] = {"serial": bytes(16)}
        span |= {"not_before_s": now_s + valid[0], "expires_at_s": now_s + valid[1]}
        if as_issuer:
            certificate = signer.certify_issuer(public_key(SEED), **span)
        else:
            certificate = signer.certify_operator(name, public_key(SEED), operator_key=operator_key, **span)
        files = TlsFiles(
            certificate=tmp_path / "certificate.pem",
            key=tmp_path / "key.pem",
            authority=tls_files_in(net.issuer_directory).authority,
        )
        files.certificate.write_bytes(certificate)
        files.key.write_bytes(key_pem(SEED))
        return files

    return make


def reach(net: Network, files: TlsFiles) -> HttpIssuer:
    return HttpIssuer(f"https://{HOST}:{net.issuer.port}", files)


def ask_everything(issuer: HttpIssuer, net: Network) -> Iterator[Callable[[], object]]:
    """Every request of the link, in the name of OP01."""
    key, now_s = net.operator_key("OP01"), clock()
    order = LoadOrder.sign(
        SigningKey(SEED), operator="OP01", values_fen=[5], nonce=bytes(16), ordered_at_s=now_s
    )
    watermark = Watermark.sign(key, network=NETWORK, operator="OP01", up_to_s=now_s - 1).signed.data
    yield issuer.key_set
    yield issuer.revocation_list
    yield lambda: issuer.mint(order.signed.data, operator="OP01", customer=COMPANY, now_s=now_s)
    yield lambda: issuer.settle(submission("OP01", EMPTY))
    yield lambda: issuer.take_watermark(watermark, now_s=now_s)
    yield lambda: issuer.returns_to("OP01", after=0)
    yield lambda: issuer.claim_return("OP01", 1, person=bytes(32), now_s=now_s)
    yield lambda: issuer.report_lost(b"", operator="OP01", now_s=now_s)
    yield lambda: issuer.log_certificates([b"\x80"], operator="OP01", now_s=now_s)


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


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"operator_key": sha256(b"another key")}, id="with a key of nobody"),
        pytest.param({"name": "OP02"}, id="with another operator's name"),
        pytest.param({"name": "OP03"}, id="with nobody's name"),
    ],
)
def test_403_for_a_name_and_key_that_the_root_does_not_certify(
    net: Network, certified: Made, changed: dict[str, Any]
) -> None:
    with reach(net, certified(**changed)) as issuer:
        for ask in ask_everything(issuer, net):
            with pytest.raises(Refused) as refused:
                ask()
            assert refused.value.code == "not-admitted"


def bodies_of_another(net: Network) -> list[tuple[str, str, bytes]]:
    """What OP02 would send, wholly or in part: path, media type, body."""
    now_s = clock()
    order = LoadOrder.sign(
        SigningKey(SEED), operator="OP02", values_fen=[5], nonce=bytes(16), ordered_at_s=now_s
    )
    key = net.operator_key("OP02")
    watermark = Watermark.sign(key, network=NETWORK, operator="OP02", up_to_s=now_s - 1).signed.data
    remittance = Remittance.sign(
        key,
        network=NETWORK,
        operator="OP02",
        payee_operator="OP01",
        payer=bytes(32),
        payee=bytes(32),
        amount_fen=5,
        note=b"",
        nonce=bytes(16),
        ordered_at_s=now_s,
        expires_at_s=now_s + 60,
    )
    answer = RemittanceAnswer.sign(
        key,
        network=NETWORK,
        operator="OP02",
        order_id=remittance.signed.id,
        verdict=Verdict.PAID,
        answered_at_s=now_s,
    )
    theirs = submission("OP02", EMPTY)
    return [
        ("/v1/loads", CBOR, CustomerOrder(order=order.signed.data, customer=COMPANY).encode()),
        ("/v1/submissions", CBOR, encode_submissions([theirs])),
        ("/v1/submissions", CBOR, encode_submissions([submission("OP01", EMPTY), theirs])),
        ("/v1/watermarks", COSE_SIGN1, watermark),
        ("/v1/remittances", COSE_SIGN1, remittance.signed.data),
        ("/v1/remittance-answers", COSE_SIGN1, answer.signed.data),
    ]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("number", range(6))
def test_403_for_one_operator_in_another_ones_name(net: Network, number: int) -> None:
    path, media_type, body = bodies_of_another(net)[number]
    context = operator_context(tls_files_in(net.directory / "OP01"))
    with httpx.Client(verify=context, trust_env=False) as client:
        answer = client.post(
            f"https://{HOST}:{net.issuer.port}{path}",
            content=body,
            headers={"Content-Type": media_type},
            extensions={"sni_hostname": ISSUER_NAME},
        )
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong-operator")


def test_an_operator_is_admitted_and_dismissed_while_the_issuer_runs(net: Network, tmp_path: Path) -> None:
    directory = tmp_path / "OP03"
    admit(net.issuer_directory, "OP03", directory, random_bytes=os.urandom, now_s=clock())
    with reach(net, tls_files_in(directory)) as issuer:
        assert KeySet.parse(issuer.key_set()).operators[-1].claims.subject == "OP03"
        dismiss(net.issuer_directory, "OP03", now_s=clock())
        with net.link("OP01") as other:
            # Whoever asks first lets the issuer see the key set, and note who was dismissed.
            assert KeySet.parse(other.key_set()).operators[-1].claims.subject == "OP02"
        # Over the connection that is still open.
        before = net.dump()
        for ask in ask_everything(issuer, net):
            with pytest.raises(Refused) as refused:
                ask()
            assert refused.value.code == "not-admitted"
        assert net.dump() == before


def test_a_certificate_that_expires_while_its_connection_is_open(world: World) -> None:
    now_s = [NOW]
    key_set = world.authority.sign_key_set(
        1, issued_at_s=NOW, operators=world.operators, centres=[world.centre], epochs=world.epochs
    ).signed.data
    desk = IssuerDesk(world.issuer, read_key_set=lambda: key_set, now_s=lambda: now_s[0])
    peer = Peer(name="OP01", key=world.keys["OP01"].public, expires_at_s=NOW + 10)
    desk.check_admitted(peer)
    now_s[0] += 10
    with pytest.raises(Refused) as refused:
        desk.check_admitted(peer)
    assert refused.value.code == "not-admitted"
    # The root's word ends as well.
    lasting = replace(peer, expires_at_s=NOW + 100 * YEAR_S)
    desk.check_admitted(lasting)
    now_s[0] = world.operators[0].claims.expires_at_s
    with pytest.raises(Refused):
        desk.check_admitted(lasting)


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


@pytest.mark.parametrize("address", ["http://127.0.0.1:8443", "unix:/run/issuer", "issuer", ""])
def test_an_issuer_is_reached_over_https_only(net: Network, address: str) -> None:
    with pytest.raises(BadInput) as bad:
        HttpIssuer(address, tls_files_in(net.directory / "OP01"))
    assert bad.value.code == "bad-option"
