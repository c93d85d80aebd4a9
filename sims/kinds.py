"""What came of each kind of payment, where a scenario has several (`scenario.Labels`)."""

from typing import Any

import polars as pl

from shuangli.sims.tap import PAID


def kind_figures(payments: pl.DataFrame) -> dict[str, Any]:
    """By kind: payments attempted and paid, and fen; and groups paid whole, in part, or not at all."""
    mine = payments.filter(pl.col("kind").is_not_null())
    paid = pl.col("outcome") == PAID
    by_kind = mine.group_by("kind").agg(
        pl.len().alias("attempted"),
        paid.sum().alias("paid"),
        pl.col("amount_fen").sum().alias("asked_fen"),
        pl.col("amount_fen").filter(paid).sum().alias("paid_fen"),
    )
    groups = mine.group_by("group").agg(pl.len().alias("parts"), paid.sum().alias("paid"))
    whole = groups.filter(pl.col("paid") == pl.col("parts")).height
    none = groups.filter(pl.col("paid") == 0).height
    return {
        "by_kind": {
            row.pop("kind"): {name: int(value) for name, value in row.items()}
            for row in by_kind.sort("kind").iter_rows(named=True)
        },
        "groups": {"whole": whole, "in_part": groups.height - whole - none, "unpaid": none},
    }
