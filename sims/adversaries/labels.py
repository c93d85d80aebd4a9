"""The truth as labels and figures: who is an adversary of which kind, and what came of each kind."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from shuangli.issuer.cases import Case
from shuangli.sims.adversaries.attack import Kind
from shuangli.sims.adversaries.truth import Deed, forked_coins
from shuangli.sims.plan import NOBODY, CellPlan
from shuangli.sims.tap import PAID

_NOTHING: Final = {"paid": 0, "paid_fen": 0}


def kinds_by_device(plans: Sequence[CellPlan]) -> dict[int, str]:
    """By its number in the simulation, the kind of every device that takes part in an attack."""
    kinds: dict[int, str] = {}
    for plan in plans:
        copies = np.flatnonzero(plan.devices.copy_of != NOBODY)
        both = (*copies.tolist(), *plan.devices.copy_of[copies].tolist())
        kinds |= {plan.first_device + device: str(Kind.CLONE) for device in both}
        for attack in plan.attacks:
            kinds |= {plan.first_device + device: str(attack.kind) for device in attack.devices}
    return kinds


def attack_figures(
    plans: Sequence[CellPlan],
    payments: pl.DataFrame,
    cases: Sequence[Case],
    deeds: Sequence[Deed],
    guilty: Mapping[bytes, Kind],
    exposed_fen: Mapping[bytes, int],
) -> dict[str, dict[str, Any]]:
    """What came of each kind of attack that there was: see `attacks` in docs/reference/results.md."""
    devices = list(kinds_by_device(plans).values())
    foiled: Counter[Kind] = Counter()
    for plan in plans:
        for attack in plan.attacks:
            foiled[attack.kind] += attack.foiled
    paid = payments.filter(pl.col("outcome") == PAID, pl.col("attack").is_not_null())
    sums = {
        kind: {"paid": count, "paid_fen": value_fen}
        for kind, count, value_fen in paid.group_by("attack")
        .agg(pl.len(), pl.col("amount_fen").sum())
        .iter_rows()
    }
    second_s = forked_coins(deeds)
    keys = {deed.coin_id: deed.key for deed in deeds}
    return {
        kind.value: {
            "devices": devices.count(kind),
            "foiled": foiled[kind],
            **sums.get(kind, _NOTHING),
            **_forks(
                {coin: at_s for coin, at_s in second_s.items() if guilty.get(keys[coin]) is kind},
                [case for case in cases if guilty.get(case.culprit) is kind],
            ),
            "exposed_fen": sum(fen for key, fen in exposed_fen.items() if guilty.get(key) is kind),
        }
        for kind in Kind
        if kind.value in devices or foiled[kind]
    }


def _forks(second_s: Mapping[bytes, int], cases: Sequence[Case]) -> dict[str, Any]:
    """Forks that were injected, found and missed, the loss, and when the first one was found."""
    found = {case.coin_id for case in cases}
    delays = sorted(case.found_s - second_s[case.coin_id] for case in cases if case.coin_id in second_s)
    return {
        "injected": len(second_s),
        "found": len(found),
        "missed": len(second_s.keys() - found),
        "keys_found": len({case.culprit for case in cases}),
        "first_found_s": min((case.found_s for case in cases), default=None),
        "median_delay_s": delays[len(delays) // 2] if delays else None,
        "loss_fen": sum(case.loss_fen for case in cases),
    }
