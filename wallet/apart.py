"""What of a purse is good for no payment any more, and what becomes of it. Pure.

late      received, and not handed in in time: its value has gone back to whoever paid it. A reconciliation
          shows its chain, for a double spend may rest on it, and it is gone
expired   the wallet's own: it goes back by itself, to the holder's deposit or to whoever has given it
stopped   its epoch was stopped: a reconciliation hands it in, and it is loaded anew
"""

from typing import NamedTuple

from shuangli.offline.chain import Coin
from shuangli.wallet.purse import Purse


class Apart(NamedTuple):
    """What is kept apart, in fen; nothing is counted twice."""

    late_fen: int
    expired_fen: int
    stopped_fen: int


def apart_of(purse: Purse, *, now_s: int) -> Apart:
    """What of a purse is good for no payment now."""
    gone = [coin for coin in purse.coins.values() if _is_gone(coin, now_s)]
    stopped = () if purse.revocations is None else purse.revocations.epochs
    return Apart(
        late_fen=sum(coin.value_fen for coin in gone if coin.hops),
        expired_fen=sum(coin.value_fen for coin in gone if not coin.hops),
        stopped_fen=sum(
            coin.value_fen for coin in held_coins(purse, now_s=now_s) if coin.load.epoch in stopped
        ),
    )


def held_coins(purse: Purse, *, now_s: int) -> list[Coin]:
    """The coins of a purse that are neither late nor expired: what it is worth to its holder."""
    return [coin for coin in purse.coins.values() if not _is_gone(coin, now_s)]


def balance_of(purse: Purse, *, now_s: int) -> int:
    """What a purse holds, in fen, without what is late or expired."""
    return sum(coin.value_fen for coin in held_coins(purse, now_s=now_s))


def _is_gone(coin: Coin, now_s: int) -> bool:
    return coin.due_s < now_s if coin.hops else coin.expires_at_s <= now_s
