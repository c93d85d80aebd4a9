"""A clone used at k gates that go online at exponential times is found at their second-order statistic.

Two branches of one coin must be known to the centre, so discovery is when the second of k gates goes online.
Of k independent exponential times with mean m that is m (1/k + 1/(k-1)) on average, and its distribution is
that of X/k + Y/(k-1) with independent exponential X and Y (A. Renyi, Acta Math. Acad. Sci. Hung. 4, 1953).
"""

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from scipy import stats

from shuangli.sims.adversaries.attack import Act, Attack, Kind, Step
from shuangli.sims.plan import CellPlan
from tests.adversaries.attacked import cases_of, check_end
from tests.engine.plans import START_S, WINDOW_S, calendar, cell_plan, devices, meetings, system_plan
from tests.engine.town import Town

CLONES: Final = 60
GATES: Final = 4
MEAN_S: Final = 6_000
PAID_S: Final = 5 * WINDOW_S
COIN_FEN: Final = 100


def town_of(wait_s: np.ndarray) -> CellPlan:
    """Every clone has gates of its own [clones, gates], which go online so long after it has paid at all."""
    clones, gates = wait_s.shape
    count = clones * (1 + gates)
    acts = []
    for clone in range(clones):
        at_s = START_S + PAID_S
        for gate in range(gates):
            place = clones + clone * gates + gate
            if gate:
                acts.append(Act(at_s - 1, Kind.CLONE, Step.COPY, clone, hand=gate))
            acts.append(Act(at_s, Kind.CLONE, Step.PAY, clone, hand=gate, other=place, amount_fen=COIN_FEN))
    attack = Attack(
        kind=Kind.CLONE,
        devices=tuple(range(clones)),
        forking=frozenset(range(clones)),
        acts=tuple(sorted(acts, key=lambda act: act.at_s)),
    )
    windows = 10 + int(wait_s.max()) // WINDOW_S
    # A gate goes online when its time is up, and hands in all that it was paid.
    every_s = PAID_S + 1 + np.floor(wait_s).astype(np.int64).reshape(-1)
    people = devices(
        clones,
        clones * gates,
        load_fen=COIN_FEN,
        sync_every_s=[0] * clones + every_s.tolist(),
        sync_from_s=[0] * count,
        opens_s=[0] * count,
    )
    plan = cell_plan(people, meetings(), when=calendar(windows=windows, close_windows=30))
    return replace(plan, attacks=(attack,))


def test_a_clone_is_found_at_the_second_order_statistic(tmp_path: Path) -> None:
    rng = np.random.default_rng(2026)
    wait_s = rng.exponential(MEAN_S, (CLONES, GATES))
    town = Town(town_of(wait_s), tmp_path, system_plan())
    town.finish()
    report, cases = town.cell.report(), cases_of(town)
    check_end(town, report, cases)
    town.close()
    assert [payment.outcome for payment in town.payments] == ["paid"] * (CLONES * GATES)
    clone = {town.device(number).key.public: number for number in range(CLONES)}
    found_s = np.full(CLONES, -1)
    for case in cases:
        found_s[clone[case.culprit]] = case.found_s - START_S - PAID_S - 1
    second_s = np.sort(np.floor(wait_s), axis=1)[:, 1]
    # To the second, clone by clone; and so the mean and the distribution of the formula.
    assert np.array_equal(found_s, second_s)
    mean_s = MEAN_S * (1 / GATES + 1 / (GATES - 1))
    assert abs(found_s.mean() / mean_s - 1) < 3 * 0.72 / np.sqrt(CLONES)
    rates = GATES / MEAN_S, (GATES - 1) / MEAN_S

    def second_of_gates(time_s: np.ndarray) -> np.ndarray:
        fast, slow = rates
        tail = (fast * np.exp(-slow * time_s) - slow * np.exp(-fast * time_s)) / (fast - slow)
        return np.asarray(1 - tail)

    assert stats.kstest(second_of_gates(found_s + 0.5), "uniform").pvalue > 0.05
    # It would not pass for the first gate, or the third.
    for other in (0, 2):
        wrong_s = np.sort(wait_s, axis=1)[:, other]
        assert stats.kstest(second_of_gates(wrong_s), "uniform").pvalue < 0.01
