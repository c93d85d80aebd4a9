"""A statement as ISO 20022 camt.053.001.08, BankToCustomerStatement. Pure.

Opening and closing booked balance (OPBD, CLBD), and an entry for each posting with its bank transaction
code: ISO 20022's own where one fits, and always the operator's kind of entry as the proprietary code. The
account is named by the wallet's number. Times and days are in Beijing time; the closing balance is that of
the last day that the period touches.
"""

from typing import Final

from shuangli.errors import BadInput, StoreError
from shuangli.operator.customers.statements import Line, Period, Statement
from shuangli.operator.iso20022.xml import Writer, decimal_yuan, iso_day, iso_time

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
# Of ISO 20022's external bank transaction codes: domain, family for money in and for money out, sub-family.
_CODES: Final[dict[str, tuple[str, str, str, str]]] = {
    "deposit": ("PMNT", "RCDT", "ICDT", "DMCT"),
    "withdrawal": ("PMNT", "RCDT", "ICDT", "DMCT"),
    "payment": ("PMNT", "RCDT", "ICDT", "BOOK"),
    "wage": ("PMNT", "RCDT", "ICDT", "SALA"),
    "wages": ("PMNT", "RCDT", "ICDT", "SALA"),
    "remittance": ("PMNT", "RCDT", "ICDT", "DMCT"),
    "remittance-received": ("PMNT", "RCDT", "ICDT", "DMCT"),
    "remittance-returned": ("PMNT", "ICDT", "ICDT", "RRTN"),
    "interest": ("ACMT", "MCOP", "MDOP", "INTR"),
}


def write_camt053(statement: Statement, *, wallet_no: int, period: Period, made_at_s: int) -> bytes:
    """The message about all that a wallet's account did in a period, XML in UTF-8.

    Raises:
        BadInput: the statement is only a part, or the period is empty (`bad-value`).
        StoreError: the statement does not add up (`corrupt`).
    """
    if statement.more or period.start_s == period.end_s:
        raise BadInput("bad-value", "camt.053 tells of a whole period: give a shorter one that is not empty")
    if statement.opening_fen + sum(line.amount_fen for line in statement.lines) != statement.closing_fen:
        raise StoreError("corrupt", f"the account of wallet {wallet_no} does not add up")
    name = f"{wallet_no:09d}-{period.start_s}-{period.end_s}"
    document = Writer.document(NAMESPACE)
    message = document.at("BkToCstmrStmt")
    message.at("GrpHdr").put("MsgId", name).put("CreDtTm", iso_time(made_at_s))
    body = message.at("Stmt").put("Id", name).put("CreDtTm", iso_time(made_at_s))
    span = body.at("FrToDt")
    span.put("FrDtTm", iso_time(period.start_s)).put("ToDtTm", iso_time(period.end_s))
    account = body.at("Acct")
    account.at("Id", "Othr").put("Id", f"{wallet_no:09d}").put("Issr", statement.operator)
    account.put("Ccy", statement.currency)
    account.at("Svcr", "FinInstnId").put("Nm", statement.operator)
    _balance(body, "OPBD", statement.opening_fen, iso_day(period.start_s), statement.currency)
    _balance(body, "CLBD", statement.closing_fen, iso_day(period.end_s - 1), statement.currency)
    for line in statement.lines:
        _entry(body, line, statement.currency)
    return document.encode()


def _balance(body: Writer, code: str, balance_fen: int, day: str, currency: str) -> None:
    balance = body.at("Bal")
    balance.at("Tp", "CdOrPrtry").put("Cd", code)
    _amount(balance, balance_fen, currency)
    balance.at("Dt").put("Dt", day)


def _entry(body: Writer, line: Line, currency: str) -> None:
    entry = body.at("Ntry").put("NtryRef", str(line.entry_no))
    _amount(entry, line.amount_fen, currency)
    entry.at("Sts").put("Cd", "BOOK")
    entry.at("BookgDt").put("DtTm", iso_time(line.at_s))
    entry.at("ValDt").put("Dt", iso_day(line.at_s))
    entry.put("AcctSvcrRef", str(line.entry_no))
    codes = entry.at("BkTxCd")
    if line.kind in _CODES:
        domain, family_in, family_out, sub_family = _CODES[line.kind]
        family = family_out if line.amount_fen < 0 else family_in
        codes.at("Domn").put("Cd", domain).at("Fmly").put("Cd", family).put("SubFmlyCd", sub_family)
    codes.at("Prtry").put("Cd", line.kind)
    if line.note:
        entry.put("AddtlNtryInf", line.note)


def _amount(element: Writer, amount_fen: int, currency: str) -> None:
    element.put("Amt", decimal_yuan(abs(amount_fen)), Ccy=currency)
    element.put("CdtDbtInd", "DBIT" if amount_fen < 0 else "CRDT")
