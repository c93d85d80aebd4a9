"""The issuer's database: mint log, facts, forks, open coins, revocation lists and books, on SQLite.

What is looked up at random is kept narrow (coin id -> number); signed objects are appended. One
transaction per batch: what was acknowledged is on disk, what was not never happened.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import groupby
from pathlib import Path

import sqlite_utils

from shuangli.books import Entry
from shuangli.issuer.settlement import Fact, OpenCoin, Settlement
from shuangli.messages.loads import Load
from shuangli.store import LedgerStore, open_database, transaction

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (no INTEGER PRIMARY KEY, id BLOB NOT NULL, data BLOB NOT NULL,
    operator TEXT NOT NULL, received_s INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS mint_log (load_id BLOB PRIMARY KEY, load_no INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders (order_id BLOB PRIMARY KEY, load_no INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (coin_id BLOB PRIMARY KEY, transfer_no INTEGER NOT NULL,
    paid_fen INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS forks (coin_id BLOB NOT NULL, transfer_id BLOB NOT NULL,
    transfer_no INTEGER NOT NULL, found_s INTEGER NOT NULL,
    PRIMARY KEY (coin_id, transfer_id)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cases (case_no INTEGER PRIMARY KEY, coin_id BLOB NOT NULL UNIQUE,
    culprit BLOB NOT NULL, operator TEXT NOT NULL, face_fen INTEGER NOT NULL, found_s INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS open_coins (parent_no INTEGER NOT NULL, position INTEGER NOT NULL,
    value_fen INTEGER NOT NULL, epoch INTEGER NOT NULL, forked INTEGER NOT NULL,
    PRIMARY KEY (parent_no, position)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS supply (epoch INTEGER PRIMARY KEY, loaded_fen INTEGER NOT NULL,
    redeemed_fen INTEGER NOT NULL, outstanding_fen INTEGER NOT NULL, forked_open_fen INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS fund_claims (person BLOB PRIMARY KEY, paid_fen INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (operator TEXT NOT NULL, upload_id BLOB NOT NULL, outcomes BLOB NOT NULL,
    credited_fen INTEGER NOT NULL, PRIMARY KEY (operator, upload_id)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS revocation_lists (number INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
"""


