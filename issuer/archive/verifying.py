"""The check of an archived epoch: nothing is trusted but bytes and the issuer's root key.

A digest is compared before a file is decoded, and the manifest that names it is the centre's own word; so no
stranger's bytes reach the Parquet decoder.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from shuangli.errors import ProtocolError, Unverified
from shuangli.issuer.archive.files import MANIFEST, TABLES, ArchiveFiles
from shuangli.issuer.archive.gather import Spend
from shuangli.issuer.archive.history import History
from shuangli.issuer.archive.manifest import ArchiveManifest
from shuangli.issuer.facts import DATE_BYTES, ObjectKind
from shuangli.messages.certificates import Epoch
from shuangli.offline.evidence import verify_evidence
from shuangli.offline.trust import Trust

_OBJECTS_KEPT = 4_096


class OpenedArchive(NamedTuple):
    """An archive whose manifest the centre has signed; `trust` holds the certificates that it names."""

    manifest: ArchiveManifest
    epoch: Epoch
    files: ArchiveFiles
    trust: Trust


class ArchivedSpend(NamedTuple):
    """A spend of a coin as it is archived: the object's kind and bytes, and the coin's value once settled."""

    kind: ObjectKind
    data: bytes
    received_s: int
    settled_fen: int
    further: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedArchive:
    """An archived epoch that holds: its number, rows by table, supply in fen, culprits of its cases."""

    epoch: int
    archived_at_s: int
    counts: dict[str, int]
    totals: dict[str, int]
    culprits: frozenset[bytes]


def open_archive(directory: Path, *, root: bytes) -> OpenedArchive:
    """Read the manifest in `directory` and check it under `root`, the issuer's public key (32 bytes).

    Raises:
        Malformed: there is no manifest in its one legal form.
        Unverified: it cannot be read (`report`), or no centre of this root has signed it.
    """
    try:
        data = (directory / MANIFEST).read_bytes()
    except OSError as error:
        raise Unverified("report", f"{directory / MANIFEST} cannot be read: {error.strerror}") from error
    manifest = ArchiveManifest.parse(data)
    trust = Trust(root=root, network=manifest.network, objects_kept=_OBJECTS_KEPT)
    centre = trust.add_centre(manifest.centre)
    if not centre.claims.valid_at(manifest.archived_at_s):
        raise Unverified("certificate-time", "the centre's certificate was not valid when it signed")
    trust.verifier.check_once(manifest.signed, centre.claims.key, "manifest")
    epoch = trust.add_epoch(manifest.epoch)
    for operator in manifest.operators:
        trust.add_operator(operator)
    return OpenedArchive(manifest, epoch, ArchiveFiles(directory, dict(manifest.files)), trust)


def verify_archive(directory: Path, root: bytes) -> VerifiedArchive:
    """Verify an archived epoch, trusting nothing but `root`.

    1. The manifest is signed by a centre that the root has certified; so are epoch and operators.
    2. The files are those that it names, and each table has as many rows as it says.
    3. Every load is signed by the epoch's key and stands in the mint log; every other object spends coins
       that earlier ones made, by the rules of the protocol, and is signed by their owner.
    4. Every coin was settled once, went back, was taken from a culprit, or is void on a fork; the totals
       over all are the manifest's.
    5. Every coin with a further spend has a case, whose evidence holds under the root.

    Raises:
        Malformed, Unverified: with the first thing that does not hold.
    """
    opened = open_archive(directory, root=root)
    manifest, files = opened.manifest, opened.files
    files.check()
    counts = {table: sum(1 for _ in files.rows(table)) for table in TABLES}
    if counts != dict(manifest.counts):
        raise Unverified("report", "the tables have not as many rows as the manifest says")
    forked = {key for _, key, _, _, further in files.rows("spends") if further}
    history = History(opened.epoch, opened.trust, forked=frozenset(forked))
    for number, kind, data, spends in _with_spends(files):
        try:
            history.add(number, kind, data, spends)
        except ProtocolError as fault:
            raise Unverified(fault.code, f"object {number} does not hold: {fault}") from fault
    history.check_mint_log(files.rows("mint_log"))
    totals = history.close(
        returns=files.rows("returns"), void=files.rows("void_coins"), taken=files.rows("taken_coins")
    )
    if totals != dict(manifest.totals):
        raise Unverified("report", f"the totals are {totals}, and not what the manifest says")
    return VerifiedArchive(
        epoch=opened.epoch.number,
        archived_at_s=manifest.archived_at_s,
        counts=counts,
        totals=totals,
        culprits=_check_cases(files, forked, root),
    )


def _with_spends(files: ArchiveFiles) -> Iterator[tuple[int, ObjectKind, bytes, list[Spend]]]:
    """Every object with its spends; both tables are in the order of the objects' numbers."""
    grouped = groupby(map(Spend._make, files.rows("spends")), key=lambda spend: spend.object_no)
    due_no, due = next(grouped, (None, iter(())))
    for number, kind, data, _, _ in files.rows("objects"):
        spends: list[Spend] = []
        if number == due_no:
            spends = list(due)
            due_no, due = next(grouped, (None, iter(())))
        if kind not in {*map(int, ObjectKind)}:
            raise Unverified("report", f"object {number} is of no known kind")
        yield number, ObjectKind(kind), data, spends
    if due_no is not None:
        raise Unverified("report", f"spends by object {due_no}, which is not there in its order")


def _check_cases(files: ArchiveFiles, forked: set[bytes], root: bytes) -> frozenset[bytes]:
    culprits, without = set(), set(forked)
    for _, coin_key, culprit, _, _, _, _, evidence in files.rows("cases"):
        proven = verify_evidence(evidence, root=root)
        if (proven.coin_id, proven.culprit) != (coin_key[DATE_BYTES:], culprit) or coin_key not in without:
            raise Unverified("not-a-fork", "evidence is of another coin or key than its case")
        without.discard(coin_key)
        culprits.add(culprit)
    if without:
        raise Unverified("not-a-fork", f"{len(without)} coins were spent twice, and no case says so")
    return frozenset(culprits)


def find_spends(directory: Path, coin_id: bytes, *, root: bytes) -> list[ArchivedSpend]:
    """What an archive knows to have spent a coin, the fact first; nothing if it does not know the coin.

    For a claim of an archived epoch's coin, which the centre has answered *late*: whether somebody had
    claimed it, and when; and for a transfer that differs from what is found here, the other half of evidence.

    Raises:
        Malformed, Unverified: the manifest does not hold, or a file is not the one that it names.
    """
    files = open_archive(directory, root=root).files
    rows = [Spend._make(row) for row in files.find_ending("spends", "coin_key", coin_id)]
    found = []
    for spend in sorted(rows, key=lambda spend: (spend.further, spend.object_no)):
        for _, kind, data, _, received_s in files.find("objects", "no", spend.object_no):
            entry = ArchivedSpend(ObjectKind(kind), data, received_s, spend.settled_fen, bool(spend.further))
            found.append(entry)
    return found
