"""Two branches of one fork on one device: a payee that is shown both sees the double spend itself.

It refuses the second one and keeps both transfers as evidence (`offline.evidence`). It compares with the
coins that it holds of the same coin of the same load; what it has passed on or handed in is the centre's.
"""

from collections.abc import Sequence
from typing import NamedTuple

from shuangli.messages.transfers import CHANGE_OUTPUT, PAYEE_OUTPUT, Transfer, output_coin_id
from shuangli.offline.chain import Coin


class Fork(NamedTuple):
    """A coin and two transfers that spend it."""

    coin_id: bytes
    first: Transfer
    second: Transfer


def find_fork(coins: Sequence[Coin]) -> Fork | None:
    """A fork in the chains of coins that descend from one coin of one load; None if there is none."""
    if len({coin.path for coin in coins}) < 2:
        return None
    spent_by: dict[bytes, Transfer] = {}
    for coin in coins:
        for coin_id, transfer in chain_spends(coin):
            first = spent_by.setdefault(coin_id, transfer)
            if first.signed.id != transfer.signed.id:
                return Fork(coin_id, first, transfer)
    return None


def without_rivals(coins: Sequence[Coin]) -> list[Coin]:
    """The coins, without those whose chains spend a coin otherwise than the chain of one before them.

    Somebody who spends two coins in one transfer, and one of them again, may pay both branches to one wallet
    in good faith. No payee takes them together; with one branch, it pays like anybody.
    """
    if not any(coin.hops for coin in coins):
        return list(coins)
    spent_by: dict[bytes, bytes] = {}
    kept: list[Coin] = []
    for coin in coins:
        transfers = [Transfer.parse(data) for data in coin.path]
        spends = {spend.coin_id: transfer.signed.id for transfer in transfers for spend in transfer.spends}
        if all(spent_by.get(coin_id, transfer_id) == transfer_id for coin_id, transfer_id in spends.items()):
            spent_by.update(spends)
            kept.append(coin)
    return kept


def chain_spends(coin: Coin) -> list[tuple[bytes, Transfer]]:
    """What the coin's chain spends, from the load down: (coin id, the transfer that spends it).

    It is read upwards from the coin, whose id is a hash of what it was split from. Downwards it need not be
    clear: a transfer may also name the other output of the one before it, which its signer does not own.
    """
    spends: list[tuple[bytes, Transfer]] = []
    coin_id = coin.coin_id
    for data in reversed(coin.path):
        transfer = Transfer.parse(data)
        coin_id = _split_into(coin_id, transfer)
        spends.append((coin_id, transfer))
    return spends[::-1]


def _split_into(coin_id: bytes, transfer: Transfer) -> bytes:
    """The coin that a transfer has split into this one, among others."""
    transfer_id = transfer.signed.id
    return next(
        spend.coin_id
        for spend in transfer.spends
        for output in (PAYEE_OUTPUT, CHANGE_OUTPUT)
        if output_coin_id(transfer_id, spend.coin_id, output) == coin_id
    )
