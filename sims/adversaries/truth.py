"""The truth about attacks in one cell: what was signed away, by whom, and what it exposes. Never shown to
them.

`Truth` is told by the cell whatever a device that may spend twice has signed. So a run knows how many forks
there are to be found, whom a case may name, and how much can be lost at most.
"""

from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from shuangli.messages.bundle import Bundle
from shuangli.messages.loads import read_load
from shuangli.messages.transfers import PAYEE_OUTPUT, Spend, Transfer, output_coin_id
from shuangli.offline.conditions import refusal_pays
from shuangli.offline.merging import descended_from
from shuangli.offline.payer import PayerSession
from shuangli.offline.states import PayerState
from shuangli.wallet.wallet import Wallet

REFUSED: Final = b"refused "
"""With the id of the transfer, what spends a coin that its payee has refused."""


class Deed(NamedTuple):
    """A coin that was signed away: to which transfer, by whose key, when, how much of what it is worth.

    `accepted` is False where the payee did not take it.
    """

    coin_id: bytes
    transfer_id: bytes
    key: bytes
    at_s: int
    pay_fen: int
    value_fen: int
    accepted: bool


class Truth:
    """What the adversaries of one cell have done.

    Attributes:
        deeds: every coin that a device which may spend twice has signed away, but for what was forged
        exposed_fen: by key, what its second wallets held when they were made: no more can be lost by it
        forged: ids of loads that the issuer has never minted: nothing of them is open at the centre, and it
            records no spend of them, so nobody finds one that is spent twice
    """

    def __init__(self) -> None:
        self.deeds: list[Deed] = []
        self.exposed_fen: dict[bytes, int] = {}
        self.forged: set[bytes] = set()

    def note_payment(self, wallet: Wallet, session: PayerSession, at_s: int) -> None:
        """Write down what a payment has spent."""
        transfer = transfer_of(session)
        if transfer is not None:
            spends = minted_spends(session, self.forged)
            self._note(transfer, spends, wallet, at_s, accepted=session.state is PayerState.PAID)

    def note_hand_in(self, wallet: Wallet, at_s: int) -> None:
        """Write down what a redemption has spent."""
        for upload in wallet.purse.uploads.values():
            if upload.redemption is not None:
                coins = zip(upload.redemption.spends, upload.coins, strict=True)
                spends = [spend for spend, coin in coins if coin.load.signed.id not in self.forged]
                self._note(upload.redemption, spends, wallet, at_s, accepted=True)

    def note_refusal(self, payee: Wallet, session: PayerSession, at_s: int) -> None:
        """Write down what a payee has refused, and holds all the same; what was forged is worth nothing.

        Nobody gets more by a refusal of value under a condition: that gives nothing back.
        """
        transfer, key = transfer_of(session), payee.key.public
        if transfer is None:
            return
        by = REFUSED + transfer.signed.id
        for spend in transfer.spends:
            coin = payee.purse.coins.get(output_coin_id(transfer.signed.id, spend.coin_id, PAYEE_OUTPUT))
            if coin is None or coin.load.signed.id in self.forged:
                continue
            self.deeds.append(Deed(coin.coin_id, by, key, at_s, coin.value_fen, coin.value_fen, True))
            if refusal_pays(coin):
                self.expose(key, coin.value_fen)

    def expose(self, key: bytes, value_fen: int) -> None:
        """Note that so much value is in two hands."""
        self.exposed_fen[key] = self.exposed_fen.get(key, 0) + value_fen

    def _note(
        self, transfer: Transfer, spends: Iterable[Spend], wallet: Wallet, at_s: int, *, accepted: bool
    ) -> None:
        key = wallet.key.public
        for spend in spends:
            value_fen = spend.pay_fen + spend.change_fen
            self.deeds.append(
                Deed(spend.coin_id, transfer.signed.id, key, at_s, spend.pay_fen, value_fen, accepted)
            )


def transfer_of(session: PayerSession) -> Transfer | None:
    """The transfer that a payer has signed in a session, if any."""
    if session.payment is None:
        return None
    return Transfer.parse(Bundle.decode(session.payment.body).transfers[-1])


def minted_spends(session: PayerSession, forged: Collection[bytes]) -> list[Spend]:
    """What a payment has spent, but for what descends from the loads of these ids."""
    transfer = transfer_of(session)
    if transfer is None or session.payment is None:
        return []
    bundle = Bundle.decode(session.payment.body)
    loads = [load for load in map(read_load, bundle.loads if forged else ()) if load.signed.id in forged]
    worthless = descended_from(loads, bundle)
    return [spend for spend in transfer.spends if spend.coin_id not in worthless]


def forked_coins(deeds: Iterable[Deed]) -> dict[bytes, int]:
    """The coins that two different transfers spend, each with the time of the second one."""
    first: dict[bytes, Deed] = {}
    second_s: dict[bytes, int] = {}
    for deed in deeds:
        known = first.setdefault(deed.coin_id, deed)
        if known.transfer_id != deed.transfer_id and deed.coin_id not in second_s:
            second_s[deed.coin_id] = deed.at_s
    return second_s


class Heard(NamedTuple):
    """What the centre has heard of, by ids of transfers, and of refused ones (`REFUSED` and the id).

    received: all of them. spends: of each coin that it has recorded as spent, those that spend it: a transfer
    may have been shown in part, without the chains of all the coins that it spends.
    """

    received: AbstractSet[bytes]
    spends: Mapping[bytes, AbstractSet[bytes]]


def undisclosed_fen(deeds: Iterable[Deed], heard: Heard) -> int:
    """What devices count more than once because the centre has not heard of it.

    A coin that nobody has shown is open at the centre once, however often it was spent in the dark; one that
    was shown is not open there any more.
    """
    branches: dict[bytes, set[bytes]] = {}
    value_fen: dict[bytes, int] = {}
    for deed in deeds:
        branches.setdefault(deed.coin_id, set()).add(deed.transfer_id)
        value_fen[deed.coin_id] = deed.value_fen
    total_fen = 0
    for coin_id, spent_by in branches.items():
        dark = len(spent_by - heard.spends.get(coin_id, heard.received))
        total_fen += value_fen[coin_id] * (dark - (dark == len(spent_by)))
    return total_fen
