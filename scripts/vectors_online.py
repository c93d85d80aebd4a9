"""The test vectors of what operators and the centre sign for others (`make_vectors.py`)."""

from collections.abc import Mapping
from typing import Any, Final

from shuangli.crypto import SigningKey
from shuangli.messages.notices import Acknowledgement, Outcome, Report, RevocationList
from shuangli.messages.returns import Returned, Watermark
from shuangli.messages.transfers import PAYEE_OUTPUT, Transfer, output_coin_id

DAY_S: Final = 86_400


def notices(keys: Mapping[str, SigningKey], now_s: int, payment: Transfer) -> dict[str, tuple[str, Any]]:
    """Their names, then the key that signed and the object; `payment` is what comes back."""
    revoked = RevocationList.sign(
        keys["centre"],
        number=42,
        issued_at_s=now_s + 300,
        wallets=[keys["payer"].public, bytes(32)],
        operators=[],
        epochs=[300, 2],
    )
    acknowledgement = Acknowledgement.sign(
        keys["operator"],
        operator="bank-1",
        upload_id=bytes(range(32)),
        received_at_s=now_s + 1_000,
        credited_fen=1_000_000,
        outcomes=[Outcome.SETTLED, Outcome.FORKED, Outcome.FROZEN],
    )
    watermark = Watermark.sign(
        keys["operator"], network="testnet", operator="bank-1", up_to_s=now_s + 3 * DAY_S
    )
    returned = Returned.sign(
        keys["operator"],
        operator="bank-1",
        number=3,
        owner=keys["payer"].public,
        parent_id=payment.signed.id,
        coin_id=output_coin_id(payment.signed.id, payment.spends[0].coin_id, PAYEE_OUTPUT),
        value_fen=payment.spends[0].pay_fen,
        returned_at_s=now_s + 3 * DAY_S,
    )
    report = Report.sign(
        keys["centre"],
        network="testnet",
        made_at_s=now_s + DAY_S,
        figures={"trips.paid": 731_520, "books.difference_fen": 0, "change_fen": -5},
        files={"result.json": bytes(range(32))},
    )
    return {
        "revocation list": ("centre", revoked),
        "acknowledgement": ("operator", acknowledgement),
        "watermark": ("operator", watermark),
        "returned": ("operator", returned),
        "report": ("centre", report),
    }
