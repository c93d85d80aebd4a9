"""The result of a run: `result.json` as documented in `docs/reference/results.md`. Pure but for reading.

Everything in it follows from the plan and its seed; how long the run took is kept elsewhere
(`run.json`), so the same seed gives the same bytes.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from shuangli.data_package import CITATION
from shuangli.errors import StoreError
from shuangli.issuer.cases import Case
from shuangli.issuer.minting import circulation, vault
from shuangli.issuer.supply import Supply, supply_by_epoch
from shuangli.sims.adversaries.attack import Kind
from shuangli.sims.adversaries.labels import attack_figures
from shuangli.sims.adversaries.truth import Deed, forked_coins
from shuangli.sims.arrays import at_share
from shuangli.sims.branch import BranchReport
from shuangli.sims.holdings import Holdings, sum_holdings
from shuangli.sims.hours import figures_by_hour
from shuangli.sims.kinds import kind_figures
from shuangli.sims.played import CellReport
from shuangli.sims.scenario import Scenario
from shuangli.sims.settings import nested
from shuangli.sims.system import System
from shuangli.sims.tap import PAID
from shuangli.sims.transit.figures import trip_figures

SCHEMA: Final = "shuangli.result/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A finished run before it is written: payments as in `payments.parquet`, cases, everybody's reports."""

    scenario: Scenario
    payments: pl.DataFrame
    cases: Sequence[Case]
    reports: Sequence[CellReport]
    branches: Sequence[BranchReport]
    supply: Sequence[Supply]
    unpaid_on_forks_fen: int
    ledger_differences_fen: Mapping[str, int]
    circulation_flow: Sequence[tuple[int, int]]
    issuer_signatures: tuple[int, int]
    undisclosed_fen: int
    gone_back_fen: int

    @property
    def deeds(self) -> list[Deed]:
        """The truth about what adversaries have signed away."""
        return deeds_of(self.reports)

    @property
    def guilty(self) -> dict[bytes, Kind]:
        """The keys that a case may name, each with the kind of its holder."""
        return {key: kind for report in self.reports for key, kind in report.guilty.items()}


def deeds_of(reports: Sequence[CellReport]) -> list[Deed]:
    """What adversaries have signed away in all cells."""
    return [deed for report in reports for deed in report.deeds]


def check_accused(cases: Sequence[Case], guilty: Mapping[bytes, Kind]) -> None:
    """Make sure that every case names an adversary: held against the truth in every run.

    Raises:
        StoreError: one names somebody honest (`accused`).
    """
    honest = {case.culprit for case in cases} - set(guilty)
    if honest:
        raise StoreError(
            "accused", f"{len(honest)} honest keys are named in cases, first {min(honest).hex()}"
        )


def ledger_differences(system: System, branches: Sequence[BranchReport]) -> dict[str, int]:
    """What each pair of books is off by, in fen: zero everywhere if nothing was created or lost.

    Raises:
        StoreError: postings and balances differ, or the open coins do not match the circulation.
    """
    issuer = system.issuer
    issuer.centre.check_books()
    supplies = supply_by_epoch(issuer.store)
    differences = {
        "supply": sum(supply.difference_fen for supply in supplies),
        "forks": sum(supply.forked_difference_fen for supply in supplies),
    }
    counted_fen = issuer.store.open_coins.count_fen()
    differences["circulation_and_open_coins"] = sum(
        abs(-issuer.store.ledger.balance_fen(circulation(epoch)) - counted_fen.get((epoch, False), 0))
        for epoch in system.plan.epochs
    )
    for branch in branches:
        at_issuer_fen = -issuer.store.ledger.balance_fen(vault(branch.name))
        differences[f"vault_{branch.name}"] = at_issuer_fen - branch.vault_fen
    return differences


def result(outcome: Outcome) -> dict[str, Any]:
    """All figures of a run, by section; money in fen, times in seconds."""
    scenario, payments = outcome.scenario, outcome.payments
    held = sum_holdings(report.holdings for report in outcome.reports)
    figures: dict[str, Any] = {
        "schema": SCHEMA,
        "citation": CITATION,
        "scenario": {
            "name": scenario.name,
            "seed": scenario.seed,
            "first_day_s": scenario.first_day_s,
            "currency": scenario.system.terms.currency,
            "config": nested(scenario.config),
            "input": dict(scenario.facts),
        },
        "payments": _payments(payments),
        "wallets": {
            "opened": sum(report.wallets for report in outcome.reports),
            "copied": sum(1 for kind in outcome.guilty.values() if kind is Kind.CLONE),
        },
        "reconciliation": _reconciliation(payments, scenario),
        "forks": _forks(outcome, held),
        "attacks": attack_figures(
            scenario.plans,
            payments,
            outcome.cases,
            outcome.deeds,
            outcome.guilty,
            exposed_fen(outcome.reports),
        ),
        "supply": [
            {
                "epoch": supply.epoch,
                "loaded_fen": supply.loaded_fen,
                "redeemed_fen": supply.redeemed_fen,
                "returned_fen": supply.returned_fen,
                "outstanding_fen": supply.outstanding_fen,
                "difference_fen": supply.difference_fen,
                "forked_fen": supply.forked_fen,
                "fund_paid_fen": supply.fund_paid_fen,
                "void_fen": supply.void_fen,
                "forked_open_fen": supply.forked_open_fen,
                "forked_difference_fen": supply.forked_difference_fen,
            }
            for supply in outcome.supply
        ],
        "books": _books(outcome, held),
        "operators": {"refused": _refused(outcome.branches)},
        "signatures": _signatures(outcome),
        "hours": figures_by_hour(payments, outcome.circulation_flow, first_s=scenario.first_day_s),
    }
    if scenario.labels is not None:
        figures["kinds"] = kind_figures(payments)
    if scenario.trips is not None and scenario.boardings is not None:
        figures["trips"] = trip_figures(
            payments, scenario.trips, scenario.boardings, first_day_s=scenario.first_day_s
        )
    return figures


