"""Payments to several receivers at once: each asks for its own part, and gets its own transfer. Pure."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from shuangli.sims.cast import Group, cast
from shuangli.sims.ecny import frame as framing
from shuangli.sims.ecny.frame import OPERATORS, Frame, Visits, cell_plan, divided, meetings
from shuangli.sims.plan import CellPlan, Ints
from shuangli.sims.scenario import CELLS, HOUR_S, Labels

SHOP_COLUMN: Final = 1


def shared_cell(
    frame: Frame,
    cell: int,
    first_device: int,
    bills: Visits,
    total_fen: Ints,
    *,
    people: int,
    merchants: int,
    shares: Sequence[float],
    labels: Labels,
) -> CellPlan:
    """A cell in which each bill is paid to a merchant and to the other receivers, by shares, in one second.

    People first, then merchants, then one device of each other receiver. The merchant's share is the first,
    and it takes what does not divide. A part of less than a fen is not paid.
    """
    payers = frame.of_cell(cell, people).size
    shops = frame.of_cell(cell, merchants).size
    others = len(shares) - 1
    lined_up = cast(
        (
            Group(count=payers, deposit_fen=framing.TOP_UP_FEN, first_load_fen=framing.TOP_UP_FEN),
            Group(count=shops, person=False, operators=np.arange(shops) % OPERATORS, sync_every_s=6 * HOUR_S),
            Group(count=others, person=False, sync_every_s=6 * HOUR_S),
        ),
        frame.calendar,
    )
    _, first_shop, first_other = lined_up.firsts
    mine = np.flatnonzero(bills.person % CELLS == cell)
    shop = first_shop + np.floor(bills.chance[mine, SHOP_COLUMN] * shops).astype(np.int64)
    columns: list[list[Ints]] = []
    for kind, part_fen in enumerate(divided(total_fen[mine], shares)):
        paid = np.flatnonzero(part_fen > 0)
        payee = shop[paid] if kind == 0 else np.full(paid.size, first_other + kind - 1)
        columns.append(
            [
                bills.at_s[mine][paid],
                bills.person[mine][paid] // CELLS,
                payee,
                part_fen[paid],
                labels.tags(kind, mine[paid]),
            ]
        )
    meets = meetings(*(np.concatenate(parts) for parts in zip(*columns, strict=True)))
    return cell_plan(frame, cell, lined_up, meets, first_device=first_device, tops_up=True)
