"""The messages between operators and the issuer: each has one encoding, and everything else is malformed."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli import codec
from shuangli.api.problems import KINDS
from shuangli.errors import CODES, Malformed, Refused, ShuangliError, StoreError
from shuangli.issuer.centre import Settled, Submission
from shuangli.issuer.epochs.operator_keys import MOST_CERTIFICATES
from shuangli.issuer.returns.due import Return
from shuangli.issuer.service.messages import (
    MAX_SUBMISSIONS_BYTES,
    MOST_SUBMISSIONS,
    SUBMISSION_OVERHEAD,
    ReturnClaim,
    decode_answers,
    decode_certificates,
    decode_paid,
    decode_returns,
    decode_signed,
    decode_submissions,
    encode_answers,
    encode_certificates,
    encode_paid,
    encode_returns,
    encode_signed,
    encode_submissions,
)
from shuangli.messages.notices import Outcome
from shuangli.money import MAX_FEN
from tests.byte_strategies import items
from tests.service.network import submission

NAMES = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=16)
DIGESTS = st.binary(min_size=32, max_size=32)
TIMES_S = st.integers(0, 2**33 - 1)
AMOUNTS_FEN = st.integers(1, MAX_FEN)
SUBMISSIONS = st.lists(
    st.builds(Submission, operator=NAMES, upload=st.binary(max_size=40), person=DIGESTS, received_s=TIMES_S),
    min_size=1,
    max_size=5,
)
SETTLED = st.integers(0, MAX_FEN).flatmap(
    lambda credited_fen: st.builds(
        Settled,
        outcomes=st.lists(st.sampled_from(Outcome), max_size=5).map(tuple),
        credited_fen=st.just(credited_fen),
        returned_fen=st.integers(0, credited_fen),
    )
)
ERRORS = st.builds(
    lambda kind, code, detail: kind(code, detail),
    st.sampled_from([kind for kind in KINDS.values() if kind is not StoreError]),
    st.sampled_from([*CODES]),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=60),
)
RETURNS = st.lists(
    st.builds(
        Return,
        operator=st.just("OP01"),
        number=AMOUNTS_FEN,
        owner=DIGESTS,
        parent_id=DIGESTS,
        coin_id=DIGESTS,
        value_fen=AMOUNTS_FEN,
        from_fund=st.booleans(),
        returned_at_s=TIMES_S,
    ),
    max_size=5,
    unique_by=lambda each: each.number,
).map(lambda found: sorted(found, key=lambda each: each.number))

CERTIFICATES = st.lists(st.binary(max_size=40), min_size=1, max_size=5)


def alike(answer: Settled | ShuangliError) -> object:
    """An answer as it can be compared."""
    return answer if isinstance(answer, Settled) else (type(answer), answer.code, str(answer))


@given(SUBMISSIONS)
def test_submissions(submissions: list[Submission]) -> None:
    data = encode_submissions(submissions)
    assert decode_submissions(data) == submissions
    assert codec.encode(codec.decode(data)) == data


@given(st.lists(SETTLED | ERRORS, min_size=1, max_size=5))
def test_answers(answers: list[Settled | ShuangliError]) -> None:
    data = encode_answers(answers)
    assert [*map(alike, decode_answers(data, expected=len(answers)))] == [*map(alike, answers)]
    for wrong in (len(answers) - 1, len(answers) + 1):
        with pytest.raises(Malformed):
            decode_answers(data, expected=wrong)


def test_what_goes_wrong_inside_the_issuer_stays_there() -> None:
    (error,) = decode_answers(encode_answers([StoreError("corrupt", "/srv/issuer.sqlite")]), expected=1)
    assert alike(error) == (StoreError, "corrupt", CODES["corrupt"])


@given(RETURNS)
def test_returns(returns: list[Return]) -> None:
    assert decode_returns(encode_returns(returns), operator="OP01") == returns


@given(AMOUNTS_FEN, DIGESTS)
def test_claims(number: int, person: bytes) -> None:
    claim = ReturnClaim(number=number, person=person)
    assert ReturnClaim.decode(claim.encode()) == claim


@given(st.integers(0, MAX_FEN))
def test_what_the_fund_paid(paid_fen: int) -> None:
    assert decode_paid(encode_paid(paid_fen)) == paid_fen


DECODERS: list[Callable[[bytes], object]] = [
    decode_submissions,
    lambda data: decode_answers(data, expected=1),
    lambda data: decode_returns(data, operator="OP01"),
    ReturnClaim.decode,
    decode_paid,
    decode_certificates,
]


@given(st.binary(max_size=200) | items.map(codec.encode), st.sampled_from(DECODERS))
def test_f36_any_bytes_are_read_or_malformed(data: bytes, decode: Callable[[bytes], object]) -> None:
    try:
        decode(data)
    except Malformed:
        return


ENCODED = st.one_of(
    st.tuples(st.just(0), SUBMISSIONS.map(encode_submissions)),
    st.tuples(st.just(1), st.lists(SETTLED | ERRORS, min_size=1, max_size=1).map(encode_answers)),
    st.tuples(st.just(2), RETURNS.map(encode_returns)),
    st.tuples(st.just(3), st.builds(ReturnClaim, number=AMOUNTS_FEN, person=DIGESTS).map(ReturnClaim.encode)),
    st.tuples(st.just(4), st.integers(0, MAX_FEN).map(encode_paid)),
    st.tuples(st.just(5), CERTIFICATES.map(encode_certificates)),
)


@given(ENCODED, st.data())
def test_f36_a_message_that_was_damaged_is_read_as_another_or_malformed(
    encoded: tuple[int, bytes], data: st.DataObject
) -> None:
    which, message = encoded
    decode = DECODERS[which]
    cut = data.draw(st.integers(0, len(message) - 1))
    with pytest.raises(Malformed):
        decode(message[:cut])
    with pytest.raises(Malformed):
        decode(message + data.draw(st.binary(min_size=1, max_size=3)))
    flipped = bytearray(message)
    flipped[cut] ^= 1 << data.draw(st.integers(0, 7))
    try:
        decode(bytes(flipped))
    except Malformed:
        return


@given(CERTIFICATES)
def test_certificates(certificates: list[bytes]) -> None:
    assert decode_certificates(encode_certificates(certificates)) == certificates


@pytest.mark.parametrize("count", [0, MOST_CERTIFICATES + 1])
def test_certificates_are_some_and_not_too_many(count: int) -> None:
    with pytest.raises(Malformed):
        decode_certificates(encode_certificates([b""] * count))


def test_a_certificate_is_a_byte_string() -> None:
    with pytest.raises(Malformed) as malformed:
        decode_certificates(codec.encode([b"", "OP01"]))
    assert malformed.value.code == "shape"


FIELDS: list[Any] = ["OP01", b"upload", bytes(32), 5]


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        [[]],
        [FIELDS[:3]],
        [[*FIELDS, 0]],
        [["", *FIELDS[1:]]],
        [["x" * 17, *FIELDS[1:]]],
        [["é", *FIELDS[1:]]],
        [["OP\n1", *FIELDS[1:]]],
        [[b"OP01", *FIELDS[1:]]],
        [["OP01", "upload", *FIELDS[2:]]],
        [[*FIELDS[:2], bytes(31), 5]],
        [[*FIELDS[:3], -1]],
        [[*FIELDS[:3], 2**33]],
        [FIELDS] * (MOST_SUBMISSIONS + 1),
    ],
)
def test_no_submissions(body: object) -> None:
    with pytest.raises(Malformed):
        decode_submissions(codec.encode(body))


def test_a_length_in_more_bytes_than_it_needs_is_malformed() -> None:
    good = codec.encode([FIELDS])
    assert decode_submissions(good)
    at = good.index(b"\x46upload")
    with pytest.raises(Malformed):
        decode_submissions(good[:at] + b"\x58\x06upload" + good[at + 7 :])


@pytest.mark.parametrize(
    "answer", [[b"\xff", 0, 0], [b"", 1, 2], [b"", -1, 0], [b"", 2**53, 0], ["", "", ""]]
)
def test_no_answers(answer: list[object]) -> None:
    with pytest.raises(Malformed):
        decode_answers(codec.encode([answer]), expected=1)
    with pytest.raises(Malformed):
        decode_answers(codec.encode([["refused", "no-such-code", "x"]]), expected=1)


def test_returns_come_in_the_order_of_their_numbers() -> None:
    part = [1, bytes(32), bytes(32), bytes(32), 1, False, 1]
    assert len(decode_returns(codec.encode([part, [2, *part[1:]]]), operator="OP01")) == 2
    with pytest.raises(Malformed):
        decode_returns(codec.encode([part, part]), operator="OP01")


def test_f36_too_much_is_too_large() -> None:
    with pytest.raises(Malformed) as large:
        decode_submissions(bytes(MAX_SUBMISSIONS_BYTES + 1))
    assert large.value.code == "too-large"


def test_what_a_submission_has_around_its_upload_is_bounded() -> None:
    largest = submission("x" * 16, bytes(2**24), received_s=2**33 - 1)
    data = encode_submissions([largest])
    assert len(data) <= len(largest.upload) + SUBMISSION_OVERHEAD
    assert decode_submissions(data) == [largest]


def test_a_refusal_is_told_in_its_own_words() -> None:
    (error,) = decode_answers(encode_answers([Refused("clock", "received 400 s in the future")]), expected=1)
    assert alike(error) == (Refused, "clock", "received 400 s in the future")


def test_signed_objects_travel_as_they_were_signed_and_not_too_many() -> None:
    signed = [b"one", b"another"]
    assert decode_signed(encode_signed(signed), most=2) == signed
    for data, most in ((encode_signed(signed), 1), (codec.encode([b"one", "another"]), 2), (b"\xa0", 2)):
        with pytest.raises(Malformed):
            decode_signed(data, most=most)
