"""coins.*: the choice of coins, and how loads are divided, on the fares of a metro week.

Every rider starts with a load of 20 yuan and takes another one whenever less than 10 are left, as in the
scenario. On small purses each choice is compared with the best of all; on large ones, with taking the
largest coins first. How long a choice takes is held against libsodium's time for one signature.
"""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Final, NamedTuple

import numpy as np

from bench.libsodium import BATCH, least_s, signature_s
from bench.metro_week import Week, metro_week
from bench.optimum import MOST_COINS, optima
from bench.result import Measured
from bench.riders import LOAD_FEN, Chooses, Divides, Paid, Rider
from shuangli.offline.chain import Coin
from shuangli.wallet.choice import Choice, choose, cost_of, denominate
from shuangli.wallet.subsets import largest_first

TRIPS_A_DAY: Final = 10_000
COMPARED: Final = 400
"""Choices that are compared with the best of all: every one tries thousands."""
UNIT_FEN: Final = 100
BATCHES: Final = 200
PURSES: Final = (5, 20, 100, 1_000)


def greedy(coins: Sequence[Coin], amount_fen: int) -> Choice:
    """The largest coins that fit into what remains; then the smallest that is larger is split."""
    choice: Choice = []
    ordered = sorted(coins, key=largest_first)
    for coin in ordered:
        if coin.value_fen <= amount_fen:
            choice.append((coin, coin.value_fen))
            amount_fen -= coin.value_fen
    if amount_fen:
        taken = {coin.coin_id for coin, _ in choice}
        left = [coin for coin in reversed(ordered) if coin.coin_id not in taken]
        choice.append((next(coin for coin in left if coin.value_fen > amount_fen), amount_fen))
    return choice


def twice(amount_fen: int) -> list[int]:
    """Each value twice, as wallets divide loads."""
    return denominate(amount_fen, unit_fen=UNIT_FEN)


