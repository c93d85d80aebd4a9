"""Handing in: what a wallet says at a reconciliation, as one upload. Pure.

An upload redeems received coins, and own ones that were split too often, and shows own payments
without a receipt, each with its chain, in a size that every operator accepts. Coins come first: they
have a deadline.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from shuangli.crypto import Signer, sha256
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.transfers import CENTRE, NO_REQUEST, Spend, Transfer
from shuangli.offline.chain import MAX_CHAIN, Coin, chains
from shuangli.offline.merging import merge
from shuangli.wallet.purse import Purse
from shuangli.wallet.records import HandedIn

LONG_CHAIN: Final = MAX_CHAIN // 2
"""An own coin that was split so often is redeemed as well, before nobody takes it any more."""
MAX_UPLOAD_COINS: Final = 5_000
MAX_UPLOAD_OBJECTS: Final = 20_000
MAX_UPLOAD_BYTES: Final = 8 * 1024 * 1024
"""Half of what an operator accepts, so that the redemption itself always finds room."""


class _Room:
    """Counts the objects that an upload holds, each once."""

    def __init__(self) -> None:
        self._held: set[bytes] = set()
        self._bytes = 0

    def take(self, objects: Iterable[bytes]) -> bool:
        """Take in objects that belong together, and say whether there was room; the first always find it."""
        fresh = set(objects) - self._held
        size = self._bytes + sum(map(len, fresh))
        if self._held and (size > MAX_UPLOAD_BYTES or len(self._held) + len(fresh) > MAX_UPLOAD_OBJECTS):
            return False
        self._held |= fresh
        self._bytes = size
        return True


def compose(purse: Purse, *, key: Signer, certificate: WalletCertificate, now_s: int) -> HandedIn | None:
    """The next upload of a wallet; None when there is nothing to say."""
    room = _Room()
    received: list[Coin] = []
    for coin in purse.coins.values():
        if not coin.hops and len(coin.path) < LONG_CHAIN:
            continue
        if len(received) == MAX_UPLOAD_COINS or not room.take((coin.load.signed.data, *coin.path)):
            break
        received.append(coin)
    payments: list[bytes] = []
    parts: list[Bundle] = []
    for request_id in purse.to_show:
        payment = purse.paying[request_id].payment
        if payment is None:
            continue
        part = Bundle.decode(payment.body)
        if not room.take((*part.loads, *part.transfers)):
            break
        payments.append(request_id)
        parts.append(part)
    forked: list[bytes] = []
    for request_id in purse.to_report:
        refused = purse.asking[request_id].refused
        parts += [Bundle.decode(record.bundle) for record in refused if record.evidence]
        forked.append(request_id)
    if not received and not payments and not forked:
        return None
    redemption = _redemption(received, key=key, certificate=certificate, now_s=now_s) if received else None
    shown = merge([*parts, chains(received)])
    last = (redemption.signed.data,) if redemption is not None else ()
    upload = Bundle(loads=shown.loads, transfers=(*shown.transfers, *last)).encode()
    return HandedIn(
        upload=upload,
        upload_id=sha256(upload),
        redemption=redemption,
        coins=tuple(received),
        payments=tuple(payments),
        forked=tuple(forked),
    )


def _redemption(
    coins: Sequence[Coin], *, key: Signer, certificate: WalletCertificate, now_s: int
) -> Transfer:
    signed_at_s = max(now_s, *(coin.since_s for coin in coins))
    return Transfer.sign(
        key,
        request_id=NO_REQUEST,
        certificate=certificate,
        signed_at_s=signed_at_s,
        claim_by_s=signed_at_s,
        payee=CENTRE,
        spends=[Spend(coin.coin_id, coin.value_fen, 0) for coin in coins],
    )
