"""The registration centre as one value: the real settlement and the real rules of return, over dicts.

Nothing here decides: `settle` and the functions of `issuer.returns.due` do, and this keeps what they say.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from shuangli.errors import ProtocolError
from shuangli.issuer.batch import Batch
from shuangli.issuer.facts import NEVER_S, Settlement, SupplyChange, coin_key, load_key
from shuangli.issuer.returns.due import Fate, Owed, fate_after_dispute, fate_of, fund_pays, supply_change
from shuangli.issuer.settlement import settle
from shuangli.messages.notices import Outcome
from shuangli.offline.chain import Coin, Walk
from shuangli.offline.refusals import VerifiedRefusal
from tests.search.knowledge import PARTS, Back, Denied, Knowledge, PlaceKey


class Arrival(NamedTuple):
    """A hand-in that reaches the centre: what it shows, when an operator received it, and for which key."""

    seen: Walk
    refusals: Sequence[VerifiedRefusal | ProtocolError]
    received_s: int
    creditor: bytes

    def coins(self) -> list[Coin]:
        """The coins that it spends, and those that are refused."""
        spent = [step.coin for step in self.seen.steps if step.coin is not None]
        return spent + [verdict.coin for verdict in self.refusals if isinstance(verdict, VerifiedRefusal)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory(Knowledge):
    """What the centre knows, and what it knows once something has happened."""

    def settled(self, arrivals: Sequence[Arrival], *, cap_fen: int) -> "Memory":
        """The centre after a batch of hand-ins, in their order."""
        numbers = iter(range(len(self.objects), 10**9))
        batch = Batch(
            self,
            load_keys=[load_key(load) for arrival in arrivals for load in arrival.seen.loads],
            coin_keys=[coin_key(coin) for arrival in arrivals for coin in arrival.coins()],
        )
        memory = self
        objects = list(self.objects)
        for arrival in arrivals:
            claimed_fen = memory.fund_claimed_fen.get(arrival.creditor, 0)
            result = settle(
                arrival.seen,
                arrival.refusals,
                known=batch,
                next_no=lambda: next(numbers),
                received_s=arrival.received_s,
                fund_left_fen=max(0, cap_fen - claimed_fen),
            )
            batch.add(result, operator="", received_s=arrival.received_s)
            objects += [(kind, signed.id, signed.data) for _, kind, signed in result.objects]
            memory = memory._credited(arrival, result)
        fresh = replace(memory._written(batch), objects=tuple(objects))
        fresh.check()
        return fresh

    def _credited(self, arrival: Arrival, result: Settlement) -> "Memory":
        """What a hand-in is answered, before its batch is written down."""
        return replace(
            self,
            cases=self.cases | {(case.coin_key, case.culprit) for case in result.cases},
            culprits=self.culprits | {case.culprit for case in result.cases},
            credited_fen=_more(self.credited_fen, arrival.creditor, result.credited_fen),
            fund_claimed_fen=_more(self.fund_claimed_fen, arrival.creditor, result.fund_paid_fen),
            denied=self.denied | _denied(arrival, result),
        )

    def _written(self, batch: Batch) -> "Memory":
        open_coins = {**self.open_coins, **batch.opened}
        for at in batch.held:
            if at in open_coins:
                open_coins[at] = open_coins[at]._replace(due_s=NEVER_S)
        for at in batch.closed:
            assert open_coins.pop(at, None) is not None, "a coin that is spent now was not open"
        forks = {**self.forks, **batch.forks}
        return replace(
            self,
            totals=_total(self.totals, *batch.supply.values()),
            open_coins=open_coins,
            spent={**self.spent, **batch.facts_added, **batch.facts_changed},
            forks={key: fact for key, fact in forks.items() if fact is not None},
        )

    def given_back(self, *, up_to_s: int, cap_fen: int, most: int) -> "Memory":
        """The centre after the return desk has gone through so many coins that were due by `up_to_s`."""
        memory = self
        for at, coin in sorted(item for item in self.open_coins.items() if item[1].due_s <= up_to_s)[:most]:
            goes_to = memory.owed(at)
            fate = fate_of(
                goes_to, is_culprit=memory.is_culprit, is_reported_lost=lambda key: key in self.lost
            )
            if fate is Fate.FROZEN:
                memory = memory._held(at)
            elif fate is Fate.DISPUTED:
                memory = replace(memory._held(at), disputed=memory.disputed | {at})
            else:
                memory = memory._given(at, goes_to, coin.due_s, cap_fen)
        memory.check()
        return memory

    def decided(self, to_payee: Callable[[bytes], bool], *, cap_fen: int) -> "Memory":
        """The centre after people have decided all disputes, each by the id of the transfer."""
        memory = self
        for at in self.disputed:
            goes_to = memory.owed(at)
            if to_payee(goes_to.parent_id) and goes_to.payee is not None:
                goes_to = goes_to._replace(owner=goes_to.payee)
            if fate_after_dispute(goes_to, is_culprit=memory.is_culprit) is Fate.RETURNED:
                memory = memory._given(at, goes_to, NEVER_S, cap_fen)
        memory = replace(memory, disputed=frozenset())
        memory.check()
        return memory

    def reported_lost(self, key: bytes) -> "Memory":
        """The centre after somebody has reported a key lost."""
        return replace(self, lost=self.lost | {key})

    def _held(self, at: PlaceKey) -> "Memory":
        return replace(self, open_coins={**self.open_coins, at: self.open_coins[at]._replace(due_s=NEVER_S)})

    def _given(self, at: PlaceKey, goes_to: Owed, due_s: int, cap_fen: int) -> "Memory":
        """Give a coin back; what lies on a fork is asked for by the owner's operator, at once."""
        assert at not in self.returned, "an output goes back twice"
        coin, owner = self.open_coins[at], goes_to.owner
        claimed_fen = self.fund_claimed_fen.get(owner, 0)
        pays = True
        if coin.place.forked:
            pays = not self.is_culprit(owner) and fund_pays(
                coin.value_fen, claimed_fen=claimed_fen, cap_fen=cap_fen
            )
        paid_fen = coin.value_fen if pays else 0
        # A dispute was due when it was opened: what is decided later is not due later.
        last_due_s = due_s if due_s != NEVER_S else -1
        noted = replace(
            self, returned={**self.returned, at: Back(goes_to.coin_id, owner, paid_fen, last_due_s)}
        )
        if not pays:
            denied = Denied(owner, goes_to.coin_id, coin.value_fen)
            return replace(noted._held(at), denied=self.denied | {denied})
        return replace(
            noted,
            open_coins={place: other for place, other in self.open_coins.items() if place != at},
            totals=_total(self.totals, supply_change(coin)),
            credited_fen=_more(self.credited_fen, owner, paid_fen),
            fund_claimed_fen=_more(self.fund_claimed_fen, owner, paid_fen * coin.place.forked),
        )


def _total(totals: SupplyChange, *changes: SupplyChange) -> SupplyChange:
    return SupplyChange(
        **{name: sum(getattr(change, name) for change in (totals, *changes)) for name in PARTS}
    )


def _more(held_fen: Mapping[bytes, int], key: bytes, amount_fen: int) -> Mapping[bytes, int]:
    return {**held_fen, key: held_fen.get(key, 0) + amount_fen} if amount_fen else held_fen


def _denied(arrival: Arrival, result: Settlement) -> frozenset[Denied]:
    coins = [step.coin for step in arrival.seen.steps]
    coins += [verdict.coin if isinstance(verdict, VerifiedRefusal) else None for verdict in arrival.refusals]
    return frozenset(
        Denied(arrival.creditor, coin.coin_id, coin.value_fen)
        for coin, outcome in zip(coins, result.outcomes, strict=True)
        if coin is not None and outcome is Outcome.CAPPED
    )
