"""`/wallets/{wallet}/payroll-batches`: an employer's wages, as CSV or as ISO 20022 pain.001.

A batch that is taken is answered with what has become of each line; one that is not with a problem that names
every wrong line (`lines`). Who accepts XML gets a pain.002 in place of either. A batch's name is its
idempotency key: that of a CSV is the header's, that of a pain.001 its message id.
"""

import json
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal, NamedTuple

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request, Response

from shuangli.api.models import PROBLEM
from shuangli.api.oversight import BatchView
from shuangli.api.problems import Problem
from shuangli.api.service.manners import answer
from shuangli.errors import Malformed
from shuangli.operator.iso20022.pain001 import MAX_BYTES, read_pain001
from shuangli.operator.iso20022.pain002 import write_rejection, write_report
from shuangli.operator.payroll.batch import Rejection
from shuangli.operator.payroll.csv_file import read_csv
from shuangli.operator.payroll.report import BatchReport, rejection_as_json
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.resources.common import PREFIX, WITHOUT_QUOTES, WalletPath, shows, told

CSV: Final = "text/csv"
XML: Final = "application/xml"
CSV_EXAMPLE: Final = "wallet,amount,reference,remittance\r\n12,5000.00,2026-11/0001,November\r\n"
XML_EXAMPLE: Final = (
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>'
    "<GrpHdr><MsgId>2026-11</MsgId><CreDtTm>2026-11-28T09:00:00+08:00</CreDtTm><NbOfTxs>1</NbOfTxs>"
    "<CtrlSum>5000.00</CtrlSum><InitgPty><Nm>Works</Nm></InitgPty></GrpHdr>"
    "<PmtInf><PmtInfId>1</PmtInfId><PmtMtd>TRF</PmtMtd><ReqdExctnDt><Dt>2026-11-28</Dt></ReqdExctnDt>"
    "<Dbtr><Nm>Works</Nm></Dbtr><DbtrAcct><Id><Othr><Id>1</Id></Othr></Id></DbtrAcct>"
    "<DbtrAgt><FinInstnId><Othr><Id>OP01</Id></Othr></FinInstnId></DbtrAgt>"
    "<CdtTrfTxInf><PmtId><EndToEndId>2026-11/0001</EndToEndId></PmtId>"
    '<Amt><InstdAmt Ccy="CNY">5000.00</InstdAmt></Amt>'
    "<CdtrAcct><Id><Othr><Id>12</Id></Othr></Id></CdtrAcct><RmtInf><Ustrd>November</Ustrd></RmtInf>"
    "</CdtTrfTxInf></PmtInf></CstmrCdtTrfInitn></Document>"
)
_NO_STORE: Final = {"Cache-Control": "no-store"}
_NAME_PATTERN: Final = r"^[ -~]{1,35}$"
NameKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r'^"[ !#-~]{1,35}"$',
        description="the batch's name, 1 to 35 characters in quotation marks; a pain.001 has its own",
        examples=['"2026-11"'],
    ),
    WITHOUT_QUOTES,
]


class _Sent(NamedTuple):
    """A body, its media type, and whether the answer is wanted as a pain.002."""

    media_type: str
    data: bytes
    wants_xml: bool


async def _sent(request: Request) -> _Sent:
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type not in (CSV, XML):
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send a body of type {CSV} or {XML}")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BYTES:
            raise Malformed("too-large", f"a body of more than {MAX_BYTES} bytes")
    return _Sent(media_type, bytes(body), XML in request.headers.get("Accept", ""))


def _shown(*, sends: bool) -> dict[str, Any]:
    text = {"schema": {"type": "string"}}
    shown = shows(BatchView)
    if sends:
        content = {CSV: {**text, "example": CSV_EXAMPLE}, XML: {**text, "example": XML_EXAMPLE}}
        return shown | {"openapi_extra": {"requestBody": {"required": True, "content": content}}}
    shown["responses"][200]["content"][XML] = {**text, "example": "<Document>…</Document>"}
    return shown


def routes(desk: Desk) -> APIRouter:
    """The resources of `desk`."""
    router = APIRouter(prefix=PREFIX, tags=["payroll"])

    @router.post("/wallets/{wallet}/payroll-batches", **_shown(sends=True))
    def pay(wallet: WalletPath, name: NameKey, sent: Annotated[_Sent, Depends(_sent)]) -> Response:
        """Pay wages: all lines are checked, then each is paid, once. The same batch again pays no more."""
        operator = desk.describe().operator
        if sent.media_type == CSV:
            batch = read_csv(sent.data, batch_id=name)
        else:
            batch = read_pain001(sent.data, operator=operator)
        if isinstance(batch, Rejection):
            return _refused(batch, name, sent, desk)
        taken = desk.payroll.submit(batch, debtor=wallet)
        if isinstance(taken, Rejection):
            return _refused(taken, name, sent, desk)
        return _reported(taken, sent.wants_xml, desk)

    @router.get("/wallets/{wallet}/payroll-batches", **_shown(sends=False))
    def find(
        wallet: WalletPath,
        name: Annotated[str, Query(pattern=_NAME_PATTERN, examples=["2026-11"])],
        form: Annotated[Literal["json", "pain.002"], Query(alias="format")] = "json",
    ) -> Response:
        """What has become of a batch, line by line; as JSON, or as an ISO 20022 pain.002."""
        report = desk.payroll.find(name, debtor=wallet)
        return _reported(report, form == "pain.002", desk)

    return router


def _reported(report: BatchReport, as_xml: bool, desk: Desk) -> Response:
    """What has become of a batch."""
    if as_xml:
        return answer(write_report(report, operator=desk.describe().operator, now_s=desk.now_s()), XML)
    return told(BatchView(**report.as_json()))


def _refused(rejection: Rejection, name: str, sent: _Sent, desk: Desk) -> Response:
    """The problem that names every wrong line, or a pain.002 that does."""
    if sent.wants_xml:
        operator, now_s = desk.describe().operator, desk.now_s()
        body = write_rejection(rejection, batch_id=name, operator=operator, now_s=now_s)
        return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY, headers=_NO_STORE, media_type=XML)
    lines = rejection_as_json(rejection)
    first = rejection.problems[0]
    more = f" (and {len(lines) - 1} more, see lines)" if len(lines) > 1 else ""
    problem = Problem(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        detail=f"nothing is paid: line {first.line}, {first.field}: {first.detail}{more}",
        kind="bad-input",
        code="bad-value",
    )
    body = json.dumps({**json.loads(problem.encode()), "lines": lines}, ensure_ascii=False).encode()
    return Response(body, problem.status, headers={**_NO_STORE, "Content-Type": PROBLEM})
