"""What wallets need to pay offline: certified keys, certificates, loads, reconciliations. Signed objects.

Enrolments and orders are signed by the wallet's key, and uploads prove themselves: there is no log-in.
"""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from shuangli.api.models import (
    CBOR,
    COSE,
    COSE_SIGN1,
    MAX_SIGNED_BYTES,
    MAX_UPLOAD_BYTES,
)
from shuangli.api.service.manners import BodyReader, add_published, answer, gives, takes
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.resources.common import PREFIX

SignedBody = Annotated[bytes, Depends(BodyReader(COSE, most_bytes=MAX_SIGNED_BYTES))]
UploadBody = Annotated[bytes, Depends(BodyReader(CBOR, most_bytes=MAX_UPLOAD_BYTES))]


def routes(desk: Desk, shown: Mapping[str, str]) -> APIRouter:
    """The resources of `desk`; `shown` are examples of signed objects."""
    router = APIRouter(prefix=PREFIX, tags=["offline"])

    @router.get("/network", **gives(CBOR, shown["network"]))
    def network() -> Response:
        """The network and the operator, as a CBOR map."""
        return answer(desk.describe().encode(), CBOR)

    add_published(router, key_set=desk.key_set, revocation_list=desk.revocation_list, examples=shown)

    @router.post(
        "/wallets", **takes(COSE, COSE_SIGN1, example=shown["enrolment"], answer=shown["certificate"])
    )
    def open_wallet(enrolment: SignedBody) -> Response:
        """An enrolment opens a wallet: its certificate. Opening it again gives the same one."""
        return answer(desk.open_wallet(enrolment), COSE_SIGN1)

    @router.post("/loads", **takes(COSE, COSE_SIGN1, example=shown["order"], answer=shown["load"]))
    def load(order: SignedBody) -> Response:
        """An order is answered by a load; the same order by the same load."""
        return answer(desk.load(order), COSE_SIGN1)

    @router.post(
        "/reconciliations",
        **takes(CBOR, COSE_SIGN1, example=shown["upload"], answer=shown["acknowledgement"]),
    )
    def reconcile(upload: UploadBody) -> Response:
        """An upload is answered by an acknowledgement; the same upload by the same acknowledgement.

        503 with the code `queued` says that it has been received, and is not final: ask again.
        """
        return answer(desk.reconcile(upload), COSE_SIGN1)

    return router
