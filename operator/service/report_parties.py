"""Edge: who can sign a report in a directory: an operator there, or the centre of an issuer there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shuangli.crypto import SigningKey
from shuangli.errors import BadInput
from shuangli.issuer.cases import evidence_of
from shuangli.issuer.periods.writer import Party
from shuangli.issuer.service.admission import OPERATOR_FILE, operator_keys_in
from shuangli.issuer.service.keys import DATABASE_FILE, ISSUER_FILE, IssuerKeys, read_key_set, told_where
from shuangli.issuer.service.network import NETWORK, trust_in
from shuangli.issuer.service.opening import opened_store as opened_issuer
from shuangli.issuer.store import IssuerStore
from shuangli.messages.audit import CENTRE_ORIGIN
from shuangli.messages.certificates import RoleCertificate
from shuangli.messages.key_set import KeySet
from shuangli.offline.periods.writing import Author
from shuangli.operator.service.keys import KEYS_FILE, OPERATOR, NetworkKeys
from shuangli.operator.service.opening import opened_store


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signer:
    """Whose name a report is in, the key that signs it, and what the root has certified."""

    name: str
    key: SigningKey
    root: bytes
    key_set: bytes

    def author(self) -> Author:
        """The key with the newest certificate that it has of the root."""
        known = KeySet.parse(self.key_set)
        certified: list[RoleCertificate] = [*known.operators, *known.centres]
        mine = [one for one in certified if one.claims.key == self.key.public]
        if not mine:
            raise BadInput("bad-file", f"the key set does not certify {self.name}")
        newest = max(mine, key=lambda one: one.claims.not_before_s)
        return Author(key=self.key, certificate=newest.signed.data)


@contextmanager
def party_in(directory: Path, *, central: bool, database: str | None) -> Iterator[Party]:
    """The operator whose files lie in a directory or, if `central`, the centre of the issuer there.

    The database is on the server at the address `database`, or a file there; a service may be working on it.

    Raises:
        BadInput: neither lies there (`bad-file`).
        StoreError: a file is damaged (`corrupt`), or the database cannot be opened.
    """
    with told_where(directory):
        signer = _signer_in(directory, central=central)
    if central:
        with opened_issuer(database or directory / DATABASE_FILE) as store:
            yield _centre(store, signer)
    else:
        with opened_store(database or directory, signer.name) as books:
            yield Party(
                network=NETWORK,
                author=signer.author(),
                database=books.database,
                log=books.audit,
                ledger=books.ledger,
                transaction=books.transaction,
                evidence=lambda case_no: _no_evidence(signer.name, case_no),
            )


def _signer_in(directory: Path, *, central: bool) -> _Signer:
    """Who signs there; a sandbox has both an operator and an issuer."""
    if (directory / KEYS_FILE).is_file():
        keys = NetworkKeys.decode((directory / KEYS_FILE).read_bytes())
        name, seed = (CENTRE_ORIGIN, keys.centre) if central else (OPERATOR, keys.operator)
        root = SigningKey(keys.root).public
        return _Signer(name=name, key=SigningKey(seed), root=root, key_set=keys.key_set)
    if central and (directory / ISSUER_FILE).is_file():
        mine = IssuerKeys.decode((directory / ISSUER_FILE).read_bytes())
        return _Signer(
            name=CENTRE_ORIGIN,
            key=SigningKey(mine.centre),
            root=mine.root,
            key_set=read_key_set(directory),
        )
    if not central and (directory / OPERATOR_FILE).is_file():
        admitted = operator_keys_in(directory)
        return _Signer(
            name=admitted.name,
            key=SigningKey(admitted.operator),
            root=admitted.root,
            key_set=read_key_set(directory),
        )
    who = "issuer" if central else "operator"
    raise BadInput("bad-file", f"{directory}: no {who}'s files lie there")


def _centre(store: IssuerStore, signer: _Signer) -> Party:
    trust = trust_in(signer.root, signer.key_set)
    by_number = dict(store.case(row.coin_key) for row in store.cases())

    def evidence(case_no: int) -> bytes:
        if case_no not in by_number:
            raise BadInput("bad-value", f"case {case_no} is in its epoch's archive: report from later on")
        return evidence_of(store, by_number[case_no], trust=trust).encode()

    return Party(
        network=NETWORK,
        author=signer.author(),
        database=store.database,
        log=store.audit,
        ledger=store.ledger,
        transaction=store.transaction,
        evidence=evidence,
    )


def _no_evidence(name: str, case_no: int) -> bytes:
    raise BadInput("bad-value", f"{name} has no evidence of case {case_no}: the centre has")
