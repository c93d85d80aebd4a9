"""Signed objects: one form, domains (FAULTS F35), ids that name the content (F49), the verifier's memory."""

import itertools
from typing import Any, Final

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli import cose
from shuangli.cose import Domain, Signed, Verifier
from shuangli.crypto import SigningKey, sha256, verify
from shuangli.errors import Malformed, Unverified
from tests.byte_strategies import mutated
from tests.core import edwards

SEED: Final = bytes([1]) * 32
KEY: Final = SigningKey(SEED)
OTHER_KEY: Final = SigningKey(bytes([2]) * 32)
PAYLOAD: Final = cbor2.dumps([1, b"two", "three"])
OBJECT: Final = cose.sign(KEY, Domain.TRANSFER, PAYLOAD)
PROTECTED: Final = cbor2.dumps({1: -19})

payload_sizes: Final = st.sampled_from([0, 1, 23, 24, 255, 256, 65_535, 65_536])


def sig_structure(domain: Domain, payload: bytes) -> bytes:
    """What RFC 9052 section 4.4 says is signed, by another way than ours."""
    return cbor2.dumps(["Signature1", PROTECTED, domain.value, payload])


@given(st.sampled_from(Domain), payload_sizes)
def test_form(domain: Domain, size: int) -> None:
    payload = bytes(size)
    made = cose.sign(KEY, domain, payload)
    message = sig_structure(domain, payload)
    signature = KEY.sign(message)
    assert made.data == cbor2.dumps(cbor2.CBORTag(18, [PROTECTED, {}, payload, signature]))
    read = cose.parse(made.data, domain)
    for signed in (made, read):
        assert (signed.payload, signed.message, signed.signature) == (payload, message, signature)
        assert signed.id == sha256(domain.value + message)
    assert read == made
    assert hash(read) == hash(made)


def test_f35_every_domain_keeps_to_itself() -> None:
    assert len({domain.value for domain in Domain}) == len(Domain)
    for made_as, taken_as in itertools.permutations(Domain, 2):
        data = cose.sign(KEY, made_as, PAYLOAD).data
        verifier = Verifier(capacity=9)
        verifier.check(cose.parse(data, made_as), KEY.public, "object")
        passed_off = cose.parse(data, taken_as)
        assert passed_off.id != cose.parse(data, made_as).id
        assert passed_off != cose.parse(data, made_as)
        # The verifier has seen these very bytes before, as what they are.
        for check in (verifier.check, verifier.check_once):
            with pytest.raises(Unverified, match="of the object does not verify"):
                check(passed_off, KEY.public, "object")


def test_f35_no_domain_starts_another_ones_sig_structure() -> None:
    heads = [domain.signed_head for domain in Domain]
    assert not any(one.startswith(other) for one, other in itertools.permutations(heads, 2))


def _forms() -> dict[str, bytes]:
    """The same content in other forms, most of which another COSE library would verify."""
    signature = OBJECT.signature
    tag = cbor2.CBORTag
    sign1: list[Any] = [PROTECTED, {}, PAYLOAD, signature]
    start, length = OBJECT.data.index(PAYLOAD) - 1, len(PAYLOAD)
    longer_length = OBJECT.data[:start] + bytes([0x58, length]) + OBJECT.data[start + 1 :]
    return {
        "no tag": cbor2.dumps(sign1),
        "self-described": cbor2.dumps(tag(55799, tag(18, sign1))),
        "tag of COSE_Sign": cbor2.dumps(tag(98, sign1)),
        "tag of a CWT": cbor2.dumps(tag(61, tag(18, sign1))),
        "long tag": b"\xd8" + OBJECT.data.replace(b"\xd2", b"\x12", 1),
        "key id": cbor2.dumps(tag(18, [PROTECTED, {4: b"key"}, PAYLOAD, signature])),
        "algorithm unprotected": cbor2.dumps(tag(18, [b"", {1: -19}, PAYLOAD, signature])),
        "algorithm twice": cbor2.dumps(tag(18, [PROTECTED, {1: -19}, PAYLOAD, signature])),
        "algorithm EdDSA": cbor2.dumps(tag(18, [cbor2.dumps({1: -8}), {}, PAYLOAD, signature])),
        "more protected": cbor2.dumps(tag(18, [cbor2.dumps({1: -19, 3: 0}), {}, PAYLOAD, signature])),
        "detached payload": cbor2.dumps(tag(18, [PROTECTED, {}, None, signature])),
        "five parts": cbor2.dumps(tag(18, [*sign1, signature])),
        "three parts": cbor2.dumps(tag(18, sign1[:3])),
        "text payload": cbor2.dumps(tag(18, [PROTECTED, {}, "text", signature])),
        "short signature": cbor2.dumps(tag(18, [PROTECTED, {}, PAYLOAD, signature[:63]])),
        "long signature": cbor2.dumps(tag(18, [PROTECTED, {}, PAYLOAD, signature + b"\0"])),
        "indefinite array": OBJECT.data.replace(b"\xd2\x84", b"\xd2\x9f", 1) + b"\xff",
        "long length": longer_length,
        "trailing byte": OBJECT.data + b"\0",
        "nothing": b"",
        "only a start": OBJECT.data[:7],
    }


@pytest.mark.parametrize("form", _forms())
def test_f49_there_is_one_form(form: str) -> None:
    with pytest.raises(Malformed) as caught:
        cose.parse(_forms()[form], Domain.TRANSFER)
    assert caught.value.code == "cbor"


