"""Payments that their payees never hear of, so that nobody claims them."""

from typing import Final

from shuangli.messages.notices import Outcome
from shuangli.offline.request import request_id_of
from shuangli.wallet.wallet import Wallet
from tests.setting import NOW
from tests.world import World

AFTER: Final = 1
"""What a watermark signed now says is complete ends before now."""


def pay_into_the_void(payer: Wallet, payee: Wallet, amount_fen: int, now_s: int = NOW) -> bytes:
    """The payer signs, and the payment message is lost; returns the request's id."""
    request = payee.request(amount_fen, now_s=now_s)
    payer.receive(request_id_of(request), request, now_s=now_s)
    return request_id_of(request)


def due(world: World, amount_fen: int = 60) -> tuple[Wallet, bytes]:
    """A wallet of 100 fen that paid some into the void and has handed that in; and the request."""
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    request_id = pay_into_the_void(rider, gate, amount_fen)
    assert world.hand_in(rider).outcomes == (Outcome.SETTLED,)
    return rider, request_id