def exposed_fen(reports: Sequence[CellReport]) -> dict[bytes, int]:
    """By key, what its second wallets held when they were made: the most that can be lost by it."""
    return {key: value_fen for report in reports for key, value_fen in report.exposed_fen.items()}


def _refused(branches: Sequence[BranchReport]) -> dict[str, int]:
    """What devices asked for in vain, by the code of the refusal."""
    refused: Counter[str] = Counter()
    for branch in branches:
        refused.update(branch.refused)
    return dict(sorted(refused.items()))


def _signatures(outcome: Outcome) -> dict[str, int]:
    """Signatures made and checked, by kind of place; each place checks for itself."""
    cells, branches, issuer = outcome.reports, outcome.branches, outcome.issuer_signatures
    made = {
        "devices": sum(report.signatures_made for report in cells),
        "operators": sum(report.signatures_made for report in branches),
        "issuer": issuer[0],
    }
    checked = {
        "devices": sum(report.signatures_checked for report in cells),
        "operators": sum(report.signatures_checked for report in branches),
        "issuer": issuer[1],
    }
    return {
        "made": sum(made.values()),
        "checked": sum(checked.values()),
        **{f"made_by_{place}": count for place, count in made.items()},
        **{f"checked_by_{place}": count for place, count in checked.items()},
    }


def _payments(payments: pl.DataFrame) -> dict[str, Any]:
    paid = payments.filter(pl.col("outcome") == PAID)
    by_outcome = payments.group_by("outcome").len().sort("outcome")
    hops = paid.group_by("hops").len().sort("hops")
    return {
        "attempted": payments.height,
        "paid": paid.height,
        "value_fen": int(paid["amount_fen"].sum()),
        "by_outcome": {str(name): int(count) for name, count in by_outcome.iter_rows()},
        "by_hops": {str(count): int(number) for count, number in hops.iter_rows()},
        "coins_per_payment": _mean(paid["coins"]),
        "bytes_per_payment": _mean(paid["carried_bytes"]),
    }


def _mean(column: pl.Series) -> float:
    return round(int(column.sum()) / len(column), 3) if len(column) else 0.0


def _quantiles(column: pl.Series) -> dict[str, int]:
    values = np.sort(column.drop_nulls().to_numpy())
    if not values.size:
        return {}
    return {
        name: at_share(values, share)
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
    }


def _reconciliation(payments: pl.DataFrame, scenario: Scenario) -> dict[str, Any]:
    paid = payments.filter(pl.col("outcome") == PAID)
    closes_s = scenario.plans[0].calendar.closes_s
    at_close = paid.filter(pl.col("received_s") >= closes_s)
    never = paid.filter(pl.col("received_s").is_null())
    return {
        "latency_s": _quantiles(paid["latency_s"]),
        "only_at_close": at_close.height,
        "only_at_close_fen": int(at_close["amount_fen"].sum()),
        "never": never.height,
        "never_fen": int(never["amount_fen"].sum()),
    }


def _forks(outcome: Outcome, held: Holdings) -> dict[str, Any]:
    injected = forked_coins(outcome.deeds)
    found = {case.coin_id: case for case in outcome.cases}
    culprits = {case.culprit for case in outcome.cases}
    delays = pl.Series(
        [case.found_s - injected[coin_id] for coin_id, case in found.items() if coin_id in injected],
        dtype=pl.Int64,
    )
    borne_fen = sum(max(0, case.paid_fen - case.owed_fen - case.face_fen) for case in outcome.cases)
    loss_fen = sum(case.loss_fen for case in outcome.cases)
    return {
        "injected": len(injected),
        "found": len(found.keys() & injected.keys()),
        "missed": len(injected.keys() - found.keys()),
        "unexpected": len(found.keys() - injected.keys()),
        "culprits": len(culprits),
        "honest_accused": len(culprits - outcome.guilty.keys()),
        "face_fen": sum(case.face_fen for case in outcome.cases),
        "paid_fen": sum(case.paid_fen for case in outcome.cases),
        "loss_fen": loss_fen,
        "borne_by_guarantee_fund_fen": borne_fen,
        "unclaimed_loss_fen": loss_fen - borne_fen,
        "unpaid_to_payees_fen": held.capped_fen,
        "detection_delay_s": _quantiles(delays),
    }


def _books(outcome: Outcome, held: Holdings) -> dict[str, Any]:
    open_fen = sum(supply.outstanding_fen + supply.forked_open_fen for supply in outcome.supply)
    # The centre has written it off, and the devices cannot know.
    open_fen += outcome.unpaid_on_forks_fen
    differences = {
        **outcome.ledger_differences_fen,
        "devices_and_open_coins": open_fen - held.total_fen + outcome.undisclosed_fen + outcome.gone_back_fen,
    }
    return {
        "difference_fen": sum(abs(value) for value in differences.values()),
        "differences_fen": differences,
        "devices": {
            "held_fen": held.held_fen,
            "in_flight_fen": held.in_flight_fen,
            "unpaid_fen": held.unpaid_fen,
            "late_fen": held.late_fen,
            "capped_fen": held.capped_fen,
            "frozen_fen": held.frozen_fen,
            "disowned_fen": held.disowned_fen,
            "undisclosed_fen": outcome.undisclosed_fen,
            "void_fen": outcome.unpaid_on_forks_fen,
            "gone_back_fen": outcome.gone_back_fen,
        },
    }
