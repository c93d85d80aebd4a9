"""What wallets need to pay offline: certified keys, certificates, loads, reconciliations. Signed objects.

Enrolments and orders are signed by the wallet's key, and uploads prove themselves: there is no log-in. Who
the holder is, a code says that the operator has given to them.
"""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from shuangli.api.models import (
    CBOR,
    COSE,
    COSE_SIGN1,
    MAX_SIGNED_BYTES,
    MAX_UPLOAD_BYTES,
)
from shuangli.api.service.manners import BodyReader, add_published, answer, gives, takes
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.handing_in import HandingIn
from shuangli.operator.service.resources.common import PREFIX, CodeHeader
from shuangli.operator.service.resources.identifications import OpeningCode

SignedBody = Annotated[bytes, Depends(BodyReader(COSE, most_bytes=MAX_SIGNED_BYTES))]
UPLOADS: Final = f"{PREFIX}/reconciliations"
_read_upload = BodyReader(CBOR, most_bytes=MAX_UPLOAD_BYTES)


def routes(desk: Desk, shown: Mapping[str, str]) -> APIRouter:
    """The resources of `desk`; `shown` are examples of signed objects."""
    router = APIRouter(prefix=PREFIX, tags=["offline"])
    handing_in = HandingIn(desk.outbox)

    @router.get("/network", **gives(CBOR, shown["network"]))
    def network() -> Response:
        """The network and the operator, as a CBOR map."""
        return answer(desk.describe().encode(), CBOR)

    add_published(router, key_set=desk.key_set, revocation_list=desk.revocation_list, examples=shown)

    @router.post(
        "/wallets", **takes(COSE, COSE_SIGN1, example=shown["enrolment"], answer=shown["certificate"])
    )
    def open_wallet(enrolment: SignedBody, opening_code: OpeningCode = "") -> Response:
        """An enrolment opens a wallet: its certificate. The same again gives the same one, without a code."""
        return answer(desk.open_wallet(enrolment, code=opening_code), COSE_SIGN1)

    @router.post("/loads", **takes(COSE, COSE_SIGN1, example=shown["order"], answer=shown["load"]))
    def load(order: SignedBody, second_factor: CodeHeader = "") -> Response:
        """An order is answered by a load; the same order by the same load. A large one needs a code."""
        return answer(desk.load(order, code=second_factor), COSE_SIGN1)

    @router.post(
        "/reconciliations",
        **takes(CBOR, COSE_SIGN1, example=shown["upload"], answer=shown["acknowledgement"]),
    )
    async def reconcile(request: Request) -> Response:
        """An upload is answered by an acknowledgement; the same upload by the same acknowledgement.

        503 with the code `queued` says that it has been received, and is not final: ask again.
        """
        return answer(await handing_in.reconcile(await _read_upload(request)), COSE_SIGN1)

    return router
