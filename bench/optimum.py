"""The best choice of coins by trying all: what `wallet.choice` is held against, on small purses."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final

from shuangli.offline.chain import Coin
from shuangli.wallet.choice import Choice, Cost, cost_of

MOST_COINS: Final = 14
"""Larger purses take too long: each coin doubles the work."""


def sufficient(coins: Sequence[Coin], amount_fen: int) -> Iterator[Choice]:
    """Every choice that pays the amount and needs all its coins; what is left over stays of the first."""
    for count in range(1, len(coins) + 1):
        for chosen in combinations(coins, count):
            over_fen = sum(coin.value_fen for coin in chosen) - amount_fen
            if over_fen >= 0 and all(coin.value_fen > over_fen for coin in chosen):
                first, *others = chosen
                yield [(first, first.value_fen - over_fen), *((coin, coin.value_fen) for coin in others)]


def optima(coins: Sequence[Coin], amount_fen: int) -> list[Cost]:
    """The costs of all choices that differ from the best one in `Cost.unpayable` at most; [] if none pays.

    `ValueError` for a purse of more than `MOST_COINS` coins.
    """
    if len(coins) > MOST_COINS:
        raise ValueError(f"{len(coins)} coins are too many to try all choices")
    costs = [cost_of(choice, coins) for choice in sufficient(coins, amount_fen)]
    least = min(costs, default=None)
    return [cost for cost in costs if least is not None and cost[:3] == least[:3]]
