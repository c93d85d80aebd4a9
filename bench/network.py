"""An issuer with one operator for benchmarks: real keys, a real mint, a real database."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from shuangli.crypto import SigningKey, sha256
from shuangli.issuer.authority import Authority
from shuangli.issuer.centre import Submission
from shuangli.issuer.issuer import Issuer
from shuangli.issuer.losses.policy import LossPolicy
from shuangli.issuer.minting import MintingKey
from shuangli.issuer.persons.limits import Customer
from shuangli.issuer.store import IssuerStore
from shuangli.messages.certificates import Mode, Terms, WalletCertificate, WalletKind
from shuangli.messages.claims import Claims
from shuangli.messages.fields import NONCE_BYTES
from shuangli.messages.loads import Load, LoadOrder
from shuangli.offline.limits import COMPANY
from shuangli.offline.trust import Trust

NETWORK: Final = "bench"
OPERATOR: Final = "OP01"
NOW_S: Final = 1_760_000_000
DAY_S: Final = 86_400
VAULT_FEN: Final = 10**14
REMEMBERED: Final = 200_000
TERMS: Final = Terms(
    currency="CNY",
    mode=Mode.TRANSFERABLE,
    hop_cap=8,
    coin_life_s=30 * DAY_S,
    claim_window_s=3 * DAY_S,
    grace_s=DAY_S,
)


def key_of(name: str) -> SigningKey:
    """The key of a name: the same every time."""
    return SigningKey(sha256(f"bench/{name}".encode()))


class BenchIssuer:
    """An issuer on the database at `place`, with an operator that certifies wallets and mints for them."""

    def __init__(self, place: Path | str) -> None:
        authority = Authority(key_of("root"), network=NETWORK)
        span = {"not_before_s": NOW_S - 60 * DAY_S, "expires_at_s": NOW_S + 365 * DAY_S}
        self._operator, self._minting = key_of(OPERATOR), key_of("minting")
        centre = key_of("centre")
        epoch = authority.open_epoch(1, self._minting.public, TERMS, **span)
        trust = Trust(root=authority.public, network=NETWORK, objects_kept=REMEMBERED)
        trust.add_key_set(
            authority.sign_key_set(
                1,
                issued_at_s=NOW_S - DAY_S,
                operators=[authority.certify_operator(OPERATOR, self._operator.public, **span)],
                centres=[authority.certify_centre("centre", centre.public, **span)],
                epochs=[epoch],
            ).signed.data
        )
        self.root = authority.public
        self._minted = 0
        self.store = IssuerStore(place)
        self.issuer = Issuer(
            store=self.store,
            minting=MintingKey(epoch=epoch, key=self._minting),
            centre_key=centre,
            trust=trust,
            policy=LossPolicy(cap_per_person_fen=10**6),
        )
        with self.issuer.transaction():
            self.issuer.fill_vault(OPERATOR, VAULT_FEN, now_s=NOW_S)

    def certify(self, key: bytes, serial: int) -> WalletCertificate:
        """A wallet's certificate."""
        claims = Claims(
            issuer=OPERATOR,
            subject=None,
            not_before_s=NOW_S - DAY_S,
            expires_at_s=NOW_S + 180 * DAY_S,
            serial=serial.to_bytes(5, "big"),
            key=key,
        )
        return WalletCertificate.sign(self._operator, claims, kind=WalletKind.SOFT, tier=2, profile=1)

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
