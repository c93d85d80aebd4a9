"""The issuer's database: mint log, facts, forks, open coins, revocation lists and books, on SQLite.

What is looked up at random is kept narrow (coin id -> number); signed objects are appended. One
transaction per batch: what was acknowledged is on disk, what was not never happened.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Any, Final

import sqlite_utils

from shuangli.issuer.facts import (
    CaseRow,
    Fact,
    NewCase,
    ObjectKind,
    OpenCoin,
    Place,
    Settlement,
    Spent,
    SupplyChange,
)
from shuangli.issuer.findings.store import FINDINGS_SCHEMA, Findings
from shuangli.issuer.returns.store import RETURNS_SCHEMA, OpenCoins, ReturnStore
from shuangli.issuer.schema import SCHEMA
from shuangli.messages.loads import Load, LoadOrder
from shuangli.store import LedgerStore, open_database, transaction

LOOKED_UP_AT_ONCE: Final = 256
CACHE_KIB: Final = 262_144
"""Facts are looked up and entered at random: as many as possible stay in memory."""
_ADD_SUPPLY: Final = """
INSERT INTO supply VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (epoch) DO UPDATE SET
    loaded_fen = loaded_fen + excluded.loaded_fen,
    redeemed_fen = redeemed_fen + excluded.redeemed_fen,
    returned_fen = returned_fen + excluded.returned_fen,
    outstanding_fen = outstanding_fen + excluded.outstanding_fen,
    forked_fen = forked_fen + excluded.forked_fen,
    fund_paid_fen = fund_paid_fen + excluded.fund_paid_fen,
    void_fen = void_fen + excluded.void_fen,
    forked_open_fen = forked_open_fen + excluded.forked_open_fen
