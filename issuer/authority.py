"""The issuer's root: certifies operators, the registration centre and epochs. Used rarely, kept offline."""

from collections.abc import Sequence

from shuangli.crypto import Signer
from shuangli.errors import BadInput
from shuangli.messages.audit import CENTRE_ORIGIN
from shuangli.messages.certificates import CentreCertificate, Epoch, OperatorCertificate, Terms
from shuangli.messages.claims import SERIAL_BYTES, Claims
from shuangli.messages.key_set import KeySet


class Authority:
    """Signs with the root key; serials count up."""

    def __init__(self, root: Signer, *, network: str, last_serial: int = 0) -> None:
        """Use `root` for `network`; serials go on after the last one that was used."""
        self._root = root
        self._network = network
        self._last_serial = last_serial

    @property
    def public(self) -> bytes:
        """The root's public key: all that anybody has to trust."""
        return self._root.public

    def _claims(self, subject: str, key: bytes, not_before_s: int, expires_at_s: int) -> Claims:
        self._last_serial += 1
        return Claims(
            issuer=self._network,
            subject=subject,
            not_before_s=not_before_s,
            expires_at_s=expires_at_s,
            serial=self._last_serial.to_bytes(SERIAL_BYTES, "big"),
            key=key,
        )

    def certify_operator(
        self, name: str, key: bytes, *, not_before_s: int, expires_at_s: int
    ) -> OperatorCertificate:
        """Authorise a bank to open wallets.

        Raises:
            BadInput: it has the name of the centre, whose log it could pass its own off as (`bad-value`).
        """
        if name.lower() == CENTRE_ORIGIN:
            raise BadInput("bad-value", f"no operator is called {name!r}: that is the registration centre")
        return OperatorCertificate.sign(self._root, self._claims(name, key, not_before_s, expires_at_s))

    def certify_centre(
        self, name: str, key: bytes, *, not_before_s: int, expires_at_s: int
    ) -> CentreCertificate:
        """Authorise the registration centre's key."""
        return CentreCertificate.sign(self._root, self._claims(name, key, not_before_s, expires_at_s))

    def open_epoch(
        self, number: int, minting_key: bytes, terms: Terms, *, not_before_s: int, expires_at_s: int
    ) -> Epoch:
        """Authorise a minting key and fix the terms of what it mints."""
        claims = self._claims(f"epoch-{number}", minting_key, not_before_s, expires_at_s)
        return Epoch.sign(self._root, claims, number=number, terms=terms)

    def sign_key_set(
        self,
        number: int,
        *,
        issued_at_s: int,
        operators: Sequence[OperatorCertificate],
        centres: Sequence[CentreCertificate],
        epochs: Sequence[Epoch],
    ) -> KeySet:
        """Put what devices are to trust under one signature."""
        return KeySet.sign(
            self._root,
            network=self._network,
            number=number,
            issued_at_s=issued_at_s,
            operators=operators,
            centres=centres,
            epochs=epochs,
        )
