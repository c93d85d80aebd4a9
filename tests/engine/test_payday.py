"""A payroll on the same engine: coins change hands several times, and the same must hold."""

import pytest

from tests.engine.checks import check_run
from tests.engine.conftest import Play

BUSY: dict[str, float] = {"among_workers": 0.9, "payments_per_day": 4, "sync_every_s": 4 * 86_400}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_books_and_forks_over_several_hops(payday: Play, seed: int) -> None:
    run = payday(seed=seed, copied_share=0.2, **BUSY)
    check_run(run)
    assert {"1", "2", "3"} <= set(run.result["payments"]["by_hops"])
    assert run.result["forks"]["injected"] > 0
    assert run.result["wallets"]["copied"] == 8


def test_without_copies_nobody_is_named_and_all_is_paid(payday: Play) -> None:
    run = payday(copied_share=0, among_workers=0.8)
    check_run(run)
    assert run.cases.is_empty()
    assert set(run.result["payments"]["by_outcome"]) <= {"paid", "insufficient-funds"}
    devices = run.result["books"]["devices"]
    assert devices["in_flight_fen"] == devices["unpaid_fen"] == 0


def test_the_hop_cap_is_kept(payday: Play) -> None:
    run = payday(copied_share=0.1, among_workers=1, hop_cap=2)
    check_run(run)
    assert max(map(int, run.result["payments"]["by_hops"])) == 2


def test_a_culprit_is_not_paid(payday: Play) -> None:
    run = payday(seed=2, copied_share=0.2, **BUSY)
    assert run.result["books"]["devices"]["frozen_fen"] > 0
    assert run.result["payments"]["by_outcome"]["refused-by-payee"] > 0


def test_nobody_goes_online_before_the_close(payday: Play) -> None:
    """Wages arrive, and that is the last that anybody hears before the end."""
    run = payday(days=1, sync_every_s=31 * 86_400, copied_share=0.2, seed=7)
    check_run(run)
    assert run.result["reconciliation"]["only_at_close"] > 0
