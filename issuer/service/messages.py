"""What operators and the issuer say to each other that is no signed object, as deterministic CBOR. Pure.

    submissions   [ [ operator, upload, person, received_s ], ... ]
    answers       [ [ outcomes, credited_fen, returned_fen ] or [ kind, code, detail ], ... ]
    returns       [ [ number, owner, parent_id, coin_id, value_fen, from_fund, returned_at_s ], ... ]
    order         [ order, person, tier, profile ]        answered by a load, as it was signed
    claim         [ number, person ]        answered by   [ paid_fen ]
    certificates  [ certificate, ... ]
    statements    [ statement, ... ]
    operators     [ certificate, ... ]

There is an answer for each submission, in their order: what the centre has settled, or the error that this
one ended with. Loads, certificates, watermarks, key sets and revocation lists travel as they were
signed (`shuangli.messages`). Each has one encoding, and everything else is `Malformed`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from shuangli import codec
from shuangli.api.models import MAX_ANSWER_BYTES, MAX_UPLOAD_BYTES
from shuangli.api.problems import problem_of, read_error
from shuangli.errors import Malformed, ShuangliError
from shuangli.issuer.centre import Settled, Submission
from shuangli.issuer.epochs.operator_keys import MOST_CERTIFICATES
from shuangli.issuer.persons.limits import Customer
from shuangli.issuer.returns.due import Return
from shuangli.messages.fields import (
    MAX_NAME,
    check_amount,
    check_count,
    check_id,
    check_key,
    check_text,
    check_time,
    read_array,
    read_choice,
    read_list,
    require,
)
from shuangli.messages.notices import Outcome
from shuangli.money import MAX_FEN

MOST_SUBMISSIONS: Final = 1_000
"""Most submissions in one request."""
MAX_SUBMISSIONS_BYTES: Final = MAX_UPLOAD_BYTES + 65_536
"""Largest request: the largest upload fits."""
MOST_RETURNS: Final = 10_000
MOST_OPERATORS: Final = 10_000
"""Operators that a network ever had."""
MAX_CERTIFICATES_BYTES: Final = 262_144
LAST_TIER: Final = 4
SUBMISSION_OVERHEAD: Final = 80
"""Most bytes that a submission has around its upload."""

Answer = Settled | ShuangliError


def encode_submissions(submissions: Sequence[Submission]) -> bytes:
    """Encode what an operator passes on."""
    return codec.encode_fields(
        [[each.operator, each.upload, each.person, each.received_s] for each in submissions]
    )


def decode_submissions(data: bytes) -> list[Submission]:
    """Read what an operator passes on; the uploads in it are not yet looked at.

    It is read head by head, and needs no more memory than its bytes once more.

    Raises:
        Malformed: it is something else, or too much.
    """
    if len(data) > MAX_SUBMISSIONS_BYTES:
        raise Malformed("too-large", f"{len(data)} bytes, at most {MAX_SUBMISSIONS_BYTES} are accepted")
    count, at = codec.read_head(data, 0, codec.ARRAY)
    require(1 <= count <= MOST_SUBMISSIONS, "shape", f"not 1 to {MOST_SUBMISSIONS} submissions")
    found = []
    for _ in range(count):
        fields, at = codec.read_head(data, at, codec.ARRAY)
        require(fields == 4, "shape", "a submission is an array of 4 fields")
        name, at = _read_string(data, at, codec.TEXT)
        upload, at = _read_string(data, at, codec.BYTES)
        person, at = _read_string(data, at, codec.BYTES)
        received_s, at = codec.read_head(data, at, codec.UNSIGNED)
        operator = name.decode("latin-1")
        check_text(operator, MAX_NAME, "operator")
        check_id(person, "person")
        check_time(received_s, "time")
        found.append(Submission(operator=operator, upload=upload, person=person, received_s=received_s))
    require(at == len(data), "cbor", "cut off, or trailing bytes")
    return found


def _read_string(data: bytes, at: int, major: int) -> tuple[bytes, int]:
    """Read a string at `data[at]`; the last one may be cut off, if it ends past the data."""
    length, at = codec.read_head(data, at, major)
    return data[at : at + length], at + length


def encode_answers(answers: Sequence[Answer]) -> bytes:
    """Encode what became of each submission; what went wrong inside the issuer is told by its code only."""
    return codec.encode([_answer_fields(each) for each in answers])


def _answer_fields(each: Answer) -> list[object]:
    if isinstance(each, Settled):
        return [bytes(each.outcomes), each.credited_fen, each.returned_fen]
    problem = problem_of(each)
    return [problem.kind, problem.code, problem.detail]


def decode_answers(data: bytes, *, expected: int) -> list[Answer]:
    """Read what became of so many submissions.

    Raises:
        Malformed: it is something else.
    """
    parts = read_array(data, expected, "list of answers", max_bytes=MAX_ANSWER_BYTES)
    return [_read_answer(_fields(part, 3, "answer")) for part in parts]


def _read_answer(fields: list[Any]) -> Answer:
    first, second, third = fields
    if type(first) is not bytes:
        require({*map(type, fields)} == {str}, "shape", "an answer is a settlement or an error")
        error = read_error(first, second, third)
        if error is None:
            raise Malformed("shape", "an answer with an unknown error")
        return error
    outcomes = tuple(read_choice(Outcome, code, "outcome") for code in first)
    check_count(second, MAX_FEN, "credit")
    check_count(third, second, "what is returned")
    return Settled(outcomes=outcomes, credited_fen=second, returned_fen=third)


def encode_returns(returns: Sequence[Return]) -> bytes:
    """Encode what has gone back to one operator's wallets."""
    return codec.encode(
        [
            [
                each.number,
                each.owner,
                each.parent_id,
                each.coin_id,
                each.value_fen,
                each.from_fund,
                each.returned_at_s,
            ]
            for each in returns
        ]
    )


