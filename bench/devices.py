"""Devices and what they need of a network: keys, certificates, loads. No issuer, no operator, no disk."""

from collections.abc import Sequence
from typing import Final

from shuangli.crypto import SigningKey, sha256
from shuangli.issuer.authority import Authority
from shuangli.messages.certificates import Mode, Terms, WalletCertificate, WalletKind
from shuangli.messages.claims import Claims
from shuangli.messages.loads import Load, LoadOrder
from shuangli.messages.notices import RevocationList
from shuangli.offline.trust import Trust
from shuangli.wallet.custody import KeyCustody
from shuangli.wallet.journal import MemoryJournal
from shuangli.wallet.rules import WalletRules
from shuangli.wallet.wallet import Wallet

NETWORK: Final = "bench"
NOW_S: Final = 1_760_000_000
DAY_S: Final = 86_400
REMEMBERED: Final = 64
TERMS: Final = Terms(
    currency="CNY",
    mode=Mode.TRANSFERABLE,
    hop_cap=8,
    coin_life_s=30 * DAY_S,
    claim_window_s=3 * DAY_S,
    grace_s=DAY_S,
)
RULES: Final = WalletRules(operator="OP01", currency="CNY")


class Network:
    """A root with one operator, one epoch and an empty revocation list; it opens wallets."""

    def __init__(self) -> None:
        authority = Authority(_key("root"), network=NETWORK)
        span = {"not_before_s": NOW_S - DAY_S, "expires_at_s": NOW_S + 365 * DAY_S}
        self._operator, self._minting, centre = _key("OP01"), _key("minting"), _key("centre")
        self._root = authority.public
        self._key_set = authority.sign_key_set(
            1,
            issued_at_s=NOW_S - DAY_S,
            operators=[authority.certify_operator("OP01", self._operator.public, **span)],
            centres=[authority.certify_centre("centre", centre.public, **span)],
            epochs=[authority.open_epoch(1, self._minting.public, TERMS, **span)],
        ).signed.data
        self._revocations = RevocationList.sign(
            centre, number=1, issued_at_s=NOW_S - DAY_S, wallets=(), operators=(), epochs=()
        ).signed.data
        self._opened = 0

    def wallet(self, values_fen: Sequence[int] = ()) -> Wallet:
        """An open wallet on a device of its own, loaded with coins of these values."""
        self._opened += 1
        key = _key(f"wallet {self._opened}")
        trust = Trust(root=self._root, network=NETWORK, objects_kept=REMEMBERED)
        trust.add_key_set(self._key_set)
        trust.update_revocations(self._revocations)
        custody = KeyCustody(key, self._random_bytes)
        wallet = Wallet(key=custody, trust=trust, journal=MemoryJournal(), rules=RULES)
        claims = Claims(
            issuer="OP01",
            subject=None,
            not_before_s=NOW_S - DAY_S,
            expires_at_s=NOW_S + 180 * DAY_S,
            serial=self._opened.to_bytes(5, "big"),
            key=key.public,
        )
        certificate = WalletCertificate.sign(self._operator, claims, kind=WalletKind.SOFT, tier=2, profile=1)
        wallet.install(certificate.signed.data)
        wallet.note_sync(now_s=NOW_S)
        if values_fen:
            order = LoadOrder.parse(wallet.order_load(values_fen, now_s=NOW_S))
            load = Load.sign(
                self._minting,
                network=NETWORK,
                currency="CNY",
                order=order,
                epoch=1,
                issued_at_s=NOW_S,
                expires_at_s=NOW_S + TERMS.coin_life_s,
            )
            wallet.receive_load(load.signed.data)
        return wallet

    def _random_bytes(self, size: int) -> bytes:
        """The same every time: a benchmark has nothing to hide."""
        self._opened += 1
        return sha256(f"nonce {self._opened}".encode())[:size]


def _key(name: str) -> SigningKey:
    return SigningKey(sha256(f"bench/{name}".encode()))
