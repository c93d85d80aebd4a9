"""Sealed bytes and keys from passphrases: against published vectors, and only the one right opening."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.errors import BadInput
from shuangli.sealing import (
    KEY_BYTES,
    LEAST_COST,
    NONCE_BYTES,
    STANDARD_COST,
    TAG_BYTES,
    Cost,
    derive_key,
    seal,
    unseal,
)

CHEAP = Cost(operations=1, memory_bytes=8_192)
SALT = bytes(range(16))


def test_the_vector_of_the_xchacha_draft() -> None:
    """draft-irtf-cfrg-xchacha-03, appendix A.3.1."""
    plain = (
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future,"
        b" sunscreen would be it."
    )
    nonce = bytes(range(0x40, 0x58))
    sealed = seal(
        bytes(range(0x80, 0xA0)), plain, context=bytes.fromhex("50515253c0c1c2c3c4c5c6c7"), nonce=nonce
    )
    assert sealed == nonce + bytes.fromhex(
        "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
        "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
        "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
        "21f9664c97637da9768812f615c68b13b52e"
        "c0875924c1c7987947deafd8780acf49"
    )


@given(
    plain=st.binary(max_size=100),
    context=st.binary(max_size=50),
    at=st.integers(0, 10**6),
    bit=st.integers(0, 7),
)
def test_only_what_was_sealed_opens(plain: bytes, context: bytes, at: int, bit: int) -> None:
    key, nonce = hashlib.sha256(plain).digest(), bytes(NONCE_BYTES)
    sealed = seal(key, plain, context=context, nonce=nonce)
    assert len(sealed) == NONCE_BYTES + len(plain) + TAG_BYTES
    assert unseal(key, sealed, context=context) == plain
    at %= len(sealed)
    assert (
        unseal(key, sealed[:at] + bytes([sealed[at] ^ 1 << bit]) + sealed[at + 1 :], context=context) is None
    )
    assert unseal(key, sealed[:at], context=context) is None
    assert unseal(key, sealed, context=context + b"x") is None
    assert unseal(bytes(KEY_BYTES), sealed, context=context) is None


def test_a_key_depends_on_passphrase_salt_and_cost() -> None:
    keys = {
        derive_key("one", SALT, CHEAP),
        derive_key("two", SALT, CHEAP),
        derive_key("one", SALT[::-1], CHEAP),
        derive_key("one", SALT, Cost(operations=2, memory_bytes=8_192)),
        derive_key("one", SALT, Cost(operations=1, memory_bytes=16_384)),
    }
    assert len(keys) == 5
    assert {len(key) for key in keys} == {KEY_BYTES}
    assert derive_key("one", SALT, CHEAP) in keys


def test_letters_are_the_same_however_they_are_composed() -> None:
    assert derive_key("Caf\u00e9", SALT, CHEAP) == derive_key("Cafe\u0301", SALT, CHEAP)
    assert derive_key("\u4e8c", SALT, CHEAP) != derive_key("\u4e09", SALT, CHEAP)


@pytest.mark.parametrize("words", ["", "\udc80"])
def test_no_passphrase_is_refused(words: str) -> None:
    with pytest.raises(BadInput) as refused:
        derive_key(words, SALT, CHEAP)
    assert refused.value.code == "bad-value"


@pytest.mark.parametrize(
    ("operations", "memory_bytes"), [(0, 8_192), (65, 8_192), (1, 8_191), (1, 2**30 + 1), (-1, 2**20)]
)
def test_a_cost_is_within_bounds(operations: int, memory_bytes: int) -> None:
    with pytest.raises(ValueError, match=r"operations|memory"):
        Cost(operations=operations, memory_bytes=memory_bytes)


def test_costs_are_compared_in_both_parts() -> None:
    assert STANDARD_COST.at_least(LEAST_COST)
    assert not LEAST_COST.at_least(STANDARD_COST)
    assert not Cost(operations=64, memory_bytes=8_192).at_least(LEAST_COST)
