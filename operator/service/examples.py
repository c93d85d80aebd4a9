"""Signed objects as examples for the description of the API, in base64: real ones, under made-up keys. Pure.

Whoever reads them with `base64.b64decode` and the classes of `shuangli.messages` sees what a body looks like.
"""

import base64
from typing import Final

from shuangli.api.models import NetworkDescription
from shuangli.codec import encode
from shuangli.crypto import SigningKey, sha256
from shuangli.days import DAY_S
from shuangli.issuer.authority import Authority
from shuangli.issuer.service.network import EPOCH, NETWORK, TERMS, first_key_set
from shuangli.messages.audit import Checkpoint, LogEntry
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import WalletKind
from shuangli.messages.enrolment import Enrolment
from shuangli.messages.hand_in import HandIn
from shuangli.messages.loads import Load, LoadOrder
from shuangli.messages.notices import Acknowledgement, Outcome, RevocationList
from shuangli.offline.limits import LIMITS_2022
from shuangli.operator.certifying import BankTerms, certify

_OPERATOR: Final = "OP01"
_NOW_S: Final = 1_800_000_000


def examples() -> dict[str, str]:
    """An example of each body that is a signed object, or an array of bytes."""
    root, centre, minting, operator, wallet = (SigningKey(bytes([number]) * 32) for number in range(5))
    key_set = first_key_set(
        Authority(root, network=NETWORK),
        centre=centre.public,
        minting=minting.public,
        operators={_OPERATOR: operator.public},
        now_s=_NOW_S,
    )
    enrolment = Enrolment.sign(
        wallet,
        network=NETWORK,
        operator=_OPERATOR,
        kind=WalletKind.SOFT,
        tier=2,
        person=sha256(b"a record"),
        enrolled_at_s=_NOW_S,
    )
    terms = BankTerms(name=_OPERATOR, limits=LIMITS_2022, certificate_life_s=365 * DAY_S)
    order = LoadOrder.sign(
        wallet, operator=_OPERATOR, values_fen=(300, 200), nonce=bytes(16), ordered_at_s=_NOW_S
    )
    load = Load.sign(
        minting,
        network=NETWORK,
        currency=TERMS.currency,
        order=order,
        epoch=EPOCH,
        issued_at_s=_NOW_S,
        expires_at_s=_NOW_S + 90 * DAY_S,
    )
    entry = LogEntry(origin=_OPERATOR, number=0, logged_at_s=_NOW_S, leaf_hash=bytes(32))
    listed = RevocationList.sign(centre, number=1, issued_at_s=_NOW_S, wallets=(), operators=(), epochs=())
    acknowledgement = Acknowledgement.sign(
        operator,
        upload_id=sha256(b"an upload"),
        received_at_s=_NOW_S,
        credited_fen=500,
        outcomes=(Outcome.SETTLED,),
        entry=entry,
    )
    checkpoint = Checkpoint.sign(
        operator, network=NETWORK, origin=_OPERATOR, size=1, root=bytes(32), made_at_s=_NOW_S
    )
    certificate = certify(operator, terms, enrolment, wallet_no=1, tier=2, now_s=_NOW_S)
    described = NetworkDescription(network=NETWORK, operator=_OPERATOR, currency=TERMS.currency, sandbox=True)
    upload = HandIn(bundle=Bundle(loads=(load.signed.data,), transfers=()))
    return {
        name: base64.b64encode(data).decode()
        for name, data in {
            "network": described.encode(),
            "key-set": key_set.signed.data,
            "revocation-list": listed.signed.data,
            "enrolment": enrolment.signed.data,
            "certificate": certificate.signed.data,
            "order": order.signed.data,
            "load": load.signed.data,
            "upload": upload.encode(),
            "acknowledgement": acknowledgement.signed.data,
            "checkpoint": checkpoint.signed.data,
            "byte strings": encode([bytes(32)]),
        }.items()
    }
