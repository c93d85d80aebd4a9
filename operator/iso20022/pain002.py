"""What has become of a payroll batch, as ISO 20022 pain.002.001.12, CustomerPaymentStatusReport. Pure.

Of a line that was paid the status is ACSC (settled), of one that waits ACSP (in process), of one that was
given back RJCT with the reason AC04 (closed account number). A batch that was not taken is RJCT as a whole,
with a line of text for each problem.
"""

from collections import Counter
from typing import Final

from shuangli.operator.iso20022.pain001 import MESSAGE_NAME
from shuangli.operator.iso20022.xml import Writer, decimal_yuan, iso_time
from shuangli.operator.payroll.batch import Rejection
from shuangli.operator.payroll.report import BatchReport, LineState

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.12"
_STATUS: Final = {LineState.WAITING: "ACSP", LineState.PAID: "ACSC", LineState.GIVEN_BACK: "RJCT"}
_CLOSED: Final = "AC04"
_NARRATIVE: Final = "NARR"
_MAX_INFORMATION: Final = 105


def write_report(report: BatchReport, *, operator: str, now_s: int) -> bytes:
    """The message about a batch that was taken, XML in UTF-8."""
    document, message = _head(report.batch_id, operator, now_s)
    group = _group(message, report.batch_id)
    group.put("OrgnlNbOfTxs", str(len(report.lines)))
    group.put("OrgnlCtrlSum", decimal_yuan(sum(line.amount_fen for line in report.lines)))
    group.put("GrpSts", "ACSC" if report.is_done else "ACSP")
    counts = Counter(line.state for line in report.lines)
    for state in sorted(counts):
        status = group.at("NbOfTxsPerSts")
        status.put("DtldNbOfTxs", str(counts[state])).put("DtldSts", _STATUS[state])
        status.put("DtldCtrlSum", decimal_yuan(report.sum_fen(state)))
    payment = message.at("OrgnlPmtInfAndSts").put("OrgnlPmtInfId", report.batch_id)
    for line in report.lines:
        told = payment.at("TxInfAndSts").put("StsId", f"{report.batch_no}/{line.line}")
        told.put("OrgnlEndToEndId", line.reference).put("TxSts", _STATUS[line.state])
        if line.state is LineState.GIVEN_BACK:
            told.at("StsRsnInf", "Rsn").put("Cd", _CLOSED)
    return document.encode()


def write_rejection(rejection: Rejection, *, batch_id: str, operator: str, now_s: int) -> bytes:
    """The message about a batch that was not taken, XML in UTF-8."""
    document, message = _head(batch_id, operator, now_s)
    group = _group(message, batch_id).put("GrpSts", "RJCT")
    for problem in rejection.problems:
        reason = group.at("StsRsnInf")
        reason.at("Rsn").put("Cd", _NARRATIVE)
        reason.put(
            "AddtlInf", f"line {problem.line}, {problem.field}: {problem.detail}"[:_MAX_INFORMATION].strip()
        )
    return document.encode()


def _head(batch_id: str, operator: str, now_s: int) -> tuple[Writer, Writer]:
    document = Writer.document(NAMESPACE)
    message = document.at("CstmrPmtStsRpt")
    header = message.at("GrpHdr").put("MsgId", batch_id).put("CreDtTm", iso_time(now_s))
    header.at("InitgPty").put("Nm", operator)
    return document, message


def _group(message: Writer, batch_id: str) -> Writer:
    group = message.at("OrgnlGrpInfAndSts")
    return group.put("OrgnlMsgId", batch_id).put("OrgnlMsgNmId", MESSAGE_NAME)
