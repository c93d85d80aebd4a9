"""How a run signs: really, or with a keyed hash that only accounts for what would have been signed.

With `signatures=accounting` every key signs with BLAKE2b (RFC 7693) under its *public* key, and every place
checks by computing the same. That has the size of a signature and none of its worth: whoever sees a key can
sign for it. It spares a simulation the time that Ed25519 takes, and nothing else: the same objects are signed
and checked at the same places, and counted, by the same state machines.

Certificates of wallets are signed really, once each, since they stand inside of what requests and transfers
sign. So every id is the same as with real signatures, and where a choice between two equal coins falls by
their ids, it falls in the same way. To check one, the operator's signature is made again with its key, which
a simulation knows, once in each process.

It cannot get out of the simulator. The core knows nothing of it, and there is no switch: keys, places and
elements of this kind are made here, and nothing imports `sims`. They refuse to stand on any network but the
simulator's, and what they sign verifies nowhere else: there `shuangli.crypto.verify` is the only verifier.
"""

from collections.abc import Callable
from enum import StrEnum
from hashlib import blake2b
from typing import Final, NamedTuple

from shuangli.cose import Domain, Signed, Verifier
from shuangli.crypto import SIGNATURE_BYTES, SigningKey
from shuangli.errors import Unverified
from shuangli.offline.trust import Trust
from shuangli.wallet.element.applet import trust_of
from shuangli.wallet.element.chip import Element
from shuangli.wallet.element.pages import read_state
from shuangli.wallet.element.running import ElementKey, Running

NETWORK: Final = "sim"
"""What the names of all simulated networks begin with; those of other currencies say which (`network_of`)."""
_CERTIFICATE_HEAD: Final = Domain.WALLET_CERTIFICATE.signed_head
HOME: Final = "CNY"
"""The currency of a scenario, unless it says another one."""
_CERTIFIERS: Final[dict[bytes, SigningKey]] = {}
"""Simulated operators' keys by their public halves."""
_CERTIFIED: Final[set[bytes]] = set()
"""Certificates that have been made again in this process: the first halves of their ids and signatures."""


class Signatures(StrEnum):
    """How a run signs."""

    REAL = "real"
    ACCOUNTING = "accounting"


def accounted(key: bytes, message: bytes) -> bytes:
    """What stands in place of a signature: BLAKE2b of the message, keyed with the public key; 64 bytes."""
    return blake2b(message, digest_size=SIGNATURE_BYTES, key=key).digest()


def accounts_for(key: bytes, signed: Signed) -> bool:
    """Say whether what stands in place of its signature is that of `key`."""
    return accounted(key, signed.message) == signed.signature


def know_certifier(key: SigningKey) -> None:
    """Let certificates that this key signs be checked by signing them again."""
    _CERTIFIERS.setdefault(key.public, key)


def _certified(key: bytes, signed: Signed) -> bool:
    """Say whether `key` signed a wallet's certificate."""
    name = signed.id[:16] + signed.signature[:16] + key[:16]
    if name not in _CERTIFIED:
        certifier = _CERTIFIERS.get(key)
        if certifier is None or certifier.sign(signed.message) != signed.signature:
            return False
        _CERTIFIED.add(name)
    return True


class AccountingKey(SigningKey):
    """A key whose public half is the real one, and whose signatures anybody could make."""

    __slots__ = ()

    def sign(self, message: bytes) -> bytes:
        """Stand in for a signature: 64 bytes."""
        if message.startswith(_CERTIFICATE_HEAD):
            return super().sign(message)
        self.made += 1
        return accounted(self.public, message)


class AccountingElementKey(ElementKey):
    """The same in an element."""

    __slots__ = ()

    def sign(self, message: bytes) -> bytes:
        """Stand in for a signature: 64 bytes."""
        self.made += 1
        self.hashed_bytes += 2 * len(message)
        return accounted(self.public, message)


class AccountingVerifier(Verifier):
    """The checks of one place: made and remembered as ever, each by computing the hash again."""

    __slots__ = ()

    def check_once(self, signed: Signed, key: bytes, what: str) -> None:
        """Make sure that `key` accounts for `signed`.

        Raises:
            Unverified: it does not (code `signature`); `what` names the object in the message.
        """
        self.checked += 1
        certificate = signed.domain is Domain.WALLET_CERTIFICATE
        if not (_certified(key, signed) if certificate else accounts_for(key, signed)):
            raise Unverified("signature", f"the signature of the {what} does not verify")


class AccountingTrust(Trust):
    """What one place of an accounting network trusts."""

    __slots__ = ()

    def __init__(self, *, root: bytes, network: str, objects_kept: int) -> None:
        """As `Trust`.

        Raises:
            ValueError: it is another network: signatures are real there.
        """
        if network.split("-")[0] != NETWORK:
            raise ValueError(f"signatures are accounted for on network {NETWORK} only")
        super().__init__(root=root, network=network, objects_kept=objects_kept)
        self.verifier = AccountingVerifier(capacity=objects_kept)


class AccountingElement(Element):
    """A secure element with the same program, memory and power."""

    __slots__ = ()

    def _start(self) -> Running:
        state = read_state(self.memory.read(self.power))
        return Running(
            state=state,
            key=AccountingElementKey(state.issued.seed),
            trust=trust_of(state, AccountingTrust),
        )


def network_of(currency: str) -> str:
    """The network on which value of a currency is issued."""
    return NETWORK if currency == HOME else f"{NETWORK}-{currency.lower()}"


class Scheme(NamedTuple):
    """What keys, places and elements are made with."""

    key: Callable[[bytes], SigningKey]
    trust: type[Trust]
    element: type[Element]


SCHEMES: Final = {
    Signatures.REAL: Scheme(SigningKey, Trust, Element),
    Signatures.ACCOUNTING: Scheme(AccountingKey, AccountingTrust, AccountingElement),
}
