"""Which coins pay an amount, and into which coins a load is divided. Pure.

Exact change is best: it leaves nothing behind and needs no change output. Among exact choices the one
with the fewest coins wins, then the one with the shortest chains: both are bytes on the wire. Where no
exact choice exists, or only one of more coins than the payee accepts, one coin is split, so that the
purse always pays what it holds.
"""

from collections.abc import Sequence
from typing import Final

from shuangli.errors import Refused
from shuangli.messages.transfers import MAX_COINS
from shuangli.offline.chain import Coin

MAX_SUMS: Final = 4_096
"""Bound on the sums that the exact search keeps: small purses are searched fully, large ones in part."""

Choice = list[tuple[Coin, int]]


def choose(coins: Sequence[Coin], amount_fen: int, *, most_coins: int = MAX_COINS) -> Choice:
    """Choose coins worth at least `amount_fen` and how much of each is paid; at most one is split.

    Raises:
        Refused: all coins together are worth less (`insufficient-funds`), or even the largest
            `most_coins` of them do not suffice (`too-many-coins`).
    """
    held_fen = sum(coin.value_fen for coin in coins)
    if held_fen < amount_fen:
        raise Refused("insufficient-funds", f"{amount_fen - held_fen} fen short of {amount_fen} fen")
    exact = _exact(coins, amount_fen)
    if exact is not None and len(exact) <= most_coins:
        return [(coin, coin.value_fen) for coin in exact]
    large_enough = [coin for coin in coins if coin.value_fen > amount_fen]
    if large_enough:
        return [(min(large_enough, key=_split_cost), amount_fen)]
    chosen = _largest_first(coins, amount_fen)
    if len(chosen) > most_coins:
        raise Refused("too-many-coins", f"needs {len(chosen)} coins, the payee accepts {most_coins}")
    return chosen


def _split_cost(coin: Coin) -> tuple[int, int, bytes]:
    return len(coin.path), coin.value_fen, coin.coin_id


def _exact(coins: Sequence[Coin], amount_fen: int) -> tuple[Coin, ...] | None:
    """Fewest coins, then shortest chains, that add up to the amount; None where none are found."""
    ordered = sorted(coins, key=lambda coin: (-coin.value_fen, len(coin.path), coin.coin_id))
    best: dict[int, tuple[int, int, tuple[Coin, ...]]] = {0: (0, 0, ())}
    for coin in ordered:
        value_fen, transfers = coin.value_fen, len(coin.path)
        if value_fen > amount_fen:
            continue
        for total_fen, (count, length, chosen) in list(best.items()):
            reached_fen = total_fen + value_fen
            if reached_fen > amount_fen:
                continue
            known = best.get(reached_fen)
            cost = (count + 1, length + transfers)
            if (known is None and len(best) < MAX_SUMS) or (known is not None and cost < known[:2]):
                best[reached_fen] = (*cost, (*chosen, coin))
    found = best.get(amount_fen)
    return found[2] if found else None


def _largest_first(coins: Sequence[Coin], amount_fen: int) -> Choice:
    chosen: Choice = []
    left_fen = amount_fen
    for coin in sorted(coins, key=lambda coin: (-coin.value_fen, len(coin.path), coin.coin_id)):
        pay_fen = min(coin.value_fen, left_fen)
        chosen.append((coin, pay_fen))
        left_fen -= pay_fen
        if not left_fen:
            break
    return chosen


def denominate(amount_fen: int, *, unit_fen: int) -> list[int]:
    """Divide a load into coins that pay every multiple of `unit_fen` up to the amount exactly.

    Each coin is half of what is left, rounded up to units; so n units make about log2(n) coins. What
    is no multiple of the unit goes into one more coin.
    """
    units, rest_fen = divmod(amount_fen, unit_fen)
    values: list[int] = []
    while units:
        half = (units + 1) // 2
        values.append(half * unit_fen)
        units -= half
    if rest_fen:
        values.append(rest_fen)
    return values
