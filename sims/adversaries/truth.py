"""The truth about attacks in one cell: what was signed away, by whom, and what it exposes. Never shown to
them.

`Truth` is told by the cell whatever a device that may spend twice has signed. So a run knows how many forks
there are to be found, whom a case may name, and how much can be lost at most.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from shuangli.cose import Domain, parse
from shuangli.messages.bundle import Bundle
from shuangli.messages.transfers import PAYEE_OUTPUT, Transfer, output_coin_id
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
        deeds: every coin that a device which may spend twice has signed away
        exposed_fen: by key, what its second wallets held when they were made: no more can be lost by it
        counterfeiters: (number, hand) of devices whose value was never minted
        forged: ids of loads that the issuer has never minted: nothing of them is open at the centre
    """

    def __init__(self) -> None:
        self.deeds: list[Deed] = []
        self.exposed_fen: dict[bytes, int] = {}
        self.counterfeiters: set[tuple[int, int]] = set()
        self.forged: set[bytes] = set()

    def note_payment(self, wallet: Wallet, session: PayerSession, at_s: int) -> None:
        """Write down what a payment has spent."""
        transfer = transfer_of(session)
        if transfer is not None:
            self._note(transfer, wallet, at_s, accepted=session.state is PayerState.PAID)

    def note_hand_in(self, wallet: Wallet, at_s: int) -> None:
        """Write down what a redemption has spent."""
        for upload in wallet.purse.uploads.values():
            if upload.redemption is not None:
                self._note(upload.redemption, wallet, at_s, accepted=True)

    def note_refusal(self, payee: Wallet, session: PayerSession, at_s: int) -> None:
        """Write down what a payee has refused, and holds all the same; what was forged is worth nothing."""
        transfer = transfer_of(session)
        if transfer is None or self._is_forged(session):
            return
        for spend in transfer.spends:
            coin_id = output_coin_id(transfer.signed.id, spend.coin_id, PAYEE_OUTPUT)
            value_fen = spend.pay_fen
            by = REFUSED + transfer.signed.id
            self.deeds.append(Deed(coin_id, by, payee.key.public, at_s, value_fen, value_fen, True))
        self.expose(payee.key.public, transfer.pay_fen)

    def _is_forged(self, session: PayerSession) -> bool:
        """Say whether all that a payment hands over descends from forged loads."""
        loads = Bundle.decode(session.payment.body).loads if session.payment is not None else ()
        return bool(loads) and {parse(data, Domain.LOAD).id for data in loads} <= self.forged

    def expose(self, key: bytes, value_fen: int) -> None:
        """Note that so much value is in two hands."""
        self.exposed_fen[key] = self.exposed_fen.get(key, 0) + value_fen

    def _note(self, transfer: Transfer, wallet: Wallet, at_s: int, *, accepted: bool) -> None:
        key = wallet.key.public
        for spend in transfer.spends:
            value_fen = spend.pay_fen + spend.change_fen
            self.deeds.append(
                Deed(spend.coin_id, transfer.signed.id, key, at_s, spend.pay_fen, value_fen, accepted)
            )


def transfer_of(session: PayerSession) -> Transfer | None:
    """The transfer that a payer has signed in a session, if any."""
    if session.payment is None:
        return None
    return Transfer.parse(Bundle.decode(session.payment.body).transfers[-1])


def forked_coins(deeds: Iterable[Deed]) -> dict[bytes, int]:
    """The coins that two different transfers spend, each with the time of the second one."""
    first: dict[bytes, Deed] = {}
    second_s: dict[bytes, int] = {}
    for deed in deeds:
        known = first.setdefault(deed.coin_id, deed)
        if known.transfer_id != deed.transfer_id and deed.coin_id not in second_s:
            second_s[deed.coin_id] = deed.at_s
    return second_s


def undisclosed_fen(deeds: Iterable[Deed], received: AbstractSet[bytes]) -> int:
    """What devices count more than once because the centre has not heard of it.

    `received` are ids of transfers that it has heard of, and of what was refused (`REFUSED` and the id). A
    coin that nobody has shown is open at the centre once, however often it was spent in the dark; one that
    was shown is not open there any more.
    """
    branches: dict[bytes, set[bytes]] = {}
    value_fen: dict[bytes, int] = {}
    for deed in deeds:
        branches.setdefault(deed.coin_id, set()).add(deed.transfer_id)
        value_fen[deed.coin_id] = deed.value_fen
    total_fen = 0
    for coin_id, spent_by in branches.items():
        dark = len(spent_by - received)
        total_fen += value_fen[coin_id] * (dark - (dark == len(spent_by)))
    return total_fen
