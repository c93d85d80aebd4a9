"""A wallet and its copy, which hold the same coin."""

from shuangli.offline.chain import Coin
from shuangli.wallet.wallet import Wallet
from tests.paying import coins_of
from tests.world import World


def copied(world: World) -> tuple[Wallet, Wallet, Wallet, Wallet, Coin]:
    """A soft wallet with one coin of 100 fen, its copy, and two gates of two operators."""
    rider = world.wallet([100])
    gates = world.wallet(tier=0, operator="OP01"), world.wallet(tier=0, operator="OP02")
    (coin,) = coins_of(rider)
    return rider, world.clone(rider), *gates, coin
