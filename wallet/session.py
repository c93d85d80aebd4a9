"""One payment between two wallets over a pair of links, from the request to the receipt."""

from shuangli.offline.links import Link
from shuangli.wallet.wallet import Wallet, request_id_of


def run_session(
    *, payer: Wallet, payee: Wallet, to_payer: Link, to_payee: Link, amount_fen: int, now_s: int
) -> bytes:
    """Let `payee` ask for `amount_fen` and `payer` pay; returns the request's id.

    Whether it was paid is in the payer's session afterwards. What one side cannot accept ends the
    session there, with the other side where it was.

    Raises:
        Refused: the payer may not or cannot pay, so nothing was spent.
        ProtocolError: a message does not hold.
    """
    to_payer.send(payee.request(amount_fen, now_s=now_s))
    request = to_payer.receive()
    if request is None:
        return b""
    request_id = request_id_of(request)
    for message in payer.receive(request_id, request, now_s=now_s):
        to_payee.send(message)
    while (payment := to_payee.receive()) is not None:
        for message in payee.receive(request_id, payment, now_s=now_s):
            to_payer.send(message)
    while (answer := to_payer.receive()) is not None:
        payer.receive(request_id, answer, now_s=now_s)
    return request_id
