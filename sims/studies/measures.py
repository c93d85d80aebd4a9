"""What a study measures: figures of a run as columns, one row for each run.

A measure is named like its key in `result.json` (docs/reference/results.md); the last four are made from
others. Of a border, each is measured on both sides: `abroad.` before its name is the other side's.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

Figures = Mapping[str, Any]


class Measure(NamedTuple):
    """A figure of a run: unit and meaning; `derived` makes it, where it does not stand in the result."""

    unit: str
    about: str
    derived: Callable[[Figures], float | None] | None = None


def _share(part: float, of: float) -> float | None:
    return part / of if of else None


def _most(figures: Figures, name: str) -> float | None:
    return max((row[name] for row in figures["hours"]), default=None)


MEASURES: Final[dict[str, Measure]] = {
    "payments.attempted": Measure("payments", "meetings of a payer and a payee"),
    "payments.paid": Measure("payments", "payments paid offline"),
    "payments.value_fen": Measure("fen", "value paid offline"),
    "payments.coins_per_payment": Measure("coins", "coins that a paid payment spends, mean"),
    "payments.bytes_per_payment": Measure(
        "bytes", "bytes that a paid payment carries in both directions, mean"
    ),
    "wallets.opened": Measure("wallets", "wallets opened; secret copies do not count"),
    "wallets.copied": Measure("wallets", "wallets that are copied"),
    "trips.waiting_ms.all.mean": Measure("ms", "transit: wait at the gate, mean"),
    "trips.waiting_ms.all.p95": Measure("ms", "transit: wait at the gate, 95 % point"),
    "trips.waiting_ms.all.max": Measure("ms", "transit: wait at the gate, longest"),
    "reconciliation.latency_s.p50": Measure("s", "time from payment to operator, median"),
    "reconciliation.latency_s.p95": Measure("s", "time from payment to operator, 95 % point"),
    "reconciliation.latency_s.max": Measure("s", "time from payment to operator, longest"),
    "reconciliation.only_at_close": Measure("payments", "payments received only at the close"),
    "reconciliation.only_at_close_fen": Measure("fen", "value received only at the close"),
    "forks.injected": Measure("coins", "coins spent twice"),
    "forks.found": Measure("coins", "coins spent twice and found"),
    "forks.missed": Measure("coins", "coins spent twice and not found"),
    "forks.culprits": Measure("keys", "keys named in cases"),
    "forks.honest_accused": Measure("keys", "keys named though never copied; must be 0"),
    "forks.face_fen": Measure("fen", "worth of the forked coins"),
    "forks.loss_fen": Measure("fen", "loss: claimed beyond the worth of the forked coins"),
    "forks.borne_by_guarantee_fund_fen": Measure("fen", "loss that the guarantee fund has paid"),
    "forks.unclaimed_loss_fen": Measure("fen", "loss that payees have not handed in"),
    "forks.unpaid_to_payees_fen": Measure("fen", "value handed in and not paid: over the fund's cap"),
    "forks.detection_delay_s.p50": Measure("s", "time from second spend to discovery, median"),
    "forks.detection_delay_s.p95": Measure("s", "time from second spend to discovery, 95 % point"),
    "forks.detection_delay_s.max": Measure("s", "time from second spend to discovery, longest"),
    "books.difference_fen": Measure("fen", "difference of all books together; must be 0"),
    "books.devices.held_fen": Measure("fen", "value in purses at the end"),
    "signatures.made": Measure("signatures", "signatures made by everybody"),
    "signatures.checked": Measure("checks", "signatures checked by everybody"),
    "payments.unpaid": Measure(
        "payments",
        "payments attempted and not paid",
        lambda figures: figures["payments"]["attempted"] - figures["payments"]["paid"],
    ),
    "payments.paid_share": Measure(
        "",
        "share of the attempted payments that was paid",
        lambda figures: _share(figures["payments"]["paid"], figures["payments"]["attempted"]),
    ),
    "hours.unreconciled_fen.max": Measure(
        "fen",
        "value paid and not yet received, at the hour with most",
        lambda figures: _most(figures, "unreconciled_fen"),
    ),
    "hours.circulating_fen.max": Measure(
        "fen",
        "value minted and not yet redeemed, at the hour with most",
        lambda figures: _most(figures, "circulating_fen"),
    ),
}
ABROAD: Final = "abroad."
"""What the other side's measures begin with."""


def _abroad(name: str, measure: Measure) -> Measure:
    """The same of the other side; its money is counted in another currency, and never added to ours."""
    unit = "smallest units abroad" if measure.unit == "fen" else measure.unit

    def derived(figures: Figures) -> float | None:
        theirs = figures.get("abroad")
        return None if theirs is None else _value(name, measure, theirs)

    return Measure(unit, f"the other side: {measure.about}", derived)


ALL_MEASURES: Final = {
    **MEASURES,
    **{f"{ABROAD}{name}": _abroad(name, measure) for name, measure in MEASURES.items()},
}
"""By name, those of both sides."""
TWO_SIDED: Final = ("border",)
"""Scenarios that are played on two sides."""
SHOWN: Final = (
    "payments.paid_share",
    "forks.borne_by_guarantee_fund_fen",
    "forks.detection_delay_s.p50",
    "hours.unreconciled_fen.max",
)
"""Measures that are compared where a study does not say which; at a border, on both sides."""


def measures_of(scenario: str) -> Mapping[str, Measure]:
    """The measures that runs of a scenario have, by name."""
    return ALL_MEASURES if scenario in TWO_SIDED else MEASURES


def shown_of(scenario: str) -> tuple[str, ...]:
    """The measures that are compared where a study of a scenario does not say which."""
    return (*SHOWN, *(f"{ABROAD}{name}" for name in SHOWN)) if scenario in TWO_SIDED else SHOWN


def measured(figures: Figures) -> dict[str, float | None]:
    """All measures of a run, those of the other side only if there is one; None for nothing to count."""
    measures = ALL_MEASURES if "abroad" in figures else MEASURES
    return {name: _value(name, measure, figures) for name, measure in measures.items()}


def _value(name: str, measure: Measure, figures: Figures) -> float | None:
    return measure.derived(figures) if measure.derived else _at(figures, name)


def _at(figures: Figures, path: str) -> float | None:
    value: Any = figures
    for key in path.split("."):
        if key not in value:
            return None
        value = value[key]
    return float(value)
