"""What a wallet file consists of besides SQLite, and how it is sealed. Pure.

    header   file id, cost of a try, salt, wrapped data key; readable by anybody, with a plain digest
    tries    wrong passphrases so far (`wallet.file_guard`); readable by anybody, with a plain digest
    seed     of the private key, or nothing where another device holds the key; sealed
    head     first row, what it follows, end of the rows, digest of the last one, device counter; sealed
    rows     1, 2, ... each sealed for its number and for the digest of the row before

Everything sealed is bound to the file's id and to its place, so nothing passes in another place or file:

    data key    = random; wrapped with argon2id(passphrase, salt), bound to the header's other fields
    row n       = seal(data key, plain, "row" || file id || n || digest of row n - 1)
    digest of n = SHA-256(digest of row n - 1 || row n)

Rows can be added only by whoever has the data key, and dropped, swapped or cut off only together with a
head that says so. The plain digests tell a damaged file from a wrong passphrase; they hold off nobody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from shuangli import codec
from shuangli.crypto import DIGEST_BYTES, sha256
from shuangli.errors import Malformed
from shuangli.messages.fields import check_bytes, check_count, check_id, read_array
from shuangli.sealing import KEY_BYTES, NONCE_BYTES, SALT_BYTES, TAG_BYTES, Cost, derive_key, seal, unseal

VERSION: Final = 2
"""The version of the file's format that this program writes."""
FILE_ID_BYTES: Final = 16
MAX_NUMBER: Final = 2**53
"""Bound on row numbers and counters."""
HEADER, TRIES, SEED, HEAD = "header", "tries", "seed", "head"
SEED_FORM, HEAD_FORM = "seed/1", "head/2"
"""What the sealed parts are bound to, so that a head of one version does not pass for one of another."""

_DOMAIN: Final = b"shuangli/1/wallet-file/"

RandomBytes = Callable[[int], bytes]


def with_digest(body: bytes) -> bytes:
    """`body` and its SHA-256: what is not sealed, but shall not be damaged unnoticed."""
    return body + sha256(body)


def without_digest(data: bytes) -> bytes:
    """The body of what `with_digest` gave.

    Raises:
        Malformed: it is something else.
    """
    body, digest = data[:-DIGEST_BYTES], data[-DIGEST_BYTES:]
    if sha256(body) != digest:
        raise Malformed("shape", "it does not match its digest")
    return body


def row_digest(previous: bytes, sealed: bytes) -> bytes:
    """The digest of a row, which the next one is bound to."""
    return sha256(previous + sealed)


class FileKey:
    """The data key of one file. It is not shown and does not pickle."""

    __slots__ = ("_file_id", "_key", "_random_bytes")

    def __init__(self, key: bytes, *, file_id: bytes, random_bytes: RandomBytes) -> None:
        self._key = key
        self._file_id = file_id
        self._random_bytes = random_bytes

    @classmethod
    def make(cls, random_bytes: RandomBytes) -> Self:
        """A key for a new file, which gets a new id."""
        return cls(random_bytes(KEY_BYTES), file_id=random_bytes(FILE_ID_BYTES), random_bytes=random_bytes)

    def seal_part(self, form: str, plain: bytes) -> bytes:
        """Seal a part of the file; `form` names the part and the version of what is in it."""
        context = self._part_context(form)
        return seal(self._key, plain, context=context, nonce=self._random_bytes(NONCE_BYTES))

    def open_part(self, form: str, sealed: bytes) -> bytes | None:
        """A part of the file; None if it is not this part of this file in this form."""
        return unseal(self._key, sealed, context=self._part_context(form))

    def seal_row(self, number: int, previous: bytes, plain: bytes) -> bytes:
        """Seal the row of this number, which follows a row of digest `previous`."""
        context = self._row_context(number, previous)
        return seal(self._key, plain, context=context, nonce=self._random_bytes(NONCE_BYTES))

    def open_row(self, number: int, previous: bytes, sealed: bytes) -> bytes | None:
        """What a row says; None if it is not the one of this place."""
        return unseal(self._key, sealed, context=self._row_context(number, previous))

    def wrap(self, passphrase: str, cost: Cost) -> "Header":
        """A new header from which this passphrase opens the file."""
        salt = self._random_bytes(SALT_BYTES)
        context = _header_context(self._file_id, cost, salt)
        key = derive_key(passphrase, salt, cost)
        wrapped = seal(key, self._key, context=context, nonce=self._random_bytes(NONCE_BYTES))
        return Header(file_id=self._file_id, cost=cost, salt=salt, wrapped_key=wrapped)

    def _part_context(self, form: str) -> bytes:
        return _DOMAIN + form.encode() + b"/" + self._file_id

    def _row_context(self, number: int, previous: bytes) -> bytes:
        return _DOMAIN + b"row/" + self._file_id + number.to_bytes(8, "big") + previous

    def __repr__(self) -> str:
        return "FileKey(...)"

    def __reduce__(self) -> str:
        raise TypeError("the key of a wallet file is not pickled")


