"""The largest reconciliation: ten thousand coins in one upload."""

from shuangli.api.models import CBOR, MAX_UPLOAD_BYTES
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.hand_in import HandIn
from shuangli.messages.loads import Load, LoadOrder
from shuangli.messages.notices import Acknowledgement, Outcome
from shuangli.messages.transfers import CENTRE, MAX_COINS, NO_REQUEST, Spend, Transfer, load_coin_id
from tests.api.service import Service


def test_ten_thousand_coins_are_reconciled_at_once(service: Service) -> None:
    key, now_s = service.wallet("hoarder", tier=0, holds_fen=MAX_COINS * 2), service.clock.now_s()
    order = LoadOrder.sign(
        key, operator="OP01", values_fen=(1,) * MAX_COINS, nonce=bytes(16), ordered_at_s=now_s
    )
    load = Load.parse(service.desk.load(order.signed.data))
    redemption = Transfer.sign(
        key,
        request_id=NO_REQUEST,
        certificate=WalletCertificate.parse(service.desk.certificate(key.public)),
        signed_at_s=now_s,
        claim_by_s=now_s + 86_400,
        payee=CENTRE,
        spends=[Spend(load_coin_id(load.signed.id, coin), 1) for coin in range(MAX_COINS)],
    )
    upload = HandIn(bundle=Bundle(loads=(load.signed.data,), transfers=(redemption.signed.data,))).encode()
    assert len(upload) < MAX_UPLOAD_BYTES
    told = service.ask("POST", "/v1/reconciliations", body=upload, headers={"Content-Type": CBOR})
    answer = Acknowledgement.parse(told.content)
    assert (answer.credited_fen, set(answer.outcomes)) == (MAX_COINS, {Outcome.SETTLED})
    assert service.balance_fen(key) == 2 * MAX_COINS
    service.check_books()
