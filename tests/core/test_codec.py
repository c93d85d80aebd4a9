"""The codec: RFC 8949's own examples, any bytes, order of keys (FAULTS F36)."""

from typing import Any, Final

import cbor2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shuangli import codec
from shuangli.errors import Malformed
from tests.byte_strategies import items, mutated

# Appendix A of RFC 8949, in its order. What is accepted:
ACCEPTED: Final[dict[str, object]] = {
    "00": 0,
    "01": 1,
    "0a": 10,
    "17": 23,
    "1818": 24,
    "1819": 25,
    "1864": 100,
    "1903e8": 1000,
    "1a000f4240": 1000000,
    "1b000000e8d4a51000": 1000000000000,
    "1bffffffffffffffff": 18446744073709551615,
    "3bffffffffffffffff": -18446744073709551616,
    "20": -1,
    "29": -10,
    "3863": -100,
    "3903e7": -1000,
    "f4": False,
    "f5": True,
    "f6": None,
    "40": b"",
    "4401020304": bytes.fromhex("01020304"),
    "60": "",
    "6161": "a",
    "6449455446": "IETF",
    "62225c": '"\\',
    "62c3bc": "\u00fc",
    "63e6b0b4": "\u6c34",
    "64f0908591": "\U00010151",
    "80": [],
    "83010203": [1, 2, 3],
    "8301820203820405": [1, [2, 3], [4, 5]],
    "98190102030405060708090a0b0c0d0e0f101112131415161718181819": list(range(1, 26)),
    "a0": {},
    "a201020304": {1: 2, 3: 4},
    "a26161016162820203": {"a": 1, "b": [2, 3]},
    "826161a161626163": ["a", {"b": "c"}],
    "a56161614161626142616361436164614461656145": {"a": "A", "b": "B", "c": "C", "d": "D", "e": "E"},
}
# What is well-formed CBOR, and refused:
REFUSED: Final = (
    *("c249010000000000000000", "c349010000000000000000"),  # bignums
    *("f90000", "f98000", "f93c00", "fb3ff199999999999a", "f93e00", "f97bff", "fa47c35000"),
    *("fa7f7fffff", "fb7e37e43c8800759c", "f90001", "f90400", "f9c400", "fbc010666666666666"),
    *("f97c00", "f97e00", "f9fc00", "fa7f800000", "fa7fc00000", "faff800000"),
    *("fb7ff0000000000000", "fb7ff8000000000000", "fbfff0000000000000"),
    *("f7", "f0", "f8ff"),  # undefined and other simple values
    *("c074323031332d30332d32315432303a30343a30305a", "c11a514b67b0", "c1fb41d452d9e8a00000"),
    *("d74401020304", "d818456449455446", "d82076687474703a2f2f7777772e6578616d706c652e636f6d"),
    "5f42010243030405ff",  # from here on indefinite lengths
    "7f657374726561646d696e67ff",
    "9fff",
    "9f018202039f0405ffff",
    "9f01820203820405ff",
    "83018202039f0405ff",
    "83019f0203ff820405",
    "9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff",
    "bf61610161629f0203ffff",
    "826161bf61626163ff",
    "bf6346756ef563416d7421ff",
)
# Beyond the appendix: not well-formed (appendix F), not in the shortest form, not in order, and more.
MALFORMED: Final = (
    "",
    *(
        "18",
        "19",
        "1901",
        "1a0102",
        "1b01020304050607",
        "38",
        "41",
        "58",
        "5901",
        "61",
        "78",
        "81",
        "a1",
        "a101",
    ),
    *("5affffffff00", "5bffffffffffffffff010203", "7affffffff00", "9affffffff", "9bffffffffffffffff"),
    *("baffffffff", "bbffffffffffffffff", "5b7fffffffffffffff", "9b7fffffffffffffff"),
    *("1c", "1d", "1e", "1f", "3c", "3f", "5c", "5f", "7c", "7f", "9c", "9f", "bc", "bf", "dc", "fc", "ff"),
    *("f800", "f814", "f818", "f81f", "81ff", "8200ff", "a1ff", "a1ff00", "a100ff", "df00"),
    *("1800", "1817", "190017", "1900ff", "1a0000ffff", "1b00000000ffffffff", "3800", "3900ff", "3817"),
    *("5800", "581700", "590001ff", "7800", "780161", "790001" + "61", "9800", "980100", "b800", "b8010000"),
    *("0000", "8000", "f600", "a000", "6100" + "00"),  # trailing bytes
    *(
        "a2020001" + "00",
        "a2616200616100",
        "a220000000",
        "a2616100" + "00" + "00",
        "a218180020" + "00" + "00",
    ),
    *("a201000100", "a2616100616100", "a3010002000100", "a200f4f4f4", "a201f4f5f4"),  # keys that repeat
    *("a1f400", "a1f600", "a1410000", "a18000", "a1a000", "a1f93c0000"),  # keys of other types
    *("62c328", "61ff", "63eda080", "64f4908080", "62c080"),  # not UTF-8
    *(
        "d9d9f700",
        "d81c80",
        "d81d00",
        "d8408143",
        "d9010280",
        "d8236161",
        "c48221196ab3",
        "dbffffffffffffffff00",
    ),
    *("c2410a", "c24100", "c340", "82c0", "8181c100"),
)


@pytest.mark.parametrize(("encoded", "item"), ACCEPTED.items())
def test_accepts_the_rfc(encoded: str, item: object) -> None:
    decoded = codec.decode(bytes.fromhex(encoded))
    assert decoded == item
    assert type(decoded) is type(item)
    assert codec.encode(item).hex() == encoded


