"""State is bounded: epoch after epoch, what the database holds of coins does not grow."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from shuangli.issuer.epochs.desk import RETURN_WINDOW_S
from shuangli.issuer.minting import MintingKey
from shuangli.wallet.wallet import Wallet
from tests.epochs.lives import OF_COINS, PATIENT, rows_of
from tests.paying import pay
from tests.setting import DAY_S, NOW, STAGED
from tests.world import World

KEPT = ("entries", "postings", "balances", "audit_entries", "audit_subtrees", "audit_checkpoints")
"""The books and the audit log, which are kept."""
SHORT = replace(STAGED, coin_life_s=4 * DAY_S)
LIFE_S = 42 * DAY_S
"""From the start of one epoch to the start of the next: coins' life and grace, and the return window."""


def used_bytes(world: World, *, without: tuple[str, ...] = ()) -> int:
    """What the rows of all tables hold, in bytes, but for some tables."""
    database = world.issuer.store.database
    total = 0
    tables = [name for (name,) in database.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    for table in tables:
        if table in without:
            continue
        columns = [row[1] for row in database.rows(f"PRAGMA table_info({table})")]
        sizes = " + ".join(f"coalesce(length({column}), 0)" for column in columns)
        total += database.rows(f"SELECT coalesce(sum({sizes}), 0) FROM {table}")[0][0]  # noqa: S608
    return total


def open_epoch(world: World, number: int, now_s: int) -> None:
    """Open an epoch, certified by the root until its successor's day, which every place hears of."""
    key = world.key(f"minting/{number}")
    epoch = world.authority.open_epoch(
        number, key.public, SHORT, not_before_s=now_s - DAY_S, expires_at_s=now_s + LIFE_S
    )
    with world.issuer.transaction():
        world.issuer.open_epoch(MintingKey(epoch=epoch, key=key), now_s=now_s)
    for trust in (world.issuer.trust, *(bank.trust for bank in world.banks.values())):
        trust.add_epoch(epoch.signed.data)
    world.epochs.append(epoch)


def live_an_epoch(
    world: World, people: list[tuple[Wallet, Wallet]], number: int, now_s: int, directory: Path
) -> None:
    """Payments, a return, and the archive of one epoch."""
    listed = world.issuer.centre.revocation_list(now_s=now_s)
    for rider, shop in people:
        for wallet in (rider, shop):
            wallet.trust.add_epoch(world.epochs[-1].signed.data)
            wallet.update_revocations(listed)
        world.load(rider, [60, 40], now_s=now_s)
        pay(rider, shop, 70, now_s)
        world.hand_in(shop, now_s=now_s)
    with world.issuer.transaction():
        world.issuer.epochs.end_minting(number, now_s=now_s + DAY_S)
    for day in (8, 9):
        world.return_due(now_s=now_s + day * DAY_S)
    over_s = now_s + 9 * DAY_S + RETURN_WINDOW_S
    with world.issuer.transaction():
        world.issuer.epochs.close(number, now_s=over_s)
        while world.issuer.person_desk.count_payments():
            pass
        world.issuer.person_desk.forget(before_s=over_s)
    world.issuer.archive_epoch(number, directory, now_s=over_s)
    world.issuer.centre.revocation_list(now_s=over_s)
    world.check_books()


def test_the_database_does_not_grow_with_epochs(tmp_path: Path) -> None:
    world = World(tmp_path)
    people = [(world.wallet(payer=PATIENT), world.wallet(tier=0)) for _ in range(12)]
    sizes, rows = [], []
    for index in range(4):
        now_s = NOW + index * LIFE_S
        open_epoch(world, 2 + index, now_s)
        live_an_epoch(world, people, 2 + index, now_s, tmp_path / "archive")
        sizes.append(used_bytes(world, without=KEPT))
        rows.append(rows_of(world))
    assert all(row == dict.fromkeys(OF_COINS, 0) | {"objects": 1} for row in rows)
    # An epoch leaves its certificate, its totals, a list and its obligations: no more, however much went on.
    steps = [after - before for before, after in pairwise(sizes)]
    assert max(steps) < 1_000
    world.close()
