"""Signed objects: COSE_Sign1 (RFC 9052) with Ed25519 (algorithm -19, RFC 9864), in one legal form.

    18([ h'a10132', {}, payload, signature ])       tag 18, protected {1: -19}, nothing unprotected

What is signed is Sig_structure = ["Signature1", protected, external_aad, payload]. `external_aad`
is the *domain*: one string per kind of object and protocol version, so that an object of one kind
never passes for another (FAULTS F35). An object's id is SHA-256(domain || Sig_structure): it names
what was signed, not the bytes around it, so a second valid signature over the same content is the
same object, never a fork (F49).
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from itertools import islice
from typing import Final, NamedTuple

from shuangli import codec, crypto
from shuangli.errors import Malformed, Unverified

_PROTECTED: Final = bytes.fromhex("43a10132")
"""h'a10132', with its head."""
_PREFIX: Final = bytes.fromhex("d284") + _PROTECTED + bytes.fromhex("a0")
_PAYLOAD: Final = len(_PREFIX)
"""Where the payload's head starts."""
_SIGNATURE_HEAD: Final = codec.head(codec.BYTES, crypto.SIGNATURE_BYTES)
_TAIL: Final = len(_SIGNATURE_HEAD) + crypto.SIGNATURE_BYTES
NAME_BYTES: Final = 31
"""Of the SHA-256 that names a checked object: more than 16, which would do, and no more memory."""
_SIGNED_START: Final = bytes.fromhex("846a") + b"Signature1" + _PROTECTED


class Domain(Enum):
    """The kinds of signed objects; the value is the `external_aad`.

    Attributes:
        signed_head: what stands before the payload's head in a Sig_structure of this kind
        hashed_head: the same for what an id hashes
        lasts: whether objects of this kind come again with every payment of their wallet
    """

    OPERATOR_CERTIFICATE = b"shuangli/1/certificate/operator"
    WALLET_CERTIFICATE = b"shuangli/1/certificate/wallet"
    CENTRE_CERTIFICATE = b"shuangli/1/certificate/centre"
    EPOCH = b"shuangli/1/epoch"
    KEY_SET = b"shuangli/1/key-set"
    ENROLMENT = b"shuangli/1/enrolment"
    LOAD_ORDER = b"shuangli/1/load-order"
    LOAD = b"shuangli/1/load"
    REQUEST = b"shuangli/1/request"
    TRANSFER = b"shuangli/1/transfer"
    RECEIPT = b"shuangli/1/receipt"
    REFUSAL = b"shuangli/1/refusal"
    REVOCATION_LIST = b"shuangli/1/revocation-list"
    ACKNOWLEDGEMENT = b"shuangli/1/acknowledgement"
    WATERMARK = b"shuangli/1/watermark"
    RETURNED = b"shuangli/1/returned"
    REPORT = b"shuangli/1/report"
    PERIOD_REPORT = b"shuangli/1/report/period"
    CHECKPOINT = b"shuangli/1/checkpoint"
    COSIGNATURE = b"shuangli/1/cosignature"
    ARCHIVE = b"shuangli/1/archive"
    VAULT_ORDER = b"shuangli/1/vault-order"
    NETTING_STATEMENT = b"shuangli/1/netting-statement"
    REMITTANCE = b"shuangli/1/remittance"
    REMITTANCE_ANSWER = b"shuangli/1/remittance-answer"

    def __init__(self, external_aad: bytes) -> None:
        self.signed_head = _SIGNED_START + codec.head(codec.BYTES, len(external_aad)) + external_aad
        self.hashed_head = external_aad + self.signed_head
        self.lasts = external_aad.endswith((b"/certificate/wallet", b"/load"))


class Signed:
    """A received or just made COSE_Sign1, taken apart; its signature is not yet verified. Never changed.

    Attributes:
        data: the object as received, signature included
        domain: the kind of object
        id: SHA-256(domain || Sig_structure), 32 bytes
    """

    __slots__ = ("_named", "_payload_start", "data", "domain", "id")

    def __init__(self, *, data: bytes, domain: Domain, payload_start: int) -> None:
        self.data = data
        self.domain = domain
        self.id = crypto.sha256(domain.hashed_head + data[_PAYLOAD:-_TAIL])
        self._payload_start = payload_start
        self._named: tuple[bytes, bytes] | None = None

    @property
    def payload(self) -> bytes:
        """The signed content, still encoded."""
        return self.data[self._payload_start : -_TAIL]

    @property
    def message(self) -> bytes:
        """The Sig_structure: what the signature covers."""
        return self.domain.signed_head + self.data[_PAYLOAD:-_TAIL]

    @property
    def signature(self) -> bytes:
        """64 bytes."""
        return self.data[-crypto.SIGNATURE_BYTES :]

    def name_under(self, key: bytes) -> bytes:
        """What a check of it under `key` is remembered by: a digest of all that the check depends on.

        What lasts keeps its name: each place that has read the same bytes asks for it at each payment.
        """
        if self._named is not None and self._named[0] == key:
            return self._named[1]
        name = crypto.sha256(self.id + self.signature + key)[:NAME_BYTES]
        if self.domain.lasts:
            self._named = key, name
        return name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Signed) and (self.data, self.domain) == (other.data, other.domain)

    def __hash__(self) -> int:
        return hash(self.data)


def sign(key: crypto.Signer, domain: Domain, payload: bytes) -> Signed:
    """Sign `payload` as an object of kind `domain`."""
    head = codec.head(codec.BYTES, len(payload))
    signature = key.sign(domain.signed_head + head + payload)
    data = _PREFIX + head + payload + _SIGNATURE_HEAD + signature
    return Signed(data=data, domain=domain, payload_start=_PAYLOAD + len(head))


