"""Peers of a network's issuer: files for TLS as operators have them or nearly so, and every request."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shuangli.api.tls import TlsFiles
from shuangli.crypto import SigningKey, sha256
from shuangli.issuer.service.keys import OFFLINE, ROOT_SECRETS_FILE, RootSecrets, tls_files_in
from shuangli.issuer.service.network import NETWORK
from shuangli.issuer.service.tls_authority import TlsAuthority, key_pem, public_key
from shuangli.messages.bundle import Bundle
from shuangli.messages.hand_in import HandIn
from shuangli.messages.loads import LoadOrder
from shuangli.messages.returns import Watermark
from shuangli.operator.issuer_client import HttpIssuer
from tests.paying import COMPANY
from tests.service.holders import clock
from tests.service.line import HOST
from tests.service.network import Network, submission
from tests.setting import YEAR_S

SEED = sha256(b"tls key")
EMPTY = HandIn(bundle=Bundle(loads=(), transfers=())).encode()
Made = Callable[..., TlsFiles]


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
