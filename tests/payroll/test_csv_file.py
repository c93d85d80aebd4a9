"""Payroll batches as CSV: what is written is read, and every wrong line is named."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.money import MAX_FEN
from shuangli.operator.payroll.batch import MAX_LINES, Batch, Rejection
from shuangli.operator.payroll.csv_file import read_csv
from tests.payroll.files import Wage, csv_of

GOOD = (Wage("12", "5000.00", "a/1", "November"), Wage("7", "0.01", "a/2"))


def read(data: bytes) -> Batch:
    batch = read_csv(data, batch_id="november")
    assert isinstance(batch, Batch), batch
    return batch


def problems(data: bytes) -> list[tuple[int, str]]:
    rejection = read_csv(data, batch_id="november")
    assert isinstance(rejection, Rejection), rejection
    assert all(problem.detail for problem in rejection.problems)
    return [(problem.line, problem.field) for problem in rejection.problems]


def test_a_file_is_read() -> None:
    batch = read(csv_of(*GOOD))
    assert (batch.batch_id, batch.debtor_no, batch.total_fen) == ("november", None, 500_001)
    assert [(line.line, line.wallet_no, line.amount_fen) for line in batch.lines] == [
        (2, 12, 500_000),
        (3, 7, 1),
    ]
    assert batch.lines[0].remittance == "November"
    assert batch.name_of(2) != batch.name_of(3)


@pytest.mark.parametrize(
    "data", [b"\xef\xbb\xbfreference,amount,wallet\na,1,3\n", b"amount,reference,wallet\n1.0,a,3"]
)
def test_columns_stand_in_any_order_after_a_mark_of_utf8(data: bytes) -> None:
    (line,) = read(data).lines
    assert (line.wallet_no, line.amount_fen, line.reference, line.remittance) == (3, 100, "a", "")


def test_every_wrong_line_is_named_once() -> None:
    wrong = [
        *(
            Wage("x", "1", "b/1"),
            Wage("0", "1", "b/2"),
            Wage("1234567890", "1", "b/3"),
            Wage("３", "1", "b/4"),
        ),
        *(Wage("1", "0", "c/1"), Wage("1", "-1", "c/2"), Wage("1", "1.001", "c/3"), Wage("1", "1e3", "c/4")),
        *(Wage("1", "1", ""), Wage("1", "1", "r" * 36), Wage("1", "1", "a/1"), Wage("1", "1", "z", "\t")),
    ]
    fields = ["wallet"] * 4 + ["amount"] * 4 + ["reference"] * 3 + ["remittance"]
    assert problems(csv_of(*GOOD, *wrong)) == [*enumerate(fields, 4)]


@pytest.mark.parametrize(
    ("data", "at"),
    [
        (b"", (1, "header")),
        (b"wallet,amount\n1,1\n", (1, "header")),
        (b"wallet,amount,reference,reference\n1,1,a,a\n", (1, "header")),
        (b"wallet,amount,reference,bonus\n1,1,a,2\n", (1, "header")),
        (b"wallet,amount,reference\n", (0, "file")),
        (b"wallet,amount,reference\n1,1\n", (2, "line")),
        (b'wallet,amount,reference\n1,1,"a', (0, "file")),
        (b"wallet,amount,reference\n1,1,\xff\n", (0, "file")),
        (b"wallet,amount,reference\n1,90071992547409.91,a\n2,90071992547409.91,b\n", (0, "amount")),
        (b"wallet,amount,reference\n" + b"1,1,a\n" * (MAX_LINES + 1), (0, "file")),
        (b"wallet,amount,reference\n1,1," + b"a" * 200_000 + b"\n", (0, "file")),
    ],
)
def test_what_is_wrong_with_a_file(data: bytes, at: tuple[int, str]) -> None:
    assert problems(data) == [at]


@given(
    st.lists(
        st.tuples(
            st.integers(1, 999_999_999),
            st.integers(1, 10**9),
            st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=35),
            st.text(st.characters(categories=["L", "N", "P"]), max_size=140),
        ),
        min_size=1,
        max_size=20,
        unique_by=lambda wage: wage[2],
    )
)
def test_what_is_written_is_read(wages: list[tuple[int, int, str, str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["wallet", "amount", "reference", "remittance"])
    writer.writerows((no, f"{fen // 100}.{fen % 100:02d}", name, told) for no, fen, name, told in wages)
    batch = read(text.getvalue().encode())
    assert [
        (line.wallet_no, line.amount_fen, line.reference, line.remittance) for line in batch.lines
    ] == wages


@given(
    st.binary(max_size=300) | st.lists(st.sampled_from([*b'wallet,amount,reference\n1,"\r\x00'])).map(bytes)
)
def test_any_bytes_are_a_batch_or_a_rejection(data: bytes) -> None:
    for tried in (data, b"wallet,amount,reference\n" + data):
        read_it = read_csv(tried, batch_id="b")
        if isinstance(read_it, Batch):
            assert 0 < read_it.total_fen <= MAX_FEN
        else:
            assert read_it.problems
