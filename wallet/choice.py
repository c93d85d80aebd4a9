"""Which coins pay an amount, and into which coins a load is divided. Pure.

What is best is one cost (`Cost`), compared part by part:

1. exact change before a coin that is split: what comes back from a split has a longer chain;
2. fewest bytes: coins that share a chain share its bytes;
3. fewest hops;
4. fewest amounts, up to twice the one at hand, that the rest of the purse cannot pay exactly.

One coin at most is split, so that the purse always pays what it holds. `wallet.subsets` does the search.
"""

from bisect import insort
from collections.abc import Iterable, Sequence
from contextlib import suppress
from math import gcd
from typing import Final, NamedTuple

from shuangli.errors import Refused
from shuangli.messages.transfers import MAX_COINS
from shuangli.offline.chain import Coin
from shuangli.wallet.subsets import (
    EQUALS,
    HEAD_BYTES,
    SPEND_BYTES,
    Subset,
    chain_bytes,
    exact_subsets,
    largest_first,
    splitting_subsets,
)

Choice = list[tuple[Coin, int]]

MOST_UNITS: Final = 65_536
"""Most amounts that `Cost.unpayable` looks at."""


class Cost(NamedTuple):
    """What a choice costs: the smaller, the better.

    Attributes:
        split: 1 if a coin is split, else 0
        size_bytes: the chains of the chosen coins, each load and transfer once, and their spends
        hops: changes of key of the chosen coins, added up
        unpayable: of the amounts up to twice the one at hand, in the unit of the purse (the greatest common
            divisor of its coins and the amount): how many the rest cannot pay exactly
    """

    split: int
    size_bytes: int
    hops: int
    unpayable: int


def cost_of(choice: Sequence[tuple[Coin, int]], purse: Iterable[Coin]) -> Cost:
    """The cost of paying with `choice` from `purse`."""
    objects = {data for coin, _ in choice for data in (coin.load.signed.data, *coin.path)}
    pay_fen = sum(part_fen for _, part_fen in choice)
    change_fen = sum(coin.value_fen for coin, _ in choice) - pay_fen
    return Cost(
        split=int(change_fen > 0),
        size_bytes=sum(len(data) + HEAD_BYTES for data in objects) + SPEND_BYTES * len(choice),
        hops=sum(coin.hops for coin, _ in choice),
        unpayable=_Rest(purse, pay_fen).unpayable(coin for coin, _ in choice),
    )


def choose(coins: Sequence[Coin], amount_fen: int, *, most_coins: int = MAX_COINS) -> Choice:
    """Choose coins worth at least `amount_fen` and how much of each is paid; at most one is split.

    What can be spent under its condition only is spent first.

    Raises:
        Refused: all coins together are worth less (`insufficient-funds`), or even the largest
            `most_coins` of them do not suffice (`too-many-coins`).
    """
    given = [coin for coin in coins if coin.load.condition is not None]
    given_fen = sum([coin.value_fen for coin in given])
    if given_fen >= amount_fen:
        coins = _first_to_expire(given, amount_fen)
    elif given and len(given) < most_coins:
        free = [coin for coin in coins if coin.load.condition is None]
        with suppress(Refused):
            rest = _choose(free, amount_fen - given_fen, most_coins=most_coins - len(given))
            return [*[(coin, coin.value_fen) for coin in given], *rest]
    return _choose(coins, amount_fen, most_coins=most_coins)


def _first_to_expire(coins: Sequence[Coin], amount_fen: int) -> Sequence[Coin]:
    """As many of the coins as suffice, those first that must be spent first."""
    by_time = sorted(coins, key=lambda coin: (coin.expires_at_s, coin.coin_id))
    worth_fen = 0
    for count, coin in enumerate(by_time, 1):
        worth_fen += coin.value_fen
        last = count == len(by_time) or by_time[count].expires_at_s > coin.expires_at_s
        if worth_fen >= amount_fen and last:
            return by_time[:count]
    return by_time


def _choose(coins: Sequence[Coin], amount_fen: int, *, most_coins: int) -> Choice:
    held_fen = sum([coin.value_fen for coin in coins])
    if held_fen < amount_fen:
        short_fen = amount_fen - held_fen
        raise Refused(
            "insufficient-funds",
            f"{short_fen} fen short of {amount_fen} fen",
            figures={"short_fen": short_fen, "amount_fen": amount_fen},
        )
    subsets = _one(coins, amount_fen) or _two(coins, amount_fen) or exact_subsets(coins, amount_fen)
    if subsets and len(subsets[0]) > most_coins:
        subsets = exact_subsets(coins, amount_fen, count_only=True)
    if not subsets or len(subsets[0]) > most_coins:
        subsets = _one_split(coins, amount_fen) or splitting_subsets(coins, amount_fen)
    if len(subsets[0]) > most_coins:
        subsets = [_largest(coins, amount_fen)]
        if len(subsets[0]) > most_coins:
            raise Refused(
                "too-many-coins",
                f"needs {len(subsets[0])} coins, the payee accepts {most_coins}",
                rule="coins",
                figures={"coins": len(subsets[0]), "most": most_coins},
            )
    return _divided(_most_useful(coins, subsets, amount_fen), amount_fen)


def _one(coins: Sequence[Coin], amount_fen: int) -> list[Subset]:
    """The coin that is the amount, if no coins are cheaper: whatever else is exact takes two at least."""
    usable = [coin for coin in coins if coin.value_fen <= amount_fen]
    equal = [_rank(coin) for coin in usable if coin.value_fen == amount_fen]
    if not equal or min(equal)[0] >= min(map(chain_bytes, usable)) + SPEND_BYTES:
        return []
    return [(min(equal)[-1],)]


