"""The issuer's tables of what is wrong without a case: loads never minted, limits broken offline."""

import sqlite3
from collections.abc import Iterable
from typing import Final

from shuangli.issuer.findings.breaches import Breach
from shuangli.messages.loads import Load

FINDINGS_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS alarms (
    load_id BLOB PRIMARY KEY,
    epoch INTEGER NOT NULL,
    operator TEXT NOT NULL,
    raised_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS breaches (
    transfer_no INTEGER PRIMARY KEY,
    payer BLOB NOT NULL,
    over_fen INTEGER NOT NULL
) STRICT;
"""


class Findings:
    """The tables of alarms and breaches; reads and writes happen inside the issuer's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Use the tables in an open database."""
        self._connection = connection

    def add_alarms(self, loads: Iterable[Load], *, operator: str, raised_s: int) -> None:
        """Note loads that carry a minting key's signature and are not in the mint log."""
        self._connection.executemany(
            "INSERT OR IGNORE INTO alarms VALUES (?, ?, ?, ?)",
            [(load.signed.id, load.epoch, operator, raised_s) for load in loads],
        )

    def add_breaches(self, breaches: Iterable[Breach]) -> None:
        """Note limits that were broken offline."""
        self._connection.executemany("INSERT INTO breaches VALUES (?, ?, ?)", breaches)

    def alarms(self) -> list[tuple[bytes, int, str, int]]:
        """Loads that were handed in and never minted: load id, epoch, operator, when it was seen first."""
        return list(self._connection.execute("SELECT * FROM alarms ORDER BY raised_s, load_id"))

    def breaches(self) -> list[Breach]:
        """Limits that were broken offline, in the order in which they came to light."""
        rows = self._connection.execute(
            "SELECT transfer_no, payer, over_fen FROM breaches ORDER BY transfer_no"
        )
        return [Breach(*row) for row in rows]
