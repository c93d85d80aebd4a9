"""Two branches of one fork in one purse: both were taken in good faith, and must not be paid out together.

A payee refuses a payment that shows a coin spent twice. Whoever was cheated on both branches may hold
what came of either; it pays with one of them at a time, and hands in both.
"""

from collections.abc import Sequence

from shuangli.messages.transfers import CHANGE_OUTPUT, PAYEE_OUTPUT, Transfer, load_coin_id, output_coin_id
from shuangli.offline.chain import Coin


def find_clash(coins: Sequence[Coin]) -> Coin | None:
    """A coin whose chain spends something otherwise than the chain of one before it; None if none does."""
    by_root: dict[tuple[bytes, int], list[Coin]] = {}
    for coin in coins:
        by_root.setdefault((coin.load.signed.id, coin.load_index), []).append(coin)
    for siblings in by_root.values():
        if len({coin.path for coin in siblings}) > 1:
            spent_by: dict[bytes, bytes] = {}
            for coin in siblings:
                for coin_id, transfer_id in _spends(coin):
                    if spent_by.setdefault(coin_id, transfer_id) != transfer_id:
                        return coin
    return None


def _spends(coin: Coin) -> list[tuple[bytes, bytes]]:
    """What the coin's chain spends, from the load down: (coin id, transfer id)."""
    spends: list[tuple[bytes, bytes]] = []
    candidates = {load_coin_id(coin.load.signed.id, coin.load_index)}
    for data in coin.path:
        transfer = Transfer.parse(data)
        transfer_id = transfer.signed.id
        (coin_id,) = candidates & {spend.coin_id for spend in transfer.spends}
        spends.append((coin_id, transfer_id))
        candidates = {
            output_coin_id(transfer_id, coin_id, PAYEE_OUTPUT),
            output_coin_id(transfer_id, coin_id, CHANGE_OUTPUT),
        }
    return spends
