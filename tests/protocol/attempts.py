"""What tests try on wallets: coins bound to a request behind their holder's back, and how that is refused."""

from typing import Final

import pytest

from shuangli.errors import ProtocolError, Refused, ShuangliError
from shuangli.offline.chain import Coin
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message
from shuangli.wallet.wallet import Wallet
from tests.forging import bundle, sign_away
from tests.setting import NOW

OTHER_REQUEST: Final = bytes([1] * 32)


def final(payer: Wallet, coins: list[Coin], request: Message, payee: Wallet) -> bytes:
    """All of some coins, bound to a request."""
    spends = [(coin, coin.value_fen) for coin in coins]
    transfer = sign_away(payer, spends, payee=payee.key.public, request_id=request_id_of(request))
    return bundle(coins, transfer)


def refuses(
    wallet: Wallet,
    request_id: bytes,
    message: Message,
    now_s: int = NOW,
    *,
    by: tuple[type[ShuangliError], ...] = (ProtocolError, Refused),
) -> str:
    """The code with which a wallet refuses a message, by such an error; it must not have changed anything."""
    before = wallet.purse.checkpoint()
    with pytest.raises(by) as refused:
        wallet.receive(request_id, message, now_s=now_s)
    assert wallet.purse.checkpoint() == before
    return refused.value.code


def refused_by(payee: Wallet, data: bytes, request: Message) -> str:
    """The code with which a payee refuses a payment; its purse must not change."""
    return refuses(payee, request_id_of(request), Message(Kind.PAYMENT, data), by=(ProtocolError,))
