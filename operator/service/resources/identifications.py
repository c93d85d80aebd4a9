"""`/identifications`: codes for wallets of persons whom the bank has identified, and made-up persons."""

from typing import Annotated

from fastapi import APIRouter, Header, Response

from shuangli.api.asked import Identification, MadeUp
from shuangli.api.told_service import IdentifiedTold
from shuangli.errors import Refused
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.resources.common import PREFIX, shows, told

OpeningCode = Annotated[
    str,
    Header(
        alias="Opening-Code",
        pattern=r"^[A-Za-z2-7 -]{0,40}$",
        description="the code that the operator gave to the person it has identified",
        examples=["K7QM-3XWD-52TH-ZB6A-LQEV"],
    ),
]


def routes(desk: Desk) -> APIRouter:
    """The resources of `desk`."""
    router = APIRouter(prefix=PREFIX, tags=["identification"])

    @router.post("/identifications", **shows(IdentifiedTold))
    def identify(asked: Identification) -> Response:
        """Say that the bank has identified a person: the code for a wallet, to be handed to them, once."""
        return told(desk.identify(bytes.fromhex(asked.person), asked.tier))

    @router.get("/identification", **shows(IdentifiedTold))
    def identified(opening_code: OpeningCode = "") -> Response:
        """The person and tier that a code is for: a wallet is enrolled with them."""
        return told(desk.identified(opening_code))

    @router.post("/made-up-persons", **shows(IdentifiedTold))
    def make_up(asked: MadeUp) -> Response:
        """A made-up person with a code: in a sandbox, a stand-in for the bank's own identification."""
        if not desk.describe().sandbox:
            raise Refused("not-allowed", "persons are made up in a sandbox only")
        return told(desk.make_up_person(asked.tier))

    return router
