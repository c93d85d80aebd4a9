"""What has become of a batch as pain.002.001.12; and our pain.001 for tests is one by the official schema."""

from lxml import etree

from shuangli.operator.iso20022.pain002 import NAMESPACE, write_rejection, write_report
from shuangli.operator.payroll.batch import LineProblem, Rejection
from shuangli.operator.payroll.report import BatchReport, LineReport, LineState
from tests.iso20022.schemas import needs_schemas, problems
from tests.payroll.files import Wage, pain001_of
from tests.setting import NOW

NAME = {"m": NAMESPACE}
REPORT = BatchReport(
    batch_no=3,
    batch_id="2025-10",
    debtor_no=1,
    taken_at_s=NOW,
    lines=tuple(
        LineReport(
            line=line,
            wallet_no=line + 10,
            amount_fen=line * 1_000,
            reference=f"r/{line}",
            remittance="",
            name=bytes(32),
            state=state,
            at_s=None if state is LineState.WAITING else NOW,
        )
        for line, state in enumerate(LineState, 1)
    ),
)
REJECTION = Rejection(
    problems=(
        LineProblem(line=0, field="total", detail="short"),
        LineProblem(line=9, field="wallet", detail="none " * 40),
    )
)


def test_the_report_tells_of_every_line() -> None:
    root = etree.fromstring(write_report(REPORT, operator="OP01", now_s=NOW))
    assert root.xpath("//m:TxSts/text()", namespaces=NAME) == ["ACSP", "ACSC", "RJCT"]
    assert root.xpath("//m:OrgnlEndToEndId/text()", namespaces=NAME) == ["r/1", "r/2", "r/3"]
    assert root.xpath("//m:GrpSts/text()", namespaces=NAME) == ["ACSP"]
    assert root.xpath("//m:DtldCtrlSum/text()", namespaces=NAME) == ["10.00", "20.00", "30.00"]


def test_a_rejection_tells_of_every_problem() -> None:
    root = etree.fromstring(write_rejection(REJECTION, batch_id="b", operator="OP01", now_s=NOW))
    assert root.xpath("//m:GrpSts/text()", namespaces=NAME) == ["RJCT"]
    first, second = root.xpath("//m:AddtlInf/text()", namespaces=NAME)
    assert first == "line 0, total: short"
    assert second.startswith("line 9, wallet: none")


@needs_schemas
def test_messages_hold_against_the_official_schemas() -> None:
    report = write_report(REPORT, operator="OP01", now_s=NOW)
    assert problems(
        ("pain.002.001.12", report),
        ("pain.002.001.12", write_rejection(REJECTION, batch_id="b", operator="OP01", now_s=NOW)),
        ("pain.001.001.09", pain001_of(Wage("2", "12.50", "a", "November & more"), Wage("3", "1", "b"))),
    ) == [[], [], []]
    (wrong,) = problems(("pain.002.001.12", report.replace(b"GrpSts", b"GrpState")))
    assert wrong
