"""An operator's database: wallets, uploads with their acknowledgements, and books, on SQLite."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

import sqlite_utils

from shuangli.store import LedgerStore, open_database, transaction

_SCHEMA = """
CREATE TABLE IF NOT EXISTS wallets (
    wallet_no INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    person BLOB NOT NULL,
    tier INTEGER NOT NULL,
    enrolment BLOB NOT NULL,
    certificate BLOB NOT NULL
) STRICT;
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
"""


class WalletRow(NamedTuple):
    """A wallet as its operator knows it; `person` is a digest of the customer's record."""

    wallet_no: int
    person: bytes
    tier: int
    certificate: bytes

    @property
    def account(self) -> str:
        """The customer's deposit account in the operator's books."""
        return f"deposit:{self.wallet_no:09d}"


class OperatorStore:
    """Everything an operator keeps; reads and writes happen inside `transaction`."""

    def __init__(self, path: Path) -> None:
        """Open the database at `path`, or make it."""
        self._connection = open_database(path)
        self._connection.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}COMMIT;")
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
        """The wallet with this key, if it is open here."""
        row = self._connection.execute(
            "SELECT wallet_no, person, tier, certificate FROM wallets WHERE key = ?", (key,)
        ).fetchone()
        return WalletRow(*row) if row else None

    def next_wallet_no(self) -> int:
        """The number of the next wallet to be opened."""
        row = self._connection.execute("SELECT coalesce(max(wallet_no), 0) + 1 FROM wallets").fetchone()
        return int(row[0])

    def add_wallet(
        self, wallet_no: int, key: bytes, person: bytes, tier: int, enrolment: bytes, certificate: bytes
    ) -> None:
        """Keep a wallet with the enrolment that its holder signed."""
        self._connection.execute(
            "INSERT INTO wallets VALUES (?, ?, ?, ?, ?, ?)",
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

    def acknowledge(self, upload_id: bytes, acknowledgement: bytes) -> None:
        """Keep the signed answer to an upload."""
        self._connection.execute(
            "UPDATE uploads SET acknowledgement = ? WHERE upload_id = ?", (acknowledgement, upload_id)
        )
