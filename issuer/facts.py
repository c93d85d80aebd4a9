"""What the registration centre knows of coins, and what a settlement changes of it. Values only.

A *spend* of a coin is a transfer by its owner, or a payee's refusal of it, which gives it back to its
payer. The first spend is the coin's *fact*; every other one is a further branch of a *fork*. A spend is
*settled* once it has closed the coin; until then (late, capped, frozen) it is recorded, and no more.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NamedTuple, Protocol

from shuangli.cose import Signed
from shuangli.days import DAY_S
from shuangli.messages.loads import Load
from shuangli.messages.notices import Outcome
from shuangli.offline.chain import Coin

REFUSED: Final = b""
"""The id under which any refusal of a coin is recorded: two refusals of one payment are one spend of it."""
NEVER_S: Final = 2**62
"""When a coin is due that does not go back by itself: frozen, capped, or waiting for a decision."""
DATE_BYTES: Final = 5


def dated_key(signed_at_s: int, digest: bytes) -> bytes:
    """A key that sorts by time: when the load or transfer was signed, 5 bytes, then a digest of 32 bytes."""
    return signed_at_s.to_bytes(DATE_BYTES, "big") + digest


def load_key(load: Load) -> bytes:
    """The key of a load in the mint log."""
    return dated_key(load.issued_at_s, load.signed.id)


def coin_key(coin: Coin) -> bytes:
    """The key of a coin among the facts: when its parent was signed, then its id."""
    return coin.since_s.to_bytes(DATE_BYTES, "big") + coin.coin_id


class ObjectKind(IntEnum):
    """The kinds of signed objects that the centre keeps, as numbered in its database."""

    LOAD = 0
    TRANSFER = 1
    REFUSAL = 2


class Fact(NamedTuple):
    """A spend of a coin: number and id of the object that spends it, and the coin's value once settled."""

    number: int
    object_id: bytes
    settled_fen: int


class Known(Protocol):
    """What the centre knows before a hand-in: the mint log, the facts, the forks."""

    def load_numbers(self, load_keys: Sequence[bytes]) -> dict[bytes, int]:
        """The numbers of loads in the mint log by their keys, without those that were never minted."""
        ...

    def facts(self, coin_keys: Sequence[bytes]) -> dict[bytes, Fact]:
        """The facts of those of the coins that are spent, by their keys."""
        ...

    def fork(self, coin_key: bytes, object_id: bytes) -> Fact | None:
        """A further spend of a coin, if it is known."""
        ...

    def is_culprit(self, key: bytes) -> bool:
        """Say whether a case names this key."""
        ...


class Place(NamedTuple):
    """Where a coin came about: as output `position` of object `parent_no`, in the supply or on a fork.

    The outputs of a transfer are counted by its spends: 2 * spend for the payee's, one more for change.
    """

    parent_no: int
    position: int
    forked: bool


class Spending(NamedTuple):
    """One spend of a coin that holds; `creditor` is the key that is paid for it, None if it pays a payee.

    `bank` is the operator through which it is paid; empty where who is paid has signed it, and so may choose.
    """

    kind: ObjectKind
    signed: Signed
    object_id: bytes
    coin: Coin
    coin_key: bytes
    place: Place
    position: int
    outputs: tuple[Coin, ...]
    creditor: bytes | None
    bank: str


class OpenCoin(NamedTuple):
    """A coin that nobody has spent as far as the centre knows; after `due_s` nobody is on time to do so."""

    place: Place
    value_fen: int
    epoch: int
    due_s: int


class Frozen(NamedTuple):
    """A coin that goes to nobody but a culprit, `creditor`, unless somebody else spends it by `due_s`."""

    place: Place
    creditor: bytes
    due_s: int
    coin_id: bytes
    value_fen: int


class Given(NamedTuple):
    """Who gave what a coin is worth, under a condition: the key `giver`, a wallet of `operator`."""

    giver: bytes
    operator: str


class NewCase(NamedTuple):
    """A double spend: its coin and culprit.

    `source_id` is the coin that was split into it, `transfer_no` the number of a transfer that spends it.
    """

    coin_key: bytes
    culprit: bytes
    face_fen: int
    place: Place
    source_id: bytes
    transfer_no: int
    epoch: int


class Spent(NamedTuple):
    """A spend of a coin as it is kept: the object's number and kind, and the coin's value once settled."""

    number: int
    kind: ObjectKind
    settled_fen: int


class CaseRow(NamedTuple):
    """A case as it was opened; where its coin came about, and from which coin (`NewCase`)."""

    coin_key: bytes
    culprit: bytes
    operator: str
    face_fen: int
    parent_no: int
    position: int
    source_id: bytes
    found_s: int

    @property
    def coin_id(self) -> bytes:
        """The coin that was spent twice."""
        return self.coin_key[DATE_BYTES:]


