"""Catching up: what a wallet's custody has signed, and the journal does not know. Pure.

An element takes coins out of its table in the commit that signs. If the power or the way to it ends before
the journal has the signature, the wallet still counts the coins, and the element does not sign them again.
Its log has what the journal lacks: the record is made from it, as it would have been made then.
"""

from shuangli.errors import StoreError
from shuangli.messages.session import PaymentRequest
from shuangli.messages.transfers import CENTRE, Transfer
from shuangli.offline.chain import chains
from shuangli.offline.payer import payment_signed
from shuangli.offline.records import PaymentSigned
from shuangli.wallet.custody import SignedBefore
from shuangli.wallet.handing_in import compose_signed
from shuangli.wallet.purse import Purse
from shuangli.wallet.records import HandedIn


def missed(purse: Purse, signed: SignedBefore) -> PaymentSigned | HandedIn | None:
    """The record of a transfer whose coins the purse still holds; None if it is known.

    Raises:
        StoreError: the purse holds only some of the coins: it is not the purse of this custody
            (`out-of-step`).
    """
    transfer = Transfer.parse(signed.transfer)
    held = [spend.coin_id in purse.coins for spend in transfer.spends]
    if not any(held):
        return None
    if not all(held):
        raise StoreError("out-of-step", "the wallet holds some of the coins that its element has signed away")
    if transfer.payee == CENTRE:
        return compose_signed(purse, transfer)
    spent = [purse.coins[spend.coin_id] for spend in transfer.spends]
    request = PaymentRequest.parse(signed.request)
    return payment_signed(request, transfer, spent, ancestry=chains(spent), pin=signed.pin)