@pytest.mark.parametrize("encoded", REFUSED)
def test_f36_refuses_the_rest_of_the_rfc(encoded: str) -> None:
    cbor2.loads(bytes.fromhex(encoded))  # well-formed, or this would prove nothing
    with pytest.raises(Malformed) as caught:
        codec.decode(bytes.fromhex(encoded))
    assert caught.value.code == "cbor"


@pytest.mark.parametrize("wrapped", ["", "81", "a100", "820" + "0"])
@pytest.mark.parametrize("encoded", [*REFUSED, *MALFORMED])
def test_f36_refuses_malformed_bytes_at_any_place(encoded: str, wrapped: str) -> None:
    with pytest.raises(Malformed, match=r"\w"):
        codec.decode(bytes.fromhex(wrapped + encoded))


@given(items)
def test_round_trip(item: codec.Item) -> None:
    data = codec.encode(item)
    assert codec.decode(data) == item
    assert codec.encode(codec.decode(data)) == data


def strict_or_malformed(data: bytes) -> None:
    """`data` gives an item that encodes to `data`, or `Malformed`, and nothing else."""
    try:
        item = codec.decode(data)
    except Malformed:
        return
    assert codec.encode(item) == data


@given(st.binary(max_size=64))
@example(bytes.fromhex("a2000000f4"))
def test_f36_any_bytes(data: bytes) -> None:
    strict_or_malformed(data)


@given(st.data())
def test_f36_any_mutation(data: st.DataObject) -> None:
    strict_or_malformed(data.draw(mutated(codec.encode(data.draw(items)))))


_ANYTHING: Final = st.one_of(
    st.integers(), st.floats(), st.binary(max_size=9), st.text(max_size=9), st.booleans(), st.none()
)
_LOOSE: Final = st.recursive(
    _ANYTHING,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(_ANYTHING, inner, max_size=4), st.tuples(inner, inner)
    ),
    max_leaves=9,
)


@given(_LOOSE)
def test_f36_any_item_of_another_encoder(item: object) -> None:
    strict_or_malformed(cbor2.dumps(item))


def test_order_of_keys() -> None:
    # The example of RFC 8949 section 4.2.1, less its keys that are no integers and no text.
    expected = [10, 100, -1, "z", "aa"]
    mixed: dict[int | str, int] = dict.fromkeys(["aa", -1, 100, "z", 10], 0)
    assert list(codec.decode(codec.encode(mixed))) == expected  # type: ignore[arg-type]
    # Of keys of one length the greater number or text stands later; of all keys, the longer head.
    long = "x" * 24
    more: dict[int | str, int] = dict.fromkeys(
        [long, "b", "ab", 256, 24, 23, -25, -24, 2**64 - 1, -(2**64)], 0
    )
    in_order = [23, 24, 256, 2**64 - 1, -24, -25, -(2**64), "b", "ab", long]
    assert list(codec.decode(codec.encode(more))) == in_order  # type: ignore[arg-type]


@given(st.dictionaries(st.one_of(st.integers(-(2**64), 2**64 - 1), st.text(max_size=4)), st.none()))
def test_order_of_keys_is_that_of_their_encodings(item: dict[Any, None]) -> None:
    in_order = sorted(item, key=cbor2.dumps)
    assert list(codec.in_order(item)) == in_order
    assert codec.encode(item) == cbor2.dumps(dict.fromkeys(in_order))
    if list(item) != in_order:
        with pytest.raises(Malformed, match="order"):
            codec.decode(cbor2.dumps(item))


@pytest.mark.parametrize(
    "item",
    [1.0, 2**64, -(2**64) - 1, {1.0: 0}, {b"a": 0}, {None: 0}, {1: {True: 0}}, {1, 2}, object(),
     cbor2.undefined, cbor2.CBORTag(1, 0), "\ud800", {"\ud800": 0}, [[[[[[[[[0]]]]]]]]],
     bytes(codec.MAX_BYTES)],
)  # fmt: skip
def test_encode_refuses_what_decode_would(item: object) -> None:
    with pytest.raises(TypeError):
        codec.encode(item)


def test_encode_makes_arrays_of_tuples_and_ignores_the_order_of_a_dict() -> None:
    assert codec.encode(({"b": 1, "a": (2,)},)) == codec.encode([{"a": [2], "b": 1}])


@given(st.integers(0, 2**64 - 1), st.sampled_from([codec.UNSIGNED, codec.BYTES, codec.TEXT, codec.ARRAY]))
@example(23, 2)
@example(24, 2)
@example(255, 2)
@example(256, 2)
@example(65535, 2)
@example(65536, 2)
@example(2**32 - 1, 2)
@example(2**32, 2)
def test_heads(number: int, major: int) -> None:
    head = codec.head(major, number)
    assert codec.head(codec.UNSIGNED, number) == cbor2.dumps(number)
    assert codec.read_head(b"xx" + head + b"yy", 2, major) == (number, 2 + len(head))
    for cut in range(len(head)):
        with pytest.raises(Malformed):
            codec.read_head(head[:cut], 0, major)
    with pytest.raises(Malformed):
        codec.read_head(head, 0, codec.MAP)
    for size, code in ((1, 24), (2, 25), (4, 26), (8, 27)):
        longer = bytes([major << 5 | code]) + number.to_bytes(8, "big")[8 - size :]
        if len(longer) > len(head):
            with pytest.raises(Malformed):
                codec.read_head(longer, 0, major)


def test_no_head_past_64_bits() -> None:
    with pytest.raises(OverflowError):
        codec.head(codec.BYTES, 2**64)
