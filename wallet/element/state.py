"""What a secure element remembers: its state, and where each part of it is in memory. Pure.

    issued        the key, what it was made for, its rules: written once
    keys          the root's key set, under which the element verifies what it takes in
    certificate   its wallet's
    counters      PIN and tries, counters, what it has paid: changed by most commands
    coins         what it may sign away; a coin enters once and leaves when it is signed away
    orders        nonces that wait for a load
    requests      requests that wait for a payment, or have got one
    log           the last transfers that it has signed, for a wallet that did not hear of one

Every part has a fixed number of places (`Capacity`) of a fixed number of pages, so memory is bounded and a
command writes only the pages of what it changes. A place holds the length and the CBOR of one value.
"""

from dataclasses import dataclass, field, fields
from typing import Final, NamedTuple

from shuangli.messages.certificates import Terms, WalletKind
from shuangli.offline.chain import Coin
from shuangli.offline.policy import PayerPolicy, Usage
from shuangli.offline.spending import is_dead

MAX_TRIES: Final = 3
MAX_ANSWERED: Final = 6
"""Most transfers that are answered for one request, with a receipt or a refusal."""
MAX_REQUEST_BYTES: Final = 768
MAX_SPENDS: Final = 48
MAX_TRANSFER_BYTES: Final = 3_072
"""Largest request and transfer in the log; a transfer of MAX_SPENDS coins stays below."""


MAX_LOG: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """How many coins, open load orders, requests and signed transfers an element holds."""

    coins: int = 100
    orders: int = 8
    requests: int = 16
    log: int = 4

    def __post_init__(self) -> None:
        if not all(1 <= getattr(self, part.name) <= 10_000 for part in fields(self)):
            raise ValueError("an element holds 1 to 10,000 of everything")
        if self.log > MAX_LOG:
            raise ValueError(f"an element logs at most {MAX_LOG} transfers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What is written once, when the element is made: secrets, purpose, rules."""

    seed: bytes = field(repr=False)
    nonce_key: bytes = field(repr=False)
    network: str
    root: bytes
    currency: str
    kind: WalletKind
    policy: PayerPolicy
    capacity: Capacity


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """What only goes up, but for the tries of the PIN.

    `nonces` and `transfers` count what was given out and signed; `device` is the wallet file's counter.
    """

    pin: bytes = field(repr=False)
    tries: int = MAX_TRIES
    nonces: int = 0
    transfers: int = 0
    device: int = 0
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCoin:
    """What an element keeps of a coin: enough to judge a spend of it (`offline.spending.Spendable`)."""

    coin_id: bytes
    owner: bytes
    value_fen: int
    hops: int
    depth: int
    since_s: int
    claim_by_s: int
    expires_at_s: int
    terms: Terms

    @classmethod
    def of(cls, coin: Coin) -> "HeldCoin":
        """What is kept of a coin whose chain has been verified."""
        return cls(
            coin_id=coin.coin_id,
            owner=coin.owner,
            value_fen=coin.value_fen,
            hops=coin.hops,
            depth=coin.depth,
            since_s=coin.since_s,
            claim_by_s=coin.claim_by_s,
            expires_at_s=coin.expires_at_s,
            terms=coin.terms,
        )


class OpenOrder(NamedTuple):
    """A load order that was signed: the number of its nonce, and its id."""

    number: int
    order_id: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRequest:
    """A request that was signed, and the ids of the transfers that were answered: received, refused."""

    request_id: bytes
    expires_at_s: int
    received: tuple[bytes, ...] = ()
    refused: tuple[bytes, ...] = ()


class Logged(NamedTuple):
    """A transfer that was signed, and the request that it answers; empty, and NO_REQUEST, for a redemption.

    `pin` says that the holder had shown the PIN.
    """

    request_id: bytes
    request: bytes
    transfer: bytes
    pin: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All of it; free places are None."""

    issued: Issued
    keys: bytes | None
    certificate: bytes | None
    counters: Counters
    coins: tuple[HeldCoin | None, ...]
    orders: tuple[OpenOrder | None, ...]
    requests: tuple[OpenRequest | None, ...]
    log: tuple[Logged | None, ...]

    def held_fen(self, at_s: int) -> int:
        """The value of all coins that are good for something at `at_s`."""
        return sum(coin.value_fen for coin in self.coins if coin is not None and not is_dead(coin, at_s))


def new_state(issued: Issued, pin: bytes) -> State:
    """A fresh element."""
    room = issued.capacity
    return State(
        issued=issued,
        keys=None,
        certificate=None,
        counters=Counters(pin=pin),
        coins=(None,) * room.coins,
        orders=(None,) * room.orders,
        requests=(None,) * room.requests,
        log=(None,) * room.log,
    )
