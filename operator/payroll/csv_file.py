"""A payroll batch as CSV (RFC 4180), UTF-8. Pure.

    wallet,amount,reference,remittance
    12,5000.00,2026-11/0001,November

Columns may stand in any order; `remittance` may be left out. `amount` is in yuan. Lines of problems are those
of the file, so that the first payment is line 2.
"""

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any, Final

from shuangli.crypto import sha256
from shuangli.money import MAX_FEN
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

COLUMNS: Final[dict[str, tuple[str, Callable[[str], Any]]]] = {
    "wallet": ("wallet_no", read_wallet_no),
    "amount": ("amount_fen", read_amount),
    "reference": ("reference", lambda text: read_text(text, MAX_REFERENCE)),
    "remittance": ("remittance", lambda text: read_text(text, MAX_REMITTANCE, least=0)),
}
"""Each column: the field of a line, and how it is read."""
_OPTIONAL: Final = "remittance"


def read_csv(data: bytes, *, batch_id: str) -> Batch | Rejection:
    """Read a batch; a file has no place for its name, so `batch_id` comes with it."""
    try:
        text = data.decode("utf-8-sig")
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        records = [(rows.line_num, row) for row in rows if row]
    except (UnicodeDecodeError, csv.Error) as error:
        return _rejected([LineProblem(line=0, field="file", detail=f"save it as CSV in UTF-8: {error}")])
    header = records[0][1] if records else []
    if not {*COLUMNS} - {_OPTIONAL} <= {*header} <= {*COLUMNS} or len({*header}) != len(header):
        detail = f"give the columns {', '.join(COLUMNS)} in the first line, each once"
        return _rejected([LineProblem(line=1, field="header", detail=detail)])
    if not 1 <= len(records) - 1 <= MAX_LINES:
        detail = f"{len(records) - 1} payments: give 1 to {MAX_LINES}"
        return _rejected([LineProblem(line=0, field="file", detail=detail)])
    problems: list[LineProblem] = []
    lines: list[PayLine] = []
    for number, row in records[1:]:
        read = _read_line(number, header, row)
        if isinstance(read, LineProblem):
            problems.append(read)
        else:
            lines.append(read)
    problems += repeated(lines)
    if sum(line.amount_fen for line in lines) > MAX_FEN:
        problems.append(LineProblem(line=0, field="amount", detail="more money than there is"))
    if problems:
        return _rejected(problems)
    return Batch(batch_id=batch_id, digest=sha256(data), debtor_no=None, execute_on=None, lines=tuple(lines))


def _read_line(number: int, header: Sequence[str], row: Sequence[str]) -> PayLine | LineProblem:
    if len(row) != len(header):
        detail = f"{len(row)} fields: give {len(header)}, as the first line does"
        return LineProblem(line=number, field="line", detail=detail)
    values: dict[str, Any] = {}
    for column, text in zip(header, row, strict=True):
        field, read = COLUMNS[column]
        try:
            values[field] = read(text)
        except ValueError as error:
            return LineProblem(line=number, field=column, detail=str(error))
    return PayLine(line=number, **values)


def _rejected(problems: Sequence[LineProblem]) -> Rejection:
    return Rejection(problems=tuple(sorted(problems, key=lambda problem: problem.line)))
