"""Chance: streams of numbers that do not disturb each other.

Each purpose has a stream of its own. Where a stream is about people, its i-th number (or row of numbers)
belongs to person i, however many people there are. So a person's draws for a purpose are the same in two
runs with the same seed, whatever the settings say: a policy changes only what it touches. Shares and rates
are compared with such a number, never used to draw how many, so that a higher share adds to those whom a
lower one picks (common random numbers; P. Glasserman and D. D. Yao, Management Science 38(6), 1992).
"""

import numpy as np

from shuangli.sims.arrays import Floats, Ints


def generator(seed: int, purpose: str) -> np.random.Generator:
    """The stream of one purpose."""
    return np.random.default_rng([seed, *purpose.encode()])


def uniforms(seed: int, purpose: str, people: int) -> Floats:
    """One number from 0 to 1 (exclusive) for each person."""
    return generator(seed, purpose).random(people)


def rows(seed: int, purpose: str, people: int, columns: int) -> Floats:
    """A row of numbers from 0 to 1 (exclusive) for each person [people, columns]."""
    return generator(seed, purpose).random((people, columns))


def whole(uniform: Floats, low: int, high: int) -> Ints:
    """Whole numbers from `low` to `high - 1`, evenly, from numbers between 0 and 1."""
    return (low + np.floor(uniform * (high - low))).astype(np.int64)


def poisson(uniform: Floats, mean: float) -> Ints:
    """Poisson numbers by inversion: with a higher mean, none of them gets smaller."""
    most = int(mean + 12 * mean**0.5 + 20)
    count = np.arange(1, most + 1)
    logarithm = np.concatenate([[0.0], np.cumsum(np.log(mean) - np.log(count))]) - mean
    return np.searchsorted(np.cumsum(np.exp(logarithm)), uniform, side="right").astype(np.int64)


def dealt_copies(uniform: Floats, originals: int, each: int) -> tuple[Ints, Ints]:
    """Who is copied, and who uses the copies: pairs (position of an original, position of a copy's user).

    People stand in an order of chance, by their numbers. Those at its front are copied, `each` times; those
    at its end use the copies. As many are copied as there are people for, at most `originals`. With more
    `originals` all pairs remain, and with another `each` the same wallets are copied.
    """
    order = np.argsort(uniform, kind="stable").astype(np.int64)
    copied = min(originals, order.size // (each + 1))
    return np.repeat(order[:copied], each), order[::-1][: copied * each]
