"""What riders are charged: early birds, the month's tiers, the day's cap; against a sum made one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.sims.scenario import DAY_S
from shuangli.sims.transit.tariff import MONTHLY, Due, Tariff, charged_fen

BEIJING = MONTHLY["beijing"]
TRIP = st.tuples(
    st.integers(0, 2),
    st.integers(0, 9 * DAY_S),
    st.sampled_from([200, 300, 500, 4_000, 9_000]),
    st.booleans(),
)


def due_from(rows: list[tuple[int, int, int, bool]]) -> Due:
    """Trips by rider, second, fare, whether by metro; a month has five days, every third day rests."""
    rider, entry_s, fare_fen, metro = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    day = entry_s // DAY_S
    return Due(
        rider=rider,
        entry_s=entry_s,
        month=day // 5,
        working=day % 3 != 2,
        metro=metro == 1,
        fare_fen=fare_fen,
    )


def one_by_one(due: Due, tariff: Tariff) -> list[int]:
    """The same with dictionaries."""
    month: dict[tuple[int, int], int] = {}
    day: dict[tuple[int, int], int] = {}
    charged = [0] * due.rider.size
    for trip in np.lexsort((due.entry_s, due.rider)).tolist():
        fen, rider, metro = int(due.fare_fen[trip]), int(due.rider[trip]), bool(due.metro[trip])
        if metro and due.working[trip] and due.entry_s[trip] % DAY_S < tariff.early_before_s:
            percent = round(100 * (1 - tariff.early_off))
            fen = fen if percent == 100 else fen * percent // 1_000 * 10
        this_month, this_day = (rider, int(due.month[trip])), (rider, int(due.entry_s[trip]) // DAY_S)
        if tariff.tiers and metro:
            spent = month.get(this_month, 0)
            percent = [percent for bound, percent in tariff.tiers if bound <= spent][-1]
            fen = fen if percent == 100 else fen * percent // 1_000 * 10
        if tariff.day_cap_fen:
            fen = min(fen, tariff.day_cap_fen - day.get(this_day, 0))
            day[this_day] = day.get(this_day, 0) + fen
        if metro:
            month[this_month] = month.get(this_month, 0) + fen
        charged[trip] = fen
    return charged


@given(
    st.lists(TRIP, max_size=40, unique_by=lambda row: row[:2]),
    st.sampled_from([(), BEIJING]),
    st.sampled_from([0, 700, 5_000]),
    st.sampled_from([0.0, 0.3, 0.5]),
)
def test_charges_are_those_of_a_sum_made_one_by_one(
    rows: list[tuple[int, int, int, bool]], tiers: tuple[tuple[int, int], ...], cap: int, off: float
) -> None:
    due = due_from(rows)
    tariff = Tariff(early_before_s=DAY_S // 3, early_off=off, tiers=tiers, day_cap_fen=cap)
    assert charged_fen(due, tariff).tolist() == one_by_one(due, tariff)


def test_beijings_month_of_a_commuter() -> None:
    """5 yuan twice a day: full until 100 yuan, 20 % off until 150, half beyond, and all of it beyond 400."""
    trips = 140
    due = Due(
        rider=np.zeros(trips, dtype=np.int64),
        entry_s=np.arange(trips) * 3_600,
        month=np.zeros(trips, dtype=np.int64),
        working=np.ones(trips, dtype=np.bool_),
        metro=np.ones(trips, dtype=np.bool_),
        fare_fen=np.full(trips, 500),
    )
    charged = charged_fen(due, Tariff(tiers=BEIJING))
    assert charged[:20].tolist() == [500] * 20
    assert charged[20:33].tolist() == [400] * 13
    assert charged[33:133].tolist() == [250] * 100
    assert charged[133:].tolist() == [500] * 7


def test_a_new_month_begins_with_nothing_and_buses_do_not_count() -> None:
    due = due_from([(0, 0, 9_000, True), (0, 9, 9_000, True), (0, 18, 200, False), (0, 5 * DAY_S, 500, True)])
    assert charged_fen(due, Tariff(tiers=BEIJING)).tolist() == [9_000, 9_000, 200, 500]
    assert charged_fen(due, Tariff(day_cap_fen=9_100)).tolist() == [9_000, 100, 0, 500]


def test_a_tariff_is_checked() -> None:
    for tiers in (((10, 50),), ((0, 100), (0, 50)), ((0, 101),)):
        with pytest.raises(ValueError, match="tier"):
            Tariff(tiers=tiers)
    for off, cap in ((-0.1, 0), (1.1, 0), (0.5, -1)):
        with pytest.raises(ValueError, match="reduction"):
            Tariff(early_off=off, day_cap_fen=cap)
