"""Payroll batches as pain.001.001.09: read with nothing guessed, and hostile XML refused."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from shuangli.errors import Malformed
from shuangli.operator.iso20022.pain001 import MAX_BYTES, read_pain001
from shuangli.operator.payroll.batch import Batch, Rejection
from tests.payroll.files import DAY, Wage, pain001_of

GOOD = (Wage("12", "5000.00", "a/1", "November & more"), Wage("000000007", "0.01", "a/2"))


def read(data: bytes) -> Batch:
    batch = read_pain001(data, operator="OP01")
    assert isinstance(batch, Batch), batch
    return batch


def problems(data: bytes) -> list[tuple[int, str]]:
    rejection = read_pain001(data, operator="OP01")
    assert isinstance(rejection, Rejection), rejection
    assert all(problem.detail for problem in rejection.problems)
    return [(problem.line, problem.field) for problem in rejection.problems]


def test_a_message_is_read() -> None:
    batch = read(pain001_of(*GOOD))
    assert (batch.batch_id, batch.debtor_no, str(batch.execute_on)) == ("2025-10", 1, DAY)
    assert [(line.line, line.wallet_no, line.amount_fen, line.reference) for line in batch.lines] == [
        (1, 12, 500_000, "a/1"),
        (2, 7, 1, "a/2"),
    ]
    assert batch.lines[0].remittance == "November & more"


def test_a_time_is_read_as_a_day_in_beijing() -> None:
    late = pain001_of(*GOOD, day="<DtTm>2025-10-08T17:00:00Z</DtTm>")
    assert str(read(late).execute_on) == "2025-10-09"


@pytest.mark.parametrize(
    ("data", "at"),
    [
        (pain001_of(*GOOD, count="3"), (0, "GrpHdr/NbOfTxs")),
        (pain001_of(*GOOD, count="NaN"), (0, "GrpHdr/NbOfTxs")),
        (pain001_of(*GOOD, total="5000.00"), (0, "GrpHdr/CtrlSum")),
        (pain001_of(*GOOD, message_id=""), (0, "GrpHdr/MsgId")),
        (pain001_of(*GOOD, message_id="x" * 36), (0, "GrpHdr/MsgId")),
        (pain001_of(*GOOD, method="CHK"), (0, "PmtMtd")),
        (pain001_of(*GOOD, debtor="GB29"), (0, "DbtrAcct/Id/Othr/Id")),
        (pain001_of(*GOOD, day="<Dt>soon</Dt>"), (0, "ReqdExctnDt/Dt")),
        (pain001_of(*GOOD, day=""), (0, "ReqdExctnDt/Dt")),
        (pain001_of(total="0", count="0"), (0, "CdtTrfTxInf")),
        (pain001_of(GOOD[0], GOOD[1]._replace(amount="0.001"), total="0"), (2, "Amt/InstdAmt")),
        (pain001_of(GOOD[0], GOOD[1]._replace(wallet="DE36"), total="0"), (2, "CdtrAcct/Id/Othr/Id")),
        (pain001_of(GOOD[0], GOOD[1]._replace(reference="a/1")), (2, "reference")),
        (pain001_of(GOOD[0]._replace(remittance="x" * 141)), (1, "RmtInf/Ustrd")),
        (pain001_of(GOOD[0], currency="EUR"), (1, "Amt/InstdAmt")),
        (
            pain001_of(*GOOD).replace(b"InstdAmt", b"EqvtAmt"),
            (1, "Amt/InstdAmt"),
        ),
    ],
)
def test_what_is_wrong_with_a_message(data: bytes, at: tuple[int, str]) -> None:
    assert problems(data)[0] == at


def test_another_bank_is_not_paid() -> None:
    assert problems(pain001_of(*GOOD, agent="OP02")) == [
        (0, "DbtrAgt/FinInstnId/Othr/Id"),
        (1, "CdtrAgt/FinInstnId/Othr/Id"),
        (2, "CdtrAgt/FinInstnId/Othr/Id"),
    ]


def test_an_amount_given_twice_is_not_guessed() -> None:
    twice = pain001_of(GOOD[0]).replace(b"</InstdAmt>", b'</InstdAmt><InstdAmt Ccy="CNY">1</InstdAmt>')
    assert (1, "Amt/InstdAmt") in problems(twice)


def test_two_employers_in_one_message_are_refused() -> None:
    head, tail = pain001_of(*GOOD, total="10000.02", count="4").split(b"<PmtInf>")
    payment, end = tail.split(b"</PmtInf>")
    other = payment.replace(b"<Id>1</Id>", b"<Id>2</Id>").replace(b"a/", b"b/")
    both = b"<PmtInf>".join((head, payment + b"</PmtInf>", other + b"</PmtInf>")) + end
    assert problems(both) == [(0, "PmtInf")]


BOMB = (
    "<!DOCTYPE lolz [<!ENTITY a 'ha'>"
    + "".join(
        f"<!ENTITY {name} '{f'&{before};' * 10}'>"
        for before, name in zip("abcdefghi", "bcdefghij", strict=True)
    )
    + "]>"
)
FILE = "<!DOCTYPE d [<!ENTITY j SYSTEM 'file:///etc/hostname'>]>"
PLAIN = "<!DOCTYPE d>"


@pytest.mark.parametrize("declaration", [BOMB, FILE, PLAIN])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused(declaration: str, encoding: str) -> None:
    text = pain001_of(Wage("12", "1", "&j;" if "j" in declaration else "r"), declaration=declaration)
    recoded = text.decode().replace("&amp;", "&").replace("UTF-8", encoding).encode(encoding)
    with pytest.raises(Malformed) as error:
        read_pain001(recoded, operator="OP01")
    assert error.value.code == "shape"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "shape"),
        (b"<a>", "shape"),
        (b"<Document/>", "shape"),
        (pain001_of(*GOOD).replace(b"pain.001.001.09", b"pain.001.001.03"), "shape"),
        (pain001_of(*GOOD).replace(b"CstmrCdtTrfInitn", b"Other"), "shape"),
        (b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.001.001.09'>" + b"<a>" * 300, "shape"),
        (b" " * (MAX_BYTES + 1), "too-large"),
    ],
)
def test_what_is_no_message(data: bytes, code: str) -> None:
    with pytest.raises(Malformed) as error:
        read_pain001(data, operator="OP01")
    assert error.value.code == code


def _without(root: etree._Element, element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _twice(root: etree._Element, element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.append(etree.fromstring(etree.tostring(element)))


def _emptied(root: etree._Element, element: etree._Element) -> None:
    element.text = None


CHANGES: list[Callable[[etree._Element, etree._Element], None]] = [_without, _twice, _emptied]


@given(st.data(), st.sampled_from(CHANGES))
def test_a_message_with_a_fault_is_read_or_refused(
    data: st.DataObject, change: Callable[[etree._Element, etree._Element], None]
) -> None:
    root = etree.fromstring(pain001_of(*GOOD))
    change(root, data.draw(st.sampled_from([*root.iter()])))
    try:
        answer = read_pain001(etree.tostring(root), operator="OP01")
    except Malformed:
        return
    # What is dropped or doubled is never paid as if nothing had happened to what decides.
    if isinstance(answer, Batch):
        assert answer.total_fen == 500_001
        assert [line.wallet_no for line in answer.lines] == [12, 7]


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        read_pain001(data, operator="OP01")
