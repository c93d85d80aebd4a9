"""Requests to an operator that are wrong, too large or noise: what is wrong is said, and no more (F40)."""

import random

import httpx
import pytest

from shuangli.api.models import CBOR, MAX_SIGNED_BYTES, MAX_UPLOAD_BYTES
from shuangli.cose import Domain, sign
from shuangli.crypto import SigningKey
from tests.devices.bodies import COSE, KEY, enrolment, order, problem

SIGNED = b"\xd2\x84\x43\xa1\x01\x32\xa0"


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "code"),
    [
        ("/v1/wallets", b"", COSE, 400, "cbor"),
        ("/v1/wallets", b"hello", COSE, 400, "cbor"),
        ("/v1/wallets", SIGNED, COSE, 400, "cbor"),
        ("/v1/wallets", order(9), COSE, 400, "shape"),
        ("/v1/wallets", enrolment()[:-1] + b"\1", COSE, 400, "signature"),
        ("/v1/wallets", enrolment(network="real"), COSE, 404, "unknown-wallet"),
        ("/v1/wallets", enrolment(person=bytes([1]) * 32), COSE, 409, "already-open"),
        ("/v1/wallets", bytes(MAX_SIGNED_BYTES + 1), COSE, 413, "too-large"),
        ("/v1/wallets", enrolment(), {}, 415, None),
        ("/v1/wallets", enrolment(), {"Content-Type": CBOR}, 415, None),
        ("/v1/loads", enrolment(), COSE, 400, "shape"),
        ("/v1/loads", order(9)[:-1] + b"\0", COSE, 400, "signature"),
        ("/v1/loads", order(9, key=SigningKey(bytes(32))), COSE, 404, "unknown-wallet"),
        ("/v1/loads", order(9, values_fen=(10**9,)), COSE, 422, "over-limit"),
        ("/v1/loads", order(9, values_fen=(400_000,)), COSE, 422, "insufficient-funds"),
        ("/v1/reconciliations", b"\xa0", {"Content-Type": CBOR}, 400, "cbor"),
        ("/v1/reconciliations", bytes(MAX_UPLOAD_BYTES + 1), {"Content-Type": CBOR}, 413, "too-large"),
        ("/v1/reconciliations", b"\x80", COSE, 415, None),
        ("/v1/nothing", b"", COSE, 404, None),
        ("/v1/network", b"", COSE, 405, None),
        ("/docs", b"", COSE, 404, None),
    ],
)
def test_f40_what_is_wrong_with_a_request_is_said_and_no_more(
    http: httpx.Client, path: str, body: bytes, headers: dict[str, str], status: int, code: str | None
) -> None:
    http.post("/v1/wallets", content=enrolment(), headers=COSE)
    answer = http.post(path, content=body, headers=headers)
    said = problem(answer)
    assert (answer.status_code, said.get("code")) == (status, code), said


def test_f40_a_body_without_a_length_is_bounded_as_well(http: httpx.Client) -> None:
    pieces = (bytes(4_096) for _ in range(64))
    answer = http.post("/v1/wallets", content=pieces, headers=COSE)
    assert (answer.status_code, problem(answer)["code"]) == (413, "too-large")


def test_f40_random_bytes_are_a_bad_request(http: httpx.Client) -> None:
    chance = random.Random(40)
    kinds = (("/v1/wallets", Domain.ENROLMENT), ("/v1/loads", Domain.LOAD_ORDER))
    for _ in range(50):
        for path, domain in kinds:
            noise = chance.randbytes(chance.randrange(200))
            for body in (noise, sign(KEY, domain, noise).data):
                answer = http.post(path, content=body, headers=COSE)
                assert answer.status_code == 400, problem(answer)
        answer = http.post("/v1/reconciliations", content=noise, headers={"Content-Type": CBOR})
        assert answer.status_code == 400, problem(answer)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/log/0/proof?size=1000000", "bad-value"),
        ("/v1/log/1/proof?size=1", "bad-value"),
        ("/v1/log/-1/proof?size=1", "bad-value"),
        ("/v1/log/99999999999999999999/proof?size=99999999999999999999", "bad-value"),
        ("/v1/log/consistency?old=2&new=1", "bad-value"),
        ("/v1/log/consistency?old=-1&new=1", "bad-value"),
        ("/v1/log/consistency?old=1", "bad-value"),
        ("/v1/log/one/proof?size=1", "bad-value"),
    ],
)
def test_f40_what_the_log_has_not_got_is_a_bad_request(
    http: httpx.Client, path: str, code: str | None
) -> None:
    http.post("/v1/wallets", content=enrolment(), headers=COSE)
    answer = http.get(path)
    assert (answer.status_code, problem(answer).get("code")) == (400, code)