def _two(coins: Sequence[Coin], amount_fen: int) -> list[Subset]:
    """Two coins of one chain that are the amount, if there is no shorter chain; `_one` found nothing."""
    usable = [(chain_bytes(coin), coin.hops, coin) for coin in coins if coin.value_fen < amount_fen]
    least = min([row[:2] for row in usable], default=None)
    chains: dict[tuple[bytes, tuple[bytes, ...]], dict[int, list[Coin]]] = {}
    for size_bytes, hops, coin in usable:
        if (size_bytes, hops) == least:
            values = chains.setdefault((coin.load.signed.data, coin.path), {})
            values.setdefault(coin.value_fen, []).append(coin)
    pairs: list[Subset] = []
    for values in chains.values():
        for value_fen, same in values.items():
            others = values.get(amount_fen - value_fen, ())
            if 2 * value_fen < amount_fen and others:
                pairs.append((min(same, key=_rank), min(others, key=_rank)))
            elif 2 * value_fen == amount_fen and len(same) > 1:
                first, second, *_ = sorted(same, key=_rank)
                pairs.append((first, second))
    return pairs[:EQUALS]


def _one_split(coins: Sequence[Coin], amount_fen: int) -> list[Subset]:
    """The cheapest coins that are more than the amount, one of each value, if no coins are cheaper."""
    larger = sorted([_rank(coin) for coin in coins if coin.value_fen > amount_fen])
    if not larger or larger[0][0] >= min(map(chain_bytes, coins)) + SPEND_BYTES:
        return []
    of_value: dict[int, Coin] = {}
    for row in larger:
        if row[:2] == larger[0][:2]:
            of_value.setdefault(row[-1].value_fen, row[-1])
    singles: list[Subset] = [(coin,) for coin in of_value.values()]
    return singles[:EQUALS]


def _rank(coin: Coin) -> tuple[int, int, int, bytes, Coin]:
    """What it costs to pay with a coin; of equal ones, the one to be claimed first comes first."""
    return chain_bytes(coin), coin.hops, coin.claim_by_s, coin.coin_id, coin


def _most_useful(coins: Sequence[Coin], subsets: Sequence[Subset], amount_fen: int) -> Subset:
    if len(subsets) == 1:
        return subsets[0]
    rest = _Rest(coins, amount_fen)
    return min(
        subsets, key=lambda subset: (rest.unpayable(subset), sorted([coin.coin_id for coin in subset]))
    )


class _Rest:
    """Counts what a purse can pay once some of its coins are spent.

    The bit n of a set stands for n units; the unit is the greatest common divisor of all amounts here.
    """

    def __init__(self, purse: Iterable[Coin], amount_fen: int) -> None:
        values_fen = sorted([coin.value_fen for coin in purse])
        self._unit_fen = gcd(amount_fen, *values_fen)
        self._amount_fen = amount_fen
        self._values_fen = values_fen
        self._most = min(2 * amount_fen // self._unit_fen, MOST_UNITS)

    def unpayable(self, spent: Iterable[Coin]) -> int:
        """How many amounts cannot be paid exactly after `spent` has paid the amount, change added."""
        rest_fen = self._values_fen.copy()
        change_fen = -self._amount_fen
        for coin in spent:
            rest_fen.remove(coin.value_fen)
            change_fen += coin.value_fen
        insort(rest_fen, change_fen)
        reached, everything = 1, (2 << self._most) - 1
        for value_fen in rest_fen:
            units = value_fen // self._unit_fen
            if units > self._most or reached == everything:
                break
            reached |= reached << units & everything
        return (reached ^ everything).bit_count()


def _divided(spent: Sequence[Coin], amount_fen: int) -> Choice:
    """Pay with all of `spent`; change is what is left of the smallest of those with the shortest chain."""
    change_fen = sum([coin.value_fen for coin in spent]) - amount_fen
    if not change_fen:
        return [(coin, coin.value_fen) for coin in spent]
    split = min(spent, key=lambda coin: (chain_bytes(coin), coin.value_fen, coin.coin_id))
    return [(coin, coin.value_fen - (change_fen if coin is split else 0)) for coin in spent]


def _largest(coins: Sequence[Coin], amount_fen: int) -> Subset:
    chosen: list[Coin] = []
    left_fen = amount_fen
    for coin in sorted(coins, key=largest_first):
        if left_fen <= 0:
            break
        chosen.append(coin)
        left_fen -= coin.value_fen
    return tuple(chosen)


def denominate(amount_fen: int, *, unit_fen: int) -> list[int]:
    """Divide a load into coins that pay every multiple of `unit_fen` up to the amount exactly.

    It is halved, and each half divided into 1, 2, 4, ... units and what is left: so n units make about
    2 log2(n / 2) coins, and every small value is there twice. What is no multiple of the unit goes into
    one more coin.
    """
    units, rest_fen = divmod(amount_fen, unit_fen)
    values = _doubling((units + 1) // 2) + _doubling(units // 2)
    values_fen = [value * unit_fen for value in sorted(values, reverse=True)]
    return [*values_fen, rest_fen] if rest_fen else values_fen


def _doubling(units: int) -> list[int]:
    """1, 2, 4, ... as far as they fit, and the rest: they pay everything up to `units`."""
    values: list[int] = []
    while units:
        values.append(min(units, 2 ** len(values)))
        units -= values[-1]
    return values
