"""An issuer with one operator for benchmarks: real keys, a real mint, a real database."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.certified import NOW_S, OPERATOR, Certified
from shuangli.crypto import SigningKey
from shuangli.issuer.centre import Submission
from shuangli.issuer.issuer import Issuer
from shuangli.issuer.losses.policy import LossPolicy
from shuangli.issuer.minting import MintingKey
from shuangli.issuer.persons.limits import Customer
from shuangli.issuer.store import IssuerStore
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.fields import NONCE_BYTES
from shuangli.messages.loads import Load, LoadOrder
from shuangli.offline.limits import COMPANY

VAULT_FEN: Final = 10**14
REMEMBERED: Final = 200_000


class BenchIssuer:
    """An issuer on the database at `place`, with an operator that certifies wallets and mints for them.

    Attributes:
        root: the root's public key
        store: the issuer's database
        issuer: the issuer
    """

    def __init__(self, place: Path | str) -> None:
        self._certified = Certified()
        self._minted = 0
        self.root = self._certified.root
        self.store = IssuerStore(place)
        self.issuer = Issuer(
            store=self.store,
            minting=MintingKey(epoch=self._certified.epoch, key=self._certified.minting),
            centre_key=self._certified.centre,
            trust=self._certified.trust(objects_kept=REMEMBERED),
            policy=LossPolicy(cap_per_person_fen=10**6),
        )
        with self.issuer.transaction():
            self.issuer.fill_vault(OPERATOR, VAULT_FEN, now_s=NOW_S)

    def certify(self, key: bytes, serial: int) -> WalletCertificate:
        """A wallet's certificate."""
        return self._certified.certify(key, serial)

    def mint(self, key: SigningKey, values_fen: Sequence[int]) -> Load:
        """A load for a wallet; call it inside a transaction."""
        self._minted += 1
        order = LoadOrder.sign(
            key,
            operator=OPERATOR,
            values_fen=values_fen,
            nonce=self._minted.to_bytes(NONCE_BYTES, "big"),
            ordered_at_s=NOW_S,
        )
        company = Customer(person=bytes(32), tier=COMPANY, profile=1)
        data = self.issuer.mint(order.signed.data, operator=OPERATOR, customer=company, now_s=NOW_S)
        return Load.parse(data)

    def submission(self, upload: bytes) -> Submission:
        """An upload as the operator passes it on."""
        return Submission(operator=OPERATOR, upload=upload, person=bytes(32), received_s=NOW_S + 3_600)
