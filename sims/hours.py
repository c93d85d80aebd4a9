"""A run by hour: payments, their value, what was not reconciled, and what was in circulation."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import polars as pl

from shuangli.sims.scenario import HOUR_S
from shuangli.sims.tap import PAID

NOTHING: Final = (0, 0)


def figures_by_hour(
    payments: pl.DataFrame, circulation_flow: Sequence[tuple[int, int]], *, first_s: int
) -> list[dict[str, int]]:
    """One row for each hour since `first_s`, the first midnight; hours before it are negative.

    `circulation_flow` is what was posted to the accounts of circulation: (start of the hour in seconds,
    fen, a credit being negative). `payments` are those of `payments.parquet`.
    """
    paid = payments.filter(pl.col("outcome") == PAID)
    flow_fen: Counter[int] = Counter()
    for start_s, fen in circulation_flow:
        flow_fen[(start_s - first_s) // HOUR_S] += fen
    made = _sums(paid, "at_s", first_s)
    received = _sums(paid, "received_s", first_s)
    entered = _sums(payments, "entry_s", first_s) if "entry_s" in payments.columns else {}
    first, last = min([*flow_fen, *made, 0]), max([*flow_fen, *made, *received, 0])
    rows: list[dict[str, int]] = []
    unreconciled_fen = circulating_fen = 0
    for hour in range(first, last + 1):
        count, value_fen = made.get(hour, NOTHING)
        reconciled, reconciled_fen = received.get(hour, NOTHING)
        unreconciled_fen += value_fen - reconciled_fen
        circulating_fen -= flow_fen[hour]
        rows.append(
            {
                "hour": hour,
                "entries": entered.get(hour, NOTHING)[0],
                "paid": count,
                "paid_fen": value_fen,
                "reconciled": reconciled,
                "unreconciled_fen": unreconciled_fen,
                "circulating_fen": circulating_fen,
            }
        )
    return rows


def _sums(table: pl.DataFrame, column: str, first_s: int) -> dict[int, tuple[int, int]]:
    """Payments and their value in fen, by hour of a time; those without one do not count."""
    hours = (
        table.drop_nulls(column)
        .group_by((pl.col(column) - first_s) // HOUR_S)
        .agg(pl.len().alias("count"), pl.col("amount_fen").sum().alias("value_fen"))
    )
    return {int(hour): (int(count), int(value_fen)) for hour, count, value_fen in hours.iter_rows()}
