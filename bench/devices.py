"""Devices and what they need of a network: keys, certificates, loads. No issuer, no operator, no disk."""

from collections.abc import Sequence
from typing import Final

from bench.certified import NETWORK, NOW_S, OPERATOR, TERMS, Certified, key_of
from shuangli.crypto import sha256
from shuangli.days import DAY_S
from shuangli.messages.loads import Load, LoadOrder
from shuangli.messages.notices import RevocationList
from shuangli.wallet.custody import KeyCustody
from shuangli.wallet.journal import MemoryJournal
from shuangli.wallet.rules import WalletRules
from shuangli.wallet.wallet import Wallet

REMEMBERED: Final = 64
RULES: Final = WalletRules(operator=OPERATOR, currency="CNY")


class Network:
    """What a root has certified, with an empty revocation list; it opens wallets."""

    def __init__(self) -> None:
        self._certified = Certified()
        self._revocations = RevocationList.sign(
            self._certified.centre,
            number=1,
            issued_at_s=NOW_S - DAY_S,
            wallets=(),
            operators=(),
            epochs=(),
        ).signed.data
        self._opened = 0

    def wallet(self, values_fen: Sequence[int] = ()) -> Wallet:
        """An open wallet on a device of its own, loaded with coins of these values."""
        self._opened += 1
        key = key_of(f"wallet {self._opened}")
        trust = self._certified.trust(objects_kept=REMEMBERED)
        trust.update_revocations(self._revocations)
        custody = KeyCustody(key, self._random_bytes)
        wallet = Wallet(key=custody, trust=trust, journal=MemoryJournal(), rules=RULES)
        wallet.install(self._certified.certify(key.public, self._opened).signed.data)
        wallet.note_sync(now_s=NOW_S)
        if values_fen:
            order = LoadOrder.parse(wallet.order_load(values_fen, now_s=NOW_S))
            load = Load.sign(
                self._certified.minting,
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
