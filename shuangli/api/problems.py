"""Errors on their way over HTTP, as problem details (RFC 9457).

    {"title": "Unprocessable Content", "status": 422, "detail": "300 fen over the day limit ...",
     "kind": "refused", "code": "over-limit"}

`code` is one of `shuangli.errors.CODES` and `kind` says whose fault it is; neither is there where the
request never got as far as the operator's own code. What went wrong inside an operator is told by its code
and no more: file names and SQL are nobody else's business.
"""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from shuangli.errors import (
    CODES,
    BadInput,
    Malformed,
    OutOfTurn,
    Refused,
    ShuangliError,
    StoreError,
    Unverified,
)

KINDS: Final[dict[str, type[ShuangliError]]] = {
    "bad-input": BadInput,
    "malformed": Malformed,
    "unverified": Unverified,
    "out-of-turn": OutOfTurn,
    "refused": Refused,
    "store": StoreError,
}
_STATUS_OF_KIND: Final = {
    "bad-input": HTTPStatus.BAD_REQUEST,
    "malformed": HTTPStatus.BAD_REQUEST,
    "unverified": HTTPStatus.BAD_REQUEST,
    "out-of-turn": HTTPStatus.CONFLICT,
    "refused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "store": HTTPStatus.INTERNAL_SERVER_ERROR,
}
_STATUS_OF_CODE: Final = {
    "too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "not-authenticated": HTTPStatus.UNAUTHORIZED,
    "not-allowed": HTTPStatus.FORBIDDEN,
    "second-factor": HTTPStatus.FORBIDDEN,
    "not-identified": HTTPStatus.FORBIDDEN,
    "rate-limited": HTTPStatus.TOO_MANY_REQUESTS,
    "unknown-wallet": HTTPStatus.NOT_FOUND,
    "not-found": HTTPStatus.NOT_FOUND,
    "frozen": HTTPStatus.FORBIDDEN,
    "not-admitted": HTTPStatus.FORBIDDEN,
    "wrong-operator": HTTPStatus.FORBIDDEN,
    "already-open": HTTPStatus.CONFLICT,
    "nonce-used": HTTPStatus.CONFLICT,
    "unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "queued": HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Where a code says more than its kind."""
MAX_DETAIL: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One answer that says no: an HTTP status, and in words and by code why."""

    status: int
    detail: str
    kind: str = ""
    code: str = ""

    def encode(self) -> bytes:
        """Encode as JSON."""
        fields: dict[str, object] = {"title": HTTPStatus(self.status).phrase, "status": self.status}
        fields["detail"] = self.detail
        if self.code:
            fields |= {"kind": self.kind, "code": self.code}
        return json.dumps(fields, ensure_ascii=False).encode()


def problem_of(error: ShuangliError) -> Problem:
    """What an operator answers where this error ends its work."""
    kind = next((name for name, known in KINDS.items() if isinstance(error, known)), "store")
    status = _STATUS_OF_CODE.get(error.code, _STATUS_OF_KIND[kind])
    detail = CODES[error.code] if kind == "store" else str(error)
    return Problem(status=status, detail=detail, kind=kind, code=error.code)


def error_of(status: int, body: bytes, *, address: str) -> ShuangliError:
    """The error that a client raises for an answer that is no success.

    What is not a problem of this project (a proxy's answer, another server's) is `StoreError`, code
    `unavailable`: nothing is known of what was asked.
    """
    try:
        fields = json.loads(body)
    except ValueError:
        fields = None
    if isinstance(fields, dict):
        found = read_error(fields.get("kind"), fields.get("code"), fields.get("detail", ""))
        if found is not None:
            return found
    return StoreError("unavailable", f"{address} answers with HTTP status {status}")


def read_error(kind: object, code: object, detail: object) -> ShuangliError | None:
    """The error of a received kind and code; None if this version does not know them."""
    known = KINDS.get(str(kind))
    if known is None or not isinstance(code, str) or code not in CODES:
        return None
    return known(code, _printable(str(detail)))


def _printable(text: str) -> str:
    """Foreign words as they can be shown in one line."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:MAX_DETAIL])
