"""The recovery secret of a wallet: kept apart from the device, it gives a new wallet when that is gone.

    key    the Ed25519 key with the seed SHA-256("shuangli/recovery key/v1/" || secret)
    file   digest over [version, salt, passes, bytes of memory, sealed]; sealed with argon2id of a passphrase:
           [secret, operator's address, root key]

It is drawn at random and has nothing to do with the wallet's own key, which is never written down: so nobody
can pay or hand in with it. It signs requests to the operator, who knows its public half (ADR 0071).
"""

from dataclasses import dataclass, field
from typing import Final, Self

from shuangli import codec
from shuangli.crypto import KEY_BYTES, SigningKey, sha256
from shuangli.errors import BadInput, Malformed
from shuangli.messages.fields import check_bytes, check_text, read_array
from shuangli.sealing import LEAST_COST, NONCE_BYTES, SALT_BYTES, Cost, derive_key, seal, unseal
from shuangli.wallet.file_format import RandomBytes, with_digest, without_digest

SECRET_BYTES: Final = 16
VERSION: Final = 1
_PURPOSE: Final = b"shuangli/recovery key/v1/"
_CONTEXT: Final = b"shuangli/recovery file/v1"
_MAX_ADDRESS: Final = 512


def recovery_key(secret: bytes) -> SigningKey:
    """The key that a recovery secret stands for."""
    return SigningKey(sha256(_PURPOSE + secret))


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryFile:
    """What a recovery file holds: the secret, and where and under whose root the wallet was opened."""

    secret: bytes = field(repr=False)
    operator: str
    root: bytes

    def __post_init__(self) -> None:
        check_bytes(self.secret, SECRET_BYTES, "recovery secret")
        check_text(self.operator, _MAX_ADDRESS, "address")
        check_bytes(self.root, KEY_BYTES, "root key")

    def encode(self, passphrase: str, *, cost: Cost, random_bytes: RandomBytes) -> bytes:
        """Seal it with a passphrase."""
        salt = random_bytes(SALT_BYTES)
        key = derive_key(passphrase, salt, cost)
        plain = codec.encode([self.secret, self.operator, self.root])
        sealed = seal(key, plain, context=_CONTEXT, nonce=random_bytes(NONCE_BYTES))
        return with_digest(codec.encode([VERSION, salt, cost.operations, cost.memory_bytes, sealed]))

    @classmethod
    def decode(cls, data: bytes, passphrase: str, *, least_cost: Cost = LEAST_COST) -> Self:
        """Open one.

        Raises:
            BadInput: it is no recovery file, or damaged (`bad-file`), or the passphrase is wrong
                (`wrong-passphrase`).
            StoreError: the machine has not got the memory (`unavailable`).
        """
        try:
            version, salt, operations, memory_bytes, sealed = read_array(
                without_digest(data), 5, "recovery file"
            )
            check_bytes(salt, SALT_BYTES, "salt")
            if version != VERSION or type(sealed) is not bytes:
                raise Malformed("shape", f"not a recovery file of version {VERSION}")
            cost = Cost(operations=operations, memory_bytes=memory_bytes)
        except (Malformed, ValueError, TypeError) as error:
            raise BadInput("bad-file", f"not a recovery file, or a damaged one: {error}") from error
        if not cost.at_least(least_cost):
            raise BadInput("bad-file", "the recovery file asks for less work than a passphrase needs")
        plain = unseal(derive_key(passphrase, salt, cost), sealed, context=_CONTEXT)
        if plain is None:
            raise BadInput("wrong-passphrase", "the passphrase does not open this recovery file")
        secret, operator, root = read_array(plain, 3, "recovery file")
        return cls(secret=secret, operator=operator, root=root)
