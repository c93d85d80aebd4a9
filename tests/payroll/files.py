"""Payroll files for tests: a CSV, and a pain.001 of the same lines."""

from typing import Final, NamedTuple
from xml.sax.saxutils import escape

DAY: Final = "2025-10-09"
"""The day of `tests.setting.NOW` in Beijing."""


class Wage(NamedTuple):
    """A line as it stands in a file."""

    wallet: str
    amount: str
    reference: str
    remittance: str = ""


def csv_of(*wages: Wage) -> bytes:
    """The lines as CSV."""
    rows = ["wallet,amount,reference,remittance", *(",".join(wage) for wage in wages)]
    return ("\r\n".join(rows) + "\r\n").encode()


def pain001_of(
    *wages: Wage,
    debtor: str = "1",
    message_id: str = "2025-10",
    total: str | None = None,
    count: str | None = None,
    day: str = f"<Dt>{DAY}</Dt>",
    method: str = "TRF",
    currency: str = "CNY",
    agent: str = "OP01",
    declaration: str = "",
) -> bytes:
    """The lines as pain.001.001.09."""
    fen = sum(round(float(wage.amount) * 100) for wage in wages) if total is None else 0
    lines = "".join(
        f"<CdtTrfTxInf><PmtId><EndToEndId>{escape(wage.reference)}</EndToEndId></PmtId>"
        f'<Amt><InstdAmt Ccy="{currency}">{wage.amount}</InstdAmt></Amt>'
        f"<CdtrAgt><FinInstnId><Othr><Id>{agent}</Id></Othr></FinInstnId></CdtrAgt>"
        f"<CdtrAcct><Id><Othr><Id>{wage.wallet}</Id></Othr></Id></CdtrAcct>"
        + (f"<RmtInf><Ustrd>{escape(wage.remittance)}</Ustrd></RmtInf>" if wage.remittance else "")
        + "</CdtTrfTxInf>"
        for wage in wages
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{declaration}'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>'
        f"<GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>2025-10-09T08:00:00+08:00</CreDtTm>"
        f"<NbOfTxs>{len(wages) if count is None else count}</NbOfTxs>"
        f"<CtrlSum>{f'{fen / 100:.2f}' if total is None else total}</CtrlSum>"
        "<InitgPty><Nm>Works</Nm></InitgPty></GrpHdr>"
        f"<PmtInf><PmtInfId>1</PmtInfId><PmtMtd>{method}</PmtMtd><ReqdExctnDt>{day}</ReqdExctnDt>"
        "<Dbtr><Nm>Works</Nm></Dbtr>"
        f"<DbtrAcct><Id><Othr><Id>{debtor}</Id></Othr></Id></DbtrAcct>"
        f"<DbtrAgt><FinInstnId><Othr><Id>{agent}</Id></Othr></FinInstnId></DbtrAgt>"
        f"{lines}</PmtInf></CstmrCdtTrfInitn></Document>"
    ).encode()
