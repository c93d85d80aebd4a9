"""What really happened: a few lines that fold loads, transfers and refusals, to hold everything else against.

It knows nothing of devices, operators, order or time, and shares no code with what it judges but the
wire objects.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from shuangli.messages.loads import Load
from shuangli.messages.session import Refusal
from shuangli.messages.transfers import (
    CENTRE,
    CHANGE_OUTPUT,
    PAYEE_OUTPUT,
    Transfer,
    load_coin_id,
    output_coin_id,
)

REFUSED: Final = b"refused"
"""What spends a coin that its payee has refused, whatever the refusal says besides."""


class Truth:
    """Every coin there ever was, and all that was ever signed for it.

    Attributes:
        owner, value_fen: of every coin, by id
        spends: ids of the transfers that spend a coin, by coin id; REFUSED among them if its payee did
        paid_by: the transfer whose payee's output a coin is, by coin id
        conditional: ids of coins that are value under a condition: a refusal gives nothing of it back
        due_fen: by key, what it is to be paid for what it has redeemed, and for what was refused it
    """

    def __init__(
        self, loads: Iterable[Load], transfers: Iterable[Transfer], refusals: Iterable[Refusal] = ()
    ) -> None:
        self.owner: dict[bytes, bytes] = {}
        self.value_fen: dict[bytes, int] = {}
        self.spends: dict[bytes, set[bytes]] = {}
        self.paid_by: dict[bytes, bytes] = {}
        self.conditional: set[bytes] = set()
        self.due_fen: Counter[bytes] = Counter()
        self.loaded_fen = 0
        for load in {load.signed.id: load for load in loads}.values():
            for index, value_fen in enumerate(load.values_fen):
                coin_id = load_coin_id(load.signed.id, index)
                self._add(coin_id, load.owner, value_fen)
                if load.condition is not None:
                    self.conditional.add(coin_id)
                self.loaded_fen += value_fen
        # What was signed makes a transfer; another signature over it makes no second one (F49).
        waiting = {transfer.signed.message: transfer for transfer in reversed([*transfers])}
        known = {transfer.signed.id: transfer for transfer in waiting.values()}
        while waiting:
            ready = [t for t in waiting.values() if all(spend.coin_id in self.owner for spend in t.spends)]
            assert ready, "a transfer spends a coin that never was"
            for transfer in ready:
                del waiting[transfer.signed.message]
                self._spend(transfer)
        for transfer_id in dict.fromkeys(named for refusal in refusals for named in refusal.transfer_ids):
            if transfer_id in known:
                self._refuse(known[transfer_id])

    def _add(self, coin_id: bytes, owner: bytes, value_fen: int) -> None:
        self.owner[coin_id] = owner
        self.value_fen[coin_id] = value_fen

    def _spend(self, transfer: Transfer) -> None:
        transfer_id = transfer.signed.id
        for coin_id, pay_fen, change_fen in transfer.spends:
            assert self.owner[coin_id] == transfer.payer, "somebody else's coin"
            assert self.value_fen[coin_id] == pay_fen + change_fen, "value made or lost"
            self.spends.setdefault(coin_id, set()).add(transfer_id)
            paid_id = output_coin_id(transfer_id, coin_id, PAYEE_OUTPUT)
            self._add(paid_id, transfer.payee, pay_fen)
            self.paid_by[paid_id] = transfer_id
            change_id = output_coin_id(transfer_id, coin_id, CHANGE_OUTPUT)
            if change_fen:
                self._add(change_id, transfer.payer, change_fen)
            if coin_id in self.conditional:
                self.conditional |= {paid_id, change_id}
            if transfer.payee == CENTRE:
                self.due_fen[transfer.payer] += pay_fen

    def _refuse(self, transfer: Transfer) -> None:
        for coin_id, pay_fen, _ in transfer.spends:
            paid_id = output_coin_id(transfer.signed.id, coin_id, PAYEE_OUTPUT)
            self.spends.setdefault(paid_id, set()).add(REFUSED)
            self._add(REFUSED + paid_id, CENTRE, pay_fen)
            if paid_id not in self.conditional:
                self.due_fen[transfer.payer] += pay_fen

    @property
    def forks(self) -> set[bytes]:
        """The coins that were spent twice."""
        return {coin_id for coin_id, transfers in self.spends.items() if len(transfers) > 1}

    @property
    def culprits(self) -> set[bytes]:
        """The keys that spent a coin twice."""
        return {self.owner[coin_id] for coin_id in self.forks}

    @property
    def forked_fen(self) -> int:
        """What further branches of forks add to what was loaded."""
        return sum(self.value_fen[coin_id] * (len(self.spends[coin_id]) - 1) for coin_id in self.forks)

    def unspent(self) -> dict[bytes, int]:
        """The coins that nobody has spent, with their values in fen; they add up to loaded + forked."""
        return {
            coin_id: value_fen for coin_id, value_fen in self.value_fen.items() if coin_id not in self.spends
        }
