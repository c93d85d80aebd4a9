"""Signatures, the usual and the odd (FAULTS F37): one verifier, the same answer everywhere.

The odd cases are those of Chalkias, Garillot, Nikolaenko, "Taming the many EdDSAs" (SSR 2020), table 5,
made here anew. For each, what lenient verifiers say is checked too: where those agree with us, a case
proves nothing.
"""

import copy
import pickle
import re
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli import crypto
from shuangli.crypto import SigningKey
from shuangli.messages.transfers import CENTRE
from tests.core import edwards
from tests.core.edwards import BASE, IDENTITY, TORSION, L, P, find_message
from tests.layout.rules import ROOT, product_files

SEED: Final = bytes(range(32))
KEY: Final = SigningKey(SEED)
SCALAR: Final = edwards.secret_scalar(SEED)
MESSAGE: Final = b"pay 600 fen"


def accepted_by(key: bytes, message: bytes, signature: bytes) -> str:
    """Who accepts: us, a plain lenient verifier, a cofactored lenient verifier."""
    answers = {
        "us": crypto.verify(key, message, signature),
        "plain": edwards.lenient_verify(key, message, signature, cofactored=False),
        "cofactored": edwards.lenient_verify(key, message, signature, cofactored=True),
    }
    return " ".join(name for name, answer in answers.items() if answer)


@pytest.mark.parametrize(
    ("seed", "public", "message", "signature"),
    [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00",
        ),
    ],
)
def test_rfc_8032(seed: str, public: str, message: str, signature: str) -> None:
    key = SigningKey(bytes.fromhex(seed))
    assert key.public.hex() == public
    assert key.sign(bytes.fromhex(message)).hex() == signature
    assert accepted_by(key.public, bytes.fromhex(message), bytes.fromhex(signature)) == "us plain cofactored"
    assert edwards.encode(edwards.multiply(edwards.secret_scalar(bytes.fromhex(seed)), BASE)) == key.public


