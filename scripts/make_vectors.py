"""Make the test vectors in `tests/vectors/`: every wire object from fixed keys, what is refused, and why.

    python scripts/make_vectors.py [--out DIR]

`tests/vectors/README.md` explains them to somebody who writes a wallet in another language. A test makes
them again and compares; so a change of any byte on the wire shows as a change of these files in review.
"""

import argparse
import dataclasses
import json
from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

from scripts.vectors_audit import audit
from scripts.vectors_conditional import conditional
from scripts.vectors_online import notices
from scripts.vectors_refused import refused_objects, refused_signatures
from scripts.vectors_sent import evidence, messages
from shuangli.crypto import SigningKey
from shuangli.days import DAY_S
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import (
    CentreCertificate,
    Epoch,
    Mode,
    OperatorCertificate,
    Terms,
    WalletCertificate,
    WalletKind,
)
from shuangli.messages.claims import Claims
from shuangli.messages.enrolment import Enrolment
from shuangli.messages.hand_in import HandIn
from shuangli.messages.key_set import KeySet
from shuangli.messages.loads import Load, LoadOrder
from shuangli.messages.session import Accepts, PaymentRequest, Receipt, Refusal, RefusalReason
from shuangli.messages.transfers import (
    CENTRE,
    CHANGE_OUTPUT,
    NO_REQUEST,
    PAYEE_OUTPUT,
    Spend,
    Transfer,
    load_coin_id,
    output_coin_id,
)

NOW_S: Final = 1_760_000_000
SEEDS: Final = {
    name: bytes([number]) * 32
    for number, name in enumerate(("root", "centre", "operator", "mint", "payer", "payee"), 1)
}
KEYS: Final = {name: SigningKey(seed) for name, seed in SEEDS.items()}


def _claims(issuer: str, subject: str | None, key: str, serial: int) -> Claims:
    return Claims(
        issuer=issuer,
        subject=subject,
        not_before_s=NOW_S,
        expires_at_s=NOW_S + 365 * DAY_S,
        serial=serial.to_bytes(5, "big"),
        key=KEYS[key].public,
    )


def _certificates() -> dict[str, tuple[str, Any]]:
    """The certificates: name, then the key that signed and the object."""
    root, bank = KEYS["root"], KEYS["operator"]
    terms = Terms(
        currency="CNY",
        mode=Mode.TRANSFERABLE,
        hop_cap=3,
        coin_life_s=90 * DAY_S,
        claim_window_s=7 * DAY_S,
        grace_s=DAY_S,
    )
    soft = WalletCertificate.sign(
        bank, _claims("bank-1", None, "payer", 7), kind=WalletKind.SOFT, tier=3, profile=1
    )
    hard = WalletCertificate.sign(
        bank, _claims("bank-1", None, "payee", 2**40 - 1), kind=WalletKind.HARD, tier=0, profile=300
    )
    shop = WalletCertificate.sign(
        bank,
        _claims("bank-1", None, "payee", 8),
        kind=WalletKind.SOFT,
        tier=0,
        profile=1,
        payee_class=5_812,
    )
    epoch = Epoch.sign(root, _claims("testnet", "epoch-1", "mint", 3), number=1, terms=terms)
    operator = OperatorCertificate.sign(root, _claims("testnet", "bank-1", "operator", 1))
    centre = CentreCertificate.sign(root, _claims("testnet", "centre", "centre", 2))
    key_set = KeySet.sign(
        root,
        network="testnet",
        number=7,
        issued_at_s=NOW_S,
        operators=[operator],
        centres=[centre],
        epochs=[epoch],
    )
    return {
        "operator": ("root", operator),
        "centre": ("root", centre),
        "epoch": ("root", epoch),
        "key set": ("root", key_set),
        "soft wallet of a person": ("operator", soft),
        "hard wallet of a merchant": ("operator", hard),
        "wallet of a payee of conditional value": ("operator", shop),
    }


def _loads() -> dict[str, tuple[str, Any]]:
    order = LoadOrder.sign(
        KEYS["payer"],
        operator="bank-1",
        values_fen=(1, 23, 24, 255, 256, 65_535, 65_536, 1_000_000),
        nonce=bytes(range(16)),
        ordered_at_s=NOW_S + 100,
    )
    load = Load.sign(
        KEYS["mint"],
        network="testnet",
        currency="CNY",
        order=order,
        epoch=1,
        issued_at_s=NOW_S + 110,
        expires_at_s=NOW_S + 110 + 90 * DAY_S,
    )
    enrolment = Enrolment.sign(
        KEYS["payer"],
        network="testnet",
        operator="bank-1",
        kind=WalletKind.SOFT,
        tier=3,
        person=bytes(range(32)),
        enrolled_at_s=NOW_S,
    )
    return {"enrolment": ("payer", enrolment), "order": ("payer", order), "load": ("mint", load)}