def parse(data: bytes, domain: Domain) -> Signed:
    """Take a COSE_Sign1 apart; says nothing about its signature.

    Raises:
        Malformed: not the one legal form (code `cbor`).
    """
    if not data.startswith(_PREFIX):
        raise Malformed("cbor", "not a COSE_Sign1 with algorithm Ed25519 and an empty unprotected header")
    length, payload_start = codec.read_head(data, _PAYLOAD, codec.BYTES)
    payload_end = payload_start + length
    if not data.startswith(_SIGNATURE_HEAD, payload_end) or len(data) != payload_end + _TAIL:
        raise Malformed("cbor", "the signature is not a byte string of 64 bytes at the end")
    return Signed(data=data, domain=domain, payload_start=payload_start)


def assemble(structure: bytes, domain: Domain, signature: bytes) -> Signed:
    """The object that a Sig_structure and a signature (64 bytes) make: for a signer that reads what it signs.

    Raises:
        Malformed: not a Sig_structure of this kind.
    """
    if not structure.startswith(domain.signed_head):
        raise Malformed("shape", f"not the Sig_structure of a {domain.name.lower()}")
    return parse(_PREFIX + structure[len(domain.signed_head) :] + _SIGNATURE_HEAD + signature, domain)


FORGOTTEN_AT_ONCE: Final = 64
"""What share of a full memory is forgotten: one in so many, at least one object."""
FEW: Final = 8
"""A memory for so many objects at most is a tuple, which takes a fifth of what a dict takes."""
_Known = dict[bytes, None] | tuple[bytes, ...]


class Check(NamedTuple):
    """A signature to be checked: whether `key` signed `signed`."""

    signed: Signed
    key: bytes


class Verifier:
    """The signature checks of one place: a device, an operator or the centre.

    Each object's signature is checked once per place. What is remembered is a digest of the object's id, its
    signature and the key it was checked with: all that a check depends on. So the memory spares signatures
    only, and never lets other bytes or another kind pass. Simulated places never share one.

    Attributes:
        checked: how many signatures were really checked
    """

    __slots__ = ("_capacity", "_deferred", "_failed", "_lasting", "_passing", "checked")

    def __init__(self, *, capacity: int) -> None:
        """Remember at most `capacity` objects that last (certificates and loads come with every payment of
        their wallet) and a quarter as many of the others, at least one; the oldest is forgotten first.
        """
        self._lasting: _Known = {} if capacity > FEW else ()
        self._passing: _Known = {} if capacity > FEW else ()
        self._capacity = capacity
        self._deferred: dict[bytes, Check] | None = None
        self._failed: Collection[bytes] = ()
        self.checked = 0

    @property
    def capacity(self) -> int:
        """How many objects that last are remembered."""
        return self._capacity

    def check(self, signed: Signed, key: bytes, what: str, *, at_once: bool = False) -> None:
        """Make sure that `key` signed `signed`; if `at_once`, also where checks are put off.

        Raises:
            Unverified: it did not (code `signature`); `what` names the object in the message.
        """
        known = self._lasting if signed.domain.lasts else self._passing
        name = signed.name_under(key)
        if name in known:
            return
        if self._deferred is None or at_once:
            self.check_once(signed, key, what)
            self._remember(name, lasts=signed.domain.lasts)
        elif name in self._failed:
            raise Unverified("signature", f"the signature of the {what} does not verify")
        else:
            self._deferred.setdefault(name, Check(signed, key))

    @contextmanager
    def deferring(self, failed: Collection[bytes]) -> Iterator[dict[bytes, Check]]:
        """Gather the checks that `check` would do, each once, and take every signature for good meanwhile.

        `failed` are those that are known not to hold, by the names under which they were gathered. Whoever
        asks for this does the others (`finish`) before relying on anything that was read; if some of them
        fail, it is read again.
        """
        deferred: dict[bytes, Check] = {}
        self._deferred, self._failed = deferred, failed
        try:
            yield deferred
        finally:
            self._deferred, self._failed = None, ()

    def finish(self, deferred: Mapping[bytes, Check]) -> set[bytes]:
        """Do the checks that were gathered, and remember those that hold: the names of the others."""
        self.checked += len(deferred)
        failed = set()
        for name, (signed, key) in deferred.items():
            if crypto.verify(key, signed.message, signed.signature):
                self._remember(name, lasts=signed.domain.lasts)
            else:
                failed.add(name)
        return failed

    def remember(self, signed: Signed, key: bytes) -> None:
        """Take an object as checked that this place has just signed itself with `key`."""
        self._remember(signed.name_under(key), lasts=signed.domain.lasts)

    def _remember(self, name: bytes, *, lasts: bool) -> None:
        known = self._lasting if lasts else self._passing
        room = self._capacity if lasts else max(1, self._capacity // 4)
        if isinstance(known, dict):
            if len(known) >= room:
                # Many at once: what is deleted at the front lies in the way of each later look there.
                for oldest in [*islice(known, max(1, len(known) // FORGOTTEN_AT_ONCE))]:
                    del known[oldest]
            known[name] = None
        elif lasts:
            self._lasting = (*known, name)[-room:]
        else:
            self._passing = (*known, name)[-room:]

    def check_once(self, signed: Signed, key: bytes, what: str) -> None:
        """`check` for an object that this place will not see again: nothing is remembered."""
        self.checked += 1
        if not crypto.verify(key, signed.message, signed.signature):
            raise Unverified("signature", f"the signature of the {what} does not verify")
