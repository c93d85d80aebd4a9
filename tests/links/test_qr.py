"""What QR codes hold: any order, any repetition, any bytes (F36, F38)."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.errors import LinkError, Malformed
from shuangli.offline.links.faulty import flip
from shuangli.offline.links.qr import HEAD_BYTES, MAX_CODE_BYTES, MAX_CODES, Code, CodeReader, codes_of
from shuangli.offline.states import Kind, Message
from tests.byte_strategies import mutated
from tests.links.support import messages, outcome

SMALL: Final = HEAD_BYTES + 40
HELLO: Final = Message(Kind.RECEIPT, b"hello")


def small_codes(message: Message) -> tuple[bytes, ...]:
    """A message in codes of at most 40 bytes each."""
    return codes_of(message, single_bytes=0, moving_bytes=SMALL)


def of_bytes(message_bytes: int) -> Message:
    """A message whose encoding has so many bytes (256 or more, with its head of 5)."""
    return Message(Kind.PAYMENT, bytes(index % 251 for index in range(message_bytes - 5)))


def test_the_format_is_the_one_in_the_docs() -> None:
    (code,) = codes_of(HELLO)
    assert code.hex(" ", 4) == "53510100 00080100 74968921 35a68e03 82034568 656c6c6f"


@given(st.data(), messages.filter(lambda message: len(message.body) < 2_000))
def test_codes_are_read_in_any_order_and_as_often_as_they_come(data: st.DataObject, message: Message) -> None:
    codes = small_codes(message)
    reader = CodeReader()
    seen: set[bytes] = set()
    once_more = data.draw(st.lists(st.sampled_from(codes), max_size=10))
    for code in data.draw(st.permutations([*codes, *once_more])):
        seen.add(code)
        read = reader.read(code)
        if len(seen) == len(codes):
            assert read == message
            return
        assert read is None
        assert len(reader.missing) == len(codes) - len(seen)
    pytest.fail("all codes were read, and no message came of them")


@given(messages)
def test_codes_are_as_few_and_as_even_as_can_be(message: Message) -> None:
    codes = small_codes(message)
    size = len(message.encode())
    assert len(codes) == -(-size // (SMALL - HEAD_BYTES))
    assert all(len(code) == len(codes[0]) <= SMALL for code in codes[:-1])
    assert HEAD_BYTES < len(codes[-1]) <= len(codes[0])
    assert sum(len(code) - HEAD_BYTES for code in codes) == size


@pytest.mark.parametrize(
    ("message_bytes", "count"),
    [
        (560, 1),
        (MAX_CODE_BYTES - HEAD_BYTES, 1),
        (MAX_CODE_BYTES - HEAD_BYTES + 1, 4),
        (4_101, 5),
        (65_536, 78),
    ],
)
def test_how_many_codes_a_message_takes(message_bytes: int, count: int) -> None:
    assert len(codes_of(of_bytes(message_bytes))) == count


def test_what_needs_too_many_codes_is_too_large_for_this_link() -> None:
    most_bytes = MAX_CODES * (SMALL - HEAD_BYTES)
    assert len(small_codes(of_bytes(most_bytes))) == MAX_CODES
    with pytest.raises(LinkError) as refused:
        small_codes(of_bytes(most_bytes + 1))
    assert refused.value.code == "link-size"


@pytest.mark.parametrize(
    ("single", "moving"), [(0, HEAD_BYTES), (0, MAX_CODE_BYTES + 1), (MAX_CODE_BYTES + 1, 50)]
)
def test_sizes_that_no_code_has_are_refused(single: int, moving: int) -> None:
    with pytest.raises(ValueError, match="a code holds"):
        codes_of(HELLO, single_bytes=single, moving_bytes=moving)


@given(
    st.lists(st.one_of(st.binary(max_size=100), st.binary(max_size=60).map(b"SQ\x01".__add__)), max_size=5)
)
def test_f36_any_bytes_are_a_message_more_to_come_or_malformed(read: list[bytes]) -> None:
    reader = CodeReader()
    for data in read:
        outcome(reader.read, data)


@given(st.data(), messages)
def test_f38_a_damaged_code_is_refused_or_no_harm_to_the_next_reading(
    data: st.DataObject, message: Message
) -> None:
    """Whatever is read before, the codes shown twice give the message, and nothing else ever comes."""
    codes = small_codes(message)
    reader = CodeReader()
    for damaged in data.draw(st.lists(st.sampled_from(codes).flatmap(mutated), max_size=4)):
        assert outcome(reader.read, damaged) in (message, "frame", None)
    results = [outcome(reader.read, code) for code in (*codes, *codes)]
    assert message in results
    assert all(result in (message, "frame", None) for result in results)


def test_f38_every_flipped_bit_is_found_when_the_last_code_is_there() -> None:
    codes = small_codes(of_bytes(300))
    for bit in range(8 * len(codes[1])):
        reader = CodeReader()
        damaged = [flip(code, bit) if code == codes[1] else code for code in codes]
        results = [outcome(reader.read, code) for code in damaged]
        assert not any(isinstance(result, Message) for result in results), bit


def test_a_code_of_another_message_starts_that_one() -> None:
    first, second = small_codes(of_bytes(300)), small_codes(of_bytes(301))
    reader = CodeReader()
    assert len(reader.missing) == 0
    assert [reader.read(code) for code in first[:-1]] == [None] * (len(first) - 1)
    assert list(reader.missing) == [len(first) - 1]
    assert [reader.read(code) for code in second] == [*[None] * (len(second) - 1), of_bytes(301)]
    assert len(reader.missing) == 0


def test_the_same_number_with_other_bytes_is_refused_and_the_first_stays() -> None:
    codes = small_codes(of_bytes(300))
    reader = CodeReader()
    reader.read(codes[0])
    with pytest.raises(Malformed, match="read before, and otherwise"):
        reader.read(flip(codes[0], 8 * HEAD_BYTES))
    assert [reader.read(code) for code in codes][-1] == of_bytes(300)


def test_a_message_larger_than_asked_for_is_refused_at_its_first_code() -> None:
    codes = small_codes(of_bytes(300))
    with pytest.raises(Malformed) as refused:
        CodeReader(most_bytes=299).read(codes[0])
    assert refused.value.code == "too-large"
    assert CodeReader(most_bytes=300).read(codes[0]) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"message_bytes": 0},
        {"message_bytes": 2**24},
        {"count": 0},
        {"count": 256},
        {"index": -1},
        {"index": 3},
        {"digest": bytes(7)},
        {"piece": bytes(3)},
        {"piece": bytes(5)},
        {"index": 2, "piece": bytes(4)},
        {"count": 6, "piece": bytes(2)},
    ],
)
def test_a_code_that_does_not_fit_itself_cannot_be_made(wrong: dict[str, object]) -> None:
    """Ten bytes in three codes: 4, 4 and 2. In six codes of 2 one would be empty."""
    good: dict[str, object] = {
        "message_bytes": 10,
        "count": 3,
        "index": 0,
        "digest": bytes(8),
        "piece": bytes(4),
    }
    assert Code.decode(Code(**good).encode()) == Code(**good)  # type: ignore[arg-type]
    with pytest.raises(Malformed):
        Code(**good | wrong)  # type: ignore[arg-type]


def test_f36_more_than_a_code_holds_is_refused_unseen() -> None:
    with pytest.raises(Malformed) as refused:
        Code.decode(b"SQ\x01" + bytes(MAX_CODE_BYTES))
    assert refused.value.code == "too-large"
