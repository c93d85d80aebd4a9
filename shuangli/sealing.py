"""Secrets at rest: keys from passphrases (argon2id, RFC 9106) and sealed bytes (XChaCha20-Poly1305).

Both by libsodium. Sealing is authenticated encryption (draft-irtf-cfrg-xchacha-03): what was changed, or
sealed with another key or for another context, does not open. A nonce is 24 random bytes, so one key
seals as much as a device ever writes. Salts and nonces come in as arguments.
"""

import unicodedata
from dataclasses import dataclass
from typing import Final

from nacl import bindings, exceptions

from shuangli.errors import BadInput, StoreError

KEY_BYTES: Final = bindings.crypto_aead_xchacha20poly1305_ietf_KEYBYTES
NONCE_BYTES: Final = bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
TAG_BYTES: Final = bindings.crypto_aead_xchacha20poly1305_ietf_ABYTES
SALT_BYTES: Final = bindings.crypto_pwhash_SALTBYTES

MAX_OPERATIONS: Final = 64
MAX_MEMORY_BYTES: Final = 2**30
"""Bounds on what a stored cost may ask of this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one try of a passphrase costs: passes over the memory, and the memory in bytes (RFC 9106)."""

    operations: int
    memory_bytes: int

    def __post_init__(self) -> None:
        least_bytes = bindings.crypto_pwhash_argon2id_MEMLIMIT_MIN
        if not 1 <= self.operations <= MAX_OPERATIONS:
            raise ValueError(f"operations are 1 to {MAX_OPERATIONS}")
        if not least_bytes <= self.memory_bytes <= MAX_MEMORY_BYTES:
            raise ValueError(f"memory is {least_bytes} to {MAX_MEMORY_BYTES} bytes")

    def at_least(self, other: "Cost") -> bool:
        """Say whether a try costs no less than `other` in passes and in memory."""
        return self.operations >= other.operations and self.memory_bytes >= other.memory_bytes


STANDARD_COST: Final = Cost(operations=3, memory_bytes=64 * 1024 * 1024)
"""The second recommended choice of RFC 9106 section 4, with libsodium's one lane."""
LEAST_COST: Final = Cost(operations=2, memory_bytes=19 * 1024 * 1024)
"""The least that the OWASP Password Storage Cheat Sheet accepts for argon2id."""


def derive_key(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    """The key that a passphrase stands for: argon2id, 32 bytes.

    The passphrase is taken in Unicode's form NFC, as PRECIS' OpaqueString does (RFC 8265 section 4.2), so
    that it does not matter which keyboard it was typed on.

    Raises:
        BadInput: the passphrase is empty or no text (`bad-value`).
        StoreError: the machine has not got the memory (`unavailable`).
    """
    try:
        words = unicodedata.normalize("NFC", passphrase).encode()
    except UnicodeEncodeError:
        words = b""
    if not words:
        raise BadInput("bad-value", "a passphrase is at least one character of text")
    try:
        return bindings.crypto_pwhash_alg(
            KEY_BYTES,
            words,
            salt,
            cost.operations,
            cost.memory_bytes,
            bindings.crypto_pwhash_ALG_ARGON2ID13,
        )
    except exceptions.RuntimeError:
        needed = f"{cost.memory_bytes} bytes of memory"
        raise StoreError("unavailable", f"a passphrase needs {needed} to be checked") from None


def seal(key: bytes, plain: bytes, *, context: bytes, nonce: bytes) -> bytes:
    """Encrypt and authenticate `plain`, and authenticate `context`: nonce, ciphertext, tag."""
    return nonce + bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, context, nonce, key)


def unseal(key: bytes, sealed: bytes, *, context: bytes) -> bytes | None:
    """What was sealed with this key for this context; None if that is not what `sealed` is."""
    nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    if len(ciphertext) < TAG_BYTES:
        return None
    try:
        return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(ciphertext, context, nonce, key)
    except exceptions.CryptoError:
        return None