class IssuerStore:
    """Everything the issuer keeps; reads and writes happen inside `transaction`."""

    def __init__(self, path: Path) -> None:
        """Open the database at `path`, or make it."""
        self._connection = open_database(path)
        self._connection.executescript(_SCHEMA)
        self.ledger = LedgerStore(self._connection)
        self._last_no: int = self._one("SELECT coalesce(max(no), 0) FROM objects")

    def _one(self, query: str, *values: object) -> int:
        row = self._connection.execute(query, values).fetchone()
        return int(row[0])

    def transaction(self) -> AbstractContextManager[None]:
        """All that happens inside is kept, or nothing of it."""
        return transaction(self._connection)

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    @property
    def tables(self) -> sqlite_utils.Database:
        """The same database for reading, through sqlite-utils."""
        return sqlite_utils.Database(self._connection)

    # --- what is known (`settlement.Known`) ---------------------------------------------------

    def load_no(self, load_id: bytes) -> int | None:
        """The number of a load in the mint log."""
        row = self._connection.execute(
            "SELECT load_no FROM mint_log WHERE load_id = ?", (load_id,)
        ).fetchone()
        return row[0] if row else None

    def fact(self, coin_id: bytes) -> Fact | None:
        """How a coin was spent."""
        row = self._connection.execute(
            "SELECT no, id FROM facts JOIN objects ON no = transfer_no WHERE coin_id = ?", (coin_id,)
        ).fetchone()
        return Fact(*row) if row else None

    def fork(self, coin_id: bytes, transfer_id: bytes) -> int | None:
        """The number of a further transfer of a coin."""
        row = self._connection.execute(
            "SELECT transfer_no FROM forks WHERE coin_id = ? AND transfer_id = ?", (coin_id, transfer_id)
        ).fetchone()
        return row[0] if row else None

    def next_no(self) -> int:
        """The next number in the row of signed objects."""
        self._last_no += 1
        return self._last_no

    def order(self, order_id: bytes) -> bytes | None:
        """The load that answered an order before."""
        row = self._connection.execute(
            "SELECT data FROM orders JOIN objects ON no = load_no WHERE order_id = ?", (order_id,)
        ).fetchone()
        return row[0] if row else None

    def object(self, number: int) -> bytes:
        """A signed object as it was received."""
        row = self._connection.execute("SELECT data FROM objects WHERE no = ?", (number,)).fetchone()
        return bytes(row[0])

    def answer(self, operator: str, upload_id: bytes) -> tuple[bytes, int] | None:
        """What an operator was answered to an upload before: outcomes, fen credited."""
        row = self._connection.execute(
            "SELECT outcomes, credited_fen FROM answers WHERE operator = ? AND upload_id = ?",
            (operator, upload_id),
        ).fetchone()
        return (row[0], row[1]) if row else None

    # --- writing ------------------------------------------------------------------------------

    def add_load(self, load: Load, order_id: bytes) -> None:
        """Enter a load in the mint log; its coins are open."""
        number = self.next_no()
        execute = self._connection.execute
        execute(
            "INSERT INTO objects VALUES (?, ?, ?, ?, ?)",
            (number, load.signed.id, load.signed.data, load.operator, load.issued_at_s),
        )
        execute("INSERT INTO mint_log VALUES (?, ?)", (load.signed.id, number))
        execute("INSERT INTO orders VALUES (?, ?)", (order_id, number))
        self._connection.executemany(
            "INSERT INTO open_coins VALUES (?, ?, ?, ?, 0)",
            [(number, index, value_fen, load.epoch) for index, value_fen in enumerate(load.values_fen)],
        )
        self._add_supply(load.epoch, loaded_fen=load.total_fen, outstanding_fen=load.total_fen)

    def add_settlement(self, settlement: Settlement, *, operator: str, received_s: int) -> None:
        """Write down what a bundle changes."""
        many = self._connection.executemany
        many(
            "INSERT INTO objects VALUES (?, ?, ?, ?, ?)",
            [
                (number, transfer.signed.id, transfer.signed.data, operator, received_s)
                for number, transfer in settlement.transfers
            ],
        )
        many("INSERT INTO facts VALUES (?, ?, ?)", settlement.facts)
        many(
            "INSERT INTO forks VALUES (?, ?, ?, ?)",
            [
                (coin_id, transfer.signed.id, number, received_s)
                for coin_id, transfer, number in settlement.forks
            ],
        )
        many("INSERT INTO open_coins VALUES (?, ?, ?, ?, ?)", _rows(settlement.opened))
        many(
            "DELETE FROM open_coins WHERE parent_no = ? AND position = ?",
            [(coin.place.parent_no, coin.place.position) for coin in settlement.closed],
        )
        changes = [(coin, 1) for coin in settlement.opened] + [(coin, -1) for coin in settlement.closed]
        by_epoch = sorted(changes, key=lambda change: change[0].epoch)
        for epoch, group in groupby(by_epoch, key=lambda change: change[0].epoch):
            open_fen = [0, 0]
            for coin, sign in group:
                open_fen[coin.place.forked] += sign * coin.value_fen
            self._add_supply(epoch, outstanding_fen=open_fen[0], forked_open_fen=open_fen[1])
        for epoch, paid_fen in settlement.paid_fen.items():
            self._add_supply(epoch, redeemed_fen=paid_fen)

    def _add_supply(
        self,
        epoch: int,
        *,
        loaded_fen: int = 0,
        redeemed_fen: int = 0,
        outstanding_fen: int = 0,
        forked_open_fen: int = 0,
    ) -> None:
        self._connection.execute(
            "INSERT INTO supply VALUES (?, ?, ?, ?, ?) ON CONFLICT (epoch) DO UPDATE SET"
            " loaded_fen = loaded_fen + excluded.loaded_fen,"
            " redeemed_fen = redeemed_fen + excluded.redeemed_fen,"
            " outstanding_fen = outstanding_fen + excluded.outstanding_fen,"
            " forked_open_fen = forked_open_fen + excluded.forked_open_fen",
            (epoch, loaded_fen, redeemed_fen, outstanding_fen, forked_open_fen),
        )

    def add_case(self, coin_id: bytes, culprit: bytes, operator: str, face_fen: int, found_s: int) -> None:
        """Open a case; a coin that already has one keeps it."""
        self._connection.execute(
            "INSERT OR IGNORE INTO cases (coin_id, culprit, operator, face_fen, found_s) VALUES (?, ?, ?, ?, ?)",
            (coin_id, culprit, operator, face_fen, found_s),
        )

    def add_fund_claim(self, person: bytes, paid_fen: int) -> None:
        """Count what the guarantee fund paid to a person."""
        self._connection.execute(
            "INSERT INTO fund_claims VALUES (?, ?)"
            " ON CONFLICT (person) DO UPDATE SET paid_fen = paid_fen + excluded.paid_fen",
            (person, paid_fen),
        )

    def add_answer(self, operator: str, upload_id: bytes, outcomes: bytes, credited_fen: int) -> None:
        """Keep the answer to an upload."""
        self._connection.execute(
            "INSERT INTO answers VALUES (?, ?, ?, ?)", (operator, upload_id, outcomes, credited_fen)
        )

    def add_revocation_list(self, number: int, data: bytes) -> None:
        """Keep a signed revocation list."""
        self._connection.execute("INSERT INTO revocation_lists VALUES (?, ?)", (number, data))

    def post(self, entries: Iterable[Entry]) -> None:
        """Add entries to the issuer's books."""
        self.ledger.post(list(entries))

    # --- reading ------------------------------------------------------------------------------

    def fund_claimed_fen(self, person: bytes) -> int:
        """What the guarantee fund has paid to a person so far."""
        return self._one("SELECT coalesce(sum(paid_fen), 0) FROM fund_claims WHERE person = ?", person)

    def culprits(self) -> set[bytes]:
        """The keys of all cases."""
        return {row[0] for row in self._connection.execute("SELECT DISTINCT culprit FROM cases")}

    def cases(self) -> Iterator[tuple[bytes, bytes, str, int, int]]:
        """All cases in the order in which they were opened: coin, culprit, operator, face in fen, found at."""
        yield from self._connection.execute(
            "SELECT coin_id, culprit, operator, face_fen, found_s FROM cases ORDER BY case_no"
        )

    def spends_of(self, coin_id: bytes) -> list[tuple[int, int]]:
        """All known transfers of a coin, the fact first: (transfer number, fen paid for it)."""
        rows = self._connection.execute(
            "SELECT transfer_no, paid_fen FROM facts WHERE coin_id = ?", (coin_id,)
        )
        forks = self._connection.execute(
            "SELECT transfer_no, 0 FROM forks WHERE coin_id = ? ORDER BY transfer_no", (coin_id,)
        )
        return [*rows, *forks]

    def latest_revocation_list(self) -> bytes | None:
        """The newest signed revocation list."""
        row = self._connection.execute(
            "SELECT data FROM revocation_lists ORDER BY number DESC LIMIT 1"
        ).fetchone()
        return row[0] if row else None

    def supply(self) -> list[tuple[int, int, int, int, int]]:
        """Running totals by epoch: epoch, loaded, redeemed, outstanding, open on forks (fen)."""
        return list(self._connection.execute("SELECT * FROM supply ORDER BY epoch"))

    def count_open(self) -> dict[tuple[int, bool], int]:
        """Open coins counted afresh, in fen by (epoch, on a fork)."""
        rows = self._connection.execute("SELECT epoch, forked, sum(value_fen) FROM open_coins GROUP BY 1, 2")
        return {(epoch, bool(forked)): total for epoch, forked, total in rows}


def _rows(coins: Iterable[OpenCoin]) -> list[tuple[int, int, int, int, int]]:
    return [
        (coin.place.parent_no, coin.place.position, coin.value_fen, coin.epoch, int(coin.place.forked))
        for coin in coins
    ]