def halves(amount_fen: int) -> list[int]:
    """Each coin half of what is left: the fewest coins that pay every multiple of the unit."""
    units, values_fen = amount_fen // UNIT_FEN, list[int]()
    while units:
        values_fen.append((units + 1) // 2 * UNIT_FEN)
        units //= 2
    return values_fen


def single_units(amount_fen: int) -> list[int]:
    """Coins of one unit."""
    return [UNIT_FEN] * (amount_fen // UNIT_FEN)


def one_coin(amount_fen: int) -> list[int]:
    """The whole load in one coin."""
    return [amount_fen]


CASES: Final[tuple[tuple[str, str, Divides, Chooses], ...]] = (
    ("1, 2, 4, ..., twice", "ours", twice, choose),
    ("1, 2, 4, ..., twice", "largest first", twice, greedy),
    ("halves", "ours", halves, choose),
    ("halves", "largest first", halves, greedy),
    ("coins of one yuan", "ours", single_units, choose),
    ("one coin", "ours", one_coin, choose),
)


class Figures(NamedTuple):
    """Means over all payments of a week; `missed` is the share without exact change."""

    payments: int
    missed: float
    coins: float
    size_bytes: float
    transfers: float
    most_transfers: int


def ride(week: Week, divides: Divides, chooses: Chooses) -> Figures:
    """Pay all fares of the week."""
    paid: list[Paid] = []
    for number, fares_fen in enumerate(week.fares_fen):
        rider = Rider(number)
        rider.load(divides(LOAD_FEN))
        for fare_fen in fares_fen:
            paid.append(rider.pay(fare_fen, chooses))
            rider.top_up(divides)
    count = len(paid)
    return Figures(
        payments=count,
        missed=sum(row.split for row in paid) / count,
        coins=sum(row.coins for row in paid) / count,
        size_bytes=sum(row.size_bytes for row in paid) / count,
        transfers=sum(row.transfers for row in paid) / count,
        most_transfers=max(row.transfers for row in paid),
    )


class Compared(NamedTuple):
    """Choices beside the best of all: how many, how many are as good, the most bytes that one is over."""

    choices: int
    as_good: int
    over_bytes: int


def compare(week: Week) -> Compared:
    """Compare some choices of the week with the best, wherever a purse is small enough to try all."""
    choices = as_good = over_bytes = 0
    for number, fares_fen in enumerate(week.fares_fen):
        rider = Rider(number)
        rider.load(twice(LOAD_FEN))
        for fare_fen in fares_fen:
            if choices < COMPARED and len(rider.coins) <= MOST_COINS:
                cost = cost_of(choose(rider.coins, fare_fen), rider.coins)
                best = min(optima(rider.coins, fare_fen))
                choices += 1
                as_good += cost == best
                over_bytes = max(over_bytes, cost.size_bytes - best.size_bytes)
            rider.pay(fare_fen, choose)
            rider.top_up(twice)
    return Compared(choices, as_good, over_bytes)


class Large(NamedTuple):
    """A purse of many coins: bytes and missed exact change of both ways to choose, and our time."""

    coins: int
    size_bytes: float
    greedy_bytes: float
    missed: float
    greedy_missed: float
    choice_s: float


def purse_of(count: int, rng: np.random.Generator) -> list[Coin]:
    """So many coins of several loads, some of them change of earlier payments."""
    rider = Rider(count)
    while len(rider.coins) < count:
        rider.load(halves(LOAD_FEN))
        rider.pay(UNIT_FEN * int(rng.integers(1, 20)), greedy)
    return [rider.coins[at] for at in rng.permutation(len(rider.coins))[:count]]


def measure_purse(count: int, batches: int) -> Large:
    """Pay amounts up to a third of the purse and 100 yuan from it, each from the whole purse."""
    rng = np.random.default_rng(count)
    coins = purse_of(count, rng)
    most_units = min(100, sum(coin.value_fen for coin in coins) // UNIT_FEN // 3)
    amounts_fen = (UNIT_FEN * rng.integers(1, most_units + 1, BATCH)).tolist()
    ours = [cost_of(choose(coins, amount_fen), coins) for amount_fen in amounts_fen]
    plain = [cost_of(greedy(coins, amount_fen), coins) for amount_fen in amounts_fen]
    again = cycle(amounts_fen)
    return Large(
        coins=count,
        size_bytes=sum(cost.size_bytes for cost in ours) / BATCH,
        greedy_bytes=sum(cost.size_bytes for cost in plain) / BATCH,
        missed=sum(cost.split for cost in ours) / BATCH,
        greedy_missed=sum(cost.split for cost in plain) / BATCH,
        choice_s=least_s(lambda: choose(coins, next(again)), batches),
    )


def measure(trips_a_day: int = TRIPS_A_DAY, batches: int = BATCHES) -> list[Measured]:
    """Measure all of it, and print the tables of `docs/explanation/coin-choice.md`."""
    week = metro_week(trips_a_day=trips_a_day, seed=1)
    figures = {(name, way): ride(week, divides, chooses) for name, way, divides, chooses in CASES}
    compared = compare(week)
    signing_s = signature_s(batches)
    large = [measure_purse(count, batches) for count in PURSES]
    signing_s = min(signing_s, signature_s(batches))
    _print(week, figures, compared, large, signing_s)
    ours, plain = (figures["1, 2, 4, ..., twice", way] for way in ("ours", "largest first"))
    return [
        Measured(
            name="coins.missed",
            value=round(ours.missed, 5),
            unit="of payments",
            limit="largest coins first, the loads divided alike",
            limit_value=round(plain.missed, 5),
        ),
        Measured(
            name="coins.bytes",
            value=round(ours.size_bytes, 1),
            unit="bytes a payment",
            limit="a single coin as it was minted",
            limit_value=_least_bytes(),
        ),
        *[
            Measured(
                name=f"coins.choice.{row.coins}",
                value=round(row.choice_s * 1e6, 1),
                unit="us",
                limit="one signature by libsodium",
                limit_value=round(signing_s * 1e6, 1),
            )
            for row in large
        ],
    ]


def _least_bytes() -> int:
    rider = Rider(0)
    rider.load(one_coin(UNIT_FEN * 4))
    return rider.pay(UNIT_FEN * 4, choose).size_bytes


def _print(
    week: Week,
    figures: Mapping[tuple[str, str], Figures],
    compared: Compared,
    large: Sequence[Large],
    signing_s: float,
) -> None:
    riders, payments = len(week.fares_fen), sum(map(len, week.fares_fen))
    print(f"coins: {payments:,} payments of {riders:,} riders in five days ({week.source})")
    print("| a load of 20 yuan is divided into | choice | without exact change | coins | bytes | transfers |")
    print("|---|---|---|---|---|---|")
    for (name, way), row in figures.items():
        share = f"{row.missed:.2%} | {row.coins:.2f} | {row.size_bytes:.0f}"
        print(f"| {name} | {way} | {share} | {row.transfers:.2f}, at most {row.most_transfers} |")
    print(f"as good as the best of all: {compared.as_good} of {compared.choices} choices,", end=" ")
    print(f"at most {compared.over_bytes} bytes over")
    print("| coins | bytes of the coins | largest first | missed | largest first | us a choice |")
    print("|---|---|---|---|---|---|")
    for purse in large:
        sizes = f"{purse.size_bytes:.0f} | {purse.greedy_bytes:.0f}"
        missed = f"{purse.missed:.0%} | {purse.greedy_missed:.0%}"
        print(f"| {purse.coins:,} | {sizes} | {missed} | {purse.choice_s * 1e6:.1f} |")
    print(f"one signature by libsodium: {signing_s * 1e6:.1f} us")
