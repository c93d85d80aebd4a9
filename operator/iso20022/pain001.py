"""A payroll batch as ISO 20022 pain.001.001.09, CustomerCreditTransferInitiation. Pure.

Of a message is read what decides who is paid what. What would mean another thing there (another currency,
another bank, a cheque, an equivalent amount) is a problem, and nothing is guessed.

GrpHdr/MsgId                               the batch's name
GrpHdr/NbOfTxs, GrpHdr/CtrlSum             number and total, compared with the lines
PmtInf/PmtMtd                              TRF
PmtInf/ReqdExctnDt                         the day; all of a message have the same
PmtInf/DbtrAcct/Id/Othr/Id                 the employer's wallet; all of a message have the same
.../CdtTrfTxInf/PmtId/EndToEndId           the line's reference
.../CdtTrfTxInf/Amt/InstdAmt               the amount, Ccy="CNY"
.../CdtTrfTxInf/CdtrAcct/Id/Othr/Id        the payee's wallet
.../CdtTrfTxInf/RmtInf/Ustrd               what the payee is told
DbtrAgt, CdtrAgt: FinInstnId/Othr/Id       if an agent is identified, this operator

Lines are counted over the message: the first CdtTrfTxInf is line 1.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final, TypeVar

from shuangli.crypto import sha256
from shuangli.days import BEIJING
from shuangli.errors import Malformed
from shuangli.money import MAX_FEN, format_yuan
from shuangli.operator.iso20022.xml import Reader, read_document
from shuangli.operator.payroll.batch import (
    MAX_LINES,
    MAX_REFERENCE,
    MAX_REMITTANCE,
    Batch,
    LineProblem,
    PayLine,
    Rejection,
    read_amount,
    read_text,
    read_wallet_no,
    repeated,
)

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
MESSAGE_NAME: Final = NAMESPACE.rpartition(":")[2]
MAX_BYTES: Final = 16 * 1024 * 1024
_ACCOUNT: Final = "Id/Othr/Id"
_AGENT_IDS: Final = ("BICFI", "LEI", "ClrSysMmbId/MmbId", "Othr/Id")
T = TypeVar("T")


class _Wrong(Exception):
    """One element says something else than it should."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field

    def at(self, line: int) -> LineProblem:
        return LineProblem(line=line, field=self.field, detail=str(self))


def read_pain001(data: bytes, *, operator: str) -> Batch | Rejection:
    """Read a message that is meant for the operator of this name.

    Raises:
        Malformed: it is no XML that may be read, or another message (`shape`), or too large (`too-large`).
    """
    root = Reader(read_document(data, namespace=NAMESPACE, max_bytes=MAX_BYTES))
    messages = [*root.each("CstmrCdtTrfInitn")]
    if len(messages) != 1:
        raise Malformed("shape", "give one CstmrCdtTrfInitn")
    message = messages[0]
    problems: list[LineProblem] = []
    lines: list[PayLine] = []
    # Not more than one line too many is read.
    for number, transfer in enumerate(message.each("PmtInf/CdtTrfTxInf"), 1):
        if number > MAX_LINES:
            problems.append(LineProblem(line=0, field="CdtTrfTxInf", detail=f"give at most {MAX_LINES}"))
            break
        try:
            lines.append(_read_line(number, transfer, operator))
        except _Wrong as wrong:
            problems.append(wrong.at(number))
    problems += repeated(lines)
    heads = []
    try:
        batch_id = _read(message, "GrpHdr/MsgId", lambda text: read_text(text, MAX_REFERENCE))
        heads = [_read_head(payment, operator) for payment in message.each("PmtInf")]
        if len({*heads}) != 1:
            raise _Wrong("PmtInf", "give one employer and one day in all of a message")
        if not problems:
            _check_sums(message, lines)
    except _Wrong as wrong:
        problems.append(wrong.at(0))
    if problems:
        return Rejection(problems=tuple(sorted(problems, key=lambda problem: problem.line)))
    debtor_no, execute_on = heads[0]
    return Batch(
        batch_id=batch_id,
        digest=sha256(data),
        debtor_no=debtor_no,
        execute_on=execute_on,
        lines=tuple(lines),
    )


