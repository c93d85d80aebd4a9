"""Encoding a parsed message again, without its private key: the second half of every round trip."""

from dataclasses import fields
from typing import Any

from shuangli.issuer.archive.manifest import ArchiveManifest
from shuangli.messages.certificates import (
    CentreCertificate,
    Epoch,
    OperatorCertificate,
    WalletCertificate,
)
from shuangli.messages.cosignature import Cosignature
from shuangli.messages.enrolment import Enrolment
from shuangli.messages.loads import Load, LoadOrder
from shuangli.messages.notices import Acknowledgement, Report


class OldSignature:
    """A signer that knows one signature, whatever it is asked to sign."""

    def __init__(self, public: bytes, signature: bytes) -> None:
        self.public = public
        self._signature = signature

    def sign(self, message: bytes) -> bytes:
        return self._signature


def encode_again(value: Any) -> bytes:
    """The bytes of a message made anew from the fields of `value` and its old signature."""
    kept = {field.name: getattr(value, field.name) for field in fields(value) if field.name != "signed"}
    owner = kept.get("owner") or kept.get("key") or kept.get("witness") or bytes(32)
    signer = OldSignature(owner, value.signed.signature)
    kind: Any = type(value)
    match value:
        case WalletCertificate() | OperatorCertificate() | CentreCertificate() | Epoch():
            made = kind.sign(signer, kept.pop("claims"), **kept)
        case LoadOrder():
            del kept["owner"]
            made = kind.sign(signer, **kept)
        case Acknowledgement():
            del kept["operator"]
            made = kind.sign(signer, **kept)
        case Cosignature():
            del kept["witness"]
            made = kind.sign(signer, **kept)
        case Enrolment():
            del kept["key"]
            made = kind.sign(signer, **kept)
        case Load():
            ordered = {
                name: kept.pop(name) for name in ("operator", "owner", "values_fen", "nonce", "condition")
            }
            order = LoadOrder(**ordered, ordered_at_s=0, signed=value.signed)
            made = kind.sign(signer, order=order, **kept)
        case Report():
            made = kind.sign(signer, **kept | {name: dict(kept[name]) for name in ("figures", "files")})
        case ArchiveManifest():
            maps = {name: dict(kept[name]) for name in ("counts", "totals", "files")}
            made = kind.sign(signer, **kept | maps)
        case _:
            made = kind.sign(signer, **kept)
    data: bytes = made.signed.data
    return data
