"""Who bears a loss, from cases whose answer is known."""

from typing import Any

import polars as pl
import pytest

from shuangli.sims.report import tables


def bars(cases: list[tuple[int, int]], *, fund_fen: int) -> list[tables.Bar]:
    """The rows of the loss; a case is (face, paid)."""
    table = pl.DataFrame(cases, schema={"face_fen": pl.Int64, "paid_fen": pl.Int64}, orient="row")
    table = table.with_columns(
        (pl.col("paid_fen") - pl.col("face_fen")).clip(lower_bound=0).alias("loss_fen")
    )
    loss_fen = int(table["loss_fen"].sum())
    forks: dict[str, Any] = {
        "face_fen": int(table["face_fen"].sum()),
        "paid_fen": int(table["paid_fen"].sum()),
        "loss_fen": loss_fen,
        "borne_by_guarantee_fund_fen": fund_fen,
        "unclaimed_loss_fen": loss_fen - fund_fen,
        "unpaid_to_payees_fen": 300,
    }
    return tables.losses({"forks": forks, "scenario": {"currency": "CNY"}}, table)


def test_a_loss_and_what_covers_it() -> None:
    # Spent twice in full; spent twice for less than it was worth; spent twice for a half more.
    rows = bars([(500, 1_000), (1_000, 900), (500, 750)], fund_fen=600)
    assert [row.value for row in rows] == ["¥20.00", "¥12.50", "¥7.50", "¥6.00", "¥1.50", "¥3.00"]
    face, covered, loss, fund, unclaimed, _ = rows
    assert (face.start, face.share) == (0, 1)
    assert covered.share == loss.start == fund.start
    assert covered.share + loss.share == 1
    assert unclaimed.start == pytest.approx(fund.start + fund.share)


def test_a_coin_spent_three_times_stays_inside_the_bar() -> None:
    rows = bars([(500, 1_500)], fund_fen=1_000)
    assert rows[2].value == "¥10.00"
    assert all(row.start + row.share <= 1 for row in rows)


def test_no_case() -> None:
    assert all(row.share == 0 for row in bars([], fund_fen=0))
