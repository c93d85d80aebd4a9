"""When gates and validators hand in: on a schedule, unless their station is cut off.

    fixed        every so many seconds, each wallet at a time of its own within them
    exponential  at times that are exponentially distributed with that mean: a Poisson process
    nightly      once a night, at two o'clock
    full         after every so many payments that people set out to make

On each day some stations are cut off for some hours: their gates hand nothing in then. What was due waits
for the next time of the schedule, or, where the schedule is `full`, for the end of the hours. (While an
upload is under way, a wallet begins no other; that, and outages of the whole network, are the engine's
affair.)
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from shuangli.sims.arrays import Floats, Ints
from shuangli.sims.chance import generator, uniforms
from shuangli.sims.plan import Syncs
from shuangli.sims.scenario import DAY_S, HOUR_S

NIGHT_S: Final = 2 * HOUR_S
SERVICE_S: Final = (5 * HOUR_S, 24 * HOUR_S)
"""Between these times of a day a station's outage begins."""
_BLOCK: Final = 16


class Schedule(StrEnum):
    """Ways to decide when to hand in."""

    FIXED = "fixed"
    EXPONENTIAL = "exponential"
    NIGHTLY = "nightly"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """Stations cut off: from when to when, since the first midnight, as arrays of one length."""

    station: Ints
    from_s: Ints
    to_s: Ints


def cuts(stations: int, days: int, *, share: float, hours: float, seed: int) -> Cut:
    """Each station is cut off on each day with a chance of `share`, for `hours` from a time by chance."""
    station: list[Ints] = []
    from_s: list[Ints] = []
    for day in range(days if hours else 0):
        struck = np.flatnonzero(uniforms(seed, f"stations cut off on day {day}", stations) < share)
        within = uniforms(seed, f"when stations are cut off on day {day}", stations)[struck]
        begins_s = day * DAY_S + SERVICE_S[0] + np.floor(within * (SERVICE_S[1] - SERVICE_S[0]))
        station.append(struck.astype(np.int64))
        from_s.append(begins_s.astype(np.int64))
    none = np.zeros(0, dtype=np.int64)
    starts_s = np.concatenate([none, *from_s])
    return Cut(
        station=np.concatenate([none, *station]), from_s=starts_s, to_s=starts_s + round(hours * HOUR_S)
    )


def regular(schedule: Schedule, wallets: int, *, every_s: int, until_s: int, seed: int) -> tuple[Ints, Ints]:
    """(seconds since the first midnight, wallet) of all hand-ins by a schedule other than `full`."""
    if schedule is Schedule.EXPONENTIAL:
        return _exponential(wallets, every_s=every_s, until_s=until_s, seed=seed)
    if schedule is Schedule.NIGHTLY:
        return nightly(wallets, until_s=until_s)
    return _rounds(np.arange(wallets) * every_s // max(1, wallets), every_s, until_s)


def nightly(wallets: int, *, until_s: int) -> tuple[Ints, Ints]:
    """(seconds since the first midnight, wallet) of hand-ins in every night before the end."""
    return _rounds(np.full(wallets, NIGHT_S), DAY_S, until_s)


def _rounds(first_s: Ints, every_s: int, until_s: int) -> tuple[Ints, Ints]:
    """Times from each wallet's first one on, and the wallets."""
    rounds = np.maximum(0, -(-(until_s - first_s) // every_s))
    wallet = np.repeat(np.arange(first_s.size), rounds)
    number = np.arange(wallet.size) - np.repeat(np.cumsum(rounds) - rounds, rounds)
    return first_s[wallet] + number * every_s, wallet


def _exponential(wallets: int, *, every_s: int, until_s: int, seed: int) -> tuple[Ints, Ints]:
    """Each wallet's waits are its own numbers, stretched to the mean; drawn until all are past the end."""
    last_s = np.zeros(wallets)
    at_s: list[Floats] = []
    block = 0
    while wallets and last_s.min() < until_s:
        waits = generator(seed, f"waits {block}").standard_exponential((wallets, _BLOCK))
        times = last_s[:, None] + np.cumsum(waits, axis=1) * every_s
        last_s = times[:, -1]
        at_s.append(times)
        block += 1
    every = np.concatenate(at_s, axis=1) if at_s else np.zeros((wallets, 0))
    wallet, number = np.nonzero(every < until_s)
    return np.floor(every[wallet, number]).astype(np.int64), wallet.astype(np.int64)


def on_full(wallet: Ints, paid_s: Ints, *, full: int) -> tuple[Ints, Ints]:
    """(seconds, wallet) after every `full` payments of a wallet; `wallet` and `paid_s` are of payments."""
    order = np.lexsort((paid_s, wallet))
    starts = np.flatnonzero(np.diff(wallet[order], prepend=-1))
    number = np.arange(order.size) - np.repeat(starts, np.diff(starts, append=order.size))
    due = order[(number + 1) % full == 0]
    return paid_s[due], wallet[due]


def reached(at_s: Ints, wallet: Ints, station: Ints, cut: Cut, *, wait: bool) -> tuple[Ints, Ints]:
    """The hand-ins that are not cut off; with `wait` the others come at the end of the cut.

    `station` says where each wallet is; -1 for one that is in no station.
    """
    at_s, held = at_s.copy(), np.zeros(at_s.size, dtype=np.bool_)
    here = station[wallet]
    # A later cut may hold what an earlier one has let go.
    for number in np.argsort(cut.from_s, kind="stable").tolist():
        off = (here == cut.station[number]) & (at_s >= cut.from_s[number]) & (at_s < cut.to_s[number])
        at_s[off] = cut.to_s[number] if wait else at_s[off]
        held |= off
    keep = slice(None) if wait else ~held
    return at_s[keep], wallet[keep]


def syncs(at_s: Ints, device: Ints, *, start_s: int) -> Syncs:
    """In order of time, once in a second for each device; `start_s` is the first midnight."""
    both = np.unique(np.stack([at_s, device]), axis=1)
    return Syncs(at_s=both[0] + start_s, device=both[1])