def _read_line(number: int, transfer: Reader, operator: str) -> PayLine:
    _check_agent(transfer, "CdtrAgt", operator)
    currency = transfer.attribute("Amt/InstdAmt", "Ccy")
    if currency not in (None, "CNY"):
        raise _Wrong("Amt/InstdAmt", f"in {currency!a}: give an amount in CNY")
    told = " ".join(transfer.texts("RmtInf/Ustrd"))
    return PayLine(
        line=number,
        wallet_no=_read(transfer, f"CdtrAcct/{_ACCOUNT}", read_wallet_no),
        amount_fen=_read(transfer, "Amt/InstdAmt", read_amount),
        reference=_read(transfer, "PmtId/EndToEndId", lambda text: read_text(text, MAX_REFERENCE)),
        remittance=_checked("RmtInf/Ustrd", told, lambda text: read_text(text, MAX_REMITTANCE, least=0)),
    )


def _read_head(payment: Reader, operator: str) -> tuple[int, date]:
    """The employer's wallet and the day."""
    _read(payment, "PmtMtd", _transfer_only)
    _check_agent(payment, "DbtrAgt", operator)
    debtor_no = _read(payment, f"DbtrAcct/{_ACCOUNT}", read_wallet_no)
    if payment.texts("ReqdExctnDt/DtTm"):
        return debtor_no, _read(payment, "ReqdExctnDt/DtTm", _read_time)
    return debtor_no, _read(payment, "ReqdExctnDt/Dt", _read_day)


def _check_sums(message: Reader, lines: list[PayLine]) -> None:
    total_fen = sum(line.amount_fen for line in lines)
    if not lines or total_fen > MAX_FEN:
        raise _Wrong("CdtTrfTxInf", "give at least one payment, and not more money than there is")
    said = _read(message, "GrpHdr/NbOfTxs", _read_decimal)
    if said != len(lines):
        raise _Wrong("GrpHdr/NbOfTxs", f"says {said}, and there are {len(lines)} payments")
    if message.texts("GrpHdr/CtrlSum"):
        said = _read(message, "GrpHdr/CtrlSum", _read_decimal)
        if said * 100 != total_fen:
            raise _Wrong("GrpHdr/CtrlSum", f"says {said}, and the payments come to {format_yuan(total_fen)}")


def _check_agent(party: Reader, agent: str, operator: str) -> None:
    """Make sure that no other bank is meant."""
    for name in _AGENT_IDS:
        for said in party.texts(f"{agent}/FinInstnId/{name}"):
            if said != operator:
                detail = f"{said[:MAX_REFERENCE]!a} is not this operator: leave it out, or give {operator}"
                raise _Wrong(f"{agent}/FinInstnId/{name}", detail)


def _read(element: Reader, path: str, read: Callable[[str], T]) -> T:
    try:
        text = element.text(path)
    except ValueError as error:
        raise _Wrong(path, str(error)) from error
    if text is None:
        raise _Wrong(path, "is missing")
    return _checked(path, text, read)


def _checked(path: str, text: str, read: Callable[[str], T]) -> T:
    try:
        return read(text)
    except ValueError as error:
        raise _Wrong(path, str(error)) from error


def _transfer_only(text: str) -> str:
    if text != "TRF":
        raise ValueError("only credit transfers are made here: give TRF")
    return text


def _read_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError("give a day such as 2026-11-28") from error


def _read_time(text: str) -> date:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError("give a time such as 2026-11-28T09:00:00+08:00") from error
    return (at.astimezone(BEIJING) if at.tzinfo else at).date()


def _read_decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise ValueError("give a number") from error
    if not number.is_finite() or not 0 <= number <= MAX_FEN:
        raise ValueError("give a number that is not negative")
    return number
