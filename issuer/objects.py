"""Signed objects as the centre received them: numbered one by one, kept in packs, one pack for each hand-in.

A pack is one row: the number of its first object, who passed it on and when it was received, a byte for each
object's kind, and all of them as a CBOR array of byte strings. So what is only ever appended costs a row a
hand-in, not a row an object; what is found at random (the facts) names an object by its number.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from shuangli import codec
from shuangli.cose import Signed
from shuangli.database.database import Database
from shuangli.database.tables import BYTES, NUMBER, TEXT, Table
from shuangli.errors import StoreError
from shuangli.issuer.facts import ObjectKind

OBJECTS: Final = Table(
    name="objects",
    columns={
        "first_no": NUMBER,
        "operator": TEXT,
        "received_s": NUMBER,
        "kinds": BYTES,
        "data": BYTES,
    },
    key=("first_no",),
)
_COLUMNS: Final = "first_no, operator, received_s, kinds, data"


class Pack(NamedTuple):
    """The new objects of one hand-in, or a load: numbered from `first_no` on."""

    first_no: int
    operator: str
    received_s: int
    kinds: bytes
    objects: tuple[bytes, ...]

    @property
    def row(self) -> "PackRow":
        """The pack as it is kept."""
        return PackRow(*self[:4], encode_pack(self.objects))


class PackRow(NamedTuple):
    """A pack as it is kept: `data` holds all its objects."""

    first_no: int
    operator: str
    received_s: int
    kinds: bytes
    data: bytes


def encode_pack(objects: Sequence[bytes]) -> bytes:
    """Objects as they lie in a pack."""
    return codec.encode_fields(objects)


def make_pack(
    objects: Sequence[tuple[int, ObjectKind, Signed]], *, operator: str, received_s: int
) -> PackRow:
    """A pack of one or more objects with consecutive numbers."""
    kinds = bytes([kind for _, kind, _ in objects])
    data = encode_pack([signed.data for _, _, signed in objects])
    return PackRow(objects[0][0], operator, received_s, kinds, data)


class Objects:
    """The table of packs; writes happen inside the issuer's transaction."""

    def __init__(self, database: Database) -> None:
        """Use the table in `database`."""
        self._database = database
        self._latest = Pack(0, "", 0, b"", ())

    def flush(self) -> None:
        """Nothing waits: packs are written when they are added."""

    def discard(self) -> None:
        """What was read in a transaction that failed may never have been."""
        self._latest = Pack(0, "", 0, b"", ())

    def last_no(self) -> int:
        """The number of the newest object; 0 if there is none."""
        row = self._database.row("SELECT first_no, kinds FROM objects ORDER BY first_no DESC LIMIT 1")
        return int(row[0]) + len(row[1]) - 1 if row else 0

    def add(self, packs: Sequence[PackRow]) -> None:
        """Keep packs."""
        self._database.insert(OBJECTS, packs)

    def get(self, number: int) -> tuple[ObjectKind, bytes]:
        """An object's kind, and its bytes as they were received.

        Raises:
            StoreError: there is none of this number (`corrupt`).
        """
        pack = self.pack_of(number)
        return ObjectKind(pack.kinds[number - pack.first_no]), pack.objects[number - pack.first_no]

    def received_s(self, number: int) -> int:
        """When an operator received an object."""
        return self.pack_of(number).received_s

    def of_kind(self, kind: ObjectKind) -> Iterator[tuple[bytes, int]]:
        """All objects of a kind in the order of their numbers, and when each was received."""
        for row in self._database.rows(f"SELECT {_COLUMNS} FROM objects ORDER BY first_no"):  # noqa: S608
            pack = read_pack(row)
            for number, data in zip(pack.kinds, pack.objects, strict=True):
                if number == kind:
                    yield data, pack.received_s

    def after(self, number: int, *, most: int) -> list[Pack]:
        """The first so many packs whose objects have greater numbers, in their order."""
        query = f"SELECT {_COLUMNS} FROM objects WHERE first_no > ? ORDER BY first_no LIMIT ?"  # noqa: S608
        return [read_pack(row) for row in self._database.rows(query, number, most)]

    def pack_of(self, number: int) -> Pack:
        """The pack with this object; what is asked for next often lies in the same one."""
        if not 0 <= number - self._latest.first_no < len(self._latest.kinds):
            query = f"SELECT {_COLUMNS} FROM objects WHERE first_no <= ? ORDER BY first_no DESC LIMIT 1"  # noqa: S608
            row = self._database.row(query, number)
            if row is None or number - row[0] >= len(row[3]):
                raise StoreError("corrupt", f"there is no object number {number}")
            self._latest = read_pack(row)
        return self._latest


def read_pack(row: tuple[int, str, int, bytes, bytes]) -> Pack:
    """A pack from its row."""
    objects: Any = codec.decode(row[4], max_bytes=len(row[4]))
    if type(objects) is not list or len(objects) != len(row[3]):
        raise StoreError("corrupt", f"the pack of objects from number {row[0]} on is damaged")
    return Pack(*row[:4], tuple(objects))
