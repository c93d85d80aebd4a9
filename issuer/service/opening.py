"""Opening the issuer's database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shuangli.issuer.store import IssuerStore


@contextmanager
def opened_store(place: Path | str) -> Iterator[IssuerStore]:
    """The issuer's database: a file, or on the server at an address.

    Raises:
        StoreError: it cannot be opened (`unavailable`, `corrupt`).
    """
    store = IssuerStore(place)
    try:
        yield store
    finally:
        store.close()