def decode_returns(data: bytes, *, operator: str) -> list[Return]:
    """Read what has gone back to the wallets of `operator`.

    Raises:
        Malformed: it is something else, or the numbers do not increase.
    """
    parts = read_list(codec.decode(data), "a list of returns")
    require(len(parts) <= MOST_RETURNS, "shape", f"more than {MOST_RETURNS} returns")
    found: list[Return] = []
    for part in parts:
        number, owner, parent_id, coin_id, value_fen, from_fund, returned_at_s = _fields(part, 7, "return")
        check_amount(number, "number")
        check_key(owner, "owner")
        check_id(parent_id, "parent id")
        check_id(coin_id, "coin id")
        check_amount(value_fen, "value")
        require(type(from_fund) is bool, "shape", "from_fund is neither true nor false")
        check_time(returned_at_s, "time")
        require(not found or number > found[-1].number, "shape", "numbers do not increase")
        found.append(
            Return(
                operator=operator,
                number=number,
                owner=owner,
                parent_id=parent_id,
                coin_id=coin_id,
                value_fen=value_fen,
                from_fund=from_fund,
                returned_at_s=returned_at_s,
            )
        )
    return found


def _fields(part: object, count: int, what: str) -> list[Any]:
    fields = read_list(part, what)
    require(len(fields) == count, "shape", f"a {what} is an array of {count} fields")
    return fields


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerOrder:
    """A wallet's signed order, and whose it is: what an operator passes on to be minted."""

    order: bytes
    customer: Customer

    def encode(self) -> bytes:
        """Encode as [order, person, tier, profile]."""
        return codec.encode([self.order, *self.customer])

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read what was received; the order in it is not yet looked at.

        Raises:
            Malformed: it is something else.
        """
        order, person, tier, profile = read_array(data, 4, "order of a customer")
        require(type(order) is bytes, "shape", "an order is a byte string")
        check_id(person, "person")
        check_count(tier, LAST_TIER, "tier")
        check_count(profile, MAX_FEN, "profile")
        return cls(order=order, customer=Customer(person, tier, profile))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnClaim:
    """An operator asks the guarantee fund to pay its return `number` to a person, named by a pseudonym."""

    number: int
    person: bytes

    def __post_init__(self) -> None:
        check_amount(self.number, "number")
        check_id(self.person, "person")

    def encode(self) -> bytes:
        """Encode as [number, person]."""
        return codec.encode([self.number, self.person])

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a received claim."""
        number, person = read_array(data, 2, "claim")
        return cls(number=number, person=person)


def encode_certificates(certificates: Sequence[bytes]) -> bytes:
    """Encode the wallet certificates that an operator reports, as they were signed."""
    return codec.encode([*certificates])


def decode_certificates(data: bytes) -> list[bytes]:
    """Read what an operator reports; the certificates in it are not yet looked at.

    Raises:
        Malformed: it is something else, or none or too many.
    """
    if len(data) > MAX_CERTIFICATES_BYTES:
        raise Malformed("too-large", f"{len(data)} bytes, at most {MAX_CERTIFICATES_BYTES} are accepted")
    found = read_list(codec.decode(data), "a list of certificates")
    require(1 <= len(found) <= MOST_CERTIFICATES, "shape", f"not 1 to {MOST_CERTIFICATES} certificates")
    require({*map(type, found)} == {bytes}, "shape", "a certificate is a byte string")
    return found


def encode_signed(signed: Sequence[bytes]) -> bytes:
    """Encode statements of nettings or certificates of operators, as they were signed."""
    return codec.encode([*signed])


def decode_signed(data: bytes, *, most: int) -> list[bytes]:
    """Read at most so many of them; what they say is not yet looked at.

    Raises:
        Malformed: it is something else, or too much.
    """
    found = read_list(codec.decode(data, max_bytes=MAX_ANSWER_BYTES), "a list of signed objects")
    require(len(found) <= most, "shape", f"more than {most} signed objects")
    require({*map(type, found)} <= {bytes}, "shape", "a signed object is a byte string")
    return found


def encode_paid(paid_fen: int) -> bytes:
    """Encode what the guarantee fund has paid for a claim, in fen."""
    return codec.encode([paid_fen])


def decode_paid(data: bytes) -> int:
    """Read what the guarantee fund has paid for a claim, in fen.

    Raises:
        Malformed: it is something else.
    """
    (paid_fen,) = read_array(data, 1, "payment of the fund")
    check_count(paid_fen, MAX_FEN, "what is paid")
    return int(paid_fen)
