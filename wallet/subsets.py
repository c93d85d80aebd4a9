"""The search of `wallet.choice`: the cheapest coins that add up to an amount, or that reach past it. Pure.

    cost of some coins = bytes of their loads and transfers, each once, + SPEND_BYTES a coin; then hops

Coins are taken or left one by one, in the order of their chains, so that coins with the first part of a
chain in common stand together. A state is what remains to be paid, and how much of the chain at hand is
shown already; of equal states the cheapest goes on. A bit set for each coin says which amounts the coins
after it add up to: a state from which the amount cannot be reached exactly is never entered. So exact
change is found wherever there is any, however few states are kept. And while no more than `MAX_STATES`
stand side by side, nothing is cheaper than what is found.

One thing is counted more than once and so may make the search miss the cheapest: a transfer that spends
coins of different chains, where several of its outputs are held.
"""

import sys
from collections.abc import Iterator, Sequence
from math import gcd
from typing import Final, NamedTuple

from shuangli.offline.chain import Coin

SPEND_BYTES: Final = 38
"""What one more coin adds to a transfer: its id and an amount of 2.56 to 655.35 yuan."""
HEAD_BYTES: Final = 3
"""What a bundle adds to a load or a transfer: the head of a byte string of 256 to 65,535 bytes."""
SEARCHED: Final = 16
"""How many coins are searched together; more only until they can pay the amount."""
MAX_STATES: Final = 512
MAX_BITS: Final = 2**26
"""Bound on the bit sets of one search, coins times units of the amount: only so many coins are looked at."""
EQUALS: Final = 8
"""Most choices of one cost that are returned."""

# Costs are one number, so that they compare fast: bytes above, hops below.
_BYTE: Final = 2**20
_SPEND: Final = SPEND_BYTES * _BYTE
_NOTHING_FOUND: Final = sys.maxsize
# States are one number, too: units that remain above, objects of the chain that are shown below.
_DEPTH_BITS: Final = 9
_SHOWN: Final = 2**_DEPTH_BITS - 1

Subset = tuple[Coin, ...]
States = dict[int, tuple[int, list[int]]]


class _Item(NamedTuple):
    """A coin in the search.

    Attributes:
        coin: the coin
        units: its value in units
        depth: how many objects its chain has
        common: how many of them, from the load down, are those of the coin before it
        costs: what taking it costs while 0, 1, ... of the objects are shown already
        twin: it stands for the same as the coin before, which is to be taken first
    """

    coin: Coin
    units: int
    depth: int
    common: int
    costs: list[int]
    twin: bool


