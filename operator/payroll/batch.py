"""A payroll batch: one employer's payments to many wallets, as values. Pure.

A file becomes a `Batch`, or a `Rejection` that names every line that is wrong: the line, the field, and what
would be right. Nothing is paid of a batch with one wrong line (`check_batch`). What is wrong with the file as
a whole stands under line 0.

A line names the payee by the number of a wallet at this operator, as its certificate and its statements do. A
reference names the line within its batch; two lines with one reference are one payment given twice.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from shuangli.crypto import sha256
from shuangli.errors import BadInput
from shuangli.money import MAX_FEN, format_yuan, parse_yuan

MAX_LINES: Final = 10_000
"""Most lines of a batch."""
MAX_REFERENCE: Final = 35
"""Longest name of a batch or line: ISO 20022's Max35Text."""
MAX_REMITTANCE: Final = 140
MAX_WALLET_NO: Final = 999_999_999
_LINE_DOMAIN: Final = b"shuangli/1/payroll-line"
_NUMBER: Final = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PayLine:
    """One payment of a batch.

    Attributes:
        line: where it stands in the file, counted from 1
        wallet_no: the payee's wallet at this operator
        amount_fen: at least 1
        reference: its name within the batch
        remittance: what the payee is told; may be empty
    """

    line: int
    wallet_no: int
    amount_fen: int
    reference: str
    remittance: str = ""

    def __post_init__(self) -> None:
        if not (self.line > 0 and 0 < self.wallet_no <= MAX_WALLET_NO and 0 < self.amount_fen <= MAX_FEN):
            raise BadInput("bad-value", f"line {self.line}: a number is outside its range")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One employer's payments, all to be made or none.

    Attributes:
        batch_id: the employer's name for it, 1 to 35 characters: the same again is the same batch
        digest: SHA-256 of the file
        debtor_no: the employer's wallet as the file names it, None if it does not
        execute_on: the day that the file asks for, None if it does not
        lines: at least one
    """

    batch_id: str
    digest: bytes
    debtor_no: int | None
    execute_on: date | None
    lines: tuple[PayLine, ...]

    @property
    def total_fen(self) -> int:
        """What all lines come to."""
        return sum(line.amount_fen for line in self.lines)

    def name_of(self, line: int) -> bytes:
        """What names a line in the books, 32 bytes; nobody can guess it who has not seen the file."""
        return sha256(_LINE_DOMAIN + self.digest + line.to_bytes(4, "big"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LineProblem:
    """What is wrong in one line, 0 for the file as a whole, and what would be right."""

    line: int
    field: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why a batch is not taken: every problem that was found, by line."""

    problems: tuple[LineProblem, ...]


class Payee(NamedTuple):
    """Whether a wallet can be paid, and how much more its tier may hold."""

    is_active: bool
    room_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Payees:
    """What a batch is checked against.

    Attributes:
        debtor_no: the wallet of the employer who hands the batch in
        funds_fen: what is on its account
        wallets: those of the batch's wallets that exist here
        today: the operator's day
    """

    debtor_no: int
    funds_fen: int
    wallets: Mapping[int, Payee]
    today: date


def check_batch(batch: Batch, payees: Payees) -> Rejection | None:
    """Check a batch that was read against the operator's wallets; None if all of it can be paid.

    At most one problem is given for each line, and the file's own come first.
    """
    problems = [*_whole(batch, payees)]
    paid_fen: Counter[int] = Counter()
    for line in batch.lines:
        paid_fen[line.wallet_no] += line.amount_fen
        payee = payees.wallets.get(line.wallet_no)
        field = "wallet"
        if payee is None:
            detail = f"no wallet {line.wallet_no} is open here: give the number on the payee's certificate"
        elif not payee.is_active:
            detail = f"wallet {line.wallet_no} takes no payments: ask the payee for the number of another one"
        elif line.wallet_no == payees.debtor_no:
            detail = "the employer's own wallet: name the payee's"
        elif paid_fen[line.wallet_no] > payee.room_fen:
            room = format_yuan(max(0, payee.room_fen))
            field, detail = "amount", f"the payee's tier may hold {room} yuan more: give at most that"
        else:
            continue
        problems.append(LineProblem(line=line.line, field=field, detail=detail))
    return Rejection(problems=tuple(problems)) if problems else None


def _whole(batch: Batch, payees: Payees) -> list[LineProblem]:
    found = []
    if batch.debtor_no not in (None, payees.debtor_no):
        found.append(("debtor", f"wallet {batch.debtor_no} is to pay: name your own, {payees.debtor_no}"))
    if batch.execute_on is not None and batch.execute_on > payees.today:
        found.append(
            ("date", f"to be paid on {batch.execute_on}: hand it in on that day, or ask for {payees.today}")
        )
    if batch.total_fen > payees.funds_fen:
        short = format_yuan(batch.total_fen - payees.funds_fen)
        found.append(("total", f"the account is {short} yuan short of {format_yuan(batch.total_fen)} yuan"))
    return [LineProblem(line=0, field=field, detail=detail) for field, detail in found]


def read_wallet_no(text: str) -> int:
    """Read a wallet's number.

    Raises:
        ValueError: it is none; says what would be right.
    """
    if not _NUMBER.fullmatch(text) or not int(text):
        raise ValueError(f"{_shown(text)} is no wallet: give its number, 1 to 9 digits")
    return int(text)


def read_amount(text: str) -> int:
    """Read an amount in yuan as fen, at least 1.

    Raises:
        ValueError: it is none; says what would be right.
    """
    try:
        amount_fen = parse_yuan(text)
    except BadInput as error:
        raise ValueError(f"{_shown(text)} is not an amount in yuan such as 12 or 12.50") from error
    if not amount_fen:
        raise ValueError("pays nothing: give at least 0.01 yuan")
    return amount_fen


def read_text(text: str, most: int, *, least: int = 1) -> str:
    """Read a name or words: so many printable characters.

    Raises:
        ValueError: it is not; says what would be right.
    """
    if not least <= len(text) <= most or not text.isprintable() or text != text.strip():
        raise ValueError(f"{_shown(text)}: give {least} to {most} printable characters")
    return text


def repeated(lines: Sequence[PayLine]) -> list[LineProblem]:
    """A problem for each line whose reference another one has before it."""
    first: dict[str, int] = {}
    return [
        LineProblem(
            line=line.line,
            field="reference",
            detail=f"{line.reference} is also line {first[line.reference]}: give each line its own",
        )
        for line in lines
        if first.setdefault(line.reference, line.line) != line.line
    ]


def _shown(text: str) -> str:
    return ascii(text[:MAX_REFERENCE])