"""
"""Epoch and loaded, then the columns of `issuer.facts.SupplyChange` in their order."""


class IssuerStore:
    """Everything the issuer keeps; reads and writes happen inside `transaction`.

    Attributes:
        open_coins: what nobody has spent
        returns: what has gone back, and what decides when
        findings: loads that were never minted, limits that were broken offline
        ledger: the issuer's books
    """

    def __init__(self, path: Path) -> None:
        """Open the database at `path`, or make it."""
        self._connection = open_database(
            path, schema=SCHEMA + RETURNS_SCHEMA + FINDINGS_SCHEMA, cache_kib=CACHE_KIB
        )
        self.open_coins = OpenCoins(self._connection)
        self.returns = ReturnStore(self._connection)
        self.findings = Findings(self._connection)
        self.ledger = LedgerStore(self._connection)
        self._last_no = 0

    def _one(self, query: str, *values: object) -> int:
        row = self._connection.execute(query, values).fetchone()
        return int(row[0])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that happens inside is kept, or nothing of it."""
        with transaction(self._connection, self.ledger):
            # Read afresh: the last transaction may have failed, or another process may have written.
            self._last_no = self._one("SELECT coalesce(max(no), 0) FROM objects")
            yield

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    @property
    def tables(self) -> sqlite_utils.Database:
        """The same database for reading, through sqlite-utils."""
        return sqlite_utils.Database(self._connection)

    # --- what is known (`settlement.Known`) ---------------------------------------------------

    def load_numbers(self, load_ids: Sequence[bytes]) -> dict[bytes, int]:
        """The numbers of loads in the mint log, without those that were never minted."""
        return dict(self._lookup("SELECT load_id, load_no FROM mint_log WHERE load_id", load_ids))

    def is_minted(self, load_id: bytes) -> bool:
        """Say whether a load is in the mint log."""
        row = self._connection.execute("SELECT 1 FROM mint_log WHERE load_id = ?", (load_id,)).fetchone()
        return row is not None

    def facts(self, coin_ids: Sequence[bytes]) -> dict[bytes, Fact]:
        """How coins were spent, without those that are not."""
        query = (
            "SELECT coin_id, no, CASE kind WHEN 2 THEN x'' ELSE id END, settled_fen"
            " FROM facts JOIN objects ON no = object_no WHERE coin_id"
        )
        return {row[0]: Fact(*row[1:]) for row in self._lookup(query, coin_ids)}

    def _lookup(self, query: str, keys: Sequence[bytes]) -> Iterator[Any]:
        """The rows of a query that ends in the name of the key's column, for many keys."""
        for first in range(0, len(keys), LOOKED_UP_AT_ONCE):
            some = keys[first : first + LOOKED_UP_AT_ONCE]
            yield from self._connection.execute(f"{query} IN ({','.join('?' * len(some))})", some)

    def fork(self, coin_id: bytes, object_id: bytes) -> Fact | None:
        """A further spend of a coin, if it is known."""
        row = self._connection.execute(
            "SELECT object_no, object_id, settled_fen FROM forks WHERE coin_id = ? AND object_id = ?",
            (coin_id, object_id),
        ).fetchone()
        return Fact(*row) if row else None

    def is_culprit(self, key: bytes) -> bool:
        """Say whether a case names this key."""
        row = self._connection.execute("SELECT 1 FROM cases WHERE culprit = ? LIMIT 1", (key,)).fetchone()
        return row is not None

    def next_no(self) -> int:
        """The next number in the row of signed objects."""
        self._last_no += 1
        return self._last_no

    def order(self, owner: bytes, nonce: bytes) -> tuple[bytes, bytes] | None:
        """The order that used a nonce of an owner before, and the load that answered it."""
        row = self._connection.execute(
            "SELECT order_id, data FROM orders JOIN objects ON no = load_no WHERE owner = ? AND nonce = ?",
            (owner, nonce),
        ).fetchone()
        return (row[0], row[1]) if row else None

    def object(self, number: int) -> bytes:
        """A signed object as it was received."""
        row = self._connection.execute("SELECT data FROM objects WHERE no = ?", (number,)).fetchone()
        return bytes(row[0])

    def answer(self, operator: str, upload_id: bytes) -> tuple[bytes, int, int] | None:
        """What an operator was answered to an upload before: outcomes, fen credited, those for refusals."""
        row: tuple[bytes, int, int] | None = self._connection.execute(
            "SELECT outcomes, credited_fen, returned_fen FROM answers WHERE operator = ? AND upload_id = ?",
            (operator, upload_id),
        ).fetchone()
        return row

    # --- writing ------------------------------------------------------------------------------

    def add_load(self, load: Load, order: LoadOrder, *, due_s: int) -> None:
        """Enter a load in the mint log; its coins are open, and due to go back after `due_s`."""
        number = self.next_no()
        execute = self._connection.execute
        execute(
            "INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?)",
            (number, ObjectKind.LOAD, load.signed.id, load.signed.data, load.operator, load.issued_at_s),
        )
        execute("INSERT INTO mint_log VALUES (?, ?)", (load.signed.id, number))
        execute("INSERT INTO orders VALUES (?, ?, ?, ?)", (order.owner, order.nonce, order.signed.id, number))
        self.open_coins.add(
            OpenCoin(Place(number, index, False), value_fen, load.epoch, due_s)
            for index, value_fen in enumerate(load.values_fen)
        )
        self.add_supply(load.epoch, SupplyChange(outstanding_fen=load.total_fen), loaded_fen=load.total_fen)

    def add_settlement(self, settlement: Settlement, *, operator: str, received_s: int) -> None:
        """Write down what a hand-in changes."""
        many = self._connection.executemany
        many(
            "INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?)",
            [
                (number, kind, signed.id, signed.data, operator, received_s)
                for number, kind, signed in settlement.objects
            ],
        )
        many(
            "INSERT INTO facts VALUES (?, ?, ?)",
            [(coin_id, fact.number, fact.settled_fen) for coin_id, fact in settlement.facts.items()],
        )
        many(
            "UPDATE facts SET object_no = ?, settled_fen = ? WHERE coin_id = ?",
            [(fact.number, fact.settled_fen, coin_id) for coin_id, fact in settlement.changed_facts.items()],
        )
        for key, fork in settlement.forks.items():
            self._connection.execute("DELETE FROM forks WHERE coin_id = ? AND object_id = ?", key)
            if fork is not None:
                values = (*key, fork.number, fork.settled_fen)
                self._connection.execute("INSERT INTO forks VALUES (?, ?, ?, ?)", values)
        self.open_coins.add(settlement.opened)
        self.open_coins.close(settlement.closed)
        self.open_coins.hold(settlement.held)
        for epoch, change in settlement.supply.items():
            self.add_supply(epoch, change)
        self.findings.add_alarms(settlement.not_minted, operator=operator, raised_s=received_s)

    def add_supply(self, epoch: int, change: SupplyChange, *, loaded_fen: int = 0) -> None:
        """Change an epoch's running totals."""
        self._connection.execute(_ADD_SUPPLY, (epoch, loaded_fen, *astuple(change)))

    def add_case(self, case: NewCase, *, operator: str, found_s: int) -> None:
        """Open a case against a key that `operator` has certified; a coin that already has one keeps it."""
        place = case.place[:2]
        self._connection.execute(
            "INSERT OR IGNORE INTO cases"
            " (coin_id, culprit, operator, face_fen, parent_no, position, source_id, found_s)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (case.coin_id, case.culprit, operator, case.face_fen, *place, case.source_id, found_s),
        )

    def add_fund_claim(self, person: bytes, paid_fen: int) -> None:
        """Count what the guarantee fund paid to a person."""
        self._connection.execute(
            "INSERT INTO fund_claims VALUES (?, ?)"
            " ON CONFLICT (person) DO UPDATE SET paid_fen = paid_fen + excluded.paid_fen",
            (person, paid_fen),
        )

    def add_answer(
        self, operator: str, upload_id: bytes, outcomes: bytes, *, credited_fen: int, returned_fen: int
    ) -> None:
        """Keep the answer to an upload."""
        self._connection.execute(
            "INSERT INTO answers VALUES (?, ?, ?, ?, ?)",
            (operator, upload_id, outcomes, credited_fen, returned_fen),
        )

    def add_revocation_list(self, number: int, data: bytes) -> None:
        """Keep a signed revocation list."""
        self._connection.execute("INSERT INTO revocation_lists VALUES (?, ?)", (number, data))

    # --- reading ------------------------------------------------------------------------------

    def fund_claimed_fen(self, person: bytes) -> int:
        """What the guarantee fund has paid to a person so far."""
        return self._one("SELECT coalesce(sum(paid_fen), 0) FROM fund_claims WHERE person = ?", person)

    def culprits(self) -> set[bytes]:
        """The keys of all cases."""
        return {row[0] for row in self._connection.execute("SELECT DISTINCT culprit FROM cases")}

    def cases(self) -> list[CaseRow]:
        """All cases as they were opened."""
        rows = self._connection.execute(
            "SELECT coin_id, culprit, operator, face_fen, parent_no, position, source_id, found_s"
            " FROM cases ORDER BY case_no"
        )
        return [CaseRow(*row) for row in rows]

    def spends_of(self, coin_id: bytes) -> list[Spent]:
        """All known spends of a coin, the fact first."""
        rows = self._connection.execute(
            "SELECT no, kind, settled_fen FROM ("
            " SELECT 0 AS later, object_no, settled_fen FROM facts WHERE coin_id = ?1"
            " UNION ALL SELECT 1, object_no, settled_fen FROM forks WHERE coin_id = ?1"
            ") JOIN objects ON no = object_no ORDER BY later, no",
            (coin_id,),
        )
        return [Spent(number, ObjectKind(kind), settled_fen) for number, kind, settled_fen in rows]

    def unsettled_forks(self) -> list[tuple[bytes, bytes, bool]]:
        """Further transfers of coins that nobody is paid for: coin, transfer, whether it was known first."""
        rows = self._connection.execute(
            "SELECT coin_id, data, forks.object_no < facts.object_no FROM forks JOIN facts USING (coin_id)"
            " JOIN objects ON no = forks.object_no WHERE forks.settled_fen = 0 AND kind = ?",
            (ObjectKind.TRANSFER,),
        )
        return [(coin_id, data, bool(came_first)) for coin_id, data, came_first in rows]

    def transfers_received(self) -> list[tuple[bytes, int]]:
        """Every transfer that was handed in, and when an operator received it: (transfer id, seconds)."""
        return list(
            self._connection.execute(
                "SELECT id, received_s FROM objects WHERE kind = ? ORDER BY no", (ObjectKind.TRANSFER,)
            )
        )

    def latest_revocation_list(self) -> bytes | None:
        """The newest signed revocation list."""
        row = self._connection.execute(
            "SELECT data FROM revocation_lists ORDER BY number DESC LIMIT 1"
        ).fetchone()
        return row[0] if row else None

    def supply(self) -> list[dict[str, int]]:
        """Running totals by epoch, in the columns of `issuer.supply`."""
        rows = self._connection.execute("SELECT * FROM supply ORDER BY epoch")
        columns = [column[0] for column in rows.description]
        return [dict(zip(columns, row, strict=True)) for row in rows]
