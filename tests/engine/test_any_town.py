"""Any small town: whoever meets whom and is copied, what the devices hold agrees with the centre's books."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from shuangli.issuer.cases import list_cases
from shuangli.issuer.supply import supply_by_epoch, unpaid_on_forks_fen
from shuangli.messages.certificates import Mode
from shuangli.sims.adversaries.truth import forked_coins
from shuangli.sims.plan import NOBODY
from tests.engine.plans import TERMS, WINDOW_S, calendar, cell_plan, devices, meetings, system_plan
from tests.engine.town import Town

PEOPLE, MERCHANTS = 5, 2
COUNT = PEOPLE + MERCHANTS
WINDOWS = 24
STAGED = replace(TERMS, mode=Mode.STAGED, hop_cap=1)
SHORT = replace(TERMS, claim_window_s=2 * 3_600, grace_s=0)
"""Value that is handed in at the close may come too late."""

met = st.tuples(
    st.integers(5 * WINDOW_S, WINDOWS * WINDOW_S - 1),
    st.integers(0, PEOPLE - 1),
    st.integers(0, COUNT - 1),
    st.sampled_from([1, 99, 100, 250, 300, 700, 1_000, 1_999, 2_000, 2_001]),
)
copies = st.sampled_from([(), (0,), (0, 0), (0, 2)])
"""The originals of the last devices among the people: two copies of one wallet, or of two."""
every_s = st.lists(st.sampled_from([0, WINDOW_S, 4 * WINDOW_S, 9 * WINDOW_S]), min_size=COUNT, max_size=COUNT)


class Drawn:
    """A town as drawn, and what it must show at the end."""

    given = given(
        rows=st.lists(met, min_size=5, max_size=30),
        copied=copies,
        every_s=every_s,
        operators=st.integers(1, 2),
        terms=st.sampled_from([STAGED, TERMS, SHORT]),
        cap_fen=st.sampled_from([0, 300, 10**6]),
        top_up_fen=st.sampled_from([0, 1_500]),
        outage=st.sampled_from([(), ((6 * WINDOW_S, 20 * WINDOW_S),)]),
    )


def check(
    rows: list[tuple[int, int, int, int]],
    copied: tuple[int, ...],
    every_s: list[int],
    operators: int,
    terms: object,
    cap_fen: int,
    top_up_fen: int,
    outage: tuple[tuple[int, int], ...],
) -> None:
    copy_of = [NOBODY] * COUNT
    for place, original in enumerate(copied):
        copy_of[PEOPLE - 1 - place] = original
    people = devices(
        PEOPLE,
        MERCHANTS,
        copy_of=copy_of,
        sync_every_s=every_s,
        operator=[
            (number if copy_of[number] == NOBODY else copy_of[number]) % operators for number in range(COUNT)
        ],
    )
    meets = meetings(*[row for row in rows if row[1] != row[2]])
    if terms is SHORT:
        when = calendar(windows=WINDOWS, close_windows=60, outages=outage)
    else:
        when = calendar(windows=WINDOWS, outages=outage)
    plan = cell_plan(people, meets, when=when, top_up_fen=top_up_fen)
    assert isinstance(terms, type(TERMS))
    with tempfile.TemporaryDirectory() as directory:
        town = Town(plan, Path(directory), system_plan(operators=operators, terms=terms, cap_fen=cap_fen))
        town.finish()
        check_end(town)
        town.close()


def check_end(town: Town) -> None:
    issuer, report = town.system.issuer, town.cell.report()
    issuer.centre.check_books()
    open_fen = sum(s.outstanding_fen + s.forked_open_fen for s in supply_by_epoch(issuer.store))
    assert report.holdings.total_fen == open_fen + unpaid_on_forks_fen(issuer.store)
    cases = list_cases(issuer.store, trust=issuer.trust)
    assert {case.coin_id for case in cases} == set(forked_coins(report.deeds))
    assert {case.culprit for case in cases} <= report.guilty.keys()
    received = {transfer_id for transfer_id, _ in issuer.store.transfers_received()}
    signed = {payment.transfer_id for payment in town.payments if payment.transfer_id}
    assert signed <= received
    for index in range(COUNT):
        device = town.device(index)
        if device.wallet is not None:
            assert not device.has_more
            assert not device.wallet.purse.uploads


# A town takes a quarter of a second: making a failing one smaller takes longer than reading it.
quick = settings(deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])


@settings(quick, max_examples=25)
@Drawn.given
def test_devices_and_centre_agree(**drawn: object) -> None:
    check(**drawn)  # type: ignore[arg-type]


@pytest.mark.heavy
@settings(quick, max_examples=600)
@Drawn.given
def test_devices_and_centre_agree_at_length(**drawn: object) -> None:
    check(**drawn)  # type: ignore[arg-type]


def test_coins_that_copies_have_in_common_count_once(tmp_path: Path) -> None:
    """And not at all once one of the copies has spent them."""
    plan = cell_plan(
        devices(2, 1, copy_of=[NOBODY, 0, NOBODY]),
        meetings((6 * WINDOW_S, 1, 2, 100), (7 * WINDOW_S, 0, 2, 300)),
    )
    town = Town(plan, tmp_path)
    town.window(7)
    assert town.wallet(0).purse.balance_fen + town.wallet(1).purse.balance_fen == 2_000 + 1_900
    assert town.cell.report().holdings.held_fen == 1_900 + 100
    town.window()
    held = town.cell.report().holdings
    assert (held.held_fen, held.in_flight_fen, held.unpaid_fen) == (1_600 + 400, 0, 0)
    town.close()


def test_what_is_capped_or_frozen_is_said_apart(tmp_path: Path) -> None:
    """Person 1 uses a copy of 0's wallet; the fund pays nobody, and a culprit is paid nothing."""
    plan = cell_plan(
        devices(
            3,
            2,
            copy_of=[NOBODY, 0, NOBODY, NOBODY, NOBODY],
            sync_every_s=[0, 0, 0, 9 * WINDOW_S, 9 * WINDOW_S],
        ),
        meetings((6 * WINDOW_S, 2, 0, 100), (7 * WINDOW_S, 1, 3, 1_000), (8 * WINDOW_S, 0, 4, 1_000)),
    )
    town = Town(plan, tmp_path, system_plan(cap_fen=0))
    town.finish()
    held = town.cell.report().holdings
    assert (held.late_fen, held.capped_fen, held.frozen_fen) == (0, 1_000, 100)
    assert held.unpaid_fen == 1_100
    town.close()


def test_what_is_late_is_said(tmp_path: Path) -> None:
    plan = cell_plan(devices(1, 1), meetings((6 * WINDOW_S, 0, 1, 300)), when=calendar(windows=40))
    town = Town(plan, tmp_path, system_plan(terms=SHORT))
    town.finish()
    held = town.cell.report().holdings
    assert (held.late_fen, held.unpaid_fen, held.held_fen) == (300, 300, 1_700)
    town.close()
