"""The issuer's database: mint log, facts, forks, open coins, revocation lists and books.

What is looked up at random is kept narrow (coin key -> number) and in the order of time; signed objects are
appended. One transaction per batch: what was acknowledged is on disk, what was not never happened.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Final

from shuangli import cose
from shuangli.cose import Domain
from shuangli.database.audit import AUDIT_TABLES, AuditLog
from shuangli.database.ledger import LEDGER_TABLES, LedgerStore
from shuangli.database.opening import open_database
from shuangli.issuer.batch import Batch
from shuangli.issuer.epochs.store import EpochStore
from shuangli.issuer.epochs.tables import EPOCH_TABLES, OPERATORS
from shuangli.issuer.facts import (
    REFUSED,
    CaseRow,
    Fact,
    NewCase,
    ObjectKind,
    OpenCoin,
    Place,
    Spent,
    SupplyChange,
    load_key,
)
from shuangli.issuer.findings.store import FINDINGS_TABLES, REPORTS, Findings
from shuangli.issuer.losses.case_store import CaseStore
from shuangli.issuer.losses.store import LossStore
from shuangli.issuer.losses.tables import ENROLMENTS, LOSS_TABLES, PAST_CASES
from shuangli.issuer.objects import OBJECTS, Objects, make_pack
from shuangli.issuer.persons.store import PersonStore
from shuangli.issuer.persons.tables import PERSON_TABLES
from shuangli.issuer.remittances.store import RemittanceStore
from shuangli.issuer.remittances.tables import REMITTANCE_TABLES
from shuangli.issuer.returns.open_coins import OpenCoins
from shuangli.issuer.returns.store import ReturnStore
from shuangli.issuer.returns.tables import RETURNS_TABLES
from shuangli.issuer.schema import (
    ANSWERS,
    CENTRE_TABLES,
    FACTS,
    FORKS,
    MINT_LOG,
    ORDERS,
    SUPPLY,
)
from shuangli.issuer.vaults.store import VaultStore
from shuangli.issuer.vaults.tables import STATEMENTS, VAULT_TABLES
from shuangli.messages.audit import CENTRE_ORIGIN
from shuangli.messages.loads import Load, LoadOrder

NAMESPACE: Final = "issuer"
STEPS: Final = (
    (
        *LEDGER_TABLES,
        *AUDIT_TABLES,
        OBJECTS,
        *CENTRE_TABLES,
        *RETURNS_TABLES,
        *FINDINGS_TABLES,
        *EPOCH_TABLES,
        *VAULT_TABLES,
        *LOSS_TABLES,
        *PERSON_TABLES,
    ),
    (STATEMENTS, OPERATORS, ENROLMENTS, PAST_CASES, REPORTS),
    REMITTANCE_TABLES,
)
"""What is added later is a step of its own, at the end."""
CACHE_KIB: Final = 262_144
"""As many of the facts as possible stay in memory, where nothing else is said."""
_CASE: Final = "coin_key, culprit, operator, face_fen, parent_no, position, source_id, found_s"
"""The columns of `issuer.facts.CaseRow`."""
_ADD_SUPPLY: Final = """
INSERT INTO supply VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (epoch) DO UPDATE SET
    loaded_fen = supply.loaded_fen + excluded.loaded_fen,
    redeemed_fen = supply.redeemed_fen + excluded.redeemed_fen,
    returned_fen = supply.returned_fen + excluded.returned_fen,
    outstanding_fen = supply.outstanding_fen + excluded.outstanding_fen,
    forked_fen = supply.forked_fen + excluded.forked_fen,
    fund_paid_fen = supply.fund_paid_fen + excluded.fund_paid_fen,
    void_fen = supply.void_fen + excluded.void_fen,
    forked_open_fen = supply.forked_open_fen + excluded.forked_open_fen
