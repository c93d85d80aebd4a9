"""The test vectors of what is sent unsigned around signed objects: messages of a session, and evidence."""

from collections.abc import Mapping, Sequence
from typing import Any

from shuangli import codec
from shuangli.crypto import SigningKey
from shuangli.days import DAY_S
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import OperatorCertificate, WalletCertificate
from shuangli.messages.notices import RevocationList
from shuangli.messages.session import PaymentRequest, Receipt, Refusal
from shuangli.messages.transfers import (
    CENTRE,
    NO_REQUEST,
    PAYEE_OUTPUT,
    Spend,
    Transfer,
    output_coin_id,
)
from shuangli.offline.evidence import Evidence
from shuangli.offline.states import Kind, Message


def messages(
    request: PaymentRequest, bundle: Bundle, receipt: Receipt, refusal: Refusal, listed: RevocationList
) -> list[dict[str, Any]]:
    """One message of each kind."""
    bodies = {
        Kind.REQUEST: request.signed.data,
        Kind.PAYMENT: bundle.encode(),
        Kind.RECEIPT: receipt.signed.data,
        Kind.REFUSAL: refusal.signed.data,
        Kind.LIST_NUMBER: codec.encode(listed.number),
        Kind.LIST: listed.signed.data,
    }
    return [
        {
            "name": kind.name.lower().replace("_", " "),
            "kind": int(kind),
            "body": body.hex(),
            "data": Message(kind, body).encode().hex(),
        }
        for kind, body in bodies.items()
    ]


def evidence(
    keys: Mapping[str, SigningKey],
    operator: OperatorCertificate,
    wallets: Sequence[WalletCertificate],
    payment: Transfer,
    refusal: Refusal,
) -> list[dict[str, Any]]:
    """Both kinds of proof; the payer and the payee of `payment` are the culprits, `wallets` are theirs."""
    payer, payee = wallets
    spent = payment.spends[0]
    again = Transfer.sign(
        keys["payer"],
        request_id=bytes(range(32)),
        certificate=payer,
        signed_at_s=payment.signed_at_s + 60,
        claim_by_s=payment.claim_by_s,
        payee=keys["mint"].public,
        spends=[Spend(spent.coin_id, spent.pay_fen)],
    )
    received_id = output_coin_id(payment.signed.id, spent.coin_id, PAYEE_OUTPUT)
    claimed = Transfer.sign(
        keys["payee"],
        request_id=NO_REQUEST,
        certificate=payee,
        signed_at_s=payment.signed_at_s + DAY_S,
        claim_by_s=payment.signed_at_s + DAY_S,
        payee=CENTRE,
        spends=[Spend(received_id, spent.pay_fen)],
    )
    common: dict[str, Any] = {"network": "testnet", "operators": (operator.signed.data,)}
    twice = Evidence(coin_id=spent.coin_id, transfers=(payment.signed.data, again.signed.data), **common)
    refused = Evidence(
        coin_id=received_id,
        transfers=(claimed.signed.data,),
        refusal=refusal.signed.data,
        source_id=spent.coin_id,
        **common,
    )
    return [
        _described("two transfers of one coin", "payer", twice),
        _described("a payee that claims what it has refused", "payee", refused),
    ]


def _described(name: str, culprit: str, proof: Evidence) -> dict[str, Any]:
    return {
        "name": name,
        "culprit": culprit,
        "network": proof.network,
        "coin_id": proof.coin_id.hex(),
        "transfers": [data.hex() for data in proof.transfers],
        "operators": [data.hex() for data in proof.operators],
        "refusal": proof.refusal.hex(),
        "source_id": proof.source_id.hex(),
        "data": proof.encode().hex(),
    }
