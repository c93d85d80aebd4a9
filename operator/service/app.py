"""The operator's HTTP API: `Desk` on FastAPI, and nothing but the way there and back.

A handler reads a bounded body of the right media type, hands the bytes to the desk, and answers with the
bytes it gets, once they are stored. Every error becomes a problem (RFC 9457). Enrolments and orders are
signed by the wallet's key and uploads prove themselves, so there is no log-in here.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, FastAPI, Header, Response

from shuangli.api.models import (
    CBOR,
    COSE,
    COSE_SIGN1,
    MAX_MODEL_BYTES,
    MAX_SIGNED_BYTES,
    MAX_UPLOAD_BYTES,
    Deposit,
)
from shuangli.api.service.manners import BodyReader, add_published, answer, gives, make_service, takes
from shuangli.operator.service.desk import Desk

SignedBody = Annotated[bytes, Depends(BodyReader(COSE, most_bytes=MAX_SIGNED_BYTES))]
ModelBody = Annotated[bytes, Depends(BodyReader(CBOR, most_bytes=MAX_MODEL_BYTES))]
UploadBody = Annotated[bytes, Depends(BodyReader(CBOR, most_bytes=MAX_UPLOAD_BYTES))]
OnceKey = Annotated[str, Header(alias="Idempotency-Key", pattern=r'^"[ !#-~]{1,64}"$')]
_TO_SEND: Final = (
    'send a header Idempotency-Key: "..." with 1 to 64 printable characters, new for each deposit;'
    " and of entries of the log, their numbers"
)


def make_app(desk: Desk) -> FastAPI:
    """The API of the operator behind `desk`."""
    app = make_service("operator", to_send=_TO_SEND)
    app.include_router(_published(desk), prefix="/v1")
    app.include_router(_logged(desk), prefix="/v1")
    app.include_router(_asked(desk), prefix="/v1")
    return app


def _published(desk: Desk) -> APIRouter:
    """What anybody may read."""
    router = APIRouter()

    @router.get("/network", **gives(CBOR))
    def network() -> Response:
        """The network and the operator, as a CBOR map."""
        return answer(desk.describe().encode(), CBOR)

    add_published(router, key_set=desk.key_set, revocation_list=desk.revocation_list)

    @router.get("/health", **gives("application/json"))
    def health() -> Response:
        """Whether the operator can write to its database; `warn` while something waits for the issuer."""
        desk.check_health()
        status = b'{"status": "warn"}' if desk.has_backlog() else b'{"status": "pass"}'
        return answer(status, "application/json")

    return router


def _logged(desk: Desk) -> APIRouter:
    """What shows that the audit log is the one that was signed; entries are not shown to everybody."""
    router = APIRouter()

    @router.get("/checkpoint", **gives(COSE_SIGN1))
    def checkpoint() -> Response:
        """The state of the audit log, signed by the operator."""
        return answer(desk.checkpoint(), COSE_SIGN1)

    @router.get("/log/consistency", **gives(CBOR))
    def consistency(old: int, new: int) -> Response:
        """The proof that the first `new` entries start with the first `old`: an array of hashes."""
        return answer(desk.consistency_proof(old, new), CBOR)

    @router.get("/log/{number}/proof", **gives(CBOR))
    def inclusion(number: int, size: int) -> Response:
        """The proof that an entry is among the first `size`: an array of hashes."""
        return answer(desk.inclusion_proof(number, size), CBOR)

    return router


def _asked(desk: Desk) -> APIRouter:
    """What wallets ask for."""
    router = APIRouter()

    @router.post("/wallets", **takes(COSE, COSE_SIGN1))
    def open_wallet(enrolment: SignedBody) -> Response:
        """An enrolment opens a wallet: its certificate. Opening it again gives the same one."""
        return answer(desk.open_wallet(enrolment), COSE_SIGN1)

    @router.post("/deposits", **takes(CBOR, CBOR))
    def deposit(body: ModelBody, idempotency_key: OnceKey) -> Response:
        """Sandbox: money from the bank account. The body comes back; the same key again pays nothing more."""
        asked = Deposit.decode(body)
        desk.deposit(asked, idempotency_key=idempotency_key.strip('"'))
        return answer(asked.encode(), CBOR)

    @router.post("/loads", **takes(COSE, COSE_SIGN1))
    def load(order: SignedBody) -> Response:
        """An order is answered by a load; the same order by the same load."""
        return answer(desk.load(order), COSE_SIGN1)

    @router.post("/reconciliations", **takes(CBOR, COSE_SIGN1))
    def reconcile(upload: UploadBody) -> Response:
        """An upload is answered by an acknowledgement; the same upload by the same acknowledgement.

        503 with the code `queued` says that it has been received, and is not final: ask again.
        """
        return answer(desk.reconcile(upload), COSE_SIGN1)

    return router
