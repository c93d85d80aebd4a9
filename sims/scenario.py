"""A scenario: plans for all cells, the system they run against, and what the result says of its input."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from shuangli.sims.arrays import Ints
from shuangli.sims.plan import CellPlan
from shuangli.sims.system import SystemPlan
from shuangli.sims.transit.trips import Trips

HOUR_S: Final = 3_600
DAY_S: Final = 86_400
WINDOW_S: Final = 300
CELLS: Final = 4
"""Cells of a run: a part of the plan, the same however many processors the machine has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What payments are for, where a scenario has several kinds of them: the tags of its meetings.

    A tag is `group * len(kinds) + kind`: payments of one group belong together, such as shares of one bill.
    """

    kinds: tuple[str, ...]

    def tags(self, kind: Ints | int, group: Ints | int = 0) -> Ints:
        """The tags of payments of these kinds and groups."""
        return np.asarray(group * len(self.kinds) + kind, dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scenario:
    """All that a run needs.

    `facts` go into the result's description of its input. Where it is about trips, `boardings` is what
    the demand asks for, [days, 24, stations], and a meeting's tag is the position of its trip in `trips`.
    `files` are the digests of the files that were read, by what they are. `labels` say what payments are for.
    `abroad` is what is played beside it, in another currency, with an issuer of its own.
    """

    name: str
    seed: int
    config: Mapping[str, object]
    facts: Mapping[str, object]
    system: SystemPlan
    plans: Sequence[CellPlan]
    first_day_s: int
    boardings: Ints | None = None
    trips: Trips | None = None
    labels: Labels | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    abroad: "Scenario | None" = None
