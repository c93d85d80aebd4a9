"""Bodies that wallets send to an operator's HTTP API, and the problem in an answer to a bad one."""

import secrets
import time
from typing import Any

import httpx

from shuangli.api.models import COSE_SIGN1, PROBLEM
from shuangli.api.signing import RequestSigner
from shuangli.crypto import SigningKey
from shuangli.errors import CODES
from shuangli.messages.certificates import WalletKind
from shuangli.messages.enrolment import Enrolment
from shuangli.messages.loads import LoadOrder

KEY = SigningKey(bytes(range(32)))
PERSON = b"p" * 32
SIGNER = RequestSigner(key=KEY, random_bytes=secrets.token_bytes, now_s=lambda: int(time.time()))
COSE = {"Content-Type": COSE_SIGN1}
NOW_S = 1_800_000_000


def enrolment(key: SigningKey = KEY, *, network: str = "sandbox", person: bytes = PERSON) -> bytes:
    return Enrolment.sign(
        key,
        network=network,
        operator="OP01",
        kind=WalletKind.SOFT,
        tier=4,
        person=person,
        enrolled_at_s=NOW_S,
    ).signed.data


def order(nonce: int, *, key: SigningKey = KEY, values_fen: tuple[int, ...] = (300, 200)) -> bytes:
    return LoadOrder.sign(
        key,
        operator="OP01",
        values_fen=values_fen,
        nonce=nonce.to_bytes(16, "big"),
        ordered_at_s=NOW_S,
    ).signed.data


def problem(answer: httpx.Response) -> dict[str, Any]:
    """The problem in an answer, which must be of the form that is promised."""
    assert answer.headers["Content-Type"] == PROBLEM, answer.text
    said: dict[str, Any] = answer.json()
    assert said["status"] == answer.status_code
    assert said["title"]
    assert said["detail"]
    assert said.get("code", "cbor") in CODES
    assert "Traceback" not in answer.text
    assert "/" not in said["detail"].replace("application/", "")
    return said
