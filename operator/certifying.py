"""Certificates of wallets, as an operator signs them."""

from dataclasses import dataclass

from shuangli.crypto import Signer
from shuangli.days import OFFSET_S
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.claims import SERIAL_BYTES, Claims
from shuangli.messages.enrolment import Enrolment
from shuangli.offline.limits import LimitsTable


@dataclass(frozen=True, slots=True, kw_only=True)
class BankTerms:
    """How an operator certifies: its name, limits table, and how long a certificate is valid.

    Limits of a day count from midnight to midnight where clocks are `day_offset_s` ahead of UTC.
    """

    name: str
    limits: LimitsTable
    certificate_life_s: int
    day_offset_s: int = OFFSET_S


def is_due(certificate: WalletCertificate, *, terms: BankTerms, now_s: int) -> bool:
    """Say whether a wallet needs another certificate soon: the last quarter of this one's life has begun."""
    return now_s >= certificate.claims.expires_at_s - terms.certificate_life_s // 4


def certify(
    key: Signer, terms: BankTerms, enrolment: Enrolment, *, wallet_no: int, tier: int, now_s: int
) -> WalletCertificate:
    """Certify the key of an enrolment under the operator's `key`, for a wallet of this number and tier."""
    return WalletCertificate.sign(
        key,
        Claims(
            issuer=terms.name,
            subject=None,
            not_before_s=now_s,
            expires_at_s=now_s + terms.certificate_life_s,
            serial=wallet_no.to_bytes(SERIAL_BYTES, "big"),
            key=enrolment.key,
        ),
        kind=enrolment.kind,
        tier=tier,
        profile=terms.limits.profile,
        payee_class=enrolment.payee_class,
    )
