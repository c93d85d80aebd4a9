"""What a root has certified, for benchmarks: an operator, an epoch, the centre and wallets."""

from typing import Final

from shuangli.crypto import SigningKey, sha256
from shuangli.days import DAY_S
from shuangli.issuer.authority import Authority
from shuangli.messages.certificates import Mode, Terms, WalletCertificate, WalletKind
from shuangli.messages.claims import Claims
from shuangli.offline.trust import Trust

NETWORK: Final = "bench"
OPERATOR: Final = "OP01"
NOW_S: Final = 1_760_000_000
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


class Certified:
    """A network's keys and certificates, valid from long before `NOW_S`.

    Attributes:
        root: the root's public key
        operator, minting, centre: the private keys of the operator, of the epoch and of the centre
        epoch: the epoch's certificate
        key_set: all certificates in one, signed
    """

    def __init__(self) -> None:
        authority = Authority(key_of("root"), network=NETWORK)
        span = {"not_before_s": NOW_S - 60 * DAY_S, "expires_at_s": NOW_S + 365 * DAY_S}
        self.root = authority.public
        self.operator, self.minting, self.centre = key_of(OPERATOR), key_of("minting"), key_of("centre")
        self.epoch = authority.open_epoch(1, self.minting.public, TERMS, **span)
        self.key_set = authority.sign_key_set(
            1,
            issued_at_s=NOW_S - DAY_S,
            operators=[authority.certify_operator(OPERATOR, self.operator.public, **span)],
            centres=[authority.certify_centre("centre", self.centre.public, **span)],
            epochs=[self.epoch],
        ).signed.data

    def trust(self, *, objects_kept: int) -> Trust:
        """A place that trusts what the root has certified, and remembers checks of so many objects."""
        trust = Trust(root=self.root, network=NETWORK, objects_kept=objects_kept)
        trust.add_key_set(self.key_set)
        return trust

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
        return WalletCertificate.sign(self.operator, claims, kind=WalletKind.SOFT, tier=2, profile=1)
