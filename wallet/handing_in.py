"""Handing in: what a wallet says at a reconciliation, as one upload. Pure.

An upload redeems received coins, and own ones that were split too often or whose epoch was stopped. It shows
own payments without a receipt, and received coins that a secure element has given up. Each comes with its
chain, in a size that every operator accepts. A payment that its payee has refused comes with the refusal,
which gives it back at once. Coins come first: they have a deadline.
"""

from collections.abc import Iterable, Sequence, Set
from typing import Final

from shuangli.crypto import Signer, sha256
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.hand_in import HandIn
from shuangli.messages.transfers import CENTRE, NO_REQUEST, Spend, Transfer
from shuangli.offline.chain import Coin, chains
from shuangli.offline.conditions import creditor_of, is_given
from shuangli.offline.merging import leading_to, merge
from shuangli.offline.spending import MAX_CHAIN
from shuangli.offline.states import PayerState
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


def compose(
    purse: Purse,
    *,
    key: Signer,
    certificate: WalletCertificate,
    most_coins: int = MAX_UPLOAD_COINS,
    give_back: bool = False,
    given_up: Set[bytes] = frozenset(),
    now_s: int,
) -> HandedIn | None:
    """The next upload of a wallet, which redeems at most `most_coins`; None when there is nothing to say.

    With `give_back`, own value under a condition goes back to its giver, whether it could be spent or not. An
    upload is paid to one wallet: what goes back waits until all else is handed in.

    Nothing is signed for the coins `given_up`. Those that were received are shown all the same, since facts
    rest on them (a double spend may), and leave the purse with the upload; own ones come back by a notice.
    """
    room = _Room()
    received: list[Coin] = []
    for coin in _redeemable(purse, give_back=give_back, given_up=given_up, now_s=now_s):
        if len(received) == most_coins or not room.take(_objects(coin)):
            break
        received.append(coin)
    redemption = None
    if received:
        redemption = _redemption(received, key=key, certificate=certificate, now_s=now_s)
    for coin in purse.coins.values():
        if coin.hops and coin.coin_id in given_up:
            if not room.take(_objects(coin)):
                break
            received.append(coin)
    return _upload(purse, room, received, redemption)


def _redeemable(purse: Purse, *, give_back: bool, given_up: Set[bytes], now_s: int) -> list[Coin]:
    """The coins to redeem next, which are all to be paid to one wallet."""
    coins = [coin for coin in purse.coins.values() if coin.coin_id not in given_up]
    own = [coin for coin in coins if coin.hops or is_outdated(coin, purse)]
    if own or purse.to_show:
        return own
    back = [
        coin
        for coin in coins
        if is_given(coin) and (give_back or len(coin.path) >= LONG_CHAIN or now_s >= coin.expires_at_s)
    ]
    return [coin for coin in back if creditor_of(coin) == creditor_of(back[0])]


def is_outdated(coin: Coin, purse: Purse) -> bool:
    """Say whether an own coin is to be redeemed, and loaded anew, before or since nobody takes it any more.

    It was split too often, or its epoch was stopped (F31). What was given under a condition would go back to
    its giver, so its holder keeps it as long as it can be spent anywhere.
    """
    if is_given(coin):
        return False
    listed = purse.revocations
    return len(coin.path) >= LONG_CHAIN or (listed is not None and coin.load.epoch in listed.epochs)


def compose_signed(purse: Purse, redemption: Transfer) -> HandedIn | None:
    """The upload for a redemption that the wallet's custody has signed, and nobody has noted."""
    room = _Room()
    received = [purse.coins[spend.coin_id] for spend in redemption.spends]
    for coin in received:
        room.take(_objects(coin))
    return _upload(purse, room, received, redemption)


def _objects(coin: Coin) -> tuple[bytes, ...]:
    return coin.load.signed.data, *coin.path


def _upload(
    purse: Purse, room: _Room, received: Sequence[Coin], redemption: Transfer | None
) -> HandedIn | None:
    payments: list[bytes] = []
    refusals: dict[bytes, bytes] = {}
    parts: list[Bundle] = []
    for request_id in purse.to_show:
        session = purse.paying[request_id]
        if session.payment is None:
            continue
        part = Bundle.decode(session.payment.body)
        refusal = (session.answer,) if session.state is PayerState.REFUSED else ()
        if not room.take((*part.loads, *part.transfers, *refusal)):
            break
        payments.append(request_id)
        parts.append(part)
        if refusal:
            refusals[request_id] = session.answer
    # What this wallet holds comes before what forks it: so nobody loses by telling of a double spend.
    parts.append(chains(received))
    forked: list[bytes] = []
    for request_id in purse.to_report:
        refused = [record for record in purse.asking[request_id].refused if record.evidence]
        branches = [
            leading_to(record.refusal.transfer_ids, Bundle.decode(record.bundle)) for record in refused
        ]
        if not room.take(data for branch in branches for data in (*branch.loads, *branch.transfers)):
            break
        forked.append(request_id)
        parts += branches
    if not received and not payments and not forked:
        return None
    shown = merge(parts)
    last = (redemption.signed.data,) if redemption is not None else ()
    bundle = Bundle(loads=shown.loads, transfers=(*shown.transfers, *last))
    upload = HandIn(bundle=bundle, refusals=tuple(refusals.values())).encode()
    return HandedIn(
        upload=upload,
        upload_id=sha256(upload),
        redemption=redemption,
        coins=tuple(received),
        payments=tuple(payments),
        refused=tuple(refusals),
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
