"""`/identity-requests`: one role asks who holds a wallet, another one grants it or does not."""

from fastapi import APIRouter, Response

from shuangli.api.bodies import Page
from shuangli.api.identities import HolderView, IdentityAnswered, IdentityAsked, IdentityRequestView
from shuangli.messages.event_kinds import Reason
from shuangli.naming import word_for
from shuangli.operator.privacy.identities import Holder, IdentityRequest
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.resources.common import (
    PREFIX,
    CallerOf,
    Cursor,
    Limit,
    NumberPath,
    number_of,
    shows,
    told,
)


def routes(desk: Desk) -> APIRouter:
    """The resources of `desk`."""
    router = APIRouter(prefix=PREFIX, tags=["oversight"])

    @router.post("/identity-requests", **shows(IdentityRequestView))
    def ask(asked: IdentityAsked, caller: CallerOf) -> Response:
        """Ask who holds a wallet."""
        with desk.transaction() as now_s:
            request = desk.identities.ask(
                bytes.fromhex(asked.wallet),
                Reason[asked.reason.upper().replace("-", "_")],
                authority=asked.authority,
                order_text=asked.order,
                by=caller.name,
                now_s=now_s,
            )
        return told(_view(request, None))

    @router.get("/identity-requests", **shows(Page[IdentityRequestView]))
    def all_requests(cursor: Cursor = "", limit: Limit = 100) -> Response:
        """All requests, and what has become of them; whom they are about is not told here."""
        with desk.transaction():
            found = desk.identities.requests(after=number_of(cursor), most=limit + 1)
        more = str(found[limit - 1].request_no) if len(found) > limit else None
        return told(Page(items=[_view(request, None) for request in found[:limit]], next=more))

    @router.get("/identity-requests/{request}", **shows(IdentityRequestView))
    def one(request: NumberPath) -> Response:
        """A request; who holds the wallet, once it is granted."""
        with desk.transaction():
            return told(_view(desk.identities.request(request), desk.identities.holder(request)))

    @router.put("/identity-requests/{request}", **shows(IdentityRequestView))
    def answer(request: NumberPath, asked: IdentityAnswered, caller: CallerOf) -> Response:
        """Grant a request, or refuse it."""
        with desk.transaction() as now_s:
            grant = asked.step == "granted"
            done = desk.identities.answer(request, grant=grant, by=caller.name, now_s=now_s)
            return told(_view(done, None))

    return router


def _view(request: IdentityRequest, holder: Holder | None) -> IdentityRequestView:
    return IdentityRequestView.model_validate(
        {
            "request_no": request.request_no,
            "digest": request.digest.hex(),
            "reason": word_for(request.reason),
            "authority": request.authority,
            "order": request.order_text,
            "asked_by": request.asked_by,
            "asked_at_s": request.asked_at_s,
            "step": word_for(request.step),
            "answered_by": request.answered_by,
            "answered_at_s": request.answered_at_s,
            "holder": None
            if holder is None
            else HolderView(
                wallet=holder.wallet_no, person=holder.person.hex(), enrolment=holder.enrolment_id.hex()
            ),
        }
    )
