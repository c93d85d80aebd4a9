"""The issuer's database: mint log, facts, forks, open coins, revocation lists and books, on SQLite.

What is looked up at random is kept narrow (coin id -> number); signed objects are appended. One
transaction per batch: what was acknowledged is on disk, what was not never happened.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Any, Final

import sqlite_utils

from shuangli.books import Entry
from shuangli.errors import StoreError
from shuangli.issuer.schema import SCHEMA
from shuangli.issuer.settlement import Fact, OpenCoin, Settlement
from shuangli.messages.loads import Load, LoadOrder
from shuangli.store import LedgerStore, open_database, transaction

LOOKED_UP_AT_ONCE: Final = 256
CACHE_KIB: Final = 262_144
"""Facts are looked up and entered at random: as many as possible stay in memory."""


class IssuerStore:
    """Everything the issuer keeps; reads and writes happen inside `transaction`."""

    def __init__(self, path: Path) -> None:
        """Open the database at `path`, or make it."""
        self._connection = open_database(path, cache_kib=CACHE_KIB)
        self._connection.executescript(f"BEGIN IMMEDIATE;{SCHEMA}COMMIT;")
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
        query = "SELECT coin_id, no, id, paid_fen FROM facts JOIN objects ON no = transfer_no WHERE coin_id"
        return {row[0]: Fact(*row[1:]) for row in self._lookup(query, coin_ids)}

    def fact(self, coin_id: bytes) -> Fact | None:
        """How a coin was spent, if it is."""
        return self.facts([coin_id]).get(coin_id)

    def _lookup(self, query: str, keys: Sequence[bytes]) -> Iterator[Any]:
        """The rows of a query that ends in the name of the key's column, for many keys."""
        for first in range(0, len(keys), LOOKED_UP_AT_ONCE):
            some = keys[first : first + LOOKED_UP_AT_ONCE]
            yield from self._connection.execute(f"{query} IN ({','.join('?' * len(some))})", some)

    def fork(self, coin_id: bytes, transfer_id: bytes) -> int | None:
        """The number of a further transfer of a coin."""
        row = self._connection.execute(
            "SELECT transfer_no FROM forks WHERE coin_id = ? AND transfer_id = ?", (coin_id, transfer_id)
        ).fetchone()
        return row[0] if row else None

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

    def answer(self, operator: str, upload_id: bytes) -> tuple[bytes, int] | None:
        """What an operator was answered to an upload before: outcomes, fen credited."""
        row = self._connection.execute(
            "SELECT outcomes, credited_fen FROM answers WHERE operator = ? AND upload_id = ?",
            (operator, upload_id),
        ).fetchone()
        return (row[0], row[1]) if row else None

    # --- writing ------------------------------------------------------------------------------

    def add_load(self, load: Load, order: LoadOrder) -> None:
        """Enter a load in the mint log; its coins are open."""
        number = self.next_no()
        execute = self._connection.execute
        execute(
            "INSERT INTO objects VALUES (?, ?, ?, ?, ?)",
            (number, load.signed.id, load.signed.data, load.operator, load.issued_at_s),
        )
        execute("INSERT INTO mint_log VALUES (?, ?)", (load.signed.id, number))
        execute("INSERT INTO orders VALUES (?, ?, ?, ?)", (order.owner, order.nonce, order.signed.id, number))
        self._connection.executemany(
            "INSERT INTO open_coins VALUES (?, ?, ?, ?, 0)",
            [(number, index, value_fen, load.epoch) for index, value_fen in enumerate(load.values_fen)],
        )
        total_fen = load.total_fen
        self._add_supply(load.epoch, (total_fen, 0, total_fen, 0, 0, 0, 0))

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
            "UPDATE facts SET paid_fen = ? WHERE coin_id = ?",
            [(paid_fen, coin_id) for coin_id, paid_fen in settlement.paid_later],
        )
        many(
            "INSERT INTO forks VALUES (?, ?, ?, ?)",
            [
                (coin_id, transfer.signed.id, number, received_s)
                for coin_id, transfer, number in settlement.forks
            ],
        )
        many("INSERT INTO open_coins VALUES (?, ?, ?, ?, ?)", _rows(settlement.opened))
        closed = many(
            "DELETE FROM open_coins WHERE parent_no = ? AND position = ?",
            [(coin.place.parent_no, coin.place.position) for coin in settlement.closed],
        )
        if settlement.closed and closed.rowcount != len(settlement.closed):
            raise StoreError("corrupt", "a coin that was spent now was not open")
        for epoch, change in settlement.supply.items():
            self._add_supply(epoch, (0, *astuple(change)))
        many(
            "INSERT OR IGNORE INTO alarms VALUES (?, ?, ?, ?)",
            [(load.signed.id, load.epoch, operator, received_s) for load in settlement.not_minted],
        )

    def _add_supply(self, epoch: int, change_fen: tuple[int, ...]) -> None:
        self._connection.execute(
            "INSERT INTO supply VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (epoch) DO UPDATE SET"
            " loaded_fen = loaded_fen + excluded.loaded_fen,"
            " redeemed_fen = redeemed_fen + excluded.redeemed_fen,"
            " outstanding_fen = outstanding_fen + excluded.outstanding_fen,"
            " forked_fen = forked_fen + excluded.forked_fen,"
            " fund_paid_fen = fund_paid_fen + excluded.fund_paid_fen,"
            " void_fen = void_fen + excluded.void_fen,"
            " forked_open_fen = forked_open_fen + excluded.forked_open_fen",
            (epoch, *change_fen),
        )

    def add_case(self, coin_id: bytes, culprit: bytes, operator: str, face_fen: int, found_s: int) -> None:
        """Open a case; a coin that already has one keeps it."""
        self._connection.execute(
            "INSERT OR IGNORE INTO cases (coin_id, culprit, operator, face_fen, found_s)"
            " VALUES (?, ?, ?, ?, ?)",
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

    def post(self, entry: Entry) -> None:
        """Add an entry to the issuer's books."""
        self.ledger.post(entry)

    # --- reading ------------------------------------------------------------------------------

    def fund_claimed_fen(self, person: bytes) -> int:
        """What the guarantee fund has paid to a person so far."""
        return self._one("SELECT coalesce(sum(paid_fen), 0) FROM fund_claims WHERE person = ?", person)

    def culprits(self) -> set[bytes]:
        """The keys of all cases."""
        return {row[0] for row in self._connection.execute("SELECT DISTINCT culprit FROM cases")}

    def cases(self) -> Iterator[tuple[bytes, bytes, str, int, int]]:
        """All cases as they were opened: coin, culprit, operator, face in fen, when it was found."""
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

    def transfers_received(self) -> list[tuple[bytes, int]]:
        """Every transfer that was handed in, and when an operator received it: (transfer id, seconds)."""
        return list(
            self._connection.execute(
                "SELECT id, received_s FROM objects WHERE no NOT IN (SELECT load_no FROM mint_log)"
                " ORDER BY no"
            )
        )

    def latest_revocation_list(self) -> bytes | None:
        """The newest signed revocation list."""
        row = self._connection.execute(
            "SELECT data FROM revocation_lists ORDER BY number DESC LIMIT 1"
        ).fetchone()
        return row[0] if row else None

    def alarms(self) -> list[tuple[bytes, int, str, int]]:
        """Loads that were handed in and never minted: load id, epoch, operator, when it was seen first."""
        return list(self._connection.execute("SELECT * FROM alarms ORDER BY raised_s, load_id"))

    def supply(self) -> list[tuple[int, int, int, int, int, int, int, int]]:
        """Running totals by epoch: the epoch, then the columns of `issuer.supply` in fen."""
        return list(self._connection.execute("SELECT * FROM supply ORDER BY epoch"))

    def count_open(self) -> dict[tuple[int, bool], int]:
        """Open coins counted afresh, in fen by (epoch, on a fork)."""
        rows = self._connection.execute(
            "SELECT epoch, forked, sum(value_fen) FROM open_coins GROUP BY epoch, forked"
        )
        return {(epoch, bool(forked)): total for epoch, forked, total in rows}


def _rows(coins: Iterable[OpenCoin]) -> list[tuple[int, int, int, int, int]]:
    return [
        (coin.place.parent_no, coin.place.position, coin.value_fen, coin.epoch, int(coin.place.forked))
        for coin in coins
    ]
