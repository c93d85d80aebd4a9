"""The issuer's HTTP API, for operators and auditors: `IssuerDesk` on FastAPI, only the way there and back.

An auditor may read what is published and the audit log, and nothing else. Who asks for anything else is the
operator that TLS has named, and no other: what a request says in another operator's name is refused whole,
and changes nothing. The issuer goes by its own clock. Everything may be asked again, and gets the same
answer.
"""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response

from shuangli.api.models import CBOR, COSE, COSE_SIGN1, MAX_MODEL_BYTES, MAX_SIGNED_BYTES
from shuangli.api.service.listening import PEER_CERTIFICATE
from shuangli.api.service.manners import BodyReader, add_published, answer, gives, make_service, takes
from shuangli.api.tls import Peer, Role, read_peer
from shuangli.errors import Malformed, Refused
from shuangli.issuer.remittances.messages import Remittance, RemittanceAnswer
from shuangli.issuer.service.case_messages import NamedHolder, Recovery, encode_cases
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
    encode_signed,
)
from shuangli.issuer.service.remittance_messages import encode_outcomes, encode_waiting
from shuangli.messages.loads import LoadOrder
from shuangli.messages.returns import Watermark
from shuangli.money import MAX_FEN


def admitted(request: Request) -> Peer:
    """Who asks: an operator, or an auditor.

    Raises:
        Refused: it is none of those that are admitted now (`not-admitted`).
    """
    desk: IssuerDesk = request.app.state.desk
    try:
        peer = read_peer(getattr(request.state, PEER_CERTIFICATE, None) or {})
    except Malformed as error:
        raise Refused("not-admitted", "show the certificate of an operator") from error
    desk.check_admitted(peer)
    return peer


def operator_that_asks(peer: Annotated[Peer, Depends(admitted)]) -> str:
    """The name of the operator that asks.

    Raises:
        Refused: an auditor asks, and may only read (`not-admitted`).
    """
    if peer.role is not Role.OPERATOR:
        raise Refused("not-admitted", f"{peer.name} is no operator")
    return peer.name


Reader = Annotated[Peer, Depends(admitted)]
Operator = Annotated[str, Depends(operator_that_asks)]
SignedBody = Annotated[bytes, Depends(BodyReader(COSE, most_bytes=MAX_SIGNED_BYTES))]
OrderBody = Annotated[bytes, Depends(BodyReader(CBOR, most_bytes=MAX_SIGNED_BYTES))]
ModelBody = Annotated[bytes, Depends(BodyReader(CBOR, most_bytes=MAX_MODEL_BYTES))]
CertificatesBody = Annotated[bytes, Depends(BodyReader(CBOR, most_bytes=MAX_CERTIFICATES_BYTES))]
SubmissionsBody = Annotated[bytes, Depends(BodyReader(CBOR, most_bytes=MAX_SUBMISSIONS_BYTES))]
AfterNumber = Annotated[int, Query(ge=0, le=MAX_FEN)]
_TO_SEND: Final = (
    "send a parameter after=N with the number of the last that was taken, 0 if none was;"
    " of entries of the log, their numbers"
)


def make_app(desk: IssuerDesk) -> FastAPI:
    """The API of the issuer behind `desk`."""
    app = make_service("issuer", to_send=_TO_SEND, dependencies=(Depends(admitted),))
    app.state.desk = desk
    app.include_router(_published(desk), prefix="/v1")
    app.include_router(_asked(desk), prefix="/v1")
    app.include_router(_cases(desk), prefix="/v1")
    app.include_router(_remittances(desk), prefix="/v1")
    app.include_router(_logged(desk), prefix="/v1")
    return app


def _published(desk: IssuerDesk) -> APIRouter:
    """What every operator may read."""
    router = APIRouter()

    add_published(router, key_set=desk.key_set, revocation_list=desk.revocation_list)

    @router.get("/operators", **gives(CBOR))
    def operators() -> Response:
        """The certificates of all operators that ever stood in a key set: what they had signed holds."""
        return answer(encode_signed(desk.operators()), CBOR)

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

    @router.get("/netting-statements", **gives(CBOR))
    def statements_to(operator: Operator, after: AfterNumber) -> Response:
        """What the operator is told of nettings after a number, some at a time, each signed by the centre."""
        return answer(encode_signed(desk.statements_to(operator, after=after)), CBOR)

    @router.post("/return-claims", **takes(CBOR, CBOR))
    def claim_return(body: ModelBody, operator: Operator) -> Response:
        """The guarantee fund pays a return to a person, within its cap: what it has paid for it."""
        claim = ReturnClaim.decode(body)
        paid_fen = desk.claim_return(operator, claim.number, person=claim.person, now_s=desk.now_s())
        return answer(encode_paid(paid_fen), CBOR)

    @router.post("/lost-wallets", **takes(COSE, CBOR))
    def report_lost(enrolment: SignedBody, operator: Operator) -> Response:
        """The holder of a wallet has lost it, as the enrolment says that it signed at this operator."""
        desk.report_lost(enrolment, operator=operator, now_s=desk.now_s())
        return Response(status_code=HTTPStatus.NO_CONTENT)

    @router.post("/wallet-certificates", **takes(CBOR, CBOR))
    def log_certificates(body: CertificatesBody, operator: Operator) -> Response:
        """The operator has signed these wallet certificates; they hold if its key leaks later."""
        desk.log_certificates(decode_certificates(body), operator=operator, now_s=desk.now_s())
        return Response(status_code=HTTPStatus.NO_CONTENT)

    return router


