"""An operator's database: wallets, uploads with their acknowledgements, and books, on SQLite."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

import sqlite_utils

from shuangli.errors import Refused
from shuangli.store import LedgerStore, open_database, transaction

_SCHEMA = """
CREATE TABLE IF NOT EXISTS wallets (
    wallet_no INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    person BLOB NOT NULL,
    tier INTEGER NOT NULL,
    enrolment BLOB NOT NULL,
    certificate BLOB NOT NULL,
    closed_at_s INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS wallets_by_person ON wallets (person);
CREATE TABLE IF NOT EXISTS loads_by_day (
    person BLOB NOT NULL,
    day INTEGER NOT NULL,
    loaded_fen INTEGER NOT NULL,
    PRIMARY KEY (person, day)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders (
    order_id BLOB PRIMARY KEY,
    load BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS uploads (
    upload_no INTEGER PRIMARY KEY,
    upload_id BLOB NOT NULL UNIQUE,
    received_s INTEGER NOT NULL,
    data BLOB NOT NULL,
    acknowledgement BLOB
) STRICT;
CREATE INDEX IF NOT EXISTS uploads_pending ON uploads (received_s) WHERE acknowledgement IS NULL;
CREATE TABLE IF NOT EXISTS watermarks (
    up_to_s INTEGER PRIMARY KEY,
    data BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS returns (
    number INTEGER PRIMARY KEY,
    owner BLOB NOT NULL,
    notice BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS returns_by_owner ON returns (owner, number);
CREATE TABLE IF NOT EXISTS done_once (
    idempotency_key TEXT PRIMARY KEY,
    request_digest BLOB NOT NULL
) STRICT;
"""
_WALLETS = "SELECT wallet_no, person, tier, certificate, closed_at_s FROM wallets"


class WalletRow(NamedTuple):
    """A wallet as its operator knows it; `person` is a digest of the customer's record."""

    wallet_no: int
    person: bytes
    tier: int
    certificate: bytes
    closed_at_s: int | None

    @property
    def account(self) -> str:
        """The customer's deposit account in the operator's books."""
        return f"deposit:{self.wallet_no:09d}"


class OperatorStore:
    """Everything an operator keeps; reads and writes happen inside `transaction`."""

    def __init__(self, path: Path) -> None:
        """Open the database at `path`, or make it."""
        self._connection = open_database(path, schema=_SCHEMA)
        self.ledger = LedgerStore(self._connection)

    def transaction(self) -> AbstractContextManager[None]:
        """All that happens inside is kept, or nothing of it."""
        return transaction(self._connection, self.ledger)

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    @property
    def tables(self) -> sqlite_utils.Database:
        """The same database for reading, through sqlite-utils."""
        return sqlite_utils.Database(self._connection)

    def wallet(self, key: bytes) -> WalletRow | None:
        """The wallet with this key, if it was ever opened here."""
        return next(self._wallets("key = ?", key), None)

    def newest_open(self, person: bytes) -> WalletRow | None:
        """The wallet that a person has opened last, of those that are open."""
        return next(self._wallets("person = ? AND closed_at_s IS NULL ORDER BY wallet_no DESC", person), None)

    def closed_of(self, person: bytes) -> list[WalletRow]:
        """The closed wallets of a person."""
        return list(self._wallets("person = ? AND closed_at_s IS NOT NULL ORDER BY wallet_no", person))

    def _wallets(self, which: str, value: bytes) -> Iterator[WalletRow]:
        rows = self._connection.execute(f"{_WALLETS} WHERE {which}", (value,))
        return (WalletRow(*row) for row in rows)

    def close_wallet(self, key: bytes, at_s: int) -> None:
        """Note that a wallet is closed, if it is not yet."""
        self._connection.execute(
            "UPDATE wallets SET closed_at_s = ? WHERE key = ? AND closed_at_s IS NULL", (at_s, key)
        )

    def next_wallet_no(self) -> int:
        """The number of the next wallet to be opened."""
        row = self._connection.execute("SELECT coalesce(max(wallet_no), 0) + 1 FROM wallets").fetchone()
        return int(row[0])

    def add_wallet(
        self, wallet_no: int, key: bytes, person: bytes, tier: int, enrolment: bytes, certificate: bytes
    ) -> None:
        """Keep a wallet with the enrolment that its holder signed."""
        self._connection.execute(
            "INSERT INTO wallets VALUES (?, ?, ?, ?, ?, ?, NULL)",
            (wallet_no, key, person, tier, enrolment, certificate),
        )

    def loaded_fen(self, person: bytes, day: int) -> int:
        """What a person has loaded on a day (days since 1970) over all wallets here."""
        row = self._connection.execute(
            "SELECT loaded_fen FROM loads_by_day WHERE person = ? AND day = ?", (person, day)
        ).fetchone()
        return row[0] if row else 0

    def add_load(self, order_id: bytes, load: bytes, *, person: bytes, day: int, amount_fen: int) -> None:
        """Keep a load, and count it for the person."""
        self._connection.execute("INSERT INTO orders VALUES (?, ?)", (order_id, load))
        self._connection.execute(
            "INSERT INTO loads_by_day VALUES (?, ?, ?)"
            " ON CONFLICT (person, day) DO UPDATE SET loaded_fen = loaded_fen + excluded.loaded_fen",
            (person, day, amount_fen),
        )

    def load_of(self, order_id: bytes) -> bytes | None:
        """The load that answered an order before."""
        row = self._connection.execute("SELECT load FROM orders WHERE order_id = ?", (order_id,)).fetchone()
        return row[0] if row else None

    def acknowledgement(self, upload_id: bytes) -> bytes | None:
        """The signed answer to an upload, once there is one."""
        row = self._connection.execute(
            "SELECT acknowledgement FROM uploads WHERE upload_id = ?", (upload_id,)
        ).fetchone()
        return row[0] if row else None

    def add_upload(self, upload_id: bytes, data: bytes, received_s: int) -> int:
        """Keep an upload; return when it was received first."""
        self._connection.execute(
            "INSERT OR IGNORE INTO uploads (upload_id, received_s, data) VALUES (?, ?, ?)",
            (upload_id, received_s, data),
        )
        row = self._connection.execute(
            "SELECT received_s FROM uploads WHERE upload_id = ?", (upload_id,)
        ).fetchone()
        return int(row[0])

    def pending(self) -> list[bytes]:
        """The uploads that have no answer yet, oldest first."""
        rows = self._connection.execute(
            "SELECT data FROM uploads WHERE acknowledgement IS NULL ORDER BY received_s, upload_no"
        )
        return [row[0] for row in rows]

    def oldest_pending_s(self) -> int | None:
        """When the oldest upload without an answer was received."""
        row = self._connection.execute(
            "SELECT min(received_s) FROM uploads WHERE acknowledgement IS NULL"
        ).fetchone()
        return None if row[0] is None else int(row[0])

    def watermark(self) -> tuple[int, bytes] | None:
        """The newest watermark that was signed: up to when, in seconds, and the signed object."""
        row: tuple[int, bytes] | None = self._connection.execute(
            "SELECT up_to_s, data FROM watermarks ORDER BY up_to_s DESC LIMIT 1"
        ).fetchone()
        return row

    def add_watermark(self, up_to_s: int, data: bytes) -> None:
        """Keep a signed watermark."""
        self._connection.execute("INSERT INTO watermarks VALUES (?, ?)", (up_to_s, data))

    def last_return_no(self) -> int:
        """The number of the last return that was taken from the centre; 0 if there was none."""
        row = self._connection.execute("SELECT coalesce(max(number), 0) FROM returns").fetchone()
        return int(row[0])

    def add_return(self, number: int, owner: bytes, notice: bytes) -> None:
        """Keep a return with the notice to its owner, which is empty if nothing was paid."""
        self._connection.execute("INSERT INTO returns VALUES (?, ?, ?)", (number, owner, notice))

    def returned_to(self, owner: bytes, *, after: int) -> list[bytes]:
        """The notices to an owner after a number, in their order."""
        rows = self._connection.execute(
            "SELECT notice FROM returns WHERE owner = ? AND number > ? AND notice <> x'' ORDER BY number",
            (owner, after),
        )
        return [row[0] for row in rows]

    def acknowledge(self, upload_id: bytes, acknowledgement: bytes) -> None:
        """Keep the signed answer to an upload."""
        self._connection.execute(
            "UPDATE uploads SET acknowledgement = ? WHERE upload_id = ?", (acknowledgement, upload_id)
        )

    def do_once(self, idempotency_key: str, request_digest: bytes) -> bool:
        """Say whether a request comes for the first time under this key, and note it.

        Raises:
            Refused: the key came with another request before (`nonce-used`).
        """
        row = self._connection.execute(
            "SELECT request_digest FROM done_once WHERE idempotency_key = ?", (idempotency_key,)
        ).fetchone()
        if row is None:
            values = (idempotency_key, request_digest)
            self._connection.execute("INSERT INTO done_once VALUES (?, ?)", values)
            return True
        if row[0] != request_digest:
            raise Refused("nonce-used", "the idempotency key came with another request before")
        return False
