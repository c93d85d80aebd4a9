"""Payments that an honest wallet would not make."""

from shuangli.messages.bundle import Bundle
from shuangli.messages.transfers import Spend, Transfer
from shuangli.offline.chain import chains
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message
from shuangli.wallet.wallet import Wallet
from tests.paying import coins_of, signing_key
from tests.setting import DAY_S, NOW


def forced(payer: Wallet, payee: Wallet, amount_fen: int, now_s: int = NOW) -> Message:
    """The answer of a payee to a payment that an honest wallet would not make, out of any coins."""
    request = payee.request(amount_fen, now_s=now_s)
    request_id = request_id_of(request)
    asked = payee.purse.asking[request_id].request
    coins = coins_of(payer)[:1]
    transfer = Transfer.sign(
        signing_key(payer),
        request_id=request_id,
        certificate=payer.certificate,
        signed_at_s=now_s,
        claim_by_s=min(coins[0].claim_by_s, now_s + DAY_S),
        payee=asked.payee,
        spends=[Spend(coins[0].coin_id, amount_fen, coins[0].value_fen - amount_fen)],
    )
    shown = chains(coins)
    body = Bundle(loads=shown.loads, transfers=(*shown.transfers, transfer.signed.data)).encode()
    (answer,) = payee.receive(request_id, Message(Kind.PAYMENT, body), now_s=now_s)
    return answer
