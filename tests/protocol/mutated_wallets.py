"""Seeded bugs in purses and their journals: see `tests.protocol.mutations`."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest.mock import patch

from shuangli.errors import OutOfTurn
from shuangli.messages.notices import Acknowledgement
from shuangli.offline.records import PaymentSigned, RefusalKept
from shuangli.offline.states import PayerState
from shuangli.offline.trust import Trust
from shuangli.wallet import purse as purse_module
from shuangli.wallet.handing_in import compose
from shuangli.wallet.purse import Purse
from shuangli.wallet.records import Acknowledged, Checkpoint, HandedIn, Loaded, Record
from shuangli.wallet.wallet import Wallet

Patch = AbstractContextManager[Any]


def _applies(kind: type[Record], apply: Callable[[Purse, Any], None]) -> Patch:
    return patch.dict(purse_module._APPLY, {kind: apply})


def spent_coin_stays() -> Patch:
    """A coin that is paid with stays in the purse."""

    def payment_signed(purse: Purse, record: PaymentSigned) -> None:
        Purse._payment_signed(purse, record)
        purse._take(record.spent)

    return _applies(PaymentSigned, payment_signed)


@contextmanager
def refund_on_a_lost_receipt() -> Iterator[None]:
    """When a request is old, its payer without a receipt takes the coins back."""
    spent: dict[bytes, PaymentSigned] = {}
    forget = Purse.forget_before

    def payment_signed(purse: Purse, record: PaymentSigned) -> None:
        Purse._payment_signed(purse, record)
        spent[record.request.id] = record

    def forget_before(purse: Purse, time_s: int, trust: Trust) -> None:
        for request_id, session in purse.paying.items():
            record = spent.get(request_id)
            late = session.state is PayerState.SIGNED and session.expires_at_s < time_s
            if record and late and all(coin.coin_id in purse.coins for coin in record.change):
                purse._give(record.change)
                purse._take(coin for coin in record.spent if coin.coin_id not in purse.coins)
        forget(purse, time_s, trust)

    with _applies(PaymentSigned, payment_signed), patch.object(Purse, "forget_before", forget_before):
        yield


@contextmanager
def refund_on_a_refusal() -> Iterator[None]:
    """A payer whose payment is refused takes the coins back by itself."""
    spent: dict[bytes, PaymentSigned] = {}

    def payment_signed(purse: Purse, record: PaymentSigned) -> None:
        Purse._payment_signed(purse, record)
        spent[record.request.id] = record

    def refusal_kept(purse: Purse, record: RefusalKept) -> None:
        Purse._refusal_kept(purse, record)
        payment = spent[record.refusal.request_id]
        if all(coin.coin_id in purse.coins for coin in payment.change):
            purse._give(payment.change)
            purse._take(payment.spent)

    with _applies(PaymentSigned, payment_signed), _applies(RefusalKept, refusal_kept):
        yield


def old_load_is_taken_again() -> Patch:
    """An order stays open when its load has arrived."""

    def loaded(purse: Purse, record: Loaded) -> None:
        order = purse.orders.get(record.nonce)
        Purse._loaded(purse, record)
        if order is not None:
            purse.orders[order.nonce] = order

    return _applies(Loaded, loaded)


@contextmanager
def handed_in_before_written() -> Iterator[None]:
    """An upload is written down when it is answered, not before it leaves."""
    under_way: dict[bytes, HandedIn] = {}

    def hand_in(wallet: Wallet, *, now_s: int) -> bytes | None:
        record = compose(wallet.purse, key=wallet.key, certificate=wallet.certificate, now_s=now_s)
        if record is None:
            return None
        under_way[record.upload_id] = record
        return record.upload

    def acknowledge(wallet: Wallet, data: bytes, **_: Any) -> Acknowledgement:
        acknowledgement = Acknowledgement.parse(data)
        record = under_way.get(acknowledgement.upload_id)
        if record is None or any(coin.coin_id not in wallet.purse.coins for coin in record.coins):
            raise OutOfTurn("out-of-turn", "the acknowledgement answers no open upload")
        wallet._store(record, Acknowledged(acknowledgement=acknowledgement))
        return acknowledgement

    with patch.object(Wallet, "hand_in", hand_in), patch.object(Wallet, "acknowledge", acknowledge):
        yield


def uploads_forgotten() -> Patch:
    """A compacted journal does not say what is handed in and not answered."""
    whole = Purse.checkpoint

    def checkpoint(purse: Purse) -> Checkpoint:
        return whole(purse)._replace(uploads=())

    return patch.object(Purse, "checkpoint", checkpoint)
