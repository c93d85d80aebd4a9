"""The key set: all that the root has certified, under one signature, so that a device checks one.

A device is given the newest key set when it is opened and whenever it is online. Each certificate in
it is signed by the root as well, because evidence and reports carry single ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from shuangli import codec, cose
from shuangli.codec import Item
from shuangli.cose import Domain, Signed
from shuangli.crypto import Signer
from shuangli.errors import Malformed
from shuangli.messages.certificates import CentreCertificate, Epoch, OperatorCertificate, RoleCertificate
from shuangli.messages.fields import MAX_NAME, check_count, check_text, check_time, read_array, require
from shuangli.money import MAX_FEN

MAX_CERTIFICATES: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySet:
    """Operators, centres and epochs of a network as of `issued_at_s`; a higher number is newer."""

    network: str
    number: int
    issued_at_s: int
    operators: tuple[OperatorCertificate, ...]
    centres: tuple[CentreCertificate, ...]
    epochs: tuple[Epoch, ...]
    signed: Signed

    def __post_init__(self) -> None:
        check_text(self.network, MAX_NAME, "network")
        check_count(self.number, MAX_FEN, "number")
        check_time(self.issued_at_s, "time")
        certified: tuple[RoleCertificate | Epoch, ...] = (*self.operators, *self.centres, *self.epochs)
        for certificate in certified:
            made_for = certificate.claims.issuer
            require(made_for == self.network, "shape", "a certificate is for another network")

    @classmethod
    def sign(
        cls,
        root: Signer,
        *,
        network: str,
        number: int,
        issued_at_s: int,
        operators: Sequence[OperatorCertificate],
        centres: Sequence[CentreCertificate],
        epochs: Sequence[Epoch],
    ) -> Self:
        """Sign a key set with the root key."""
        signed_parts = [
            [part.signed.data for part in operators],
            [part.signed.data for part in centres],
            [part.signed.data for part in epochs],
        ]
        signed = cose.sign(root, Domain.KEY_SET, codec.encode([network, number, issued_at_s, *signed_parts]))
        return cls(
            network=network,
            number=number,
            issued_at_s=issued_at_s,
            operators=tuple(operators),
            centres=tuple(centres),
            epochs=tuple(epochs),
            signed=signed,
        )

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received key set; its signature is not yet verified."""
        signed = cose.parse(data, Domain.KEY_SET)
        network, number, issued_at_s, operators, centres, epochs = read_array(signed.payload, 6, "key set")
        return cls(
            network=network,
            number=number,
            issued_at_s=issued_at_s,
            operators=tuple(map(OperatorCertificate.parse, _byte_strings(operators))),
            centres=tuple(map(CentreCertificate.parse, _byte_strings(centres))),
            epochs=tuple(map(Epoch.parse, _byte_strings(epochs))),
            signed=signed,
        )


def _byte_strings(parts: Item) -> list[bytes]:
    if type(parts) is not list or len(parts) > MAX_CERTIFICATES:
        raise Malformed("shape", f"a key set has arrays of at most {MAX_CERTIFICATES} certificates")
    strings = [part for part in parts if type(part) is bytes]
    if len(strings) != len(parts):
        raise Malformed("shape", "a certificate is a byte string")
    return strings
