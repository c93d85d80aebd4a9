"""Patchy connectivity: each person is online in spells, at times of their own. Pure.

Spells online and offline follow each other with exponential lengths (an alternating renewal process; D. R.
Cox, Renewal Theory, 1962, ch. 7), from a start that is already under way: at a time of chance a person is
online with probability online / (online + offline). An outage takes everybody offline and changes no spell.
"""

from dataclasses import dataclass

import numpy as np

from shuangli.sims.arrays import Floats, Ints
from shuangli.sims.chance import rows, uniforms
from shuangli.sims.errands import in_order
from shuangli.sims.plan import NEVER_S, Calendar, Syncs


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spells:
    """Spells online: begins_s and ends_s [people, spells], rising for each person; seconds since 1970."""

    begins_s: Ints
    ends_s: Ints

    def of(self, people: Ints) -> "Spells":
        """Those of some people."""
        return Spells(begins_s=self.begins_s[people], ends_s=self.ends_s[people])

    def first_online_s(self, person: int, from_s: int, calendar: Calendar) -> int:
        """The first second from `from_s` on in which a person reaches an operator; NEVER_S if none does."""
        at_s = from_s
        for begin_s, end_s in zip(self.begins_s[person], self.ends_s[person], strict=True):
            at_s = calendar.online_from_s(max(at_s, int(begin_s)))
            if at_s < end_s:
                return at_s
        return NEVER_S


def spells(people: int, *, start_s: int, ends_s: int, online_s: float, offline_s: float, seed: int) -> Spells:
    """The spells of each person in [start_s, ends_s), by numbers of their own."""
    if not offline_s:
        return Spells(
            begins_s=np.full((people, 1), start_s, dtype=np.int64),
            ends_s=np.full((people, 1), ends_s, dtype=np.int64),
        )
    most = int(2 * (ends_s - start_s) / (online_s + offline_s)) + 12
    lengths = -np.log1p(-rows(seed, "spells online and offline", people, 2 * most))
    lengths[:, 0::2] *= offline_s
    lengths[:, 1::2] *= online_s
    edges = start_s + np.cumsum(lengths, axis=1)
    begins, ends = edges[:, 0::2], edges[:, 1::2]
    # Who is online at the start is in a spell whose rest is as long as a whole one: the exponential forgets.
    online = uniforms(seed, "online at the start", people) < online_s / (online_s + offline_s)
    shift = np.where(online, edges[:, 0] - start_s, 0.0)[:, None]
    begins, ends = begins - shift, ends - shift
    clip = np.clip(np.stack([begins, ends]), start_s, ends_s)
    whole = np.floor(clip).astype(np.int64)
    return Spells(begins_s=whole[0], ends_s=whole[1])


def hand_ins(times: Spells, chance: Floats, *, share: float, from_s: int) -> Syncs:
    """People hand in as a share of their spells begins; `chance` has a number for each [people, spells]."""
    begins_s = times.begins_s
    hands_in = (chance < share) & (times.ends_s > begins_s) & (begins_s >= from_s)
    person, spell = np.nonzero(hands_in)
    return in_order(Syncs, at_s=begins_s[person, spell], device=person.astype(np.int64))