class _Ahead(NamedTuple):
    """What the items after one can do together.

    Attributes:
        worth: their units, added up
        largest: the units of the largest, at least 1
        opening: bound on what the chain of any of them costs while nothing of it is shown
        sums: a bit for each number of units that some of them add up to; None where any more will do
    """

    worth: int
    largest: int
    opening: int
    sums: bytes | None

    def allows(self, remaining: int, shown: int, cost: int, best: int) -> bool:
        """Say whether they can pay what remains, without costing more than the best for certain."""
        if remaining > self.worth or not (
            self.sums is None or self.sums[remaining >> 3] >> (remaining & 7) & 1
        ):
            return False
        if not remaining:
            return cost <= best
        coins = -(-remaining // self.largest)
        return cost + coins * _SPEND + (0 if shown else self.opening) <= best


def chain_bytes(coin: Coin) -> int:
    """The bytes of a coin's chain in a bundle."""
    size = len(coin.load.signed.data) + HEAD_BYTES
    for transfer in coin.path:
        size += len(transfer) + HEAD_BYTES
    return size


def exact_subsets(coins: Sequence[Coin], amount_fen: int, *, count_only: bool = False) -> list[Subset]:
    """The cheapest coins that add up to the amount, in up to `EQUALS` ways of one cost; [] if there are none.

    With `count_only` the fewest coins are the cheapest.
    """
    usable = [coin for coin in coins if coin.value_fen <= amount_fen]
    unit_fen = gcd(amount_fen, *[coin.value_fen for coin in usable])
    target = amount_fen // unit_fen
    most = MAX_BITS // target
    if not most:
        return []
    ordered = iter(sorted(usable, key=largest_first)) if count_only else _by_yield(usable, amount_fen)
    few = len(usable) <= min(SEARCHED, most)
    candidates = list(ordered) if few else _reaching(ordered, target, unit_fen, most)
    items = _items(candidates, unit_fen, count_only=count_only)
    ahead = _ahead(items, target, exact=True)
    return _search(items, target, ahead) if ahead[0].allows(target, 0, 0, _NOTHING_FOUND) else []


def splitting_subsets(coins: Sequence[Coin], amount_fen: int) -> list[Subset]:
    """The cheapest coins that are worth more than the amount, none of which could be left out.

    The coins must suffice. Returned are up to `EQUALS` ways of one cost.
    """
    candidates: list[Coin] = []
    held_fen = 0
    for coin in _by_yield(coins, amount_fen):
        if len(candidates) >= SEARCHED and held_fen > amount_fen:
            break
        candidates.append(coin)
        held_fen += coin.value_fen
    items = _items(candidates, 1)
    found = _search(items, amount_fen, _ahead(items, amount_fen, exact=False))
    return [_needed(subset, amount_fen) for subset in found]


def _needed(subset: Subset, amount_fen: int) -> Subset:
    """Without what can be left out; a search that could not keep all states may end with such coins."""
    over_fen = sum([coin.value_fen for coin in subset]) - amount_fen
    needed = []
    for coin in sorted(subset, key=lambda coin: coin.value_fen):
        if coin.value_fen <= over_fen:
            over_fen -= coin.value_fen
        else:
            needed.append(coin)
    return tuple(needed)


def _by_yield(coins: Sequence[Coin], amount_fen: int) -> Iterator[Coin]:
    """Coins of one chain together; first those whose chain has the fewest bytes for what they can pay."""
    chains: dict[tuple[bytes, tuple[bytes, ...]], list[Coin]] = {}
    for coin in coins:
        chains.setdefault((coin.load.signed.data, coin.path), []).append(coin)
    ranked = []
    for chain, alike in chains.items():
        worth_fen = min(amount_fen, sum([coin.value_fen for coin in alike]))
        ranked.append((chain_bytes(alike[0]) / worth_fen, chain, alike))
    ranked.sort()
    for *_, alike in ranked:
        yield from sorted(alike, key=largest_first)


def largest_first(coin: Coin) -> tuple[int, int, int, bytes]:
    """Where a coin stands if large coins come first, then short chains."""
    return -coin.value_fen, chain_bytes(coin), coin.claim_by_s, coin.coin_id


def _reaching(coins: Iterator[Coin], target: int, unit_fen: int, most: int) -> list[Coin]:
    """The first `SEARCHED` coins, and as many more, up to `most`, as it takes to add up to the target."""
    everything = (2 << target) - 1
    reached = 1
    kept: list[Coin] = []
    alike: dict[int, int] = {}
    for coin in coins:
        units = coin.value_fen // unit_fen
        alike[units] = alike.get(units, 0) + 1
        if alike[units] * units > target:
            # So many coins of this value are worth more than the target together.
            continue
        if len(kept) == most or (len(kept) >= SEARCHED and reached >> target):
            break
        kept.append(coin)
        reached = (reached | reached << units) & everything
    return kept


def _items(coins: Sequence[Coin], unit_fen: int, *, count_only: bool = False) -> list[_Item]:
    """The coins in the order of their chains; loads in the order in which they come first."""
    place: dict[bytes, int] = {}
    rows = []
    for coin in coins:
        load = coin.load.signed.data
        at = place.setdefault(load, len(place))
        rows.append((at, (load, *coin.path), -coin.value_fen, coin.claim_by_s, coin.coin_id, coin))
    rows.sort()
    items: list[_Item] = []
    before: tuple[bytes, ...] = ()
    before_fen, costs = 0, [0]
    for _, chain, minus_fen, _, _, coin in rows:
        depth = common = len(chain)
        twin = chain == before and minus_fen == before_fen
        if chain != before:
            common = _common(chain, before)
            costs = [_SPEND + coin.hops]
            for data in reversed(chain):
                costs.append(costs[-1] + (0 if count_only else (len(data) + HEAD_BYTES) * _BYTE))
            costs.reverse()
        items.append(_Item(coin, coin.value_fen // unit_fen, depth, common, costs, twin))
        before, before_fen = chain, minus_fen
    return items


def _common(chain: Sequence[bytes], other: Sequence[bytes]) -> int:
    for at, (data, data_there) in enumerate(zip(chain, other, strict=False)):
        if data != data_there:
            return at
    return min(len(chain), len(other))


def _ahead(items: Sequence[_Item], target: int, *, exact: bool) -> list[_Ahead]:
    """For each item what those from it on can do; one more at the end, for none."""
    size, everything = (target // 8 + 1, (2 << target) - 1) if exact else (0, 0)
    worth, largest, opening, reached = 0, 1, _NOTHING_FOUND, 1
    ahead = [_Ahead(0, 1, 0, bytes((1,)).ljust(size, b"\0") if exact else None)]
    for item in reversed(items):
        worth += item.units
        largest = max(largest, item.units)
        opening = min(opening, item.costs[0] - _SPEND)
        sums = None
        if exact:
            reached = (reached | reached << item.units) & everything
            sums = reached.to_bytes(size, "little")
        ahead.append(_Ahead(worth, largest, opening, sums))
    ahead.reverse()
    return ahead


def _search(items: Sequence[_Item], target: int, ahead: Sequence[_Ahead]) -> list[Subset]:
    """The cheapest of what adds up to the target, or reaches past it where `ahead` knows no sums.

    Each state keeps the choices, as bits, that lead to it at one cost.
    """
    best, first = _first_found(items, target, ahead)
    ends: list[int] = []
    states: States = {target << _DEPTH_BITS: (0, [0])}
    for at, (_, units, depth, common, costs, twin) in enumerate(items):
        after = ahead[at + 1]
        bit, fresh = 1 << at, States()
        for state, (cost, choices) in states.items():
            remaining, shown = state >> _DEPTH_BITS, min(state & _SHOWN, common)
            if after.allows(remaining, shown, cost, best):
                _keep(fresh, remaining << _DEPTH_BITS | shown, cost, choices)
            if twin and not (choices := [choice for choice in choices if choice & bit >> 1]):
                continue
            cost, remaining = cost + costs[shown], remaining - units
            if remaining > 0:
                if after.allows(remaining, depth, cost, best):
                    taken = [choice | bit for choice in choices]
                    _keep(fresh, remaining << _DEPTH_BITS | depth, cost, taken)
            elif (remaining == 0 or after.sums is None) and cost <= best:
                ends = ends if cost == best else []
                best = cost
                ends += [choice | bit for choice in choices]
        states = fresh
        if len(states) > MAX_STATES:
            states = dict(sorted(states.items(), key=lambda state: state[1][0])[:MAX_STATES])
    # Where states were dropped, all that were kept may have turned out dearer than the first choice.
    ends = ends[:EQUALS] or [first]
    return [tuple(item.coin for at, item in enumerate(items) if end >> at & 1) for end in ends]


def _first_found(items: Sequence[_Item], target: int, ahead: Sequence[_Ahead]) -> tuple[int, int]:
    """Take every item that allows to pay the rest: a first choice, as bits after its cost."""
    remaining, shown, total, choice = target, 0, 0, 0
    for at, (_, units, depth, common, costs, _) in enumerate(items):
        shown = min(shown, common)
        left, after = remaining - units, ahead[at + 1]
        if left == 0 or (left < 0 and after.sums is None):
            return total + costs[shown], choice | 1 << at
        if left > 0 and after.allows(left, depth, 0, _NOTHING_FOUND):
            remaining, shown, total, choice = left, depth, total + costs[shown], choice | 1 << at
    raise ValueError("the items do not suffice")


def _keep(states: States, state: int, cost: int, choices: list[int]) -> None:
    """Enter a state, unless it is known at a lower cost."""
    known = states.get(state)
    if known is None or cost < known[0]:
        states[state] = (cost, choices)
    elif cost == known[0] and len(known[1]) < EQUALS:
        states[state] = (cost, (known[1] + choices)[:EQUALS])
