"""What the registration centre knows, as one value, and what must hold of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Final, NamedTuple, Self

from shuangli.issuer.facts import Fact, ObjectKind, OpenCoin, Place, SupplyChange, load_key
from shuangli.issuer.returns.due import Owed, owed
from shuangli.messages.certificates import Terms
from shuangli.messages.loads import Load
from shuangli.offline.chain import load_coins

NOTHING: Final = SupplyChange()
PARTS: Final = tuple(part.name for part in fields(SupplyChange))
"""The names of what a change of the supply consists of."""
PlaceKey = tuple[int, int]


class Back(NamedTuple):
    """A coin that has gone back: to whom, what was paid for it, and its own deadline."""

    coin_id: bytes
    owner: bytes
    paid_fen: int
    due_s: int


class Denied(NamedTuple):
    """A coin on a fork for which the guarantee fund did not pay its claimant: the loss that policy leaves."""

    claimant: bytes
    coin_id: bytes
    value_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What the centre knows. Keys stand for persons: each person has one.

    `objects` are the signed objects by number, as kind, id and bytes. `spent` and `forks` are by coin key.
    """

    objects: tuple[tuple[ObjectKind, bytes, bytes], ...]
    loads: Mapping[bytes, int]
    loaded_fen: int
    totals: SupplyChange
    open_coins: Mapping[PlaceKey, OpenCoin]
    spent: Mapping[bytes, Fact] = field(default_factory=dict)
    forks: Mapping[tuple[bytes, bytes], Fact] = field(default_factory=dict)
    cases: frozenset[tuple[bytes, bytes]] = frozenset()
    culprits: frozenset[bytes] = frozenset()
    credited_fen: Mapping[bytes, int] = field(default_factory=dict)
    fund_claimed_fen: Mapping[bytes, int] = field(default_factory=dict)
    denied: frozenset[Denied] = frozenset()
    returned: Mapping[PlaceKey, Back] = field(default_factory=dict)
    lost: frozenset[bytes] = frozenset()
    disputed: frozenset[PlaceKey] = frozenset()

    @classmethod
    def minted(cls, loads: Sequence[Load], terms: Terms) -> Self:
        """The centre after these loads and nothing else."""
        coins = [
            OpenCoin(Place(number, index, False), coin.value_fen, load.epoch, coin.due_s)
            for number, load in enumerate(loads)
            for index, coin in enumerate(load_coins(load, terms))
        ]
        loaded_fen = sum(coin.value_fen for coin in coins)
        return cls(
            objects=tuple((ObjectKind.LOAD, load.signed.id, load.signed.data) for load in loads),
            loads={load_key(load): number for number, load in enumerate(loads)},
            loaded_fen=loaded_fen,
            totals=replace(NOTHING, outstanding_fen=loaded_fen),
            open_coins={coin.place[:2]: coin for coin in coins},
        )

    # --- `issuer.facts.Known` ---

    def load_numbers(self, load_keys: Sequence[bytes]) -> dict[bytes, int]:
        return {key: self.loads[key] for key in load_keys if key in self.loads}

    def facts(self, coin_keys: Sequence[bytes]) -> dict[bytes, Fact]:
        return {key: self.spent[key] for key in coin_keys if key in self.spent}

    def fork(self, coin_key: bytes, object_id: bytes) -> Fact | None:
        return self.forks.get((coin_key, object_id))

    def is_culprit(self, key: bytes) -> bool:
        return key in self.culprits

    # --- what follows from it ---

    @property
    def last_due_s(self) -> int | None:
        """The latest deadline of whatever has gone back."""
        return max((back.due_s for back in self.returned.values()), default=None)

    def owed(self, at: PlaceKey) -> Owed:
        """Whom the output at a place goes back to."""
        kind, _, data = self.objects[at[0]]
        return owed(kind, data, at[1])

    def spends(self) -> dict[bytes, frozenset[bytes]]:
        """Every known spend of every coin, in time or not, whichever came first."""
        found: dict[bytes, set[bytes]] = {key: {fact.object_id} for key, fact in self.spent.items()}
        for key, object_id in self.forks:
            found[key].add(object_id)
        return {key: frozenset(object_ids) for key, object_ids in found.items()}

    def key(self) -> tuple[object, ...]:
        """The same for all centres that know the same, in whatever order they have learned it."""
        ids = [object_id for _, object_id, _ in self.objects]
        return (
            frozenset(
                (ids[number], at, coin[0][2:], coin[1:]) for (number, at), coin in self.open_coins.items()
            ),
            frozenset((coin, ids[fact.number], fact[1:]) for coin, fact in self.spent.items()),
            frozenset((coin, ids[fact.number], fact[1:]) for coin, fact in self.forks.items()),
            self.cases,
            tuple(getattr(self.totals, name) for name in PARTS),
            frozenset(self.credited_fen.items()),
            frozenset(self.fund_claimed_fen.items()),
            self.denied,
            frozenset((ids[number], at, back) for (number, at), back in self.returned.items()),
            self.lost,
            frozenset((ids[number], at) for number, at in self.disputed),
        )

    # --- what must hold ---

    def check(self) -> None:
        """The supply equations; open coins and credits counted afresh; nothing paid twice."""
        totals = self.totals
        open_fen = {
            forked: sum(coin.value_fen for coin in self.open_coins.values() if coin.place.forked == forked)
            for forked in (False, True)
        }
        assert open_fen[False] == totals.outstanding_fen, "open coins are not what the supply says"
        assert open_fen[True] == totals.forked_open_fen, "open coins on forks are not what the supply says"
        paid_fen = totals.redeemed_fen + totals.returned_fen
        assert self.loaded_fen == paid_fen + totals.outstanding_fen, "the supply does not add up"
        forked_fen = totals.fund_paid_fen + totals.void_fen + totals.forked_open_fen
        assert totals.forked_fen == forked_fen, "the forks do not add up"
        assert sum(self.credited_fen.values()) == paid_fen + totals.fund_paid_fen, "credits do not add up"
        spent = {key[-32:] for key, fact in self.spent.items() if fact.settled_fen}
        back = [back.coin_id for back in self.returned.values() if back.paid_fen]
        assert len({*back}) == len(back), "a coin goes back twice"
        assert spent.isdisjoint(back), "a coin has gone back and was spent in time"
