"""The few lines that a run prints at its end."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from shuangli.currency import format_amount


def summary(result: dict[str, Any], run: dict[str, Any]) -> str:
    """What came of a run, in words and figures; of both sides, where it has two."""
    signatures = [side["signatures"] for side in (result, result.get("abroad", {})) if side]
    made, checked = (sum(each[name] for each in signatures) for name in ("made", "checked"))
    lines = [
        *_side(result),
        f"signatures {made:,} made, {checked:,} checked",
        f"took       {run['wall_s']:.1f} s, {run['payments_per_s']:,.0f} payments/s,"
        f" {run['peak_rss_mb']:,} MB",
    ]
    if "abroad" in result:
        lines += [_exchange(result), "abroad", *_side(result["abroad"]), _exchange(result["abroad"])]
    return "\n".join(lines)


def _side(result: dict[str, Any]) -> list[str]:
    """What came of a run in one currency."""
    payments, forks, books = result["payments"], result["forks"], result["books"]
    currency = result["scenario"]["currency"]
    money = partial(format_amount, currency=currency)
    return [
        f"payments   {payments['paid']:,} of {payments['attempted']:,} paid offline,"
        f" {currency} {money(payments['value_fen'])}",
        *(_supply(epoch, money) for epoch in result["supply"]),
        f"books      difference {books['difference_fen']} fen",
        f"forks      {forks['found']} of {forks['injected']} double spends found,"
        f" {forks['honest_accused']} honest wallets accused, loss {currency} {money(forks['loss_fen'])}",
    ]


def _supply(epoch: Mapping[str, int], money: Callable[[int], str]) -> str:
    """The supply of an epoch as a sum; what there is nothing of may be left out."""
    parts = [f"redeemed {money(epoch['redeemed_fen'])}", f"outstanding {money(epoch['outstanding_fen'])}"]
    if epoch["returned_fen"]:
        parts.insert(1, f"returned {money(epoch['returned_fen'])}")
    return f"supply     loaded {money(epoch['loaded_fen'])} = {' + '.join(parts)}"


def _exchange(result: dict[str, Any]) -> str:
    """What was exchanged in one currency."""
    exchange, currency = result["exchange"], result["scenario"]["currency"]
    money = partial(format_amount, currency=currency)
    return (
        f"exchange   {currency} {money(exchange['sold_fen'])} sold, fees {money(exchange['fees_fen'])},"
        f" {money(exchange['paid_out_fen'])} bought"
    )
