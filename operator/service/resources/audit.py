"""What shows that the audit log is the one that was signed; its entries are for who may read them."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Response

from shuangli.api.bodies import MAX_NUMBER
from shuangli.api.models import CBOR, COSE_SIGN1
from shuangli.api.service.manners import answer, gives
from shuangli.codec import encode
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.resources.common import PREFIX

MOST_ENTRIES = 1_000


def routes(desk: Desk, shown: Mapping[str, str]) -> APIRouter:
    """The resources of `desk`; `shown` are examples of signed objects."""
    router = APIRouter(prefix=PREFIX, tags=["audit"])

    @router.get("/checkpoint", **gives(COSE_SIGN1, shown["checkpoint"]))
    def checkpoint() -> Response:
        """The state of the audit log, signed by the operator."""
        return answer(desk.checkpoint(), COSE_SIGN1)

    @router.get("/log/consistency", **gives(CBOR, shown["byte strings"]))
    def consistency(old: int, new: int) -> Response:
        """The proof that the first `new` entries start with the first `old`: an array of hashes."""
        return answer(desk.consistency_proof(old, new), CBOR)

    @router.get("/log/entries", **gives(CBOR, shown["byte strings"]))
    def entries(
        first: Annotated[int, Query(ge=0, le=MAX_NUMBER)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_ENTRIES)] = 100,
    ) -> Response:
        """Entries of the audit log from a number on, for regulators: an array of byte strings."""
        with desk.transaction():
            log = desk.bank.store.audit
            found = list(log.entries(first, min(log.size, first + limit)))
        return answer(encode(found), CBOR)

    @router.get("/log/{number}/proof", **gives(CBOR, shown["byte strings"]))
    def inclusion(number: int, size: int) -> Response:
        """The proof that an entry is among the first `size`: an array of hashes."""
        return answer(desk.inclusion_proof(number, size), CBOR)

    return router