def test_sha256() -> None:
    assert crypto.sha256(b"abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@given(st.binary(max_size=100), st.integers(0, 511))
def test_any_flipped_bit(message: bytes, bit: int) -> None:
    signature = KEY.sign(message)
    assert crypto.verify(KEY.public, message, signature)
    flipped = (int.from_bytes(signature, "big") ^ 1 << bit).to_bytes(64, "big")
    assert not crypto.verify(KEY.public, message, flipped)
    assert not crypto.verify(KEY.public, message + b"\0", signature)


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_wrong_lengths_are_no_signatures(key: bytes, signature: bytes) -> None:
    assert not crypto.verify(key, MESSAGE, signature)
    assert not crypto.verify(KEY.public, MESSAGE, signature)
    assert not crypto.verify(key, MESSAGE, KEY.sign(MESSAGE))


def test_a_byte_does_not_move_from_the_message_to_the_signature() -> None:
    signature = KEY.sign(MESSAGE)
    assert not crypto.verify(KEY.public, MESSAGE[1:], signature + MESSAGE[:1])
    assert not crypto.verify(KEY.public, signature[-1:] + MESSAGE, signature[:-1])


def test_f37_unreduced_s() -> None:
    signature = KEY.sign(MESSAGE)
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    unreduced = [s + factor * L for factor in range(1, 16) if s + factor * L < 2**256]
    assert len(unreduced) == 15
    for larger in unreduced:
        assert accepted_by(KEY.public, MESSAGE, edwards.signature(r, larger)) == "plain cofactored"


def test_small_order_encodings_are_those_of_the_paper() -> None:
    # Tables 1 and 2 of the paper: 8 legal encodings and 6 others.
    encodings = edwards.small_order_encodings()
    assert len(encodings) == 14
    assert {edwards.encode(point) for point in TORSION} < set(encodings)
    assert CENTRE in encodings


@pytest.mark.parametrize("key", edwards.small_order_encodings(), ids=bytes.hex)
def test_f37_small_order_keys(key: bytes) -> None:
    # R = s B, and a challenge that the key's order divides: anybody signs under such a key.
    s = 12345
    r = edwards.encode(edwards.multiply(s, BASE))
    message = find_message(key, r, remainder={0})
    assert accepted_by(key, message, edwards.signature(r, s)) == "plain cofactored"
    other = find_message(key, r, remainder={1, 3, 5, 7})
    assert "us" not in accepted_by(key, other, edwards.signature(r, s))


@pytest.mark.parametrize("r", edwards.small_order_encodings(), ids=bytes.hex)
def test_f37_small_order_r(r: bytes) -> None:
    # R = T: s = h a holds if multiplied by 8, and as it stands only for T = 0.
    s = edwards.challenge(r, KEY.public, MESSAGE) * SCALAR % L
    accepted = accepted_by(KEY.public, MESSAGE, edwards.signature(r, s))
    identity = int.from_bytes(r, "little") & (2**255 - 1) in (1, P + 1)
    assert accepted == ("plain cofactored" if identity else "cofactored")


@pytest.mark.parametrize("torsion", TORSION[1:])
def test_f37_small_order_key_and_mixed_r(torsion: edwards.Point) -> None:
    key, s = edwards.encode(torsion), 999
    r = edwards.encode(edwards.add(edwards.multiply(s, BASE), torsion))
    message = find_message(key, r, remainder={7})
    # R + h T = s B + T + 7 T
    assert accepted_by(key, message, edwards.signature(r, s)) == "plain cofactored"


@pytest.mark.parametrize("torsion", TORSION[1:])
def test_f37_mixed_order_keys(torsion: edwards.Point) -> None:
    key = edwards.encode(edwards.add(edwards.multiply(SCALAR, BASE), torsion))
    nonce = 777
    r = edwards.encode(edwards.multiply(nonce, BASE))
    answers = {}
    for divides in (True, False):
        message = find_message(key, r, remainder={0} if divides else {1, 3, 5, 7})
        s = (nonce + edwards.challenge(r, key, message) * SCALAR) % L
        answers[divides] = accepted_by(key, message, edwards.signature(r, s))
    # Whoever holds such a key can make signatures that batch verifiers alone accept.
    assert answers == {True: "us plain cofactored", False: "cofactored"}


@pytest.mark.parametrize("torsion", TORSION[1:])
def test_f37_mixed_order_r(torsion: edwards.Point) -> None:
    nonce = 777
    r = edwards.encode(edwards.add(edwards.multiply(nonce, BASE), torsion))
    s = (nonce + edwards.challenge(r, KEY.public, MESSAGE) * SCALAR) % L
    assert accepted_by(KEY.public, MESSAGE, edwards.signature(r, s)) == "cofactored"


@pytest.mark.parametrize("torsion", TORSION[1:])
def test_f37_mixed_order_key_and_r(torsion: edwards.Point) -> None:
    key = edwards.encode(edwards.add(edwards.multiply(SCALAR, BASE), torsion))
    nonce = 4242
    r = edwards.encode(edwards.add(edwards.multiply(nonce, BASE), torsion))
    message = find_message(key, r, remainder={7})
    s = (nonce + edwards.challenge(r, key, message) * SCALAR) % L
    # The two odd parts cancel out; the plain equation holds, and that is our answer.
    assert accepted_by(key, message, edwards.signature(r, s)) == "us plain cofactored"


def test_f37_points_not_in_their_one_encoding() -> None:
    # y of 0..18 also fits as y + P; their discrete logarithms are unknown but for the small orders above.
    for y in range(19):
        for sign in (0, 1):
            key = (y + P | sign << 255).to_bytes(32, "little")
            for r in (edwards.encode(BASE), edwards.encode(IDENTITY), key):
                for s in (0, 1):
                    assert not crypto.verify(key, MESSAGE, edwards.signature(r, s))


def test_f37_one_verifier() -> None:
    other_ways = re.compile(r"crypto_sign|nacl\.signing|VerifyKey|[Ee]d25519\w*Key|asymmetric")
    users = {path for path, text in product_files(ROOT) if other_ways.search(text)}
    # TLS has keys of its own, with which nothing else is signed.
    assert users == {"shuangli/crypto.py", "issuer/service/tls_authority.py"}


def test_a_private_key_shows_counts_and_keeps() -> None:
    key = SigningKey(SEED)
    assert repr(key) == f"SigningKey(public={key.public.hex()})"
    assert SEED.hex() not in repr(key)
    key.sign(b"")
    key.sign(b"")
    assert key.made == 2
    with pytest.raises(TypeError):
        pickle.dumps(key)
    with pytest.raises(TypeError):
        copy.deepcopy(key)