"""
"""Epoch and loaded, then the columns of `issuer.facts.SupplyChange` in their order."""


class IssuerStore:
    """Everything the issuer keeps; writes happen inside `transaction`.

    Attributes:
        database: the open database
        objects: every signed load, transfer and refusal as it was received
        open_coins: what nobody has spent
        returns: what has gone back, and what decides when
        findings: loads that were never minted, limits that were broken offline
        losses: what culprits owe and hold
        told_cases: cases as they are told, also those that are archived
        persons: what persons have loaded and paid
        epochs: the state of each epoch
        vaults: what operators owe each other
        ledger: the issuer's books
        audit: the centre's audit log
    """

    def __init__(self, place: Path | str, *, cache_kib: int = CACHE_KIB) -> None:
        """Open the database: a file's path, or a server's address; what is missing is made.

        Of a file, `cache_kib` are kept in memory.
        """
        self.database = open_database(place, steps=STEPS, namespace=NAMESPACE, cache_kib=cache_kib)
        self.objects = Objects(self.database)
        self.open_coins = OpenCoins(self.database, self.objects)
        self.returns = ReturnStore(self.database)
        self.findings = Findings(self.database)
        self.losses = LossStore(self.database)
        self.told_cases = CaseStore(self.database)
        self.persons = PersonStore(self.database)
        self.vaults = VaultStore(self.database)
        self.remittances = RemittanceStore(self.database)
        self.ledger = LedgerStore(self.database)
        self.audit = AuditLog(self.database, origin=CENTRE_ORIGIN)
        self.epochs = EpochStore(self.database, self.audit)
        self._last_no = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that happens inside is kept, or nothing of it."""
        with self.database.transaction(self.objects, self.ledger, self.audit):
            # Read afresh: the last transaction may have failed, or another process may have written.
            self._last_no = self.objects.last_no()
            yield

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    # --- what is known (`facts.Known`) --------------------------------------------------------

    def load_numbers(self, load_keys: Sequence[bytes]) -> dict[bytes, int]:
        """The numbers of loads in the mint log by their keys, without those that were never minted."""
        return dict(self.database.lookup("SELECT load_key, load_no FROM mint_log WHERE load_key", load_keys))

    def facts(self, coin_keys: Sequence[bytes]) -> dict[bytes, Fact]:
        """How coins were spent, by their keys, without those that are not."""
        query = "SELECT coin_key, object_no, object_id, settled_fen FROM facts WHERE coin_key"
        return {row[0]: Fact(*row[1:]) for row in self.database.lookup(query, coin_keys)}

    def fork(self, coin_key: bytes, object_id: bytes) -> Fact | None:
        """A further spend of a coin, if it is known."""
        row = self.database.row(
            "SELECT object_no, object_id, settled_fen FROM forks WHERE coin_key = ? AND object_id = ?",
            coin_key,
            object_id,
        )
        return Fact(*row) if row else None

    def is_culprit(self, key: bytes) -> bool:
        """Say whether a case names this key."""
        query = (
            "SELECT 1 FROM cases WHERE culprit = ? UNION ALL SELECT 1 FROM past_culprits WHERE culprit = ?"
        )
        return self.database.row(query, key, key) is not None

    def next_no(self, count: int = 1) -> int:
        """The next number in the row of signed objects, the first of so many."""
        first_no = self._last_no + 1
        self._last_no += count
        return first_no

    def order(self, owner: bytes, nonce: bytes) -> tuple[bytes, bytes] | None:
        """The order that used a nonce of an owner before, and the load that answered it."""
        row = self.database.row(
            "SELECT order_id, load_no FROM orders WHERE owner = ? AND nonce = ?", owner, nonce
        )
        return (row[0], self.object(row[1])) if row else None

    def object(self, number: int) -> bytes:
        """A signed object as it was received."""
        return self.objects.get(number)[1]

    def answer(self, operator: str, upload_id: bytes) -> tuple[bytes, int, int, int] | None:
        """What an operator was answered to an upload before: as in `Batch.answers`."""
        row = self.database.row(
            "SELECT outcomes, credited_fen, returned_fen, received_s FROM answers"
            " WHERE operator = ? AND upload_id = ?",
            operator,
            upload_id,
        )
        return (row[0], row[1], row[2], row[3]) if row else None

    # --- writing ------------------------------------------------------------------------------

    def add_load(self, load: Load, order: LoadOrder, *, due_s: int) -> None:
        """Enter a load in the mint log; its coins are open, and due to go back after `due_s`."""
        number = self.next_no()
        insert = self.database.insert
        pack = make_pack(
            [(number, ObjectKind.LOAD, load.signed)], operator=load.operator, received_s=load.issued_at_s
        )
        self.objects.add([pack])
        insert(MINT_LOG, [(load_key(load), number)])
        insert(ORDERS, [(order.owner, order.nonce, order.signed.id, number)])
        self.open_coins.add(
            OpenCoin(Place(number, index, False), value_fen, load.epoch, due_s)
            for index, value_fen in enumerate(load.values_fen)
        )
        self.add_supply(load.epoch, SupplyChange(outstanding_fen=load.total_fen), loaded_fen=load.total_fen)

    def add_batch(self, batch: Batch) -> None:
        """Write down what a batch of hand-ins changes, but for cases and what the guarantee fund pays."""
        insert = self.database.insert
        self.objects.add(batch.packs)
        # In the order of their keys, which lie together.
        insert(FACTS, sorted([(key, fact[1], fact[0], fact[2]) for key, fact in batch.facts_added.items()]))
        self.database.many(
            "UPDATE facts SET object_id = ?, object_no = ?, settled_fen = ? WHERE coin_key = ?",
            [
                (fact.object_id, fact.number, fact.settled_fen, key)
                for key, fact in batch.facts_changed.items()
            ],
        )
        self.database.delete(FORKS, list(batch.forks))
        insert(
            FORKS,
            [(*key, fork.number, fork.settled_fen) for key, fork in batch.forks.items() if fork is not None],
        )
        self.open_coins.add(batch.opened.values())
        self.open_coins.give((at, given) for at, given in batch.given.items() if at in batch.opened)
        self.open_coins.close(list(batch.closed))
        self.open_coins.hold(list(batch.held))
        for epoch, change in batch.supply.items():
            self.add_supply(epoch, change)
        insert(ANSWERS, [(*key, *answer) for key, answer in batch.answers.items()])

    def add_supply(self, epoch: int, change: SupplyChange, *, loaded_fen: int = 0) -> None:
        """Change an epoch's running totals."""
        self.database.execute(_ADD_SUPPLY, epoch, loaded_fen, *astuple(change))

    def add_case(self, case: NewCase, *, operator: str, found_s: int) -> bool:
        """Open a case against a key that `operator` has certified; says no if the coin already has one."""
        opened = self.database.execute(
            "INSERT INTO cases VALUES"
            " ((SELECT coalesce(max(case_no), 0) + 1 FROM"
            " (SELECT case_no FROM cases UNION ALL SELECT case_no FROM past_cases) AS known),"
            " ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (coin_key) DO NOTHING",
            *(case.coin_key, case.culprit, operator, case.face_fen, *case.place[:2], case.source_id, found_s),
        )
        return opened > 0

    def culprits(self) -> set[bytes]:
        """The keys of all cases, also of those that are archived."""
        query = "SELECT culprit FROM cases UNION SELECT culprit FROM past_culprits"
        return {row[0] for row in self.database.rows(query)}

    def cases(self) -> list[CaseRow]:
        """All cases as they were opened."""
        rows = self.database.rows(f"SELECT {_CASE} FROM cases ORDER BY case_no")  # noqa: S608
        return [CaseRow(*row) for row in rows]

    def case(self, coin_key: bytes) -> tuple[int, CaseRow]:
        """The case of a coin that has one, after its number."""
        (row,) = self.database.rows(f"SELECT case_no, {_CASE} FROM cases WHERE coin_key = ?", coin_key)  # noqa: S608
        return row[0], CaseRow(*row[1:])

    def spends_of(self, coin_key: bytes) -> list[Spent]:
        """All known spends of a coin, the fact first."""
        rows = self.database.rows(
            "SELECT 0 AS later, object_no, object_id, settled_fen FROM facts WHERE coin_key = ?"
            " UNION ALL SELECT 1, object_no, object_id, settled_fen FROM forks WHERE coin_key = ?"
            " ORDER BY later, object_no",
            coin_key,
            coin_key,
        )
        return [
            Spent(number, ObjectKind.REFUSAL if object_id == REFUSED else ObjectKind.TRANSFER, settled_fen)
            for _, number, object_id, settled_fen in rows
        ]

    def transfers_received(self) -> list[tuple[bytes, int]]:
        """Every transfer that was handed in, and when an operator received it: (transfer id, seconds)."""
        return [
            (cose.parse(data, Domain.TRANSFER).id, received_s)
            for data, received_s in self.objects.of_kind(ObjectKind.TRANSFER)
        ]

    def supply(self) -> list[dict[str, int]]:
        """Running totals by epoch, in the columns of `issuer.supply`."""
        rows = self.database.rows("SELECT * FROM supply ORDER BY epoch")
        return [dict(zip(SUPPLY.columns, row, strict=True)) for row in rows]
