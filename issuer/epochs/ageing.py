"""Ageing: what is outstanding, by how long it has been out and how long it has left; what has gone back.

To the fen: the values of an epoch that do not lie on a fork add up to what the supply says is outstanding,
the others to what is open on forks (`issuer.supply`).
"""

from enum import Enum
from typing import NamedTuple

from shuangli.database.database import Database
from shuangli.days import DAY_S
from shuangli.issuer.facts import NEVER_S


class Standing(Enum):
    """What an open coin's time says of it; the values stand in reports.

    OPEN: its claim deadline lies ahead.
    IN_GRACE: the deadline has passed; an operator may still receive it in time.
    WITHHELD: nobody can be in time any more, and it has not gone back yet (F20).
    DISPUTED: its payee has reported its key lost: people decide.
    HELD: it does not go back by itself: a culprit's, or over the guarantee fund's cap.
    """

    OPEN = "open"
    IN_GRACE = "in-grace"
    WITHHELD = "withheld"
    DISPUTED = "disputed"
    HELD = "held"


class Aged(NamedTuple):
    """Open coins of one epoch that are equally old and have equally long left.

    `age_days` are whole days since they were minted, or since an operator received the payment that made
    them; `days_left` whole days until nobody can be in time any more, negative once that has passed, None
    where the coin does not go back by itself.
    """

    epoch: int
    forked: bool
    standing: Standing
    age_days: int
    days_left: int | None
    coins: int
    value_fen: int


class AgedReturn(NamedTuple):
    """What has gone back in one epoch, by whole days since, and whole days from due to gone back."""

    epoch: int
    from_fund: bool
    age_days: int
    waited_days: int
    coins: int
    value_fen: int


def outstanding_by_age(database: Database, *, now_s: int) -> list[Aged]:
    """All open coins, by epoch, standing, age and time left. Ages of what is dated ahead of `now_s` are 0."""
    # Whole days are rounded down, also before zero, where the databases round towards it.
    rows = database.rows(
        "SELECT epoch, forked, standing, age_days, days_left, count(*), sum(value_fen) FROM ("
        " SELECT epoch, forked, value_fen, standing, days_left,"
        "  CASE WHEN received_s > ? THEN 0 ELSE (? - received_s) / ? END AS age_days FROM ("
        " SELECT open_coins.epoch AS epoch, forked, value_fen,"
        "  (SELECT received_s FROM objects WHERE first_no <= open_coins.parent_no"
        "   ORDER BY first_no DESC LIMIT 1) AS received_s,"
        "  CASE WHEN disputes.due_s IS NOT NULL THEN 'disputed'"
        "   WHEN open_coins.due_s = ? THEN 'held'"
        "   WHEN open_coins.due_s < ? THEN 'withheld'"
        "   WHEN open_coins.due_s - coalesce(grace_s, 0) < ? THEN 'in-grace' ELSE 'open' END AS standing,"
        "  CASE WHEN open_coins.due_s = ? THEN NULL"
        "   WHEN open_coins.due_s < ? THEN -((? - open_coins.due_s + ? - 1) / ?)"
        "   ELSE (open_coins.due_s - ?) / ? END AS days_left"
        " FROM open_coins LEFT JOIN disputes ON disputes.parent_no = open_coins.parent_no"
        "   AND disputes.position = open_coins.position"
        "  LEFT JOIN epochs ON epochs.number = open_coins.epoch"
        ") AS dated) AS aged GROUP BY epoch, forked, standing, age_days, days_left"
        " ORDER BY epoch, forked, standing, age_days, days_left",
        *(now_s, now_s, DAY_S),
        *(NEVER_S, now_s, now_s),
        *(NEVER_S, now_s, now_s, DAY_S, DAY_S, now_s, DAY_S),
    )
    return [
        Aged(epoch, bool(forked), Standing(standing), age_days, days_left, coins, int(value_fen))
        for epoch, forked, standing, age_days, days_left, coins, value_fen in rows
    ]


def returned_by_age(database: Database, *, now_s: int) -> list[AgedReturn]:
    """All that has gone back, by epoch, by how long ago and how long it had been due."""
    rows = database.rows(
        "SELECT epoch, from_fund, (? - returned_s) / ? AS age_days, (returned_s - due_s) / ? AS waited_days,"
        " count(*), sum(value_fen) FROM returns GROUP BY epoch, from_fund, age_days, waited_days"
        " ORDER BY epoch, from_fund, age_days, waited_days",
        now_s,
        DAY_S,
        DAY_S,
    )
    return [
        AgedReturn(epoch, bool(fund), age_days, waited_days, coins, int(total))
        for epoch, fund, age_days, waited_days, coins, total in rows
    ]


def withheld_fen(aged: list[Aged]) -> int:
    """The part of what is outstanding that nobody has handed in by its deadline and grace, in fen (F20)."""
    return sum(row.value_fen for row in aged if row.standing is Standing.WITHHELD and not row.forked)
