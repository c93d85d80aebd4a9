"""Secret copies of soft wallets (FAULTS F01): two devices, one key, both pay.

A copy is made of the original's journal when it is first used, and from then on each goes its own
way. `Copies` writes down which coins were signed away, so that the run knows how many forks there are
to be found; the system under test never sees it.
"""

from collections.abc import Iterable
from typing import NamedTuple

from shuangli.messages.bundle import Bundle
from shuangli.messages.transfers import Transfer
from shuangli.offline.payer import PayerSession
from shuangli.offline.states import PayerState
from shuangli.wallet.wallet import Wallet


class CopySpend(NamedTuple):
    """A coin that an original or its copy signed away: to which transfer, how much of it, and when.

    `accepted` is False where the payee did not take it.
    """

    coin_id: bytes
    transfer_id: bytes
    key: bytes
    at_s: int
    pay_fen: int
    accepted: bool


class Copies:
    """The truth about copied wallets in one cell."""

    def __init__(self) -> None:
        self.spends: list[CopySpend] = []

    def note(self, wallet: Wallet, session: PayerSession, at_s: int) -> None:
        """Write down what a payment of a copied wallet, or of its original, has spent."""
        if session.payment is None:
            return
        transfer = Transfer.parse(Bundle.decode(session.payment.body).transfers[-1])
        self._note(transfer, wallet, at_s, accepted=session.state is PayerState.PAID)

    def note_hand_in(self, wallet: Wallet, at_s: int) -> None:
        """Write down what a redemption of a copied wallet, or of its original, has spent."""
        for upload in wallet.purse.uploads.values():
            if upload.redemption is not None:
                self._note(upload.redemption, wallet, at_s, accepted=True)

    def _note(self, transfer: Transfer, wallet: Wallet, at_s: int, *, accepted: bool) -> None:
        for spend in transfer.spends:
            self.spends.append(
                CopySpend(
                    spend.coin_id,
                    transfer.signed.id,
                    wallet.key.public,
                    at_s,
                    spend.pay_fen,
                    accepted,
                )
            )


def forked_coins(spends: Iterable[CopySpend]) -> dict[bytes, int]:
    """The coins that two different transfers spend, each with the time of the second one."""
    first: dict[bytes, CopySpend] = {}
    second_s: dict[bytes, int] = {}
    for spend in spends:
        known = first.setdefault(spend.coin_id, spend)
        if known.transfer_id != spend.transfer_id and spend.coin_id not in second_s:
            second_s[spend.coin_id] = spend.at_s
    return second_s
