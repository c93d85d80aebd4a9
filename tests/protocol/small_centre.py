"""A centre and its operator as one value: the real settlement over a few dicts that never change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Self

from shuangli.crypto import Signer, sha256
from shuangli.issuer.facts import DATE_BYTES, Fact, OpenCoin, Place
from shuangli.issuer.settlement import settle
from shuangli.issuer.supply import Supply
from shuangli.messages.audit import LogEntry
from shuangli.messages.hand_in import HandIn
from shuangli.messages.loads import Load
from shuangli.messages.notices import Acknowledgement
from shuangli.offline.chain import load_coins, walk
from shuangli.offline.refusals import verify_refusals
from shuangli.offline.trust import Trust
from tests.setting import NAMES

FUND_FEN: Final = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallCentre:
    """What the centre knows; `names` are the ids of its objects by number, `credited_fen` is by key."""

    names: tuple[bytes, ...]
    supply: Supply
    open_coins: Mapping[tuple[int, int], OpenCoin]
    spent: Mapping[bytes, Fact] = field(default_factory=dict)
    forks: Mapping[tuple[bytes, bytes], Fact] = field(default_factory=dict)
    culprits: frozenset[bytes] = frozenset()
    credited_fen: Mapping[bytes, int] = field(default_factory=dict)
    answers: Mapping[bytes, bytes] = field(default_factory=dict)

    @classmethod
    def minted(cls, loads: Sequence[Load], trust: Trust) -> Self:
        """The centre after these loads and nothing else."""
        coins = [
            OpenCoin(Place(number, index, False), coin.value_fen, load.epoch, coin.due_s)
            for number, load in enumerate(loads)
            for index, coin in enumerate(load_coins(load, trust.epoch(load.epoch).terms))
        ]
        total_fen = sum(coin.value_fen for coin in coins)
        nothing = dict.fromkeys(
            ("redeemed_fen", "returned_fen", "forked_fen", "fund_paid_fen", "void_fen", "forked_open_fen"), 0
        )
        return cls(
            names=tuple(load.signed.id for load in loads),
            supply=Supply(epoch=1, loaded_fen=total_fen, outstanding_fen=total_fen, **nothing),
            open_coins={coin.place[:2]: coin for coin in coins},
        )

    # --- `issuer.facts.Known` ---

    def load_numbers(self, load_keys: Sequence[bytes]) -> dict[bytes, int]:
        ids = {key: key[DATE_BYTES:] for key in load_keys}
        return {key: self.names.index(load_id) for key, load_id in ids.items() if load_id in self.names}

    def facts(self, coin_keys: Sequence[bytes]) -> dict[bytes, Fact]:
        return {key: self.spent[key] for key in coin_keys if key in self.spent}

    def fork(self, coin_key: bytes, object_id: bytes) -> Fact | None:
        return self.forks.get((coin_key, object_id))

    def is_culprit(self, key: bytes) -> bool:
        return key in self.culprits

    # --- what happens ---

    def answered(
        self, upload: bytes, owner: bytes, *, trust: Trust, operator_key: Signer, now_s: int
    ) -> "SmallCentre":
        """The centre once an operator has passed on an upload of `owner`, and has answered it."""
        names = list(self.names)
        hand_in = HandIn.decode(upload)
        seen = walk(hand_in.bundle, trust)

        def next_no() -> int:
            names.append(b"")
            return len(names) - 1

        settled = settle(
            seen,
            verify_refusals(hand_in.refusals, seen, trust),
            known=self,
            next_no=next_no,
            received_s=now_s,
            fund_left_fen=FUND_FEN,
        )
        for number, _, signed in settled.objects:
            names[number] = signed.id
        answer = Acknowledgement.sign(
            operator_key,
            upload_id=sha256(upload),
            received_at_s=now_s,
            credited_fen=settled.credited_fen,
            outcomes=settled.outcomes,
            entry=LogEntry(origin=NAMES[0], number=0, logged_at_s=now_s, leaf_hash=bytes(32)),
        )
        closed = set(settled.closed)
        assert closed <= self.open_coins.keys(), "a coin that was spent now was not open"
        open_coins = {**self.open_coins, **settled.opened}
        forks = {**self.forks, **settled.forks}
        supply = self.supply
        for change in settled.supply.values():
            supply = replace(
                supply, **{name: getattr(supply, name) + getattr(change, name) for name in change.__slots__}
            )
        fresh = replace(
            self,
            names=tuple(names),
            supply=supply,
            open_coins={at: coin for at, coin in open_coins.items() if at not in closed},
            spent={**self.spent, **settled.facts, **settled.changed_facts},
            forks={key: fact for key, fact in forks.items() if fact is not None},
            culprits=self.culprits | {case.culprit for case in settled.cases},
            credited_fen={**self.credited_fen, owner: self.credited_fen.get(owner, 0) + settled.credited_fen},
            answers={**self.answers, sha256(upload): answer.signed.data},
        )
        fresh.check()
        return fresh

    def check(self) -> None:
        """The supply equations, and the open coins counted afresh."""
        supply = self.supply
        assert supply.difference_fen == supply.forked_difference_fen == 0, "the supply does not add up"
        for forked, counted_fen in ((False, supply.outstanding_fen), (True, supply.forked_open_fen)):
            total_fen = sum(
                coin.value_fen for coin in self.open_coins.values() if coin.place.forked == forked
            )
            assert total_fen == counted_fen, "open coins are not what the supply says"

    def key(self) -> tuple[object, ...]:
        """The same for all centres that know the same, in whatever order they have learned it."""
        names = self.names
        return (
            frozenset((names[number], at, coin[0][2]) for (number, at), coin in self.open_coins.items()),
            frozenset((coin, names[fact.number], fact[1:]) for coin, fact in self.spent.items()),
            frozenset((coin, names[fact.number], fact[1:]) for coin, fact in self.forks.items()),
            self.culprits,
            self.supply,
            frozenset(self.credited_fen.items()),
            frozenset(self.answers.items()),
        )