def _cases(desk: IssuerDesk) -> APIRouter:
    """What operators are told of cases against keys that they have certified, and what they say of them."""
    router = APIRouter()

    @router.get("/cases", **gives(CBOR))
    def cases_of(operator: Operator, after: AfterNumber) -> Response:
        """The operator's cases after a number, some at a time, each with its evidence."""
        return answer(encode_cases(desk.cases_of(operator, after=after)), CBOR)

    @router.post("/holders", **takes(CBOR, CBOR))
    def name_holder(body: OrderBody, operator: Operator) -> Response:
        """The operator shows who holds the key of a case: the enrolment that the holder signed."""
        named = NamedHolder.decode(body)
        desk.name_holder(named.enrolment, named.person, operator=operator, now_s=desk.now_s())
        return Response(status_code=HTTPStatus.NO_CONTENT)

    @router.post("/recoveries", **takes(CBOR, CBOR))
    def pay_back(body: ModelBody, operator: Operator) -> Response:
        """The holder of a culprit's key has paid back; the same reference again changes nothing."""
        paid = Recovery.decode(body)
        desk.pay_back(
            paid.culprit,
            paid.amount_fen,
            operator=operator,
            reference=paid.reference,
            now_s=desk.now_s(),
        )
        return Response(status_code=HTTPStatus.NO_CONTENT)

    return router


def _remittances(desk: IssuerDesk) -> APIRouter:
    """Payments online from customers of one operator to those of another."""
    router = APIRouter()

    @router.post("/remittances", **takes(COSE, CBOR))
    def remit(order: SignedBody, operator: Operator) -> Response:
        """The operator has taken the money of its customer, and orders that another one's be paid."""
        _own(Remittance.parse(order).operator, operator)
        desk.remit(order, operator=operator, now_s=desk.now_s())
        return Response(status_code=HTTPStatus.NO_CONTENT)

    @router.get("/remittances", **gives(CBOR))
    def remittances_to(operator: Operator, after: AfterNumber) -> Response:
        """Orders to customers of the operator after a number that wait for its answer, some at a time."""
        return answer(encode_waiting(desk.remittances_to(operator, after=after)), CBOR)

    @router.post("/remittance-answers", **takes(COSE, CBOR))
    def answer_remittance(told: SignedBody, operator: Operator) -> Response:
        """The operator takes an order, or says why not."""
        _own(RemittanceAnswer.parse(told).operator, operator)
        desk.answer_remittance(told, operator=operator, now_s=desk.now_s())
        return Response(status_code=HTTPStatus.NO_CONTENT)

    @router.get("/remittance-outcomes", **gives(CBOR))
    def outcomes_of(operator: Operator, after: AfterNumber) -> Response:
        """What has become of orders by and to the operator after an outcome's number, some at a time."""
        found = desk.remittance_outcomes(operator, after=after, now_s=desk.now_s())
        return answer(encode_outcomes(found), CBOR)

    return router


def _logged(desk: IssuerDesk) -> APIRouter:
    """The centre's audit log: whole for auditors; an operator is shown what concerns it."""
    router = APIRouter()

    @router.get("/checkpoint", **gives(COSE_SIGN1))
    def checkpoint() -> Response:
        """The state of the audit log, signed by the centre."""
        return answer(desk.log.checkpoint(), COSE_SIGN1)

    @router.get("/log/consistency", **gives(CBOR))
    def consistency(old: AfterNumber, new: AfterNumber) -> Response:
        """The proof that the first `new` entries start with the first `old`: an array of hashes."""
        return answer(desk.log.consistency_proof(old, new), CBOR)

    @router.get("/log", **gives(CBOR))
    def page(reader: Reader, first: AfterNumber, end: AfterNumber) -> Response:
        """Entries from `first` up to, and without, `end`, as many as fit; of others only the hashes."""
        own = reader.name if reader.role is Role.OPERATOR else None
        return answer(desk.log.page(first, end, reader=own), CBOR)

    return router
