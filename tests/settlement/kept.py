"""Everything that the issuer keeps, as values to compare."""

from shuangli.database.tables import Table
from shuangli.issuer.store import STEPS, IssuerStore


def everything_kept(store: IssuerStore) -> dict[str, list[str]]:
    """All rows of all tables, in an order of their own."""
    tables = [part for step in STEPS for part in step if isinstance(part, Table)]
    return {
        table.name: sorted(map(repr, store.database.rows(f"SELECT * FROM {table.name}")))  # noqa: S608
        for table in tables
    }
