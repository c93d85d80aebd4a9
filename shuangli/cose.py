"""Signed objects: COSE_Sign1 (RFC 9052) with Ed25519 (algorithm -19, RFC 9864), in one legal form.

    18([ h'a10132', {}, payload, signature ])       tag 18, protected {1: -19}, nothing unprotected

What is signed is Sig_structure = ["Signature1", protected, external_aad, payload]. `external_aad`
is the *domain*: one string per kind of object and protocol version, so that an object of one kind
never passes for another (FAULTS F35). An object's id is SHA-256(domain || Sig_structure): it names
what was signed, not the bytes around it, so a second valid signature over the same content is the
same object, never a fork (F49).
"""

from enum import Enum
from typing import Final

from shuangli import crypto
from shuangli.errors import Malformed, Unverified

ALGORITHM_ED25519: Final = -19
_PREFIX: Final = bytes.fromhex("d28443a10132a0")
_SIGNATURE_HEAD: Final = bytes.fromhex("5840")
_TAIL: Final = len(_SIGNATURE_HEAD) + crypto.SIGNATURE_BYTES
_SIGNED_START: Final = bytes.fromhex("846a") + b"Signature1" + bytes.fromhex("43a10132")


class Domain(Enum):
    """The kinds of signed objects; the value is the `external_aad`."""

    OPERATOR_CERTIFICATE = b"shuangli/1/certificate/operator"
    WALLET_CERTIFICATE = b"shuangli/1/certificate/wallet"
    CENTRE_CERTIFICATE = b"shuangli/1/certificate/centre"
    EPOCH = b"shuangli/1/epoch"
    ENROLMENT = b"shuangli/1/enrolment"
    LOAD_ORDER = b"shuangli/1/load-order"
    LOAD = b"shuangli/1/load"
    REQUEST = b"shuangli/1/request"
    TRANSFER = b"shuangli/1/transfer"
    RECEIPT = b"shuangli/1/receipt"
    REFUSAL = b"shuangli/1/refusal"
    REVOCATION_LIST = b"shuangli/1/revocation-list"
    ACKNOWLEDGEMENT = b"shuangli/1/acknowledgement"
    REPORT = b"shuangli/1/report"


def _byte_string_head(length: int) -> bytes:
    """The shortest CBOR head of a byte string (RFC 8949 section 3)."""
    if length < 24:
        return bytes([0x40 + length])
    if length < 2**8:
        return bytes([0x58, length])
    if length < 2**16:
        return b"\x59" + length.to_bytes(2, "big")
    return b"\x5a" + length.to_bytes(4, "big")


_HEADS: Final = {
    domain: _SIGNED_START + _byte_string_head(len(domain.value)) + domain.value for domain in Domain
}


class Signed:
    """A received or just made COSE_Sign1, taken apart; its signature is not yet verified.

    Attributes:
        data: the object as received, signature included
        domain: the kind of object
        id: SHA-256(domain || Sig_structure), 32 bytes
    """

    __slots__ = ("_payload_start", "data", "domain", "id")

    def __init__(self, *, data: bytes, domain: Domain, payload_start: int) -> None:
        self.data = data
        self.domain = domain
        self._payload_start = payload_start
        self.id = crypto.sha256(domain.value + self.message)

    @property
    def payload(self) -> bytes:
        """The signed content, still encoded."""
        return self.data[self._payload_start : -_TAIL]

    @property
    def message(self) -> bytes:
        """The Sig_structure: what the signature covers."""
        return _HEADS[self.domain] + self.data[len(_PREFIX) : -_TAIL]

    @property
    def signature(self) -> bytes:
        """64 bytes."""
        return self.data[-crypto.SIGNATURE_BYTES :]


def sign(key: crypto.Signer, domain: Domain, payload: bytes) -> Signed:
    """Sign `payload` as an object of kind `domain`."""
    head = _byte_string_head(len(payload))
    signature = key.sign(_HEADS[domain] + head + payload)
    data = _PREFIX + head + payload + _SIGNATURE_HEAD + signature
    return Signed(data=data, domain=domain, payload_start=len(_PREFIX) + len(head))


def parse(data: bytes, domain: Domain) -> Signed:
    """Take a COSE_Sign1 apart; says nothing about its signature.

    Raises:
        Malformed: not the one legal form (code `cbor`).
    """
    start = len(_PREFIX)
    payload_end = len(data) - _TAIL
    if not data.startswith(_PREFIX) or payload_end <= start:
        raise Malformed("cbor", "not a COSE_Sign1 with algorithm Ed25519 and an empty unprotected header")
    if data[payload_end : payload_end + len(_SIGNATURE_HEAD)] != _SIGNATURE_HEAD:
        raise Malformed("cbor", "the signature is not a byte string of 64 bytes at the end")
    first = data[start]
    payload_start = start + (1 if first < 0x58 else 2 if first == 0x58 else 3 if first == 0x59 else 5)
    if data[start:payload_start] != _byte_string_head(payload_end - payload_start):
        raise Malformed("cbor", "the payload is not a byte string in its shortest form")
    return Signed(data=data, domain=domain, payload_start=payload_start)


class Verifier:
    """The signature checks of one place: a device, an operator or the centre.

    Each object's signature is checked once per place. What is remembered is the digest of the whole
    object as received, under the key it was checked with; so the memory spares signatures only, and
    never lets other bytes pass. Simulated places never share one.

    Attributes:
        checked: how many signatures were really checked
    """

    __slots__ = ("_capacity", "_known", "checked")

    def __init__(self, *, capacity: int) -> None:
        """Remember at most `capacity` objects; the oldest is forgotten first."""
        self._known: dict[bytes, bytes] = {}
        self._capacity = capacity
        self.checked = 0

    def check(self, signed: Signed, key: bytes, what: str) -> None:
        """Make sure that `key` signed `signed`.

        Raises:
            Unverified: it did not (code `signature`); `what` names the object in the message.
        """
        digest = crypto.sha256(signed.data)
        if self._known.get(digest) == key:
            return
        self.check_once(signed, key, what)
        self._remember(digest, key)

    def remember(self, signed: Signed, key: bytes) -> None:
        """Take an object as checked that this place has just signed itself with `key`."""
        self._remember(crypto.sha256(signed.data), key)

    def _remember(self, digest: bytes, key: bytes) -> None:
        if len(self._known) >= self._capacity:
            del self._known[next(iter(self._known))]
        self._known[digest] = key

    def check_once(self, signed: Signed, key: bytes, what: str) -> None:
        """`check` for an object that this place will not see again: nothing is remembered."""
        self.checked += 1
        if not crypto.verify(key, signed.message, signed.signature):
            raise Unverified("signature", f"the signature of the {what} does not verify")
