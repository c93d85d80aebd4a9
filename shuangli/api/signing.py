"""Requests signed with a wallet's key: HTTP Message Signatures (RFC 9421), with the one verifier.

A signature covers method, path and query, the digest of the body (RFC 9530) if there is one, and the headers
that change what a request does. Its parameters say when it was made (`created`), by which wallet (`keyid`,
the public key in hex), for which operator (`tag`), and a `nonce` that is used once. So a request that was
overheard works neither again nor elsewhere. What is signed is text, and begins with a quotation mark: no
object of the wire format does.
"""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureAlgorithm,
    HTTPSignatureKeyResolver,
    InvalidSignature,
)
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from shuangli.crypto import KEY_BYTES, Signer, verify
from shuangli.errors import Unverified

LABEL: Final = "wallet"
ALWAYS: Final = ("@method", "@path", "@query")
IF_SENT: Final = ("content-type", "idempotency-key", "second-factor")
"""Headers that are covered where they are sent."""
VALID_S: Final = 60
"""A signature holds so long after it was made, and clocks may differ by as much."""
MAX_NONCE: Final = 64
NONCE_BYTES: Final = 16


class Ed25519(HTTPSignatureAlgorithm):
    """Ed25519 (RFC 9421 section 3.3.6), by `shuangli.crypto`."""

    algorithm_id = "ed25519"

    def __init__(self, public_key: bytes | None = None, private_key: Signer | None = None) -> None:
        self._public = public_key
        self._signer = private_key

    def sign(self, message: bytes) -> bytes:
        """Sign a signature base."""
        if self._signer is None:
            raise ValueError("there is no private key")
        return self._signer.sign(message)

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return if the signature holds.

        Raises:
            InvalidSignature: it does not.
        """
        if self._public is None or not verify(self._public, message, signature):
            raise InvalidSignature("the signature does not verify")


@dataclass(slots=True, kw_only=True)
class Message:
    """A request as it is signed: `target` is its path and query as they travel."""

    method: str
    target: str
    headers: dict[str, str]
    url: str = field(init=False)

    def __post_init__(self) -> None:
        # Only path and query are signed: host and scheme are other ones behind a proxy.
        self.url = f"http://operator{self.target}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedRequest:
    """A request that a wallet has signed: its key, when, and the nonce, which is to be used once."""

    wallet: bytes
    created_at_s: int
    nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSigner:
    """Signs requests with a wallet's key; `random_bytes` makes nonces, `now_s` is the clock."""

    key: Signer
    random_bytes: Callable[[int], bytes]
    now_s: Callable[[], int]

    def headers(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, *, operator: str
    ) -> dict[str, str]:
        """What a request to `operator` needs besides its `headers`."""
        return sign_request(
            self.key,
            method=method,
            target=target,
            headers=headers,
            body=body,
            operator=operator,
            nonce=self.random_bytes(NONCE_BYTES).hex(),
            now_s=self.now_s(),
        )


class _Keys(HTTPSignatureKeyResolver):
    """A wallet's key names itself."""

    def __init__(self, signer: Signer | None = None) -> None:
        self._signer = signer

    def resolve_public_key(self, key_id: str) -> bytes | None:
        try:
            key = bytes.fromhex(key_id)
        except ValueError:
            return None
        return key if len(key) == KEY_BYTES and key.hex() == key_id else None

    def resolve_private_key(self, key_id: str) -> Signer:  # noqa: ARG002
        if self._signer is None:
            raise KeyError("there is no private key")
        return self._signer


class _Verifier(HTTPMessageVerifier):
    """Leaves time to the caller, who has a clock."""

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        """Both are judged by `verify_request`."""


def sign_request(
    signer: Signer,
    *,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes,
    operator: str,
    nonce: str,
    now_s: int,
    label: str = LABEL,
) -> dict[str, str]:
    """The headers that a request needs besides `headers`: its signature, and the digest of its body.

    `operator` is the signature's `tag`: whom the request is for, or from. `label` is its name in the headers.
    """
    message = Message(method=method, target=target, headers=dict(headers))
    given = {name.lower() for name in headers}
    HTTPMessageSigner(signature_algorithm=Ed25519, key_resolver=_Keys(signer)).sign(
        message,
        key_id=signer.public.hex(),
        created=datetime.datetime.fromtimestamp(now_s, datetime.UTC),
        nonce=nonce,
        label=label,
        tag=operator,
        covered_component_ids=(*ALWAYS, *(name for name in IF_SENT if name in given)),
        body=body or None,
    )
    return {name: value for name, value in message.headers.items() if name not in headers}


def verify_request(message: Message, body: bytes, *, operator: str, now_s: int) -> VerifiedRequest:
    """Who has signed a request.

    1. One signature of this operator's tag holds under the key that it names.
    2. It covers method, path, query, the digest of the body, and the headers `IF_SENT` that are there.
    3. It was made within the last minute, and has a nonce.

    Raises:
        Unverified: one of these does not hold (`not-authenticated`).
    """
    sent = {name.lower() for name in message.headers}
    covered = (*ALWAYS, *(name for name in IF_SENT if name in sent))
    try:
        (result,) = _Verifier(signature_algorithm=Ed25519, key_resolver=_Keys()).verify(
            message, max_age=None, expect_tag=operator, require_components=covered, body=body
        )
    except (HTTPMessageSignaturesException, ValueError) as error:
        raise Unverified("not-authenticated", f"the request's signature does not hold: {error}") from error
    created, nonce, key = (result.parameters.get(name) for name in ("created", "nonce", "keyid"))
    if type(created) is not int or abs(now_s - created) > VALID_S:
        raise Unverified(
            "not-authenticated", f"sign with `created` within {VALID_S} s of the operator's clock: {now_s}"
        )
    if not isinstance(nonce, str) or not 0 < len(nonce) <= MAX_NONCE:
        raise Unverified(
            "not-authenticated", f"sign with a `nonce` of 1 to {MAX_NONCE} characters, used once"
        )
    return VerifiedRequest(wallet=bytes.fromhex(str(key)), created_at_s=created, nonce=nonce)
