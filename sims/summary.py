"""The few lines that a run prints at its end."""

from typing import Any

from shuangli.money import format_yuan


def summary(result: dict[str, Any], run: dict[str, Any]) -> str:
    """What came of a run, in words and figures."""
    payments, forks, books = result["payments"], result["forks"], result["books"]
    supplies = [
        f"supply     loaded {format_yuan(supply['loaded_fen'])}"
        f" = redeemed {format_yuan(supply['redeemed_fen'])}"
        f" + outstanding {format_yuan(supply['outstanding_fen'])}"
        for supply in result["supply"]
    ]
    lines = [
        f"payments   {payments['paid']:,} of {payments['attempted']:,} paid offline,"
        f" CNY {format_yuan(payments['value_fen'])}",
        *supplies,
        f"books      difference {books['difference_fen']} fen",
        f"forks      {forks['found']} of {forks['injected']} double spends found,"
        f" {forks['honest_accused']} honest wallets accused, loss CNY {format_yuan(forks['loss_fen'])}",
        f"signatures {result['signatures']['made']:,} made, {result['signatures']['checked']:,} checked",
        f"took       {run['wall_s']:.1f} s, {run['payments_per_s']:,.0f} payments/s,"
        f" {run['peak_rss_mb']:,} MB",
    ]
    return "\n".join(lines)