def _header_context(file_id: bytes, cost: Cost, salt: bytes) -> bytes:
    return _DOMAIN + codec.encode([HEADER, file_id, cost.operations, cost.memory_bytes, salt])


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What is needed to open the file with a passphrase; `wrapped_key` is the sealed data key."""

    file_id: bytes
    cost: Cost
    salt: bytes
    wrapped_key: bytes

    def __post_init__(self) -> None:
        check_bytes(self.file_id, FILE_ID_BYTES, "file id")
        check_bytes(self.salt, SALT_BYTES, "salt")
        check_bytes(self.wrapped_key, NONCE_BYTES + KEY_BYTES + TAG_BYTES, "wrapped key")

    def encode(self) -> bytes:
        """Encode as [file id, operations, memory, salt, wrapped key], with a digest."""
        cost = self.cost
        fields = [self.file_id, cost.operations, cost.memory_bytes, self.salt, self.wrapped_key]
        return with_digest(codec.encode(fields))

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a header.

        Raises:
            Malformed: it is none.
        """
        file_id, operations, memory_bytes, salt, wrapped_key = read_array(without_digest(data), 5, HEADER)
        try:
            cost = Cost(operations=operations, memory_bytes=memory_bytes)
        except (TypeError, ValueError) as error:
            raise Malformed("range", "the cost of a try is out of bounds") from error
        return cls(file_id=file_id, cost=cost, salt=salt, wrapped_key=wrapped_key)

    def unwrap(self, passphrase: str, random_bytes: RandomBytes) -> FileKey | None:
        """The data key; None if this is not the passphrase."""
        context = _header_context(self.file_id, self.cost, self.salt)
        key = unseal(derive_key(passphrase, self.salt, self.cost), self.wrapped_key, context=context)
        return None if key is None else FileKey(key, file_id=self.file_id, random_bytes=random_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Which rows there are: those from `first` up to, not including, `end`.

    `base` is the digest that the first row follows, `digest` that of the last one. `counter` is where the
    device's counter stands once the write that made this head is complete; None without such a counter.
    """

    first: int
    base: bytes
    end: int
    digest: bytes
    counter: int | None

    def __post_init__(self) -> None:
        check_count(self.first, MAX_NUMBER, "first row")
        check_count(self.end, MAX_NUMBER, "end of the rows")
        check_id(self.base, "digest")
        check_id(self.digest, "digest")
        if self.counter is not None:
            check_count(self.counter, MAX_NUMBER, "counter")

    @classmethod
    def empty(cls, *, counter: int | None) -> Self:
        """The head of a file without rows."""
        start = bytes(DIGEST_BYTES)
        return cls(first=1, base=start, end=1, digest=start, counter=counter)

    def encode(self) -> bytes:
        """Encode as [first, base, end, digest, counter]."""
        return codec.encode([self.first, self.base, self.end, self.digest, self.counter])

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a head.

        Raises:
            Malformed: it is none.
        """
        first, base, end, digest, counter = read_array(data, 5, HEAD)
        return cls(first=first, base=base, end=end, digest=digest, counter=counter)
