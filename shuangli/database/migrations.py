"""Migrations: a database is brought from the version it has to the newest, each step whole or not at all.

A step is a list of tables to make and statements to run; its place in the list is its version. Steps are only
ever added. A database that is newer than the program is refused, and not touched.
"""

from collections.abc import Sequence
from typing import Final

from shuangli.database.database import Database, only
from shuangli.database.tables import NUMBER, Table
from shuangli.errors import StoreError

Step = Sequence[Table | str]

VERSION: Final = Table(name="schema_version", columns={"version": NUMBER}, key=("version",))
"""The table of the steps that a database has gone."""


def version_of(database: Database) -> int:
    """The number of steps that a database has gone; 0 for an empty one."""
    if not database.has_table(VERSION.name):
        return 0
    return int(only(database.row("SELECT coalesce(max(version), 0) FROM schema_version")))


def migrate(database: Database, steps: Sequence[Step]) -> None:
    """Take the steps that are missing, all in one transaction.

    Raises:
        StoreError: the database is newer than `steps` (`corrupt`), or cannot be written (`unavailable`).
    """
    if version_of(database) == len(steps):
        return
    with database.transaction():
        # Read again: another process may have taken the steps while this one waited to write.
        version = version_of(database)
        if version > len(steps):
            raise StoreError(
                "corrupt",
                f"the database has version {version}, and this program knows {len(steps)}: update it",
            )
        if not version:
            database.create(VERSION)
        for number, step in enumerate(steps[version:], version + 1):
            for part in step:
                if isinstance(part, Table):
                    database.create(part)
                else:
                    database.execute(part)
            database.insert(VERSION, [(number,)])
