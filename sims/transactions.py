"""Labelled transactions for research on fraud detection, in columns that users of PaySim and AMLSim know.

What is missing on purpose: balances before and after, since nobody in an offline system sees them; and
amounts as floats. Loads and hand-ins are no transactions between people, and stand in the databases.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl

from shuangli.issuer.cases import Case
from shuangli.sims.adversaries.truth import Deed
from shuangli.sims.plan import Role
from shuangli.sims.scenario import HOUR_S, Scenario
from shuangli.sims.tap import PAID

PREFIXES: Final = {Role.PERSON: "C", Role.MERCHANT: "M"}
"""What names begin with, as in PaySim: customers and merchants."""


def transactions_table(
    payments: pl.DataFrame, scenario: Scenario, cases: Sequence[Case], deeds: Sequence[Deed]
) -> pl.DataFrame:
    """The table of `transactions.parquet` from that of `payments.parquet`: see `dictionary`."""
    roles = np.concatenate([plan.devices.role for plan in scenario.plans])
    banks = np.concatenate([plan.devices.operator for plan in scenario.plans])
    people = pl.DataFrame(
        {
            "device": pl.Series(range(roles.size), dtype=pl.Int32),
            "name": [f"{PREFIXES[Role(role)]}{number}" for number, role in enumerate(roles.tolist())],
            "bank": [scenario.system.operator_names[bank] for bank in banks.tolist()],
            "merchant": roles == Role.MERCHANT,
        }
    )
    alerts = _alerts(cases, deeds)
    paid = payments.filter(pl.col("outcome") == PAID)
    for who, end in (("payer", "orig"), ("payee", "dest")):
        named = people.rename({"device": who, "name": f"name_{end}", "bank": f"bank_{end}"})
        named = named.rename({"merchant": f"merchant_{end}"})
        paid = paid.join(named, on=who, how="left", maintain_order="left")
    started_s = scenario.plans[0].calendar.start_s
    kind = pl.when("merchant_dest").then(pl.lit("PAYMENT")).otherwise(pl.lit("TRANSFER"))
    return paid.select(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("transaction"),
        ((pl.col("at_s") - started_s) // HOUR_S + 1).cast(pl.Int32).alias("step"),
        "at_s",
        kind.alias("type"),
        *("amount_fen", "name_orig", "bank_orig", "name_dest", "bank_dest", "hops", "received_s"),
        (pl.col("attack").is_not_null() | pl.col("forked")).alias("is_fraud"),
        "attack",
        pl.col("transfer_id").replace_strict(alerts, default=None, return_dtype=pl.Int32).alias("alert"),
        "transfer_id",
    )


def _alerts(cases: Sequence[Case], deeds: Sequence[Deed]) -> Mapping[bytes, int]:
    """By transfer, the first case that was opened over a coin that it spends."""
    numbers = {case.coin_id: number for number, case in enumerate(cases, 1)}
    alerts: dict[bytes, int] = {}
    for deed in deeds:
        number = numbers.get(deed.coin_id)
        if number is not None:
            alerts[deed.transfer_id] = min(number, alerts.get(deed.transfer_id, number))
    return alerts
