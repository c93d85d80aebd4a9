"""Small plans made by hand: who exists, who meets whom."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from shuangli.messages.certificates import Mode, Terms
from shuangli.sims.arrays import Ints
from shuangli.sims.plan import NOBODY, Calendar, CellPlan, Devices, Habits, Meetings, Role, Wages, no_wages
from shuangli.sims.system import SystemPlan

START_S: Final = 1_767_500_000 // 300 * 300
WINDOW_S: Final = 300
DAY_S: Final = 86_400
TERMS: Final = Terms(
    currency="CNY",
    mode=Mode.TRANSFERABLE,
    hop_cap=4,
    coin_life_s=30 * DAY_S,
    claim_window_s=10 * DAY_S,
    grace_s=DAY_S,
)


def ints(values: Sequence[int]) -> Ints:
    """An array of whole numbers."""
    return np.array(values, dtype=np.int64)


def calendar(
    *, windows: int = 12, close_windows: int = 6, outages: tuple[tuple[int, int], ...] = ()
) -> Calendar:
    """A calendar of so many windows before the close; outages in seconds since its start."""
    return Calendar(
        start_s=START_S,
        closes_s=START_S + windows * WINDOW_S,
        close_takes_s=close_windows * WINDOW_S,
        window_s=WINDOW_S,
        outages=tuple((START_S + first_s, START_S + last_s) for first_s, last_s in outages),
    )


def devices(
    people: int,
    merchants: int = 0,
    *,
    copy_of: Sequence[int] = (),
    load_fen: int = 2_000,
    sync_every_s: Sequence[int] = (),
    sync_from_s: Sequence[int] = (),
    operator: Sequence[int] = (),
    opens_s: Sequence[int] = (),
    hard: Sequence[int] = (),
) -> Devices:
    """People first, then merchants; all open at the start, and people load then."""
    count = people + merchants
    person = np.arange(count) < people
    return Devices(
        role=np.where(person, Role.PERSON, Role.MERCHANT),
        operator=ints(operator) if operator else np.zeros(count, dtype=np.int64),
        tier=np.where(person, 4, 0),
        opens_s=START_S + ints(opens_s) if opens_s else np.full(count, START_S),
        first_load_fen=np.where(person, load_fen, 0),
        deposit_fen=np.where(person, load_fen, 0),
        sync_every_s=ints(sync_every_s) if sync_every_s else np.zeros(count, dtype=np.int64),
        sync_from_s=START_S + ints(sync_from_s) if sync_from_s else np.full(count, START_S),
        copy_of=ints(copy_of) if copy_of else np.full(count, NOBODY),
        hard=ints(hard) if hard else np.zeros(count, dtype=np.int64),
    )


def meetings(*rows: tuple[int, int, int, int]) -> Meetings:
    """Meetings (seconds since the start, payer, payee, fen) in order of time."""
    columns = np.array(sorted(rows), dtype=np.int64).reshape(-1, 4).T
    return Meetings(
        at_s=START_S + columns[0],
        payer=columns[1],
        payee=columns[2],
        amount_fen=columns[3],
        tag=np.arange(columns.shape[1]),
    )


def cell_plan(
    people: Devices,
    meets: Meetings,
    *,
    when: Calendar | None = None,
    wages: Wages | None = None,
    top_up_fen: int = 0,
    seed: int = 1,
) -> CellPlan:
    """One cell with these devices and meetings."""
    return CellPlan(
        number=0,
        seed=seed,
        first_device=0,
        devices=people,
        meetings=meets,
        wages=wages or no_wages(),
        habits=Habits(top_up_fen=top_up_fen, top_up_below_fen=1_000, unit_fen=100),
        calendar=when or calendar(),
    )


def system_plan(*, operators: int = 1, terms: Terms = TERMS, cap_fen: int = 10**6) -> SystemPlan:
    """An issuer and operators that are there from before the start."""
    return SystemPlan(
        seed=1,
        start_s=START_S,
        ends_s=START_S + DAY_S,
        operators=operators,
        terms=terms,
        cap_per_person_fen=cap_fen,
    )