def test_f49_another_signature_over_the_same_content_is_the_same_object() -> None:
    message = OBJECT.message
    data = OBJECT.data[:-64] + edwards.sign_with_nonce(SEED, message, 31337)
    again = cose.parse(data, Domain.TRANSFER)
    assert verify(KEY.public, message, again.signature)
    assert again.data != OBJECT.data
    assert again.id == OBJECT.id
    # It is checked for itself all the same.
    verifier = Verifier(capacity=9)
    verifier.check(OBJECT, KEY.public, "object")
    verifier.check(again, KEY.public, "object")
    assert verifier.checked == 2


@given(st.data())
def test_f36_any_mutation(data: st.DataObject) -> None:
    changed = data.draw(mutated(OBJECT.data))
    try:
        read = cose.parse(changed, Domain.TRANSFER)
    except Malformed:
        return
    # It is still in the one legal form, and what was changed is content or signature.
    assert read.data == cbor2.dumps(cbor2.CBORTag(18, [PROTECTED, {}, read.payload, read.signature]))
    assert (read.id == OBJECT.id) == (read.payload == PAYLOAD)
    assert verify(KEY.public, read.message, read.signature) == (changed == OBJECT.data)


@given(st.binary(max_size=200))
def test_f36_any_bytes(data: bytes) -> None:
    for candidate in (data, OBJECT.data[:7] + data, OBJECT.data[:-66] + data):
        try:
            read = cose.parse(candidate, Domain.TRANSFER)
        except Malformed:
            continue
        assert candidate == cbor2.dumps(cbor2.CBORTag(18, [PROTECTED, {}, read.payload, read.signature]))


class TestVerifier:
    """What one place remembers of its checks."""

    def test_checks_each_object_once(self) -> None:
        verifier = Verifier(capacity=9)
        for _ in range(3):
            verifier.check(cose.parse(OBJECT.data, Domain.TRANSFER), KEY.public, "object")
        assert verifier.checked == 1

    @pytest.mark.parametrize("domain", [Domain.TRANSFER, Domain.WALLET_CERTIFICATE])
    def test_does_not_take_a_known_object_for_one_of_another_key(self, domain: Domain) -> None:
        verifier = Verifier(capacity=9)
        signed = cose.sign(KEY, domain, PAYLOAD)
        verifier.check(signed, KEY.public, "object")
        for _ in range(2):
            with pytest.raises(Unverified) as caught:
                verifier.check(signed, OTHER_KEY.public, "object")
            verifier.check(signed, KEY.public, "object")
        assert caught.value.code == "signature"
        assert verifier.checked == 3

    @pytest.mark.parametrize("at", [-1, -64, len(OBJECT.data) - 67])
    def test_does_not_take_changed_bytes_for_a_known_object(self, at: int) -> None:
        verifier = Verifier(capacity=9)
        verifier.check(OBJECT, KEY.public, "object")
        changed = bytearray(OBJECT.data)
        changed[at] ^= 1
        with pytest.raises(Unverified):
            verifier.check(cose.parse(bytes(changed), Domain.TRANSFER), KEY.public, "object")

    def test_does_not_remember_what_did_not_verify(self) -> None:
        verifier = Verifier(capacity=9)
        for _ in range(2):
            with pytest.raises(Unverified):
                verifier.check(OBJECT, OTHER_KEY.public, "object")
        assert verifier.checked == 2

    @pytest.mark.parametrize("capacity", [2, cose.FEW, cose.FEW + 1])
    def test_forgets_the_oldest(self, capacity: int) -> None:
        verifier = Verifier(capacity=capacity)
        objects = [cose.sign(KEY, Domain.LOAD, bytes([number])) for number in range(capacity + 1)]
        for signed in [*objects, *reversed(objects[1:])]:
            verifier.check(signed, KEY.public, "object")
        assert verifier.checked == capacity + 1
        verifier.check(objects[0], KEY.public, "object")
        assert verifier.checked == capacity + 2

    @pytest.mark.parametrize("capacity", [2, 4 * cose.FEW])
    def test_what_passes_does_not_push_out_what_lasts(self, capacity: int) -> None:
        verifier = Verifier(capacity=capacity)
        load = cose.sign(KEY, Domain.LOAD, PAYLOAD)
        requests = [cose.sign(KEY, Domain.REQUEST, bytes([number])) for number in range(capacity)]
        for signed in (load, *requests, load, *requests[-max(1, capacity // 4) :]):
            verifier.check(signed, KEY.public, "object")
        assert verifier.checked == 1 + capacity

    def test_remembers_what_the_place_signed_itself(self) -> None:
        verifier = Verifier(capacity=9)
        verifier.remember(OBJECT, KEY.public)
        verifier.check(OBJECT, KEY.public, "object")
        assert verifier.checked == 0

    def test_check_once_remembers_nothing(self) -> None:
        verifier = Verifier(capacity=9)
        for _ in range(2):
            verifier.check_once(OBJECT, KEY.public, "object")
        verifier.check(OBJECT, KEY.public, "object")
        assert verifier.checked == 3


def test_signed_equals_by_content_and_kind() -> None:
    same: object = Signed(data=OBJECT.data, domain=Domain.TRANSFER, payload_start=8)
    assert same == OBJECT
    assert cose.sign(KEY, Domain.LOAD, PAYLOAD) != OBJECT
    assert OBJECT.data != OBJECT
