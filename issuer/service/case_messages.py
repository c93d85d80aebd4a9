"""What operators and the issuer say to each other about cases, as deterministic CBOR. Pure.

    cases      [ [ case_no, coin_id, culprit, face_fen, found_s, named, claimed_fen, open_fen,
                   evidence ], ... ]
    holder     [ enrolment, person ]
    recovery   [ culprit, amount_fen, reference ]

`named` says whether the operator has named who holds the key, `claimed_fen` what the guarantee fund has paid
on the case, `open_fen` what is still owed of that. Evidence is empty once the case is archived.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Final, Self

from shuangli import codec
from shuangli.api.models import MAX_ANSWER_BYTES
from shuangli.issuer.losses.case_desk import MOST_CASES, coin_id_of
from shuangli.issuer.losses.case_store import CaseTold
from shuangli.messages.fields import (
    NONCE_BYTES,
    check_amount,
    check_bytes,
    check_count,
    check_id,
    check_key,
    check_time,
    read_array,
    read_list,
    require,
)
from shuangli.money import MAX_FEN

_FIELDS: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCase:
    """A case against a key that the operator who is told has certified."""

    case_no: int
    coin_id: bytes
    culprit: bytes
    face_fen: int
    found_s: int
    named: bool
    claimed_fen: int
    open_fen: int
    evidence: bytes

    def __post_init__(self) -> None:
        check_amount(self.case_no, "number")
        check_id(self.coin_id, "coin id")
        check_key(self.culprit, "culprit")
        check_amount(self.face_fen, "face")
        check_time(self.found_s, "time")
        require(type(self.named) is bool, "shape", "named is neither true nor false")
        check_count(self.claimed_fen, MAX_FEN, "what the fund has paid")
        check_count(self.open_fen, self.claimed_fen, "what is owed")
        require(type(self.evidence) is bytes, "shape", "evidence is a byte string")


def own_case(case: CaseTold, evidence: bytes) -> OwnCase:
    """What the operator of a case is told of it."""
    return OwnCase(
        case_no=case.case_no,
        coin_id=coin_id_of(case),
        culprit=case.culprit,
        face_fen=case.face_fen,
        found_s=case.found_s,
        named=case.named,
        claimed_fen=case.claimed_fen,
        open_fen=case.open_fen,
        evidence=evidence,
    )


def encode_cases(cases: Sequence[OwnCase]) -> bytes:
    """Encode an operator's cases."""
    return codec.encode([[*astuple(case)] for case in cases])


def decode_cases(data: bytes) -> list[OwnCase]:
    """Read an operator's cases; the evidence in them is not yet looked at.

    Raises:
        Malformed: it is something else, or the numbers do not increase.
    """
    parts = read_list(codec.decode(data, max_bytes=MAX_ANSWER_BYTES), "a list of cases")
    require(len(parts) <= MOST_CASES, "shape", f"more than {MOST_CASES} cases")
    found: list[OwnCase] = []
    for part in parts:
        fields = read_list(part, "a case")
        require(len(fields) == _FIELDS, "shape", f"a case is an array of {_FIELDS} fields")
        case = OwnCase(**dict(zip(OwnCase.__dataclass_fields__, fields, strict=True)))
        require(not found or case.case_no > found[-1].case_no, "shape", "numbers do not increase")
        found.append(case)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedHolder:
    """An operator's record of who holds the key of a case, and that person's pseudonym."""

    enrolment: bytes
    person: bytes

    def __post_init__(self) -> None:
        require(type(self.enrolment) is bytes, "shape", "an enrolment is a byte string")
        check_id(self.person, "person")

    def encode(self) -> bytes:
        """Encode as [enrolment, person]."""
        return codec.encode([self.enrolment, self.person])

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read what was received; the enrolment in it is not yet looked at."""
        enrolment, person = read_array(data, 2, "holder")
        return cls(enrolment=enrolment, person=person)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """The holder of a culprit's key has paid back so much; the operator's reference makes it count once."""

    culprit: bytes
    amount_fen: int
    reference: bytes

    def __post_init__(self) -> None:
        check_key(self.culprit, "culprit")
        check_amount(self.amount_fen, "amount")
        check_bytes(self.reference, NONCE_BYTES, "reference")

    def encode(self) -> bytes:
        """Encode as [culprit, amount_fen, reference]."""
        return codec.encode([self.culprit, self.amount_fen, self.reference])

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read what was received."""
        culprit, amount_fen, reference = read_array(data, 3, "recovery")
        return cls(culprit=culprit, amount_fen=amount_fen, reference=reference)
