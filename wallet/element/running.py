"""An element under power, and what all its rules share. Pure.

A rule is given what runs and what came in, and returns what to go on with (its state to be committed first)
and what to answer, or raises and changes nothing.

Nonces are the element's own, one for each number of a counter: no nonce is open twice, so no old load or
payment is taken in again (F50), whatever a broken phone asks for.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, TypeVar

from shuangli import cose
from shuangli.cose import Domain, Signed
from shuangli.crypto import SIGNATURE_BYTES, SigningKey, sha256
from shuangli.errors import OutOfTurn, Refused
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.fields import NONCE_BYTES
from shuangli.offline.chain import Coin
from shuangli.offline.spending import is_dead
from shuangli.offline.trust import Trust
from shuangli.wallet.element.commands import Status
from shuangli.wallet.element.state import HeldCoin, State

_NONCE_DOMAIN: Final = b"shuangli/1/element/nonce"

T = TypeVar("T")


class ElementKey(SigningKey):
    """A key that counts what it hashes: Ed25519 hashes what it signs twice (RFC 8032, 5.1.6)."""

    __slots__ = ("hashed_bytes",)

    def __init__(self, seed: bytes) -> None:
        """Derive the key pair from a seed of 32 bytes."""
        super().__init__(seed)
        self.hashed_bytes = 0

    def sign(self, message: bytes) -> bytes:
        """Sign `message`."""
        self.hashed_bytes += 2 * len(message)
        return super().sign(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """An element under power: what it remembers, and what it has in mind until the power ends.

    `trust` is what follows from the key set; `pin` says that the holder has shown the PIN for one payment.
    """

    state: State
    key: ElementKey
    trust: Trust
    selected: bool = False
    pin: bool = False


class Outcome(NamedTuple):
    """What follows from a command: what to go on with, once its state is committed, and the answer."""

    running: Running
    data: bytes = b""
    status: Status = Status.OK


def blank_object(structure: bytes, domain: Domain) -> Signed:
    """What a Sig_structure is for, with a blank signature: to be read before it is signed.

    Raises:
        Malformed: it is of another kind.
    """
    return cose.assemble(structure, domain, bytes(SIGNATURE_BYTES))


def changed(running: Running, **parts: object) -> Running:
    """The same element with other parts of its state."""
    return replace(running, state=replace(running.state, **parts))  # type: ignore[arg-type]


def with_value(places: tuple[T | None, ...], place: int, value: T | None) -> tuple[T | None, ...]:
    """The same places, but for one."""
    return (*places[:place], value, *places[place + 1 :])


def own_certificate(state: State) -> WalletCertificate:
    """The certificate that was put in.

    Raises:
        OutOfTurn: there is none yet.
    """
    if state.certificate is None:
        raise OutOfTurn("out-of-turn", "the element has no certificate yet")
    return WalletCertificate.parse(state.certificate)


def nonce_of(state: State, number: int) -> bytes:
    """The nonce of a number: unpredictable, and always the same."""
    return sha256(_NONCE_DOMAIN + state.issued.nonce_key + number.to_bytes(8, "big"))[:NONCE_BYTES]


def take_number(state: State, nonce: bytes) -> int:
    """The number of a fresh nonce.

    Raises:
        OutOfTurn: it is not the one that the element gives out now.
    """
    number = state.counters.nonces
    if nonce != nonce_of(state, number):
        raise OutOfTurn("out-of-turn", "the nonce is not the one that was given out last")
    return number


def with_coins(state: State, coins: Iterable[Coin], at_s: int) -> tuple[HeldCoin | None, ...]:
    """The table with these coins in it, all or none.

    Raises:
        Refused: there is no room (`element-full`).
    """
    table = list(state.coins)
    free = free_places(state, at_s)
    for coin in coins:
        if not free:
            raise Refused("element-full", f"the element holds {len(table)} coins already")
        table[free.pop(0)] = HeldCoin.of(coin)
    return tuple(table)


def free_places(state: State, at_s: int) -> list[int]:
    """Places for coins; a dead one gives way."""
    return [place for place, coin in enumerate(state.coins) if coin is None or is_dead(coin, at_s)]
