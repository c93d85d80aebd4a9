"""A leaked operator key (F30): what it has certified is refused by devices, unless it was logged here before.

Operators report each certificate as they sign it, over their own link to the issuer; a thief who has the
signing key alone cannot. Once the key is revoked, lists name it, and devices refuse every certificate under
it. The centre tells apart: what was logged before the revocation was the operator's own act, and coins that
passed through it are honoured; what was not is unknown.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Final

from shuangli.cose import Signed
from shuangli.database.database import Database
from shuangli.errors import Refused, Unverified
from shuangli.issuer.epochs.store import revoked_operators
from shuangli.issuer.epochs.tables import REVOKED_OPERATORS
from shuangli.messages.certificates import WalletCertificate
from shuangli.offline.trust import Trust

MOST_CERTIFICATES: Final = 200
"""Most certificates in one report."""


def check_operator(
    signed: Signed, *, operator: str, at_s: int, trust: Trust, revoked: Collection[bytes], what: str
) -> None:
    """Make sure that an operator has signed something with a key that was valid then and is not revoked.

    Raises:
        Unverified: it has not (`unknown-signer`, `signature`); `what` names the object in the message.
    """
    fault = Unverified("unknown-signer", f"operator {operator} is not trusted here")
    for certificate in trust.operators:
        claims = certificate.claims
        if claims.subject == operator and claims.valid_at(at_s) and claims.key not in revoked:
            try:
                trust.verifier.check_once(signed, claims.key, what)
            except Unverified as error:
                # While one key of an operator follows another, both are valid.
                fault = error
                continue
            return
    raise fault


def is_signed_by(signed: Signed, *, operator: str, trust: Trust, what: str) -> bool:
    """Whether any key that an operator ever had has signed something, valid or revoked."""
    for certificate in trust.operators:
        if certificate.claims.subject == operator:
            with suppress(Unverified):
                trust.verifier.check_once(signed, certificate.claims.key, what)
                return True
    return False


class OperatorKeys:
    """The log of certificates and the revoked keys; what writes is called inside the issuer's transaction."""

    def __init__(self, database: Database, trust: Trust) -> None:
        """Use the tables in `database`; `trust` is the issuer's own place."""
        self._database = database
        self._trust = trust

    def log(self, certificates: Sequence[bytes], *, operator: str, now_s: int) -> None:
        """Note certificates that an operator has signed; the same one again changes nothing.

        Raises:
            Malformed, Unverified: one of them does not hold.
            Refused: another operator has signed it (`unknown-wallet`), or its key is revoked (`revoked`).
        """
        rows = []
        revoked = self.revoked()
        for data in certificates:
            certificate = WalletCertificate.parse(data)
            signer = self._trust.operator_of(certificate).claims
            if signer.subject != operator:
                raise Refused("unknown-wallet", f"{operator} reports a certificate of {signer.subject}")
            if signer.key in revoked:
                raise Refused("revoked", f"the key of {operator} that has signed the certificate is revoked")
            rows.append((certificate.signed.id, now_s))
        self._database.many("INSERT INTO operator_certificates VALUES (?, ?) ON CONFLICT DO NOTHING", rows)

    def is_logged(self, certificate: WalletCertificate) -> bool:
        """Say whether an operator has reported this certificate."""
        query = "SELECT 1 FROM operator_certificates WHERE certificate_id = ?"
        return self._database.row(query, certificate.signed.id) is not None

    def revoke(self, data: bytes, *, now_s: int) -> None:
        """Revoke the key that an operator's certificate names; doing it again changes nothing.

        Raises:
            Malformed, Unverified: the root has not signed this certificate.
        """
        claims = self._trust.add_operator(data).claims
        if claims.key not in self.revoked():
            self._database.insert(REVOKED_OPERATORS, [(claims.key, claims.subject, now_s)])

    def revoked(self) -> frozenset[bytes]:
        """The revoked keys of operators."""
        return revoked_operators(self._database)

    def obey(self) -> None:
        """Let the issuer's own place refuse what a revoked key has signed and nobody had logged before.

        Called at the start of a batch: one short query, and nothing more while no key is revoked.
        """
        revoked = self.revoked()
        if revoked:
            self._trust.disowns = lambda key, certificate: key in revoked and not self.is_logged(certificate)
        else:
            self._trust.disowns = None
