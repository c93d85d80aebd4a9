"""Queues at gates: who waits how long, and at which gate of a row the tap is made.

A row is a number of gates side by side with one queue before them: first come, first served, at the gate that
is free soonest. This is the recursion of J. Kiefer and J. Wolfowitz (Transactions of the AMS 78(1), 1955) for
several servers. All rows take their k-th arrival in one step, so the work is done on arrays as wide as there
are rows.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from shuangli.sims.arrays import Ints

_NEVER: Final = np.iinfo(np.int64).max // 2
QUARTER_MS: Final = 900_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Served:
    """What came of each arrival: how long it waited, and the gate of its row, numbered from 0."""

    waited_ms: Ints
    gate: Ints


def served(row: Ints, arrives_ms: Ints, takes_ms: Ints, gates: Ints) -> Served:
    """Let everybody through.

    `row`, `arrives_ms` and `takes_ms` are of the arrivals, in any order: at which row, when, and how long the
    tap takes. `gates` says how many gates each row has, one at least. Who arrives at one row in the same
    millisecond is served in the order of the arrays.

    `ValueError` if a row has no gate, or does not exist.
    """
    if gates.size and int(gates.min()) < 1:
        raise ValueError("a row needs a gate")
    if row.size and not 0 <= int(row.min()) <= int(row.max()) < gates.size:
        raise ValueError("there is no such row")
    waited, gate = np.zeros(row.size, dtype=np.int64), np.zeros(row.size, dtype=np.int64)
    order = np.lexsort((arrives_ms, row))
    counts = np.bincount(row, minlength=gates.size)
    starts = np.cumsum(counts) - counts
    # Rows with most arrivals come first, so that those who have a k-th arrival are always the first ones.
    rows = np.argsort(-counts, kind="stable")
    counts, starts = counts[rows], starts[rows]
    width = int(gates.max()) if gates.size else 1
    free_ms = np.where(np.arange(width) < gates[rows][:, None], np.iinfo(np.int64).min, _NEVER)
    busy = np.searchsorted(-counts, -np.arange(int(counts.max()) if counts.size else 0), side="left")
    lane = np.arange(rows.size)
    for number, several in enumerate(busy.tolist()):
        who = order[starts[:several] + number]
        lanes = lane[:several]
        soonest = free_ms[:several].argmin(axis=1)
        begins_ms = np.maximum(arrives_ms[who], free_ms[lanes, soonest])
        free_ms[lanes, soonest] = begins_ms + takes_ms[who]
        waited[who] = begins_ms - arrives_ms[who]
        gate[who] = soonest
    return Served(waited_ms=waited, gate=gate)


def gates_needed(row: Ints, arrives_ms: Ints, takes_ms: Ints, rows: int, *, load: float) -> Ints:
    """How many gates each of `rows` rows needs so that none is busier than `load` in any quarter of an hour.

    `load` is the share of the quarter in which a gate is at work, between 0 and 1.
    """
    if not 0 < load <= 1:
        raise ValueError("a gate is busy for a share of the time")
    gates = np.ones(rows, dtype=np.int64)
    if row.size:
        quarter = arrives_ms // QUARTER_MS
        quarter -= quarter.min()
        quarters = int(quarter.max()) + 1
        work_ms = np.bincount(quarter * rows + row, weights=takes_ms, minlength=quarters * rows)
        most_ms = work_ms.reshape(quarters, rows).max(axis=0)
        gates = np.maximum(1, np.ceil(most_ms / (load * QUARTER_MS))).astype(np.int64)
    return gates
