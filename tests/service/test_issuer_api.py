"""The issuer's HTTP API, spoken to as an operator does, and what it says of bad requests (F40)."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from shuangli.api.models import CBOR, COSE_SIGN1, MAX_MODEL_BYTES, MAX_SIGNED_BYTES, PROBLEM, etag_of
from shuangli.api.tls import ISSUER_NAME, operator_context
from shuangli.codec import encode
from shuangli.errors import BadInput, Malformed, Refused, Unverified
from shuangli.issuer.centre import Settled
from shuangli.issuer.epochs.operator_keys import OperatorKeys
from shuangli.issuer.service.keys import tls_files_in
from shuangli.issuer.service.messages import (
    MAX_CERTIFICATES_BYTES,
    MAX_SUBMISSIONS_BYTES,
    encode_submissions,
)
from shuangli.issuer.service.network import NETWORK
from shuangli.messages.bundle import Bundle
from shuangli.messages.hand_in import HandIn
from shuangli.messages.returns import Watermark
from shuangli.operator.issuer_client import HttpIssuer
from tests.service.holders import Holder, clock
from tests.service.line import HOST
from tests.service.network import Network, submission

EMPTY = HandIn(bundle=Bundle(loads=(), transfers=())).encode()


@pytest.fixture(scope="module")
def issuer(net: Network) -> Iterator[HttpIssuer]:
    with net.link("OP01") as issuer:
        yield issuer


@pytest.fixture(scope="module")
def http(net: Network) -> Iterator[httpx.Client]:
    context = operator_context(tls_files_in(net.directory / "OP01"))
    with httpx.Client(verify=context, trust_env=False, timeout=60) as client:
        client.base_url = httpx.URL(f"https://{HOST}:{net.issuer.port}")
        yield client


def ask(http: httpx.Client, method: str, path: str, **more: Any) -> httpx.Response:
    return http.request(method, path, extensions={"sni_hostname": ISSUER_NAME}, **more)


def test_it_publishes_what_the_operator_publishes(issuer: HttpIssuer, net: Network) -> None:
    ann = Holder(net.operators["OP01"], "reader")
    assert issuer.key_set() == ann.http.key_set()
    assert issuer.revocation_list() == ann.http.revocation_list()


def test_what_is_known_does_not_travel_again(http: httpx.Client, issuer: HttpIssuer) -> None:
    whole = ask(http, "GET", "/v1/key-set")
    again = ask(http, "GET", "/v1/key-set", headers={"If-None-Match": etag_of(whole.content)})
    assert (whole.status_code, again.status_code, again.content) == (200, 304, b"")
    assert issuer.key_set() == issuer.key_set() == whole.content


def test_each_submission_has_its_answer(issuer: HttpIssuer) -> None:
    bad, good, again = issuer.settle_all(
        [submission("OP01", b"\x80"), submission("OP01", EMPTY), submission("OP01", EMPTY)]
    )
    assert isinstance(bad, Malformed)
    assert good == again == Settled(outcomes=(), credited_fen=0, returned_fen=0)
    with pytest.raises(Malformed):
        issuer.settle(submission("OP01", b"\x80"))
    assert issuer.settle(submission("OP01", EMPTY)) == good


def test_watermarks_and_returns(issuer: HttpIssuer, net: Network) -> None:
    key, up_to_s = net.operator_key("OP01"), clock() - 1
    watermark = Watermark.sign(key, network=NETWORK, operator="OP01", up_to_s=up_to_s).signed.data
    for _ in range(2):
        issuer.take_watermark(watermark, now_s=0)
    with net.issuer_store() as store:
        assert store.returns.watermarks()["OP01"] == up_to_s
    far = Watermark.sign(key, network=NETWORK, operator="OP01", up_to_s=clock() + 3_600)
    with pytest.raises(Refused) as refused:
        issuer.take_watermark(far.signed.data, now_s=0)
    assert refused.value.code == "clock"
    assert issuer.returns_to("OP01", after=0) == []
    with pytest.raises(BadInput):
        issuer.claim_return("OP01", 7, person=bytes(32), now_s=0)


def test_a_lost_wallet(issuer: HttpIssuer, net: Network) -> None:
    ann, bob = Holder(net.operators["OP01"], "loser"), Holder(net.operators["OP02"], "another loser")
    for _ in range(2):
        issuer.report_lost(ann.enrolment, operator="OP01", now_s=0)
    with net.issuer_store() as store:
        assert store.returns.lost_at(ann.wallet.key.public) == "OP01"
    with pytest.raises(Unverified) as refused:
        issuer.report_lost(bob.enrolment, operator="OP01", now_s=0)
    assert refused.value.code == "wrong-network"


def test_f30_an_operator_reports_the_certificates_that_it_signs(issuer: HttpIssuer, net: Network) -> None:
    ann, bob = Holder(net.operators["OP01"], "certified"), Holder(net.operators["OP02"], "also certified")
    with net.issuer_store() as store:
        known = OperatorKeys(store.database, ann.wallet.trust)
        assert known.is_logged(ann.wallet.certificate), "it was reported when it was signed"
        assert known.is_logged(bob.wallet.certificate)
    for _ in range(2):
        issuer.log_certificates([ann.wallet.certificate.signed.data], operator="OP01", now_s=0)
    with pytest.raises(Refused) as refused:
        issuer.log_certificates([bob.wallet.certificate.signed.data], operator="OP01", now_s=0)
    assert refused.value.code == "unknown-wallet"


def test_its_health(http: httpx.Client) -> None:
    assert ask(http, "GET", "/v1/health").json() == {"status": "pass"}


@pytest.mark.parametrize(
    ("method", "path", "body", "media_type", "status", "code"),
    [
        ("POST", "/v1/loads", b"hello", CBOR, 400, "cbor"),
        ("POST", "/v1/loads", bytes(MAX_SIGNED_BYTES + 1), CBOR, 413, "too-large"),
        ("POST", "/v1/loads", b"", COSE_SIGN1, 415, None),
        ("POST", "/v1/submissions", b"", CBOR, 400, "cbor"),
        ("POST", "/v1/submissions", b"\x80", CBOR, 400, "shape"),
        ("POST", "/v1/submissions", encode_submissions([submission("OP01", EMPTY)])[:-1], CBOR, 400, "cbor"),
        ("POST", "/v1/submissions", bytes(MAX_SUBMISSIONS_BYTES + 1), CBOR, 413, "too-large"),
        ("POST", "/v1/submissions", b"\x80", COSE_SIGN1, 415, None),
        ("POST", "/v1/watermarks", b"\x80", COSE_SIGN1, 400, "cbor"),
        ("POST", "/v1/return-claims", encode([0, bytes(32)]), CBOR, 400, "range"),
        ("POST", "/v1/return-claims", encode([1, bytes(31)]), CBOR, 400, "shape"),
        ("POST", "/v1/return-claims", encode([7, bytes(32)]), CBOR, 400, "bad-value"),
        ("POST", "/v1/return-claims", bytes(MAX_MODEL_BYTES + 1), CBOR, 413, "too-large"),
        ("POST", "/v1/lost-wallets", b"\x80", COSE_SIGN1, 400, "cbor"),
        ("POST", "/v1/wallet-certificates", b"\x80", CBOR, 400, "shape"),
        ("POST", "/v1/wallet-certificates", encode(["OP01"]), CBOR, 400, "shape"),
        ("POST", "/v1/wallet-certificates", encode([b"\x80"]), CBOR, 400, "cbor"),
        ("POST", "/v1/wallet-certificates", bytes(MAX_CERTIFICATES_BYTES + 1), CBOR, 413, "too-large"),
        ("POST", "/v1/holders", encode([b"\x80", bytes(32)]), CBOR, 400, "cbor"),
        ("POST", "/v1/holders", encode([b"\x80", bytes(31)]), CBOR, 400, "shape"),
        ("POST", "/v1/holders", bytes(MAX_SIGNED_BYTES + 1), CBOR, 413, "too-large"),
        ("POST", "/v1/recoveries", encode([bytes(32), 0, bytes(16)]), CBOR, 400, "range"),
        ("POST", "/v1/recoveries", encode([bytes(32), 1, bytes(15)]), CBOR, 400, "shape"),
        ("POST", "/v1/recoveries", encode([bytes(32), 1, bytes(16)]), CBOR, 404, "unknown-wallet"),
        ("POST", "/v1/remittances", b"\x80", COSE_SIGN1, 400, "cbor"),
        ("POST", "/v1/remittances", bytes(MAX_SIGNED_BYTES + 1), COSE_SIGN1, 413, "too-large"),
        ("POST", "/v1/remittance-answers", b"\x80", COSE_SIGN1, 400, "cbor"),
        ("GET", "/v1/remittances", b"", CBOR, 400, "bad-value"),
        ("GET", "/v1/remittance-outcomes?after=x", b"", CBOR, 400, "bad-value"),
        ("GET", "/v1/cases", b"", CBOR, 400, "bad-value"),
        ("GET", "/v1/netting-statements?after=-1", b"", CBOR, 400, "bad-value"),
        ("GET", "/v1/log", b"", CBOR, 400, "bad-value"),
        ("GET", "/v1/log?first=0&end=9007199254740991", b"", CBOR, 400, "bad-value"),
        ("GET", "/v1/log?first=2&end=1", b"", CBOR, 400, "bad-value"),
        ("GET", "/v1/log/consistency?old=0&new=9007199254740991", b"", CBOR, 400, "bad-value"),
        ("GET", "/v1/returns", b"", CBOR, 400, "bad-value"),
        ("GET", "/v1/returns?after=-1", b"", CBOR, 400, "bad-value"),
        ("GET", "/v1/returns?after=all", b"", CBOR, 400, "bad-value"),
        ("GET", "/v1/nothing", b"", CBOR, 404, None),
        ("POST", "/v1/key-set", b"", CBOR, 405, None),
    ],
)
def test_f40_what_is_wrong_with_a_request_is_said_and_no_more(
    http: httpx.Client, method: str, path: str, body: bytes, media_type: str, status: int, code: str | None
) -> None:
    answer = ask(http, method, path, content=body, headers={"Content-Type": media_type})
    said = answer.json()
    assert (answer.status_code, said.get("code")) == (status, code), said
    assert answer.headers["Content-Type"] == PROBLEM
    assert said["detail"]
    assert "Traceback" not in answer.text


def test_the_description_of_the_api_names_every_resource(http: httpx.Client) -> None:
    described = ask(http, "GET", "/v1/openapi.json").json()
    assert set(described["paths"]) == {
        "/v1/key-set",
        "/v1/revocation-list",
        "/v1/operators",
        "/v1/health",
        "/v1/loads",
        "/v1/submissions",
        "/v1/watermarks",
        "/v1/returns",
        "/v1/return-claims",
        "/v1/lost-wallets",
        "/v1/wallet-certificates",
        "/v1/netting-statements",
        "/v1/cases",
        "/v1/holders",
        "/v1/recoveries",
        "/v1/remittances",
        "/v1/remittance-answers",
        "/v1/remittance-outcomes",
        "/v1/checkpoint",
        "/v1/log",
        "/v1/log/consistency",
    }
    for operations in described["paths"].values():
        for name, operation in operations.items():
            assert operation["description"]
            assert ("requestBody" in operation) == (name == "post")
