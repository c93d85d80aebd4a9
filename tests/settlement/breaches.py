"""Payments over a limit, which no honest device makes or takes."""

import pytest

from shuangli.messages.bundle import Bundle
from shuangli.offline import payee as payee_module
from shuangli.offline.limits import LIMITS_2022
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message
from shuangli.wallet.wallet import Wallet
from tests.forging import sign_away
from tests.setting import NOW
from tests.world import World


def paid_too_much(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[Wallet, Wallet]:
    """A broken device pays 7 fen over its tier's limit to a payee that looks away."""
    payer, payee = world.wallet([300_000], tier=4), world.wallet(tier=0)
    request_id = request_id_of(payee.request(200_007, now_s=NOW))
    (coin,) = payer.purse.coins.values()
    transfer = sign_away(payer, [(coin, 200_007)], payee=payee.key.public, request_id=request_id)
    bundle = Bundle(loads=(coin.load.signed.data,), transfers=(transfer.signed.data,))
    with monkeypatch.context() as patched:
        patched.setattr(payee_module, "limits_of", lambda _: LIMITS_2022.limits(0))
        (answer,) = payee.receive(request_id, Message(Kind.PAYMENT, bundle.encode()), now_s=NOW)
    assert answer.kind is Kind.RECEIPT
    return payer, payee
