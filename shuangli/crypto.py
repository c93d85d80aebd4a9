"""The one place that signs, verifies and hashes: Ed25519 by libsodium (RFC 8032), SHA-256.

There is one verifier in the whole system. libsodium rejects signatures with an unreduced `s`, keys
and points of small order, and does not batch, so a payee, an operator and the centre never disagree
on an odd signature (FAULTS F37).
"""

import hashlib
from typing import Final, Protocol

from nacl import bindings, exceptions

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
DIGEST_BYTES: Final = 32


def sha256(data: bytes) -> bytes:
    """SHA-256 (FIPS 180-4) of `data`, 32 bytes."""
    return hashlib.sha256(data).digest()


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether `signature` (64 bytes) over `message` was made with the private half of `key` (32 bytes).

    Wrong lengths are a plain False: whoever sent them sent no valid signature.
    """
    if len(signature) != SIGNATURE_BYTES or len(key) != KEY_BYTES:
        return False
    try:
        bindings.crypto_sign_open(signature + message, key)
    except exceptions.BadSignatureError:
        return False
    return True


class Signer(Protocol):
    """Whatever holds a private key and signs with it: a key in memory, a secure element."""

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Sign `message`: 64 bytes."""
        ...


class SigningKey:
    """An Ed25519 private key in memory. `repr` shows its public half only; it does not pickle.

    Attributes:
        public: the public key, 32 bytes
        made: how many signatures it has made
    """

    __slots__ = ("_secret", "made", "public")

    def __init__(self, seed: bytes) -> None:
        """Derive the key pair from a seed of 32 bytes."""
        self.public: bytes
        self.public, self._secret = bindings.crypto_sign_seed_keypair(seed)
        self.made = 0

    def sign(self, message: bytes) -> bytes:
        """Sign `message` (deterministic, RFC 8032): 64 bytes."""
        self.made += 1
        return bindings.crypto_sign(message, self._secret)[:SIGNATURE_BYTES]

    def __repr__(self) -> str:
        return f"SigningKey(public={self.public.hex()})"

    def __reduce__(self) -> str:
        raise TypeError("a private key is not pickled")
