"""Customers of banks: what one signs to open a wallet, and a shop that was paid."""

from shuangli.messages.certificates import WalletKind
from shuangli.messages.enrolment import Enrolment
from shuangli.wallet.wallet import Wallet
from tests.paying import pay
from tests.setting import NETWORK, NOW
from tests.world import World


def enrolment(world: World, name: str, *, operator: str = "OP01", person: bytes = bytes([9] * 32)) -> bytes:
    """What somebody signs to open a wallet of tier 4 at an operator."""
    return Enrolment.sign(
        world.key(name),
        network=NETWORK,
        operator=operator,
        kind=WalletKind.SOFT,
        tier=4,
        person=person,
        enrolled_at_s=NOW,
    ).signed.data


def shop_with(world: World, *amounts_fen: int) -> tuple[Wallet, bytes]:
    """A shop that was paid, and its upload."""
    shop = world.wallet(tier=0)
    for amount_fen in amounts_fen:
        pay(world.wallet([amount_fen]), shop, amount_fen)
    return shop, shop.hand_in(now_s=NOW) or b""
