"""Where a wallet's key is: in the program (soft), or in a secure element that has rules of its own (hard).

A custody signs, and is told what a signature is about: which request a payment answers, which payment a
receipt. A key in memory does not care. An element checks, and its memory of what it has signed and taken in
may be ahead of the wallet's journal when the power or the link between them was cut: `signed_before` closes
that gap.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shuangli.crypto import Signer, SigningKey
from shuangli.messages.transfers import MAX_COINS


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedBefore:
    """A transfer that a custody has signed: the request it pays (empty for a redemption), and if with PIN."""

    request: bytes
    transfer: bytes
    pin: bool


class Custody(Signer, Protocol):
    """Keeps a wallet's key, and perhaps its coins. What it refuses changes nothing."""

    @property
    def most_coins(self) -> int:
        """Most coins that one transfer may spend."""
        ...

    def paying(self, request: bytes) -> Signer:
        """A signer for the payment of this request."""
        ...

    def receiving(self, request: bytes, payment: bytes) -> Signer:
        """A signer for the answer to this payment of this request."""
        ...

    def challenge(self, size: int) -> bytes:
        """A nonce of `size` bytes for the order or the request that is signed next."""
        ...

    def install(self, certificate: bytes) -> None:
        """Take over the wallet's certificate."""
        ...

    def take_load(self, load: bytes) -> None:
        """Take in the coins of a load; the repeat of one that is in is in order."""
        ...

    def signed_before(self) -> Sequence[SignedBefore]:
        """What it remembers of its last transfers, oldest first."""
        ...

    def given_up(self, coin_ids: Iterable[bytes]) -> frozenset[bytes]:
        """Which of these coins it does not hold, and signs nothing for any more."""
        ...


class KeyCustody:
    """A key in memory: it signs, and nothing more.

    Attributes:
        key: signs; the private half stays inside
        public: the public key, 32 bytes
    """

    __slots__ = ("_random_bytes", "key", "public")

    def __init__(self, key: SigningKey, random_bytes: Callable[[int], bytes]) -> None:
        """`random_bytes` gives that many unpredictable bytes, for nonces."""
        self.key = key
        self.public = key.public
        self._random_bytes = random_bytes

    @property
    def most_coins(self) -> int:
        """No fewer than a transfer can hold."""
        return MAX_COINS

    def sign(self, message: bytes) -> bytes:
        """Sign `message`."""
        return self.key.sign(message)

    def paying(self, request: bytes) -> Signer:  # noqa: ARG002
        """The key."""
        return self.key

    def receiving(self, request: bytes, payment: bytes) -> Signer:  # noqa: ARG002
        """The key."""
        return self.key

    def challenge(self, size: int) -> bytes:
        """Random bytes."""
        return self._random_bytes(size)

    def install(self, certificate: bytes) -> None:
        """A key has no use for it."""

    def take_load(self, load: bytes) -> None:
        """A key has no use for it."""

    def signed_before(self) -> Sequence[SignedBefore]:
        """Nothing: a signature and the wallet's record of it are one step of one program."""
        return ()

    def given_up(self, coin_ids: Iterable[bytes]) -> frozenset[bytes]:  # noqa: ARG002
        """None: a key signs for whatever coin."""
        return frozenset()