@dataclass(slots=True, kw_only=True)
class SupplyChange:
    """What a settlement changes in one epoch's supply, in fen; the words are those of `issuer.supply`."""

    redeemed_fen: int = 0
    returned_fen: int = 0
    outstanding_fen: int = 0
    forked_fen: int = 0
    fund_paid_fen: int = 0
    void_fen: int = 0
    forked_open_fen: int = 0

    def add(self, further: "SupplyChange") -> None:
        """So much more is changed."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(further, name))

    def told(self) -> tuple[int, int, int, int, int]:
        """What is logged of it: all but what is open, which follows from the rest (`issuer.supply`)."""
        return self.redeemed_fen, self.returned_fen, self.forked_fen, self.fund_paid_fen, self.void_fen


@dataclass(slots=True, kw_only=True)
class Settlement:
    """What a hand-in changes, and the answer: an outcome for each spend, then for each coin refused.

    `facts` are those of coins that had none, `changed_facts` the others, both by coin key. `forks` are
    further spends by coin key and object; None for one that has become the coin's fact. `held` coins are
    not returned by themselves; `frozen` are those of them that only a culprit would get. `supply` is by
    epoch: what is redeemed or returned there comes out of circulation, what the fund pays out of the
    guarantee fund. `redeemed_by_loader` is what comes out of circulation, by the operator that loaded it.
    `given` says of opened coins under a condition who gave them. `dated` is how what is outstanding changes,
    by epoch, day of the coin's making and last day to hand it in. `paid_at_s` is when each payment was signed
    that was settled now, `late_fen` the value of each deposit that is late, `over_fen` by how much each
    payment breaks its payer's limit (`issuer.findings.payments`).
    """

    objects: list[tuple[int, ObjectKind, Signed]] = field(default_factory=list)
    facts: dict[bytes, Fact] = field(default_factory=dict)
    changed_facts: dict[bytes, Fact] = field(default_factory=dict)
    forks: dict[tuple[bytes, bytes], Fact | None] = field(default_factory=dict)
    cases: list[NewCase] = field(default_factory=list)
    opened: dict[tuple[int, int], OpenCoin] = field(default_factory=dict)
    closed: list[tuple[int, int]] = field(default_factory=list)
    held: list[tuple[int, int]] = field(default_factory=list)
    frozen: list[Frozen] = field(default_factory=list)
    supply: dict[int, SupplyChange] = field(default_factory=lambda: defaultdict(SupplyChange))
    redeemed_by_loader: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    given: dict[tuple[int, int], Given] = field(default_factory=dict)
    dated: dict[tuple[int, int, int], int] = field(default_factory=lambda: defaultdict(int))
    paid_at_s: list[int] = field(default_factory=list)
    late_fen: list[int] = field(default_factory=list)
    over_fen: list[int] = field(default_factory=list)
    not_minted: list[Load] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def open(self, place: Place, coin: Coin) -> None:
        """A coin has come about."""
        at, load, due_s = place[:2], coin.load, coin.due_s
        self.opened[at] = OpenCoin(place, coin.value_fen, load.epoch, due_s)
        if load.condition is not None:
            self.given[at] = Given(load.condition.giver, load.operator)
        self._add_open(coin, place.forked, coin.value_fen)

    def close(self, place: Place, coin: Coin) -> None:
        """A coin that was open before is spent."""
        self.closed.append(place[:2])
        self._add_open(coin, place.forked, -coin.value_fen)

    def _add_open(self, coin: Coin, forked: bool, amount_fen: int) -> None:
        """What is open changes so much, on a fork or in the supply: there by the coin's dates, too."""
        epoch = coin.load.epoch
        change = self.supply[epoch]
        if forked:
            change.forked_open_fen += amount_fen
        else:
            change.outstanding_fen += amount_fen
            self.dated[epoch, coin.since_s // DAY_S, coin.due_s // DAY_S] += amount_fen

    @property
    def fund_paid_fen(self) -> int:
        """What the guarantee fund pays."""
        return sum(change.fund_paid_fen for change in self.supply.values())

    @property
    def returned_fen(self) -> int:
        """What refusals give back out of circulation."""
        return sum(change.returned_fen for change in self.supply.values())

    @property
    def credited_fen(self) -> int:
        """What the hand-in's redemptions and refusals are paid, out of circulation and by the fund."""
        redeemed_fen = sum(change.redeemed_fen for change in self.supply.values())
        return redeemed_fen + self.returned_fen + self.fund_paid_fen
