"""The issuer's HTTP API, for operators only: `IssuerDesk` on FastAPI, and nothing but the way there and back.

Who asks is the operator that TLS has named, and no other: what a request says in another operator's name is
refused whole, and changes nothing. The issuer goes by its own clock. Everything may be asked again, and gets
the same answer.
"""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response

from shuangli.api.models import CBOR, COSE, COSE_SIGN1, MAX_MODEL_BYTES, MAX_SIGNED_BYTES
from shuangli.api.service.listening import PEER_CERTIFICATE
from shuangli.api.service.manners import BodyReader, add_published, answer, gives, make_service, takes
from shuangli.api.tls import read_peer
from shuangli.errors import Malformed, Refused
from shuangli.issuer.service.desk import IssuerDesk
from shuangli.issuer.service.messages import (
    MAX_CERTIFICATES_BYTES,
    MAX_SUBMISSIONS_BYTES,
    CustomerOrder,
    ReturnClaim,
    decode_certificates,
    decode_submissions,
    encode_answers,
    encode_paid,
    encode_returns,
)
from shuangli.messages.loads import LoadOrder
from shuangli.messages.returns import Watermark
from shuangli.money import MAX_FEN


def admitted(request: Request) -> str:
    """The name of the operator that asks.

    Raises:
        Refused: it is none of those that the root certifies now (`not-admitted`).
    """
    desk: IssuerDesk = request.app.state.desk
    try:
        peer = read_peer(getattr(request.state, PEER_CERTIFICATE, None) or {})
    except Malformed as error:
        raise Refused("not-admitted", "show the certificate of an operator") from error
    desk.check_admitted(peer)
    return peer.operator


Operator = Annotated[str, Depends(admitted)]
SignedBody = Annotated[bytes, Depends(BodyReader(COSE, most_bytes=MAX_SIGNED_BYTES))]
OrderBody = Annotated[bytes, Depends(BodyReader(CBOR, most_bytes=MAX_SIGNED_BYTES))]
ModelBody = Annotated[bytes, Depends(BodyReader(CBOR, most_bytes=MAX_MODEL_BYTES))]
CertificatesBody = Annotated[bytes, Depends(BodyReader(CBOR, most_bytes=MAX_CERTIFICATES_BYTES))]
SubmissionsBody = Annotated[bytes, Depends(BodyReader(CBOR, most_bytes=MAX_SUBMISSIONS_BYTES))]
AfterNumber = Annotated[int, Query(ge=0, le=MAX_FEN)]
_TO_SEND: Final = "send a parameter after=N with the number of the last return that was taken, 0 if none was"


def make_app(desk: IssuerDesk) -> FastAPI:
    """The API of the issuer behind `desk`."""
    app = make_service("issuer", to_send=_TO_SEND, dependencies=(Depends(admitted),))
    app.state.desk = desk
    app.include_router(_published(desk), prefix="/v1")
    app.include_router(_asked(desk), prefix="/v1")
    return app


def _published(desk: IssuerDesk) -> APIRouter:
    """What every operator may read."""
    router = APIRouter()

    add_published(router, key_set=desk.key_set, revocation_list=desk.revocation_list)

    @router.get("/health", **gives("application/json"))
    def health() -> Response:
        """Whether the issuer can write to its database."""
        desk.check_health()
        return answer(b'{"status": "pass"}', "application/json")

    return router


def _own(named: str, operator: str) -> None:
    """Make sure that an operator speaks in its own name.

    Raises:
        Refused: it does not (`wrong-operator`).
    """
    if named != operator:
        raise Refused("wrong-operator", f"{operator} speaks in the name of {named}")


def _asked(desk: IssuerDesk) -> APIRouter:
    """What operators ask for."""
    router = APIRouter()

    @router.post("/loads", **takes(CBOR, COSE_SIGN1))
    def mint(body: OrderBody, operator: Operator) -> Response:
        """A wallet's order is answered by a load out of the operator's vault; the same by the same one."""
        ordered = CustomerOrder.decode(body)
        _own(LoadOrder.parse(ordered.order).operator, operator)
        load = desk.mint(ordered.order, operator=operator, customer=ordered.customer, now_s=desk.now_s())
        return answer(load, COSE_SIGN1)

    @router.post("/submissions", **takes(CBOR, CBOR))
    def settle(body: SubmissionsBody, operator: Operator) -> Response:
        """Uploads are settled in their order; the same upload again gets the same answer."""
        submissions = decode_submissions(body)
        for submission in submissions:
            _own(submission.operator, operator)
        return answer(encode_answers(desk.settle_all(submissions)), CBOR)

    @router.post("/watermarks", **takes(COSE, CBOR))
    def take_watermark(watermark: SignedBody, operator: Operator) -> Response:
        """The operator has passed on all up to a time; what is due after every operator's word goes back."""
        _own(Watermark.parse(watermark).operator, operator)
        desk.take_watermark(watermark, now_s=desk.now_s())
        return Response(status_code=HTTPStatus.NO_CONTENT)

    @router.get("/returns", **gives(CBOR))
    def returns_to(operator: Operator, after: AfterNumber) -> Response:
        """What has gone back to the operator's wallets after a number, some at a time."""
        return answer(encode_returns(desk.returns_to(operator, after=after)), CBOR)

    @router.post("/return-claims", **takes(CBOR, CBOR))
    def claim_return(body: ModelBody, operator: Operator) -> Response:
        """The guarantee fund pays a return to a person, within its cap: what it has paid for it."""
        claim = ReturnClaim.decode(body)
        paid_fen = desk.claim_return(operator, claim.number, person=claim.person, now_s=desk.now_s())
        return answer(encode_paid(paid_fen), CBOR)

    @router.post("/lost-wallets", **takes(COSE, CBOR))
    def report_lost(certificate: SignedBody, operator: Operator) -> Response:
        """The holder of a wallet has lost it."""
        desk.report_lost(certificate, operator=operator, now_s=desk.now_s())
        return Response(status_code=HTTPStatus.NO_CONTENT)

    @router.post("/wallet-certificates", **takes(CBOR, CBOR))
    def log_certificates(body: CertificatesBody, operator: Operator) -> Response:
        """The operator has signed these wallet certificates; they hold if its key leaks later."""
        desk.log_certificates(decode_certificates(body), operator=operator, now_s=desk.now_s())
        return Response(status_code=HTTPStatus.NO_CONTENT)

    return router
