"""What one place trusts: everything below the issuer's root key that it has been shown and checked.

A place is a device, an operator or the centre. It holds the root key and, checked under it, the
certificates of operators, the centre and epochs, and the newest revocation list. Its `Verifier`
remembers what it has checked; no two places share one.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeVar

from shuangli.cose import Signed, Verifier
from shuangli.errors import Unverified
from shuangli.messages.certificates import CentreCertificate, Epoch, OperatorCertificate, WalletCertificate
from shuangli.messages.key_set import KeySet
from shuangli.messages.loads import Load
from shuangli.messages.notices import RevocationList

# The few objects that the root or the centre signs reach every device. Reading the same bytes gives
# the same value, so simulated devices may share the reading; each checks the signature for itself.
_parse_operator = lru_cache(maxsize=64)(OperatorCertificate.parse)
_parse_centre = lru_cache(maxsize=64)(CentreCertificate.parse)
_parse_epoch = lru_cache(maxsize=64)(Epoch.parse)
_parse_key_set = lru_cache(maxsize=64)(KeySet.parse)
_parse_revocations = lru_cache(maxsize=64)(RevocationList.parse)

C = TypeVar("C")
NO_KEYS: Final[frozenset[bytes]] = frozenset()
"""One for all places: an empty set of its own takes 200 bytes."""


class Trust:
    """The trusted certificates and the revocation list of one place.

    Attributes:
        minted_here: at the issuer, says whether it has minted a load, which then needs no check unless it has
            many coins (`offline.chain.FEW_COINS`)
        disowns: at the issuer, once an operator's key is revoked, says whether a wallet's certificate that
            this operator's key has signed is refused
    """

    __slots__ = (
        "_centres",
        "_distrusted",
        "_epochs",
        "_operators",
        "_root",
        "disowns",
        "minted_here",
        "network",
        "revocations",
        "verifier",
    )

    def __init__(self, *, root: bytes, network: str, objects_kept: int) -> None:
        """Trust the issuer's `root` key on `network`.

        `objects_kept` bounds how many checked objects are remembered; what was forgotten is checked again.
        """
        self.network = network
        self.minted_here: Callable[[Load], bool] | None = None
        self.disowns: Callable[[bytes, WalletCertificate], bool] | None = None
        self.verifier = Verifier(capacity=objects_kept)
        self.revocations: RevocationList | None = None
        self._root = root
        self._operators: tuple[OperatorCertificate, ...] = ()
        self._centres: tuple[CentreCertificate, ...] = ()
        self._epochs: tuple[Epoch, ...] = ()
        self._distrusted = NO_KEYS

    def add_operator(self, data: bytes) -> OperatorCertificate:
        """Check an operator's certificate under the root key and trust it."""
        certificate = _parse_operator(data)
        if certificate not in self._operators:
            self._check_root(certificate, "operator certificate")
            self._operators += (certificate,)
        return certificate

    def add_centre(self, data: bytes) -> CentreCertificate:
        """Check the centre's certificate under the root key and trust it."""
        certificate = _parse_centre(data)
        if certificate not in self._centres:
            self._check_root(certificate, "centre certificate")
            self._centres += (certificate,)
        return certificate

    def add_epoch(self, data: bytes) -> Epoch:
        """Check an epoch under the root key and trust its minting key."""
        epoch = _parse_epoch(data)
        if epoch not in self._epochs:
            self._check_root(epoch, "epoch")
            self._epochs += (epoch,)
        return epoch

    def add_key_set(self, data: bytes) -> KeySet:
        """Check a key set under the root key and trust all that it certifies: one check for all of it.

        Raises:
            Malformed, Unverified: it does not hold, or is for another network.
        """
        key_set = _parse_key_set(data)
        self.verifier.check_once(key_set.signed, self._root, "key set")
        if key_set.network != self.network:
            raise Unverified("wrong-network", f"the key set is for network {key_set.network}")
        self._operators = _with(self._operators, key_set.operators)
        self._centres = _with(self._centres, key_set.centres)
        self._epochs = _with(self._epochs, key_set.epochs)
        return key_set

    def _check_root(self, certificate: OperatorCertificate | CentreCertificate | Epoch, what: str) -> None:
        self.verifier.check_once(certificate.signed, self._root, what)
        if certificate.claims.issuer != self.network:
            raise Unverified("wrong-network", f"the {what} is for network {certificate.claims.issuer}")

    def update_revocations(self, data: bytes) -> bool:
        """Take over a revocation list if it is newer than the one at hand; say whether it was.

        Raises:
            Malformed, Unverified: it is not a list signed by a centre.
        """
        fresh = _parse_revocations(data)
        if self.revocations is not None and fresh.number <= self.revocations.number:
            return False
        fault: Unverified | None = None
        for centre in self._centres:
            if centre.claims.valid_at(fresh.issued_at_s):
                try:
                    self.verifier.check_once(fresh.signed, centre.claims.key, "revocation list")
                except Unverified as error:
                    # While one key of the centre follows another, both are valid.
                    fault = error
                    continue
                self.revocations = fresh
                return True
        raise fault or Unverified("unknown-signer", "no trusted centre was valid when the list was issued")

    @property
    def root(self) -> bytes:
        """The issuer's root key."""
        return self._root

    @property
    def centres(self) -> tuple[CentreCertificate, ...]:
        """The certificates of all centres that are trusted here."""
        return self._centres

    @property
    def epochs(self) -> tuple[Epoch, ...]:
        """All epochs that are trusted here."""
        return self._epochs

    @property
    def operators(self) -> tuple[OperatorCertificate, ...]:
        """The certificates of all operators that are trusted here."""
        return self._operators

    def wallet_certificate(self, certificate: WalletCertificate) -> WalletCertificate:
        """Make sure that a trusted operator certified the wallet, and return the certificate.

        Raises:
            Unverified: unknown operator (`unknown-signer`), or the signature does not verify.
        """
        operator = self.operator_of(certificate)
        if self.disowns is not None and self.disowns(operator.claims.key, certificate):
            raise Unverified(
                "unknown-signer", f"a revoked key of {certificate.claims.issuer} has signed this"
            )
        return certificate

    def operator_of(self, certificate: WalletCertificate) -> OperatorCertificate:
        """The certificate of the operator that signed the wallet's, valid when it did so.

        Raises:
            Unverified: there is none (`unknown-signer`), or the signature does not verify.
        """
        issuer, certified_s = certificate.claims.issuer, certificate.claims.not_before_s
        fault: Unverified | None = None
        for operator in self._operators:
            claims = operator.claims
            if claims.subject == issuer and claims.valid_at(certified_s):
                try:
                    self.verifier.check(certificate.signed, claims.key, "wallet certificate")
                except Unverified as error:
                    # While one key of an operator follows another, both are valid.
                    fault = error
                    continue
                return operator
        raise fault or Unverified("unknown-signer", f"operator {issuer} is not trusted here")

    def key_of_operator(self, name: str, signed: Signed, what: str) -> bytes:
        """The key with which an operator has signed something: one that is certified and not revoked.

        While one key follows another, both may sign. `what` names the object in what goes wrong.

        Raises:
            Unverified: no such key of this operator has (`unknown-signer`, `signature`).
        """
        revoked = NO_KEYS if self.revocations is None else self.revocations.operators
        fault: Unverified | None = None
        for operator in self._operators:
            claims = operator.claims
            if claims.subject == name and claims.key not in revoked:
                try:
                    self.verifier.check_once(signed, claims.key, what)
                except Unverified as error:
                    fault = error
                    continue
                return claims.key
        raise fault or Unverified("unknown-signer", f"no key of operator {name} is trusted here")

    def epoch(self, number: int) -> Epoch:
        """The trusted epoch of this number.

        Raises:
            Unverified: there is none (`epoch`).
        """
        for epoch in self._epochs:
            if epoch.number == number:
                return epoch
        raise Unverified("epoch", f"epoch {number} is not trusted here")

    def distrust(self, key: bytes) -> None:
        """Treat a wallet's key as revoked: this place holds evidence against it before any list names it."""
        self._distrusted |= {key}

    def is_revoked(self, certificate: WalletCertificate) -> bool:
        """Say whether the newest list, or evidence held here, revokes the wallet's key or its operator's."""
        if certificate.claims.key in self._distrusted:
            return True
        listed = self.revocations
        if listed is None:
            return False
        return certificate.claims.key in listed.wallets or (
            bool(listed.operators) and self.operator_of(certificate).claims.key in listed.operators
        )

    def list_age_s(self, now_s: int) -> int | None:
        """The age of the revocation list in seconds; None where there is no list."""
        return None if self.revocations is None else now_s - self.revocations.issued_at_s


def _with(known: tuple[C, ...], more: tuple[C, ...]) -> tuple[C, ...]:
    return known + tuple(part for part in more if part not in known) if known else more
