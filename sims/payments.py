"""The payments of a run as a table, and what the operators' databases add to it."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from shuangli.issuer.store import IssuerStore
from shuangli.sims.adversary import CopySpend, forked_coins
from shuangli.sims.cell import PaymentRow
from shuangli.sims.plan import NOBODY
from shuangli.sims.scenario import Scenario

COLUMNS: Final = {
    "at_s": pl.Int64,
    "payer": pl.Int32,
    "payee": pl.Int32,
    "amount_fen": pl.Int64,
    "tag": pl.Int64,
    "coins": pl.Int16,
    "hops": pl.Int16,
    "carried_bytes": pl.Int32,
    "outcome": pl.String,
    "transfer_id": pl.Binary,
}


class PaymentLog:
    """Collects the payments of each window in columns."""

    def __init__(self) -> None:
        self._parts: list[pl.DataFrame] = []
        self.count = 0

    def add(self, rows: Sequence[PaymentRow]) -> None:
        """Add a window's payments."""
        if rows:
            self._parts.append(pl.DataFrame(rows, schema=COLUMNS, orient="row"))
            self.count += len(rows)

    def table(self) -> pl.DataFrame:
        """All payments in order of time, then payer."""
        empty = pl.DataFrame(schema=COLUMNS)
        return pl.concat([empty, *self._parts]).sort("at_s", "payer", "payee", maintain_order=True)


def settled_payments(
    payments: pl.DataFrame, store: IssuerStore, scenario: Scenario, spends: Sequence[CopySpend]
) -> pl.DataFrame:
    """The table of `payments.parquet`: see the data dictionary in `docs/reference/results.md`.

    Adds when an operator first received each transfer (`received_s`, null if never), the labels `forked` (it
    spends a coin that was spent twice) and `payer_copied` (the payer's wallet is copied, or a copy), which
    are the truth and not what was found, and the trip where there is one.
    """
    rows = store.transfers_received()
    received = pl.DataFrame(rows, schema={"transfer_id": pl.Binary, "received_s": pl.Int64}, orient="row")
    # A transfer that different bundles showed in part is kept more than once; the first time counts.
    received = received.group_by("transfer_id").agg(pl.col("received_s").min())
    forks = forked_coins(spends)
    forked = sorted({spend.transfer_id for spend in spends if spend.coin_id in forks})
    table = payments.join(received, on="transfer_id", how="left", maintain_order="left").with_columns(
        pl.col("transfer_id").is_in(pl.Series(forked, dtype=pl.Binary).implode()).alias("forked"),
        pl.col("payer").is_in(copied_devices(scenario)).alias("payer_copied"),
        (pl.col("received_s") - pl.col("at_s")).alias("latency_s"),
    )
    if scenario.trips is None:
        return table.drop("tag")
    trips, tags = scenario.trips, table["tag"].to_numpy()
    names = pl.Series("names", trips.stations)
    return table.with_columns(
        pl.Series("entry_s", trips.entry_s[tags] + scenario.first_day_s),
        names.gather(pl.Series(trips.origin[tags])).alias("origin"),
        names.gather(pl.Series(trips.destination[tags])).alias("destination"),
    ).drop("tag")


def copied_devices(scenario: Scenario) -> list[int]:
    """The numbers of devices whose wallet is copied, or a copy."""
    found: set[int] = set()
    for plan in scenario.plans:
        copies = np.flatnonzero(plan.devices.copy_of != NOBODY)
        for device in (*copies.tolist(), *plan.devices.copy_of[copies].tolist()):
            found.add(plan.first_device + device)
    return sorted(found)
