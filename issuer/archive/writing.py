"""Archiving: a closed epoch moves from the database to files, which anybody can check with the root's key.

1. The tables are written to a directory of their own that nobody reads yet, each file waited for on disk.
2. The manifest, signed by the centre, is written last, and the directory gets its name.
3. In one transaction the rows that stand in the files are deleted, and the epoch becomes *archived*.

Killed before 2 has ended, it starts again from nothing; after that it goes on with the files that are there.
Nothing is deleted that has not been read back from a file with the digest that the manifest names.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from shuangli.crypto import Signer
from shuangli.errors import Refused, StoreError, Unverified
from shuangli.issuer.archive.deleting import delete_archived
from shuangli.issuer.archive.files import (
    MANIFEST,
    ArchiveWriter,
    settle_directory,
    write_durably,
)
from shuangli.issuer.archive.gather import Member, loads_of, members_of, positions_of
from shuangli.issuer.archive.manifest import ArchiveManifest
from shuangli.issuer.archive.verifying import open_archive
from shuangli.issuer.cases import Case
from shuangli.issuer.epochs.states import EpochState
from shuangli.issuer.facts import DATE_BYTES
from shuangli.issuer.store import IssuerStore
from shuangli.issuer.supply import supply_by_epoch
from shuangli.messages.certificates import Epoch
from shuangli.offline.trust import Trust

TOTALS: Final = (
    *("loaded_fen", "redeemed_fen", "returned_fen", "outstanding_fen"),
    *("forked_fen", "fund_paid_fen", "void_fen", "forked_open_fen"),
)
STEPS: Final = ("tables", "manifest", "named", "deleting", "deleted")
"""What `on_step` is told: tables, manifest and name are on disk; rows are deleted, and that is on disk."""


def archive_epoch(
    store: IssuerStore,
    directory: Path,
    number: int,
    *,
    cases: Callable[[], list[Case]],
    key: Signer,
    trust: Trust,
    now_s: int,
    on_step: Callable[[str], None] | None = None,
) -> Path:
    """Archive a closed epoch below `directory`; says where. Call it outside a transaction.

    Done again, also after it was killed anywhere, it ends in the same state. `cases` gives the cases with
    their evidence; `key` and `trust` are the centre's; `on_step` is told of each of `STEPS`.

    Raises:
        Refused: the epoch is not closed (`epoch`), or somebody still owes for a case of it.
        StoreError: the files cannot be written, or what is in the database is not what they say.
        Unverified: files that were there before do not hold (`report`).
    """
    tell = on_step or (lambda _: None)
    row = store.epochs.get(number)
    final = directory / f"epoch-{number:05d}"
    if row.state is EpochState.ARCHIVED:
        return final
    if row.state is not EpochState.CLOSED:
        raise Refused("epoch", f"epoch {number} is {row.state.value}: only a closed one is archived")
    if not final.exists():
        partial = directory / f"{final.name}.partial"
        if partial.exists():
            shutil.rmtree(partial)
        partial.mkdir(parents=True)
        writer = _write_tables(store, partial, Epoch.parse(row.certificate), cases())
        tell("tables")
        manifest = ArchiveManifest.sign(
            key,
            network=trust.network,
            archived_at_s=now_s,
            epoch=row.certificate,
            centre=_own_certificate(trust, key),
            operators=[operator.signed.data for operator in trust.operators],
            counts=writer.counts,
            totals=_totals(store, number),
            files=writer.files,
        )
        write_durably(partial / MANIFEST, manifest.signed.data)
        settle_directory(partial)
        tell("manifest")
        partial.rename(final)
        settle_directory(directory)
    tell("named")
    opened = open_archive(final, root=trust.root)
    if opened.manifest.epoch != row.certificate:
        raise Unverified("report", f"{final} holds another epoch")
    opened.files.check()
    with store.transaction():
        delete_archived(store, opened, now_s=now_s)
        tell("deleting")
    tell("deleted")
    return final


def _write_tables(store: IssuerStore, directory: Path, epoch: Epoch, cases: list[Case]) -> ArchiveWriter:
    writer = ArchiveWriter(directory)
    for key, load_no, load in loads_of(store, epoch):
        order = store.order(load.owner, load.nonce)
        if order is None:
            raise StoreError("corrupt", f"load {load.signed.id.hex()} answers no order")
        writer.add("mint_log", [(key, load_no, load.owner, load.nonce, order[0])])
    forked: set[bytes] = set()
    members: list[Member] = []
    for member in members_of(store, epoch):
        writer.add(
            "objects", [(member.number, int(member.kind), member.data, member.operator, member.received_s)]
        )
        writer.add("spends", member.spends)
        forked |= {spend.coin_key[DATE_BYTES:] for spend in member.spends if spend.further}
        members.append(member)
        if len(members) == _AT_ONCE:
            _write_findings(store, writer, members)
            members = []
    _write_findings(store, writer, members)
    for table, query in _BY_EPOCH.items():
        writer.add(table, store.database.rows(query, epoch.number))
    writer.add("cases", list(_case_rows(store, forked, cases)))
    writer.finish()
    return writer


_AT_ONCE: Final = 1_000
_BY_EPOCH: Final = {
    "returns": "SELECT operator, number, owner, parent_no, position, parent_id, coin_id, value_fen, epoch,"
    " from_fund, paid_fen, due_s, returned_s FROM returns WHERE epoch = ? ORDER BY operator, number",
    "void_coins": "SELECT parent_no, position, value_fen FROM open_coins WHERE epoch = ?"
    " ORDER BY parent_no, position",
    "alarms": "SELECT load_id, operator, raised_s FROM alarms WHERE epoch = ? ORDER BY load_id",
}


def _write_findings(store: IssuerStore, writer: ArchiveWriter, members: list[Member]) -> None:
    """What was found of objects: limits that payers broke, outputs that were taken from culprits."""
    numbers = [member.number for member in members]
    breaches = "SELECT transfer_no, payer, over_fen FROM breaches WHERE transfer_no"
    writer.add("breaches", sorted(store.database.lookup(breaches, numbers)))
    made = {member.number: positions_of(member) for member in members}
    taken = (
        "SELECT parent_no, position, taken_fen, taken_s FROM frozen WHERE taken_s IS NOT NULL AND parent_no"
    )
    rows = store.database.lookup(taken, numbers)
    writer.add("taken_coins", sorted(row for row in rows if row[1] in made[row[0]]))


def _case_rows(store: IssuerStore, forked: set[bytes], cases: list[Case]) -> Iterator[tuple[object, ...]]:
    """The cases of the forked coins; each has its evidence."""
    keys = {row[1][DATE_BYTES:]: row for row in store.database.rows("SELECT case_no, coin_key FROM cases")}
    for case in cases:
        if case.coin_id in forked:
            case_no, coin_key = keys[case.coin_id]
            forked.discard(case.coin_id)
            yield (
                *(case_no, coin_key, case.culprit, case.operator, case.face_fen, case.loss_fen),
                *(case.found_s, case.evidence),
            )
    if forked:
        raise StoreError("corrupt", f"{len(forked)} coins were spent twice, and no case says so")


def _totals(store: IssuerStore, number: int) -> dict[str, int]:
    """The epoch's supply; what is open on forks, and nobody will ever be paid for, is void now."""
    found = [supply for supply in supply_by_epoch(store) if supply.epoch == number]
    totals = {name: getattr(found[0], name) if found else 0 for name in TOTALS}
    totals["void_fen"] += totals["forked_open_fen"]
    totals["forked_open_fen"] = 0
    return totals


def _own_certificate(trust: Trust, key: Signer) -> bytes:
    for centre in trust.centres:
        if centre.claims.key == key.public:
            return centre.signed.data
    raise StoreError("corrupt", "the centre's own certificate is not trusted here")
