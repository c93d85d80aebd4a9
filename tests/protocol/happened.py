"""Everything that was ever signed, and what must hold of it whatever has happened: the invariants.

Nothing is created, all is accounted for, and nobody honest is accused (DESIGN section 4); and everybody
keeps its word: one payment for a request, one answer to a payment.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

from shuangli.messages.loads import Load
from shuangli.messages.session import Receipt, Refusal
from shuangli.messages.transfers import CENTRE, NO_REQUEST, Transfer
from shuangli.offline.evidence import culprit_of
from shuangli.offline.states import Kind, Message, PayerState
from shuangli.wallet.purse import Purse
from shuangli.wallet.wallet import Wallet
from tests.paying import read_bundle
from tests.truth import Truth

REMEMBERED: Final = 4_096

_read_receipt = lru_cache(REMEMBERED)(Receipt.parse)
_read_refusal = lru_cache(REMEMBERED)(Refusal.parse)


@lru_cache(REMEMBERED)
def transfers_in(data: bytes) -> tuple[Transfer, ...]:
    """The transfers of a payment or an upload."""
    return tuple(map(Transfer.parse, read_bundle(data).transfers))


class Holder(NamedTuple):
    """A wallet's public key and what it holds."""

    key: bytes
    purse: Purse


def holders(wallets: Iterable[Wallet]) -> list[Holder]:
    """Wallets as far as the invariants look at them."""
    return [Holder(wallet.key.public, wallet.purse) for wallet in wallets]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What was signed: loads; transfers and refusals by what was signed; receipts by request.

    `dishonest` are the keys of which everything is to be expected.
    """

    loads: Sequence[Load]
    dishonest: set[bytes]
    transfers: dict[bytes, Transfer] = field(default_factory=dict)
    refusals: dict[bytes, Refusal] = field(default_factory=dict)
    receipts: dict[bytes, set[bytes]] = field(default_factory=dict)

    def note_transfer(self, transfer: Transfer) -> None:
        """Take down a transfer; where only part of it is its signer's own, that part is noted first."""
        self.transfers.setdefault(transfer.signed.message, transfer)

    def note_bundle(self, data: bytes) -> None:
        """Take down what a payment or an upload shows."""
        for transfer in transfers_in(data):
            self.note_transfer(transfer)

    def note_message(self, message: Message) -> None:
        """Take down what a message of a session says."""
        if message.kind is Kind.PAYMENT:
            self.note_bundle(message.body)
        elif message.kind is Kind.RECEIPT:
            self._note_receipt(_read_receipt(message.body))
        elif message.kind is Kind.REFUSAL:
            self._note_refusal(_read_refusal(message.body))

    def note_purse(self, purse: Purse) -> None:
        """Take down what a wallet has written, whether or not it has sent it."""
        for paying in purse.paying.values():
            if paying.payment is not None:
                self.note_bundle(paying.payment.body)
        for asking in purse.asking.values():
            if asking.receipt is not None:
                self._note_receipt(asking.receipt)
            for record in asking.refused:
                self._note_refusal(record.refusal)
        for upload in purse.uploads.values():
            self.note_bundle(upload.upload)

    def _note_receipt(self, receipt: Receipt) -> None:
        self.receipts.setdefault(receipt.request_id, set()).update(receipt.transfer_ids)

    def _note_refusal(self, refusal: Refusal) -> None:
        self.refusals.setdefault(refusal.signed.message, refusal)

    def truth(self) -> Truth:
        """What follows from it."""
        return Truth(self.loads, self.transfers.values(), self.refusals.values())


def check_value(happened: Happened, wallets: Sequence[Holder]) -> None:
    """Nothing is created, and all is accounted for: spent, held, on its way back, or in flight."""
    truth = happened.truth()
    unspent = truth.unspent()
    assert sum(unspent.values()) == truth.loaded_fen + truth.forked_fen, "value is made or lost"
    assert truth.culprits <= happened.dishonest, "an honest wallet has spent a coin twice"
    held: set[bytes] = set()
    for key, purse in wallets:
        for coin_id, coin in purse.coins.items():
            assert coin_id in truth.owner, "a wallet holds a coin that never was"
            assert truth.owner[coin_id] == coin.owner == key, "a wallet holds somebody else's coin"
            assert truth.value_fen[coin_id] == coin.value_fen, "a wallet holds a coin for more, or less"
            if key not in happened.dishonest:
                assert coin_id in unspent, "an honest wallet holds a coin that it has spent"
            held.add(coin_id)
    receipted = {transfer_id for named in happened.receipts.values() for transfer_id in named}
    for coin_id in unspent.keys() - held:
        owner = truth.owner[coin_id]
        if owner != CENTRE and owner not in happened.dishonest:
            # Neither held nor redeemed, so it is in flight: the payee has not stored it yet.
            assert coin_id in truth.paid_by, "own change, or a loaded coin, is lost"
            assert truth.paid_by[coin_id] not in receipted, "a receipt without the coin"


def check_words(happened: Happened, wallets: Sequence[Holder]) -> None:
    """Nobody honest pays one request twice, takes two payments for one, or receives what it refuses."""
    signed_for = Counter(
        (transfer.payer, transfer.request_id)
        for transfer in happened.transfers.values()
        if transfer.request_id != NO_REQUEST and transfer.payer not in happened.dishonest
    )
    assert max(signed_for.values(), default=1) == 1, "an honest wallet has paid one request twice"
    refused = {transfer_id for refusal in happened.refusals.values() for transfer_id in refusal.transfer_ids}
    honest = {key: purse for key, purse in wallets if key not in happened.dishonest}
    for purse in honest.values():
        for session in purse.paying.values():
            if session.state is PayerState.PAID and session.payee in honest:
                received = happened.receipts.get(session.request_id, set())
                assert session.transfer_id in received, "paid, says the payer, and the payee has not said so"
        for request_id in purse.asking:
            received = happened.receipts.get(request_id, set())
            assert len(received) <= 1, "one request has been paid twice"
            assert not received & refused, "received, says the payee, and refused"


def check_accused(happened: Happened, wallets: Sequence[Holder], culprits: Iterable[bytes]) -> None:
    """Nobody honest is a culprit of the centre's cases, or of the evidence on a device."""
    accused = {*culprits, *(culprit_of(proof) for _, purse in wallets for proof in purse.evidence.values())}
    assert accused <= happened.dishonest, "an honest key is accused"
