"""What the tests of epochs do with a world: an epoch lived through to its end."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from shuangli.issuer.archive.writing import archive_epoch
from shuangli.issuer.epochs.desk import RETURN_WINDOW_S
from shuangli.issuer.epochs.states import EpochState
from shuangli.issuer.persons.limits import Customer
from shuangli.messages.loads import Load, LoadOrder
from shuangli.offline.policy import PayerPolicy
from shuangli.wallet.wallet import Wallet
from tests.forging import bundle, sign_away
from tests.paying import coins_of, pay
from tests.setting import DAY_S, NETWORK, NOW, YEAR_S
from tests.world import World

OVER_S: Final = NOW + 40 * DAY_S
"""When every coin that was loaded around NOW has had its time, and every return its window."""
ARCHIVED_S: Final = OVER_S + RETURN_WINDOW_S + DAY_S
CUSTOMER: Final = Customer(bytes(32), 2, 1)
PATIENT: Final = PayerPolicy(offline_s=YEAR_S)
"""For wallets that were opened long before they pay."""
OF_COINS: Final = (
    *("objects", "mint_log", "orders", "facts", "forks"),
    *("open_coins", "cases", "alarms", "breaches"),
)
"""The tables that grow with every coin."""


def rows_of(world: World) -> dict[str, int]:
    """How many rows those tables have."""
    database = world.issuer.store.database
    return {name: database.rows(f"SELECT count(*) FROM {name}")[0][0] for name in OF_COINS}  # noqa: S608


def state_of(world: World, number: int = 1) -> EpochState:
    """The state of an epoch."""
    return world.issuer.store.epochs.get(number).state


def leaked_load(
    world: World, owner: Wallet, values_fen: list[int], *, now_s: int = NOW, epoch: int = 1
) -> Load:
    """A load that somebody has signed with the epoch's minting key, behind the issuer's back."""
    order = LoadOrder.parse(owner.order_load(values_fen, now_s=now_s))
    return Load.sign(
        world.keys["minting"] if epoch == 1 else world.key(f"minting/{epoch}"),
        network=NETWORK,
        currency="CNY",
        order=order,
        epoch=epoch,
        issued_at_s=now_s,
        expires_at_s=now_s + DAY_S,
    )


def raise_alarm(world: World, *, now_s: int = NOW) -> None:
    """Let a shop hand in a payment out of a leaked load."""
    thief, shop = world.wallet(), world.wallet(tier=0)
    thief.receive_load(leaked_load(world, thief, [500], now_s=now_s).signed.data)
    pay(thief, shop, 500, now_s)
    world.hand_in(shop, now_s=now_s + 60)


def live_through(world: World, *, shops: int = 1, now_s: int = NOW) -> dict[str, Wallet]:
    """Loads, payments, change, a double spend, a refusal, a late claim; then all that is left goes back.

    The epoch mints no more afterwards, and everything in it has its fate.
    """
    wallets: dict[str, Wallet] = {}
    for number in range(shops):
        rider, shop, slow = world.wallet([100, 50]), world.wallet(tier=0), world.wallet(tier=0)
        pay(rider, shop, 120, now_s)
        world.hand_in(shop, "OP02" if "OP02" in shop.certificate.claims.issuer else "", now_s=now_s)
        pay(rider, slow, 10, now_s)
        cheat, victim, other = world.wallet([200]), world.wallet(tier=0), world.wallet(tier=0)
        copy = world.clone(cheat)
        pay(cheat, victim, 200, now_s)
        pay(copy, other, 200, now_s)
        world.hand_in(victim, now_s=now_s)
        world.hand_in(other, now_s=now_s)
        redeemed = sign_away(
            rider, [(coin, 20) for coin in coins_of(rider) if coin.value_fen == 20], now_s=now_s
        )
        world.submit(bundle(coins_of(rider), redeemed), now_s=now_s)
        wallets |= {f"rider{number}": rider, f"shop{number}": shop, f"slow{number}": slow}
        wallets |= {f"victim{number}": victim, f"cheat{number}": cheat}
    return wallets


def wind_up(world: World, wallets: dict[str, Wallet], *, number: int = 1) -> None:
    """Let an epoch's time pass: what is late comes in late, the rest goes back and is booked."""
    for name, wallet in wallets.items():
        if name.startswith("slow"):
            world.hand_in(wallet, now_s=NOW + 10 * DAY_S)
    with world.issuer.transaction():
        if state_of(world, number) is EpochState.OPEN:
            world.issuer.epochs.end_minting(number, now_s=NOW + DAY_S)
    world.return_due(now_s=OVER_S)
    with world.issuer.transaction():
        while world.issuer.person_desk.count_payments():
            pass
        while world.issuer.loss_desk.run(now_s=OVER_S, up_to_s=OVER_S):
            pass
    # Asking for what comes next says that all before is booked.
    world.return_due(now_s=ARCHIVED_S)


def close(world: World, *, number: int = 1) -> None:
    """Close an epoch that is over."""
    with world.issuer.transaction():
        world.issuer.epochs.close(number, now_s=ARCHIVED_S)


def archive(world: World, directory: Path, *, number: int = 1) -> Path:
    """Close and archive an epoch that is over."""
    close(world, number=number)
    return world.issuer.archive_epoch(number, directory, now_s=ARCHIVED_S)


def archive_until(world: World, directory: Path, step: str) -> None:
    """Archive an epoch that is closed, and fail at one of the steps.

    Raises:
        KeyError: at this step.
    """

    def stop(at: str) -> None:
        if at == step:
            raise KeyError(at)

    run_archive(world, directory, stop)


def run_archive(world: World, directory: Path, on_step: Callable[[str], None]) -> Path:
    """Archive the first epoch, telling of each step."""
    return archive_epoch(
        world.issuer.store,
        directory,
        1,
        cases=world.cases,
        key=world.keys["centre"],
        trust=world.issuer.trust,
        now_s=ARCHIVED_S,
        on_step=on_step,
    )
