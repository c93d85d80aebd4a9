"""The deletion of what has been archived: row by row as the files name it, counted, in one transaction.

Signed objects lie in packs (`issuer.objects`), and one hand-in may show coins of several epochs. A pack goes
once nothing that is left names an object in it: a spend, an open coin, a load, a case.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from shuangli.database.tables import Table
from shuangli.errors import Refused, StoreError
from shuangli.issuer.archive.verifying import OpenedArchive
from shuangli.issuer.epochs.desk import RETURN_WINDOW_S
from shuangli.issuer.epochs.states import EpochEvent
from shuangli.issuer.facts import SupplyChange
from shuangli.issuer.findings.store import ALARMS, BREACHES
from shuangli.issuer.objects import OBJECTS
from shuangli.issuer.returns.tables import OPEN_COINS, RETURNS
from shuangli.issuer.schema import CASES, FACTS, FORKS, MINT_LOG, ORDERS
from shuangli.issuer.store import IssuerStore

_AT_ONCE: Final = 10_000
_LARGE: Final = {"facts": ("coin_key", "object_no"), "mint_log": ("load_key", "load_no")}
"""Large tables whose rows name objects: their key, and the column that names one."""
_SMALL: Final = {"forks": "object_no", "open_coins": "parent_no", "cases": "parent_no", "frozen": "parent_no"}
"""Small ones."""


def delete_archived(store: IssuerStore, archive: OpenedArchive, *, now_s: int) -> None:
    """Delete what an archive holds, and note that the epoch is archived. Call it inside a transaction.

    Raises:
        Refused: what persons paid has not been counted so far (`epoch`): it takes the objects.
        StoreError: the database has not got just what the archive holds (`corrupt`).
    """
    number = archive.epoch.number
    last_no = max((row[0] for row in archive.files.rows("objects")), default=0)
    if store.persons.counted_no() < last_no:
        raise Refused("epoch", f"payments under epoch {number} have not been counted by person yet")
    _delete_spends(store, archive)
    for key, _, owner, nonce, _ in archive.files.rows("mint_log"):
        _delete_all(store, MINT_LOG, [(key,)])
        _delete_all(store, ORDERS, [(owner, nonce)])
    _delete_returns(store, archive)
    void = [(row[0], row[1]) for row in archive.files.rows("void_coins")]
    void_fen = sum(row[2] for row in archive.files.rows("void_coins"))
    _delete_all(store, OPEN_COINS, void)
    store.add_supply(number, SupplyChange(void_fen=void_fen, forked_open_fen=-void_fen))
    _delete_all(store, ALARMS, [(row[0],) for row in archive.files.rows("alarms")])
    _delete_all(store, BREACHES, [(row[0],) for row in archive.files.rows("breaches")])
    cases = list(archive.files.rows("cases"))
    store.epochs.keep_culprits((row[2], now_s) for row in cases)
    store.told_cases.keep_cases(row[0] for row in cases)
    _delete_all(store, CASES, [(row[0],) for row in cases])
    _forget_answers(store, now_s - RETURN_WINDOW_S)
    numbers = (row[0] for row in archive.files.rows("objects"))
    packs = {*_packs_of(store, numbers), *_packs_of(store, store.epochs.kept_packs())}
    store.epochs.keep_packs(_delete_packs(store, sorted(packs)))
    _check_gone(store, archive)
    store.epochs.move(number, EpochEvent.ARCHIVE, now_s=now_s, why=archive.manifest.signed.id.hex())


def _delete_spends(store: IssuerStore, archive: OpenedArchive) -> None:
    spends = archive.files.rows("spends")
    while some := list(islice(spends, _AT_ONCE)):
        facts = [(key,) for _, key, _, _, further in some if not further]
        forks = [(key, object_id) for _, key, object_id, _, further in some if further]
        _delete_all(store, FACTS, facts)
        _delete_all(store, FORKS, forks)


def _delete_all(store: IssuerStore, table: Table, keys: Sequence[Sequence[object]]) -> None:
    if keys and store.database.delete(table, keys) != len(keys):
        raise StoreError("corrupt", f"the archive holds rows of {table.name} that the database has not got")


def _delete_returns(store: IssuerStore, archive: OpenedArchive) -> None:
    """All but the newest of each operator: what goes back next is numbered after it."""
    newest = set(store.database.rows("SELECT operator, max(number) FROM returns GROUP BY operator"))
    keys = [(row[0], row[1]) for row in archive.files.rows("returns")]
    _delete_all(store, RETURNS, [key for key in keys if key not in newest])


def _forget_answers(store: IssuerStore, before_s: int) -> None:
    """Drop answers that operators know: what they received long ago, and up to their watermark."""
    for operator, up_to_s in store.returns.watermarks().items():
        store.database.execute(
            "DELETE FROM answers WHERE operator = ? AND received_s <= ?", operator, min(up_to_s, before_s)
        )


def _packs_of(store: IssuerStore, numbers: Iterable[int]) -> list[tuple[int, int]]:
    """The packs of objects, whose numbers are in order, by their first and last number."""
    packs: list[tuple[int, int]] = []
    for number in numbers:
        if not packs or number > packs[-1][1]:
            pack = store.objects.pack_of(number)
            packs.append((pack.first_no, pack.first_no + len(pack.kinds) - 1))
    return packs


def _delete_packs(store: IssuerStore, packs: list[tuple[int, int]]) -> list[int]:
    """Delete the packs in which nothing is named any more; gives the first numbers of those that stay.

    The newest of all stays: numbers go on after it. What stays is looked at again with the next epoch.
    """
    if not packs:
        return []
    firsts = [first for first, _ in packs]
    kept: set[int] = set()
    for number in (store.objects.last_no(), *_named(store, packs[0][0], packs[-1][1])):
        at = bisect_right(firsts, number) - 1
        if at >= 0 and number <= packs[at][1]:
            kept.add(firsts[at])
    _delete_all(store, OBJECTS, [(first,) for first in firsts if first not in kept])
    return sorted(kept)


def _named(store: IssuerStore, first: int, last: int) -> Iterator[int]:
    """The numbers of objects from `first` to `last` that something still names."""
    for table, (key, column) in _LARGE.items():
        after = b""
        query = (
            f"SELECT {key}, {column} FROM {table} WHERE {key} > ? AND {column} BETWEEN ? AND ?"  # noqa: S608
            f" ORDER BY {key} LIMIT ?"
        )
        while rows := store.database.rows(query, after, first, last, _AT_ONCE):
            yield from (row[1] for row in rows)
            after = rows[-1][0]
    for table, column in _SMALL.items():
        query = f"SELECT DISTINCT {column} FROM {table} WHERE {column} BETWEEN ? AND ?"  # noqa: S608
        yield from (row[0] for row in store.database.rows(query, first, last))


def _check_gone(store: IssuerStore, archive: OpenedArchive) -> None:
    """Make sure that the archive has left nothing out, and that the supply is what it says."""
    number = archive.epoch.number
    row = store.database.row("SELECT count(*) FROM open_coins WHERE epoch = ?", number)
    if row is None or row[0]:
        raise StoreError("corrupt", f"the archive of epoch {number} has left out open coins")
    supply = next((row for row in store.supply() if row["epoch"] == number), None)
    for name, total_fen in archive.manifest.totals:
        if supply is not None and supply[name] != total_fen:
            raise StoreError("corrupt", f"epoch {number}: {name} is not what the archive says")
