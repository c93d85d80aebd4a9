"""The issuer as a process, with the clock and randomness of this machine. An edge file."""

import os
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shuangli.api.service.listening import answer_at, listening_at
from shuangli.api.tls import issuer_context
from shuangli.crypto import SigningKey
from shuangli.errors import BadInput, ProtocolError, StoreError
from shuangli.issuer.issuer import Issuer
from shuangli.issuer.readers import Readers
from shuangli.issuer.service import auditors, case_office, dispute_office, office
from shuangli.issuer.service.admission import admit, dismiss, renew
from shuangli.issuer.service.app import make_app
from shuangli.issuer.service.auditors import auditors_in
from shuangli.issuer.service.desk import IssuerDesk
from shuangli.issuer.service.keys import (
    DATABASE_FILE,
    ISSUER_FILE,
    KEY_SET_FILE,
    ROOT_FILE,
    IssuerKeys,
    issuer_keys_in,
    read_key_set,
    tls_files_in,
    told_where,
)
from shuangli.issuer.service.log_client import LogReader, follow
from shuangli.issuer.service.network import NETWORK, make_issuer
from shuangli.issuer.service.opening import opened_store
from shuangli.issuer.store import IssuerStore
from shuangli.merkle import Frontier
from shuangli.messages.notices import Report
from shuangli.offline.log_pages import Item

MOST_AT_ONCE: Final = 1_024
"""Connections and requests at a time; more get 503."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What an issuer says about itself once it listens."""

    network: str
    root: bytes
    address: str


def serve(
    directory: Path, *, host: str, port: int, database: str | None, announce: Callable[[Serving], None]
) -> None:
    """Serve the issuer whose files lie in `directory` to its operators until it is stopped.

    Its database is on the server at the address `database`, or a file there. Port 0 takes a free one.
    `announce` is called once, when requests are taken.

    Raises:
        BadInput: the directory cannot be used (`bad-file`), or nobody can listen there (`bad-option`).
        StoreError: a file of keys is damaged, or the database cannot be opened.
    """
    keys = issuer_keys_in(directory, random_bytes=secrets.token_bytes, now_s=_now_s())
    context = issuer_context(tls_files_in(directory))
    with (
        opened_store(database or directory / DATABASE_FILE) as store,
        listening_at(host, port, scheme="https") as (listening, address),
        Readers(os.cpu_count() or 1) as pool,
    ):
        issuer = _made(store, keys, directory)
        desk = IssuerDesk(
            issuer,
            read_key_set=lambda: _newest_key_set(directory),
            now_s=_now_s,
            pool=pool,
            read_auditors=lambda: auditors_in(directory),
        )
        desk.check_books()
        serving = Serving(network=NETWORK, root=keys.root, address=address)
        answer_at(
            listening,
            make_app(desk),
            started=lambda: announce(serving),
            tls=context,
            most_at_once=MOST_AT_ONCE,
        )


def _newest_key_set(directory: Path) -> bytes:
    """The key set as it lies there now: whom the root admits or dismisses counts at once."""
    try:
        return (directory / KEY_SET_FILE).read_bytes()
    except OSError as error:
        raise StoreError("unavailable", f"{directory / KEY_SET_FILE}: {error.strerror or error}") from error


def _made(store: IssuerStore, keys: IssuerKeys, directory: Path) -> Issuer:
    return make_issuer(
        store,
        root=keys.root,
        centre=SigningKey(keys.centre),
        minting=SigningKey(keys.minting),
        key_set=read_key_set(directory),
    )


@contextmanager
def _issuer_in(directory: Path, database: str | None) -> Iterator[Issuer]:
    """The issuer whose files lie in `directory`, to work on by hand; it is not founded here.

    Raises:
        BadInput: no issuer lies there (`bad-file`).
        StoreError: a file of keys is damaged, or the database cannot be opened.
    """
    if not (directory / ISSUER_FILE).is_file():
        raise BadInput("bad-file", f"{directory}: no issuer lies there")
    keys = issuer_keys_in(directory, random_bytes=secrets.token_bytes, now_s=_now_s())
    with opened_store(database or directory / DATABASE_FILE) as store:
        yield _made(store, keys, directory)


def look_at_epochs(directory: Path, *, database: str | None) -> list[office.EpochView]:
    """All epochs (`issuer.service.office.look_at_epochs`)."""
    with _issuer_in(directory, database) as issuer:
        return office.look_at_epochs(issuer, now_s=_now_s())


def look_at_cases(directory: Path, *, database: str | None) -> list[case_office.CaseView]:
    """All cases (`issuer.service.case_office.look_at_cases`)."""
    with _issuer_in(directory, database) as issuer:
        return [*case_office.look_at_cases(issuer)]