def _session(load: Load, payer: WalletCertificate, payee: WalletCertificate) -> dict[str, tuple[str, Any]]:
    request = PaymentRequest.sign(
        KEYS["payee"],
        network="testnet",
        currency="CNY",
        amount_fen=300,
        certificate=payee,
        nonce=bytes(range(16, 32)),
        made_at_s=NOW_S + 200,
        expires_at_s=NOW_S + 500,
        accepts=Accepts(hops=3, bundle_bytes=65_536, coins=64, claim_time_s=3_600, list_age_s=7 * DAY_S),
    )
    coins = [load_coin_id(load.signed.id, index) for index in range(len(load.values_fen))]
    payment = Transfer.sign(
        KEYS["payer"],
        request_id=request.id,
        certificate=payer,
        signed_at_s=NOW_S + 210,
        claim_by_s=NOW_S + 210 + 7 * DAY_S,
        payee=request.payee,
        spends=[Spend(coins[4], 256), Spend(coins[6], 44, 65_492)],
    )
    redemption = Transfer.sign(
        KEYS["payer"],
        request_id=NO_REQUEST,
        certificate=payer,
        signed_at_s=NOW_S + 900,
        claim_by_s=NOW_S + 900,
        payee=CENTRE,
        spends=[Spend(coins[7], 1_000_000)],
    )
    answered: dict[str, Any] = {"request_id": request.id, "transfer_ids": [payment.signed.id]}
    receipt = Receipt.sign(KEYS["payee"], received_at_s=NOW_S + 211, **answered)
    refusal = Refusal.sign(
        KEYS["payee"], refused_at_s=NOW_S + 211, reason=RefusalReason.REQUEST_PAID, **answered
    )
    return {
        "request": ("payee", request),
        "payment of two coins, one with change": ("payer", payment),
        "redemption": ("payer", redemption),
        "receipt": ("payee", receipt),
        "refusal": ("payee", refusal),
    }


def plain(value: Any) -> Any:
    """A field as JSON shows it: bytes in hex, enumerations as their numbers, an inner object as its bytes."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, IntEnum):
        return int(value)
    if isinstance(value, frozenset):
        return [plain(part) for part in sorted(value)]
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    if hasattr(value, "signed"):
        return value.signed.data.hex()
    return fields_of(value) if dataclasses.is_dataclass(value) else value


def fields_of(value: Any) -> dict[str, Any]:
    """The fields of a message, as JSON shows them."""
    names = [field.name for field in dataclasses.fields(value) if field.name != "signed"]
    return {name: plain(getattr(value, name)) for name in names}


def _described(name: str, signer: str, value: Any) -> dict[str, Any]:
    signed = value.signed
    return {
        "name": name,
        "kind": type(value).__name__,
        "signer": signer,
        "fields": fields_of(value),
        "external_aad": signed.domain.value.decode(),
        "payload": signed.payload.hex(),
        "sig_structure": signed.message.hex(),
        "id": signed.id.hex(),
        "data": signed.data.hex(),
    }


def _coins(load: Load, payment: Transfer) -> dict[str, Any]:
    """What coins are called."""
    outputs = [
        {
            "transfer_id": payment.signed.id.hex(),
            "spent_coin_id": spend.coin_id.hex(),
            "payee_output": output_coin_id(payment.signed.id, spend.coin_id, PAYEE_OUTPUT).hex(),
            "change": output_coin_id(payment.signed.id, spend.coin_id, CHANGE_OUTPUT).hex()
            if spend.change_fen
            else None,
        }
        for spend in payment.spends
    ]
    ids = [load_coin_id(load.signed.id, index).hex() for index in range(len(load.values_fen))]
    return {"load": {"load_id": load.signed.id.hex(), "coin_ids": ids}, "outputs": outputs}


def all_vectors() -> dict[str, Any]:
    """The content of each file, by its name."""
    certificates = _certificates()
    payer = certificates["soft wallet of a person"][1]
    payee = certificates["hard wallet of a merchant"][1]
    loads = _loads()
    load = loads["load"][1]
    session = _session(load, payer, payee)
    payment = session["payment of two coins, one with change"][1]
    bundle = Bundle(loads=(load.signed.data,), transfers=(payment.signed.data,))
    hand_in = HandIn(bundle=bundle, refusals=(session["refusal"][1].signed.data,))
    online = notices(KEYS, NOW_S, payment)
    given = conditional(KEYS, NOW_S, certificates["wallet of a payee of conditional value"][1])
    objects = certificates | loads | given | session | online
    request, receipt, refusal = (session[name][1] for name in ("request", "receipt", "refusal"))
    keys = {name: {"seed": SEEDS[name].hex(), "public": key.public.hex()} for name, key in KEYS.items()}
    return {
        "keys.json": keys,
        "objects.json": [_described(name, signer, value) for name, (signer, value) in objects.items()],
        "coins.json": _coins(load, payment),
        "bundle.json": {
            "loads": plain(bundle.loads),
            "transfers": plain(bundle.transfers),
            "data": bundle.encode().hex(),
        },
        "hand_in.json": {
            "loads": plain(bundle.loads),
            "transfers": plain(bundle.transfers),
            "refusals": plain(hand_in.refusals),
            "data": hand_in.encode().hex(),
        },
        "messages.json": messages(request, bundle, receipt, refusal, online["revocation list"][1]),
        "evidence.json": evidence(KEYS, certificates["operator"][1], (payer, payee), payment, refusal),
        "refused_objects.json": refused_objects(KEYS, payment, payee, given["load under a condition"][1]),
        "signatures.json": refused_signatures(),
        "audit.json": audit(KEYS, certificates["operator"][1], NOW_S),
    }


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    standard = Path(__file__).parents[1] / "tests" / "vectors"
    parser.add_argument("--out", type=Path, default=standard, help="directory (default: %(default)s)")
    out = parser.parse_args().out
    for name, content in all_vectors().items():
        (out / name).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
