"""Small towns under attack: made by hand, attacked as a scenario is, held against the books."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from shuangli.issuer.cases import Case, list_cases
from shuangli.issuer.supply import supply_by_epoch, unpaid_on_forks_fen
from shuangli.messages.certificates import Mode, Terms
from shuangli.sims.adversaries.attacks import Attacks, with_attacks
from shuangli.sims.adversaries.truth import forked_coins, undisclosed_fen
from shuangli.sims.payments import gone_back_fen, heard_of, received_transfers
from shuangli.sims.plan import CellPlan
from shuangli.sims.played import CellReport
from shuangli.sims.scenario import Scenario
from shuangli.sims.settings import configured
from shuangli.sims.system import SystemPlan
from tests.engine.plans import START_S, TERMS, WINDOW_S, calendar, cell_plan, devices, meetings, system_plan
from tests.engine.town import Town

PEOPLE: Final = 10
MERCHANTS: Final = 3
WINDOWS: Final = 36
STAGED: Final = replace(TERMS, mode=Mode.STAGED, hop_cap=1)
LOAD_FEN: Final = 2_000

ALONE: Final[dict[str, dict[str, object]]] = {
    "clone": {"clone.number": 2, "clone.copies": 2, "clone.strategy": "burst"},
    "clone-habit": {"clone.number": 2, "clone.strategy": "habit"},
    "rollback": {"rollback.number": 2},
    "broken_element": {"broken_element.number": 2, "broken_element.probability": 1.0},
    "colluding_payee": {"colluding_payee.number": 1},
    "colluding_payee-deaf": {"colluding_payee.number": 1, "colluding_payee.form": "deaf"},
    "colluding_payee-pair": {"colluding_payee.number": 1, "colluding_payee.form": "pair"},
    "withheld_deposit": {"withheld_deposit.number": 1},
    "withheld_deposit-late": {"withheld_deposit.number": 1, "withheld_deposit.hours": 1.0},
    "double_deposit": {"double_deposit.number": 1},
    "double_deposit-same": {"double_deposit.number": 1, "double_deposit.form": "same"},
    "clock_cheat": {"clock_cheat.number": 2},
    "clock_cheat-payees": {"clock_cheat.number": 1, "clock_cheat.who": "payees", "clock_cheat.off_s": -900},
    "mule_ring": {"mule_ring.number": 1},
    "structuring": {"structuring.number": 1},
    "leaked_key": {"leaked_key.number": 1, "leaked_key.noticed_h": 1.5},
    "stolen_device": {"stolen_device.number": 2, "stolen_device.reported_h": 0.5},
    "uncertified_key": {"uncertified_key.number": 2},
    "leaked_mint": {"leaked_mint.number": 1},
}
"""Settings under which each kind of adversary is there, alone."""
NEVER_FORKS: Final = {
    *("colluding_payee-deaf", "withheld_deposit", "withheld_deposit-late", "double_deposit-same"),
    *("clock_cheat", "clock_cheat-payees", "structuring", "stolen_device", "uncertified_key"),
    "leaked_mint",
}


def small_town(*, seed: int = 1, hard: tuple[int, ...] = (), each: int = 3) -> CellPlan:
    """Ten people who pay three merchants and each other; merchants go online every half hour."""
    rng = np.random.default_rng(seed)
    rows = [
        (
            int(rng.integers(6 * WINDOW_S, WINDOWS * WINDOW_S)),
            person,
            int(rng.integers(PEOPLE, PEOPLE + MERCHANTS)) if rng.random() < 0.8 else (person + 1) % PEOPLE,
            int(rng.integers(50, 600)),
        )
        for person in range(PEOPLE)
        for _ in range(each)
    ]
    count = PEOPLE + MERCHANTS
    people = devices(
        PEOPLE,
        MERCHANTS,
        load_fen=LOAD_FEN,
        sync_every_s=[0] * PEOPLE + [6 * WINDOW_S] * MERCHANTS,
        sync_from_s=[0] * PEOPLE + [WINDOW_S * (number + 4) for number in range(MERCHANTS)],
        operator=[number % 2 for number in range(count)],
        hard=[int(number in hard) for number in range(count)],
    )
    when = calendar(windows=WINDOWS, close_windows=9)
    return replace(cell_plan(people, meetings(*rows), when=when, seed=seed), seed=seed)


def attacked(
    plan: CellPlan, settings: dict[str, object], *, terms: Terms = TERMS, cap_fen: int = 10**6
) -> tuple[CellPlan, SystemPlan]:
    """The plan of one cell, and of the system, under the attacks that settings ask for."""
    known: dict[str, object] = {"clone.share": 0.0, **settings}
    scenario = Scenario(
        name="town",
        seed=plan.seed,
        config={},
        facts={},
        system=replace(system_plan(operators=2, terms=terms, cap_fen=cap_fen), seed=plan.seed),
        plans=[plan],
        first_day_s=START_S,
    )
    under = with_attacks(scenario, configured(Attacks, known))
    return under.plans[0], under.system


def cases_of(town: Town) -> list[Case]:
    """All cases."""
    return list_cases(town.system.issuer.store, trust=town.system.issuer.trust)


def play(plan: CellPlan, system: SystemPlan, directory: Path) -> tuple[Town, CellReport, list[Case]]:
    """Play a town to its end, and hold what must always hold against the truth; close it afterwards."""
    directory.mkdir(parents=True, exist_ok=True)
    town = Town(plan, directory, system)
    town.finish()
    report, cases = town.cell.report(), cases_of(town)
    check_end(town, report, cases)
    return town, report, cases


def check_end(town: Town, report: CellReport, cases: list[Case]) -> None:
    """Money is conserved, nobody honest is accused, no key costs more than its second wallets held."""
    issuer = town.system.issuer
    issuer.centre.check_books()
    open_fen = sum(
        supply.outstanding_fen + supply.forked_open_fen for supply in supply_by_epoch(issuer.store)
    )
    heard = heard_of(issuer.store, received_transfers(issuer.store), report.deeds)
    in_devices_fen = report.holdings.total_fen - undisclosed_fen(report.deeds, heard)
    in_devices_fen -= gone_back_fen(issuer.store)
    assert in_devices_fen == open_fen + unpaid_on_forks_fen(issuer.store), "money was made or lost"
    assert {case.culprit for case in cases} <= report.guilty.keys(), "somebody honest is accused"
    assert {case.coin_id for case in cases} <= forked_coins(report.deeds).keys(), "a case without a fork"
    lost: dict[bytes, int] = {}
    for case in cases:
        lost[case.culprit] = lost.get(case.culprit, 0) + case.loss_fen
    for key, loss_fen in lost.items():
        assert loss_fen <= report.exposed_fen[key], "more was lost than was there to lose"


def outcomes_of(town: Town, kind: str) -> list[str]:
    """What became of the payments of one kind of attack."""
    return [payment.outcome for payment in town.payments if payment.attack == kind]
