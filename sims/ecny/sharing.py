"""Payments to several receivers at once: each asks for its own part, and gets its own transfer. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from shuangli.sims.arrays import Ints
from shuangli.sims.cast import Group, cast
from shuangli.sims.ecny import frame as framing
from shuangli.sims.ecny.frame import OPERATORS, Frame, Visits, cell_plan, divided, meetings
from shuangli.sims.plan import CellPlan
from shuangli.sims.scenario import CELLS, HOUR_S, Labels, Scenario

SHOP_COLUMN: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bills:
    """Bills, each paid to a merchant and to the other receivers by shares, in one second.

    The merchant's share is the first, and it takes what does not divide. A part of less than a fen is not
    paid. `labels` name the receivers in this order.
    """

    visits: Visits
    total_fen: Ints
    shares: Sequence[float]
    labels: Labels


def shared(
    name: str, frame: Frame, bills: Bills, *, people: int, merchants: int, facts: Mapping[str, object]
) -> Scenario:
    """A scenario in which so many people share bills with so many merchants and others."""
    return framing.scenario(
        name,
        frame,
        lambda cell, first: _cell(frame, cell, first, bills, people=people, merchants=merchants),
        labels=bills.labels,
        facts=facts,
    )


def _cell(
    frame: Frame, cell: int, first_device: int, bills: Bills, *, people: int, merchants: int
) -> CellPlan:
    """People first, then merchants, then one device of each other receiver."""
    payers = frame.of_cell(cell, people).size
    shops = frame.of_cell(cell, merchants).size
    others = len(bills.shares) - 1
    lined_up = cast(
        (
            Group(count=payers, deposit_fen=framing.TOP_UP_FEN, first_load_fen=framing.TOP_UP_FEN),
            Group(count=shops, person=False, operators=np.arange(shops) % OPERATORS, sync_every_s=6 * HOUR_S),
            Group(count=others, person=False, sync_every_s=6 * HOUR_S),
        ),
        frame.calendar,
    )
    _, first_shop, first_other = lined_up.firsts
    visits = bills.visits
    mine = np.flatnonzero(visits.person % CELLS == cell)
    shop = first_shop + np.floor(visits.chance[mine, SHOP_COLUMN] * shops).astype(np.int64)
    columns: list[list[Ints]] = []
    for kind, part_fen in enumerate(divided(bills.total_fen[mine], bills.shares)):
        paid = np.flatnonzero(part_fen > 0)
        payee = shop[paid] if kind == 0 else np.full(paid.size, first_other + kind - 1)
        columns.append(
            [
                visits.at_s[mine][paid],
                visits.person[mine][paid] // CELLS,
                payee,
                part_fen[paid],
                bills.labels.tags(kind, mine[paid]),
            ]
        )
    meets = meetings(*(np.concatenate(parts) for parts in zip(*columns, strict=True)))
    return cell_plan(frame, cell, lined_up, meets, first_device=first_device, tops_up=True)