def look_at_debts(directory: Path, *, database: str | None) -> list[case_office.DebtView]:
    """Who owes the guarantee fund (`issuer.service.case_office.look_at_debts`)."""
    with _issuer_in(directory, database) as issuer:
        return case_office.look_at_debts(issuer)


def write_off(directory: Path, case_no: int, *, database: str | None) -> int:
    """Write off what the person of a case owes (`issuer.service.case_office.write_off`); gives the fen."""
    with _issuer_in(directory, database) as issuer:
        return case_office.write_off(issuer, case_no, now_s=_now_s())


def look_at_disputes(directory: Path, *, database: str | None) -> list[dispute_office.DisputeView]:
    """The payments that wait for people (`issuer.service.dispute_office.look_at_disputes`)."""
    with _issuer_in(directory, database) as issuer:
        return dispute_office.look_at_disputes(issuer)


def decide(
    directory: Path, payment: str, *, to_payee: bool, database: str | None
) -> dispute_office.DisputeView:
    """Decide to whom a disputed payment goes (`issuer.service.dispute_office.decide`); gives what it was."""
    with _issuer_in(directory, database) as issuer:
        return dispute_office.decide(issuer, payment, to_payee=to_payee, now_s=_now_s())


def file_report(directory: Path, path: Path, *, database: str | None) -> Report:
    """Log that the report in a file was filed (`issuer.service.office.file_report`).

    Raises:
        BadInput: it cannot be read, or is no report that this network's centre has signed (`bad-file`).
    """
    with _issuer_in(directory, database) as issuer:
        try:
            return office.file_report(issuer, path.read_bytes(), now_s=_now_s())
        except (OSError, ProtocolError) as error:
            raise BadInput("bad-file", f"{path}: {error}") from error


def close_epoch(directory: Path, number: int, *, end_minting: bool, database: str | None) -> None:
    """Close an epoch (`issuer.service.office.close_epoch`)."""
    with _issuer_in(directory, database) as issuer:
        office.close_epoch(issuer, number, end_minting=end_minting, now_s=_now_s())


def archive_epoch(directory: Path, number: int, out: Path, *, database: str | None) -> Path:
    """Archive a closed epoch below `out` (`issuer.service.office.archive_epoch`); says where."""
    with _issuer_in(directory, database) as issuer:
        return office.archive_epoch(issuer, number, out, now_s=_now_s())


def revoke_operator(directory: Path, name: str, *, database: str | None) -> list[bytes]:
    """Revoke an operator's keys (`issuer.service.office.revoke_operator`); gives them."""
    with _issuer_in(directory, database) as issuer:
        return office.revoke_operator(issuer, read_key_set(directory), name, now_s=_now_s())


def admit_operator(directory: Path, name: str, out: Path) -> int:
    """Admit an operator (`issuer.service.admission.admit`); gives the number of the new key set.

    Where no network is yet, it is founded.
    """
    now_s = _now_s()
    issuer_keys_in(directory, random_bytes=secrets.token_bytes, now_s=now_s)
    return admit(directory, name, out, random_bytes=secrets.token_bytes, now_s=now_s).number


def admit_auditor(directory: Path, name: str, out: Path) -> None:
    """Admit an auditor (`issuer.service.auditors.admit_auditor`)."""
    auditors.admit_auditor(directory, name, out, random_bytes=secrets.token_bytes, now_s=_now_s())


def dismiss_auditor(directory: Path, name: str) -> None:
    """Dismiss an auditor (`issuer.service.auditors.dismiss_auditor`)."""
    auditors.dismiss_auditor(directory, name)


def read_log(address: str, directory: Path) -> tuple[dict[str, int], int]:
    """Read and verify the audit log of the issuer at an address, with the files of who may read it.

    Gives how many entries of each kind were shown, and how many there are.

    Raises:
        BadInput: the directory or the address cannot be used.
        Malformed, Unverified: the log does not hold.
    """
    with told_where(directory):
        root = (directory / ROOT_FILE).read_text("ascii").strip()
    counts: Counter[str] = Counter()

    def seen(_: int, item: Item) -> None:
        counts[item.event.kind.name.lower() if item.event is not None else "not shown"] += 1

    with LogReader(address, tls_files_in(directory)) as reader:
        tree, _ = follow(reader, root=bytes.fromhex(root), known=Frontier(), seen=seen)
    return dict(sorted(counts.items())), tree.size


def renew_operator(directory: Path, out: Path) -> int:
    """Give an operator new keys (`issuer.service.admission.renew`); gives the number of the new key set."""
    return renew(directory, out, random_bytes=secrets.token_bytes, now_s=_now_s()).number


def dismiss_operator(directory: Path, name: str) -> int:
    """Dismiss an operator (`issuer.service.admission.dismiss`); gives the number of the new key set."""
    return dismiss(directory, name, now_s=_now_s()).number


def _now_s() -> int:
    return int(time.time())
