"""Riders whose purses change as wallets do: all is real (loads, transfers, chains) but the signatures."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from shuangli.crypto import DIGEST_BYTES, SIGNATURE_BYTES, sha256
from shuangli.days import DAY_S
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import Mode, Terms, WalletCertificate, WalletKind
from shuangli.messages.claims import Claims
from shuangli.messages.loads import Load, LoadOrder
from shuangli.messages.transfers import Spend, Transfer
from shuangli.offline.chain import Coin, chains, load_coins, spend_outputs
from shuangli.wallet.choice import Choice

LOAD_FEN: Final = 2_000
TOP_UP_BELOW_FEN: Final = 1_000
NOW_S: Final = 1_760_000_000
TERMS: Final = Terms(
    currency="CNY",
    mode=Mode.TRANSFERABLE,
    hop_cap=8,
    coin_life_s=365 * DAY_S,
    claim_window_s=3 * DAY_S,
    grace_s=DAY_S,
)

Chooses = Callable[[Sequence[Coin], int], Choice]
Divides = Callable[[int], list[int]]


class _Unsigned:
    """A key whose signatures have the right length, and nothing more: nobody checks them here."""

    def __init__(self, number: int) -> None:
        self.public = number.to_bytes(32, "big")

    def sign(self, message: bytes) -> bytes:
        """As many bytes as a signature has, other ones for every message."""
        return sha256(message) * (SIGNATURE_BYTES // DIGEST_BYTES)


OPERATOR: Final = _Unsigned(1)
GATE: Final = _Unsigned(2)


class Paid(NamedTuple):
    """One payment: whether a coin was split, coins, bytes from payer to payee, transfers before it."""

    split: bool
    coins: int
    size_bytes: int
    transfers: int


class Rider:
    """A wallet reduced to its coins.

    Attributes:
        coins: what it can pay with
    """

    def __init__(self, number: int) -> None:
        self.coins: list[Coin] = []
        self._key = _Unsigned(number + 1_000)
        self._acts = 0
        claims = Claims(
            issuer="OP01",
            subject=None,
            not_before_s=NOW_S,
            expires_at_s=NOW_S + 180 * DAY_S,
            serial=number.to_bytes(5, "big"),
            key=self._key.public,
        )
        self._certificate = WalletCertificate.sign(OPERATOR, claims, kind=WalletKind.SOFT, tier=4, profile=1)

    def load(self, values_fen: Sequence[int]) -> None:
        """Take a load of coins with these values."""
        self._acts += 1
        order = LoadOrder.sign(
            self._key,
            operator="OP01",
            values_fen=values_fen,
            nonce=self._acts.to_bytes(16, "big"),
            ordered_at_s=NOW_S,
        )
        load = Load.sign(
            OPERATOR,
            network="simulation",
            currency="CNY",
            order=order,
            epoch=1,
            issued_at_s=NOW_S,
            expires_at_s=NOW_S + 90 * DAY_S,
        )
        self.coins += load_coins(load, TERMS)

    def top_up(self, divides: Divides) -> None:
        """Load again if little is left."""
        if sum(coin.value_fen for coin in self.coins) < TOP_UP_BELOW_FEN:
            self.load(divides(LOAD_FEN))

    def pay(self, amount_fen: int, chooses: Chooses) -> Paid:
        """Pay a gate; change comes back."""
        self._acts += 1
        choice = chooses(self.coins, amount_fen)
        spent = [coin for coin, _ in choice]
        transfer = Transfer.sign(
            self._key,
            request_id=self._acts.to_bytes(32, "big"),
            certificate=self._certificate,
            signed_at_s=NOW_S + self._acts,
            claim_by_s=NOW_S + self._acts + TERMS.claim_window_s,
            payee=GATE.public,
            spends=[Spend(coin.coin_id, part_fen, coin.value_fen - part_fen) for coin, part_fen in choice],
        )
        shown = chains(spent)
        bundle = Bundle(loads=shown.loads, transfers=(*shown.transfers, transfer.signed.data))
        ids = {coin.coin_id for coin in spent}
        change = [
            output
            for coin, spend in zip(spent, transfer.spends, strict=True)
            for output in spend_outputs(transfer, spend, coin)[1:]
        ]
        self.coins = [coin for coin in self.coins if coin.coin_id not in ids] + change
        return Paid(bool(change), len(spent), len(bundle.encode()), len(shown.transfers))
