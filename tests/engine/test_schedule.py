"""The schedule: whatever is due comes once, in its window, in order."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuangli.sims.plan import NOBODY, Calendar, Syncs, Wages
from shuangli.sims.schedule import CellAct, Due, Schedule
from tests.engine.plans import START_S, WINDOW_S, calendar, cell_plan, devices, ints, meetings

WINDOWS = 8
CLOSE = 6
ENDS_S = (WINDOWS + CLOSE) * WINDOW_S
PEOPLE, MERCHANTS = 4, 2
COUNT = PEOPLE + MERCHANTS
times = st.integers(0, WINDOWS * WINDOW_S - 1)


def windows(when: Calendar, after: int = 4) -> list[tuple[int, int]]:
    """All windows that the engine plays, as (start, end)."""
    last_s = when.closes_s + when.close_takes_s + after * when.window_s
    return [(start_s, start_s + when.window_s) for start_s in range(when.start_s, last_s, when.window_s)]


def due_by_window(schedule: Schedule, when: Calendar) -> list[Due]:
    """What is due, window by window; each act must lie in its window, in order."""
    acts: list[Due] = []
    for start_s, end_s in windows(when):
        part = schedule.due(start_s, end_s)
        assert part == sorted(part)
        assert all(start_s <= act.at_s < end_s for act in part)
        acts += part
    return acts


@settings(deadline=None, max_examples=60)
@given(
    opens_s=st.lists(times, min_size=COUNT, max_size=COUNT),
    meets=st.lists(st.tuples(times, st.integers(0, 3), st.integers(4, 5), st.just(100)), max_size=20),
    paid_s=st.lists(times, max_size=5),
    every_s=st.lists(
        st.one_of(st.just(0), st.integers(WINDOW_S, 5 * WINDOW_S)), min_size=COUNT, max_size=COUNT
    ),
    from_s=st.lists(st.integers(-1_000, WINDOWS * WINDOW_S), min_size=COUNT, max_size=COUNT),
    copied=st.booleans(),
)
def test_nothing_is_lost_or_doubled(
    opens_s: list[int],
    meets: list[tuple[int, int, int, int]],
    paid_s: list[int],
    every_s: list[int],
    from_s: list[int],
    copied: bool,
) -> None:
    when = calendar(windows=WINDOWS, close_windows=CLOSE)
    copy_of = [NOBODY] * COUNT
    copy_of[1] = 0 if copied else NOBODY
    people = devices(
        PEOPLE, MERCHANTS, opens_s=opens_s, sync_every_s=every_s, sync_from_s=from_s, copy_of=copy_of
    )
    wages = Wages(
        at_s=START_S + ints(sorted(paid_s)),
        employer=np.full(len(paid_s), 5),
        worker=np.arange(len(paid_s)) % PEOPLE,
        amount_fen=np.full(len(paid_s), 7),
    )
    plan = cell_plan(people, meetings(*meets), when=when, wages=wages)
    acts = due_by_window(Schedule(plan), when)

    openings = [(START_S + s, n) for n, s in enumerate(opens_s) if copy_of[n] == NOBODY]
    assert Counter((a.at_s, a.number) for a in acts if a.act is CellAct.OPEN) == Counter(openings)
    met = [(int(s), n) for n, s in enumerate(plan.meetings.at_s)]
    assert [(a.at_s, a.number) for a in acts if a.act is CellAct.MEET] == met
    paid = [(int(s), n) for n, s in enumerate(wages.at_s)]
    assert [(a.at_s, a.number) for a in acts if a.act is CellAct.WAGE] == paid

    regular = Counter(
        (START_S + at_s, number)
        for number, (every, first) in enumerate(zip(every_s, from_s, strict=True))
        if every
        for at_s in range(first, WINDOWS * WINDOW_S, every)
        if at_s >= 0
    )
    before_close = Counter(
        (a.at_s, a.number) for a in acts if a.act is CellAct.SYNC and a.at_s < when.closes_s
    )
    assert before_close == regular


def test_everybody_comes_at_the_close_and_has_two_chances_to_finish() -> None:
    when = calendar(windows=WINDOWS, close_windows=CLOSE)
    acts = due_by_window(Schedule(cell_plan(devices(PEOPLE, MERCHANTS), meetings(), when=when)), when)
    closing = [act for act in acts if act.at_s >= when.closes_s]
    assert Counter(a.number for a in closing if a.act is CellAct.SYNC) == Counter(range(COUNT))
    finishing = Counter(a.number for a in closing if a.act is CellAct.FINISH)
    assert all(finishing[person] == 2 for person in range(PEOPLE))
    # Merchants have much to hand in: they may go on in every window of the close.
    assert all(finishing[merchant] == 2 + CLOSE for merchant in range(PEOPLE, COUNT))


def test_after_the_close_nobody_speaks() -> None:
    """Found: merchants were asked to go on in the windows after the close, too."""
    when = calendar(windows=WINDOWS, close_windows=CLOSE)
    acts = due_by_window(Schedule(cell_plan(devices(PEOPLE, MERCHANTS), meetings(), when=when)), when)
    assert max(act.at_s for act in acts) < START_S + ENDS_S


@pytest.mark.parametrize("offset_s", [0, 1, WINDOW_S - 1, WINDOW_S, 2 * WINDOW_S - 1])
def test_a_device_that_goes_online_once_a_window_goes_online_in_each(offset_s: int) -> None:
    when = calendar(windows=WINDOWS)
    people = devices(1, sync_every_s=[WINDOW_S], sync_from_s=[offset_s])
    schedule = Schedule(cell_plan(people, meetings(), when=when))
    syncs = [act for act in due_by_window(schedule, when) if act.at_s < when.closes_s]
    expected = range(offset_s, WINDOWS * WINDOW_S, WINDOW_S)
    assert [act.at_s - START_S for act in syncs if act.act is CellAct.SYNC] == list(expected)


def test_a_device_goes_online_at_single_times_until_the_close() -> None:
    when = calendar(windows=WINDOWS, close_windows=CLOSE)
    times_s = [0, 299, 300, WINDOWS * WINDOW_S - 1, WINDOWS * WINDOW_S]
    single = Syncs(at_s=START_S + ints(times_s), device=ints([1, 0, 1, 1, 0]))
    plan = replace(cell_plan(devices(2), meetings(), when=when), syncs=single)
    acts = [act for act in due_by_window(Schedule(plan), when) if act.at_s < when.closes_s]
    found = [(act.at_s - START_S, act.number) for act in acts if act.act is CellAct.SYNC]
    assert found == [(0, 1), (299, 0), (300, 1), (WINDOWS * WINDOW_S - 1, 1)]
    with pytest.raises(ValueError, match="order of time"):
        Syncs(at_s=ints([2, 1]), device=ints([0, 0]))
    with pytest.raises(ValueError, match="of the same cell"):
        replace(plan, syncs=Syncs(at_s=ints([1]), device=ints([2])))


def test_within_a_second_wallets_open_before_people_meet_and_meet_before_they_hand_in() -> None:
    when = calendar()
    people = devices(2, sync_every_s=[0, WINDOW_S], sync_from_s=[0, 7], opens_s=[7, 0])
    wages = Wages(
        at_s=ints([START_S + 7]),
        employer=ints([1]),
        worker=ints([0]),
        amount_fen=ints([1]),
    )
    plan = cell_plan(people, meetings((7, 0, 1, 5)), when=when, wages=wages)
    acts = [act.act for act in Schedule(plan).due(START_S, START_S + WINDOW_S) if act.at_s == START_S + 7]
    assert acts == [CellAct.OPEN, CellAct.WAGE, CellAct.MEET, CellAct.SYNC]
