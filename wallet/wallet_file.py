"""The wallet file: a journal that is durable, sealed with a passphrase, and tells when it was touched.

    file = WalletFile.open(path, passphrase=..., now_s=..., random_bytes=os.urandom)
    wallet = Wallet(key=KeyCustody(file.signing_key(), os.urandom), trust=..., journal=file, ...)

`append` returns when the records are safe from power loss. What was flipped, swapped, dropped, doubled,
inserted or cut off, and what comes from another file, is found when it is read: `StoreError`, code
`corrupt`, naming file and row. Where the device has a counter, an older copy of the whole file is found,
too (code `rolled-back`); without one, a soft wallet can be copied and set back like any file.

With a counter, a write is complete once the file says so and then the counter was raised. A file one
ahead of the counter was cut off between the two, and nothing had been said of that write. Opening is a
write, too: so what such a cut-off copy holds is behind the counter once another copy has spoken.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Final, Self

from shuangli import codec
from shuangli.crypto import SigningKey
from shuangli.errors import Malformed, ProtocolError, StoreError, Unverified
from shuangli.messages.certificates import Epoch, Terms
from shuangli.messages.fields import check_text, read_array
from shuangli.sealing import KEY_BYTES
from shuangli.wallet.counter import Counter
from shuangli.wallet.file_database import Connect, FileDatabase, connect_file
from shuangli.wallet.file_format import HEADER, SEED, SEED_FORM, TRIES, VERSION, FileKey, RandomBytes
from shuangli.wallet.file_guard import STANDARD_GUARD, Guard, Tries, unlock
from shuangli.wallet.file_migrations import check_version
from shuangli.wallet.record_codec import MAX_RECORD_BYTES, decode_record, encode_record
from shuangli.wallet.records import Checkpoint, Record
from shuangli.wallet.sealed_log import SealedLog
from shuangli.wallet.stored_coins import TermsOf

EPOCH: Final = "epoch/{number}"
"""The name under which an epoch's certificate is kept; the terms of stored coins come from it."""
MAX_NAME: Final = 80

_RECORD, _KEPT = b"\0", b"\1"
"""How a row's first byte says what follows: a record, or [name, data] of an object kept beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What a wallet file needs of the device it is on.

    `random_bytes` gives that many unpredictable bytes; `counter` is the device's, if it has one.
    """

    random_bytes: RandomBytes
    counter: Counter | None = None
    guard: Guard = STANDARD_GUARD
    connect: Connect = connect_file


class WalletFile:
    """A `Journal` in a file, with the wallet's key. One program has it open at a time.

    Attributes:
        path: where it is
        kept: objects kept beside the journal, the newest of each name: what a device has to know when it
            starts offline, such as certificates and the revocation list
    """

    __slots__ = ("_database", "_device", "_kept", "_key", "_log", "_terms_of", "kept", "path")

    def __init__(
        self,
        database: FileDatabase,
        key: FileKey,
        log: SealedLog,
        *,
        device: Device,
        terms_of: TermsOf | None,
    ) -> None:
        """Use `create` or `open`."""
        self.path = database.path
        self._database = database
        self._key = key
        self._log = log
        self._device = device
        self._terms_of = terms_of or self._kept_terms
        self._kept: dict[str, bytes] = {}
        self.kept: Mapping[str, bytes] = MappingProxyType(self._kept)

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        passphrase: str,
        seed: bytes | None,
        device: Device,
        terms_of: TermsOf | None = None,
    ) -> Self:
        """Make a file for the private key of this seed (32 bytes; None if a secure element holds the key).

        `terms_of` gives the terms of an epoch; by default they come from the certificates kept in the file.

        Raises:
            BadInput: there is a file already (`bad-file`), or the passphrase is empty (`bad-value`).
            StoreError: it cannot be written (`unavailable`).
        """
        if seed is not None and len(seed) != KEY_BYTES:
            raise ValueError(f"a seed is {KEY_BYTES} bytes")
        key = FileKey.make(device.random_bytes)
        header = key.wrap(passphrase, device.guard.cost)
        database = FileDatabase(path, device.connect, fresh=True)
        try:
            with database.transaction():
                database.make_tables()
                database.set_version(VERSION)
                database.put_part(HEADER, header.encode())
                database.put_part(TRIES, Tries().encode())
                database.put_part(SEED, key.seal_part(SEED_FORM, seed or b""))
                log = SealedLog.start(database, key, device.counter)
            log.count()
        except BaseException:
            database.close()
            raise
        return cls(database, key, log, device=device, terms_of=terms_of)

    @classmethod
    def open(
        cls, path: Path, *, passphrase: str, now_s: int, device: Device, terms_of: TermsOf | None = None
    ) -> Self:
        """Open a file and check all of it; a file of an earlier version is brought up to date.

        Raises:
            BadInput: there is no wallet file, a newer program made it (`bad-file`), or the passphrase is
                wrong (`wrong-passphrase`).
            Refused: too many passphrases were wrong (`locked`).
            StoreError: it was changed or damaged (`corrupt`), is not the newest copy (`rolled-back`), or
                cannot be reached, for instance because another program has it open (`unavailable`).
        """
        database = FileDatabase(path, device.connect, fresh=False)
        try:
            check_version(database)
            database.check()
            key = _unlock(database, passphrase, device, now_s)
            log = SealedLog.resume(database, key, device.counter)
            file = cls(database, key, log, device=device, terms_of=terms_of)
            file._seed()
            file._read_kept()
            if device.counter is not None:
                log.add([])
        except BaseException:
            database.close()
            raise
        return file

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"WalletFile({str(self.path)!r})"

    def __reduce__(self) -> str:
        raise TypeError("a wallet file is not pickled")

    # --- the journal ---------------------------------------------------------------------------

    def append(self, records: Sequence[Record]) -> None:
        """Store records, all or none; they are safe when this returns.

        After an error while they were being committed it is not known which of the two happened: the file
        then does nothing more until it is opened again.

        Raises:
            StoreError: nothing was stored, or it is not known (`unavailable`).
        """
        rows = [self._encode(record) for record in records]
        if rows:
            self._log.add(rows)

    def compact(self, checkpoint: Checkpoint) -> None:
        """Replace the journal by a checkpoint that adds up to the same, all or nothing.

        Raises:
            StoreError: nothing was replaced, or it is not known (`unavailable`).
        """
        rows = [self._encode(checkpoint), *(_kept_row(name, data) for name, data in self._kept.items())]
        self._log.add(rows, anew=True)

    def __iter__(self) -> Iterator[Record]:
        """All records in order, each checked when it is read.

        Raises:
            StoreError: the file was changed or damaged, or a record cannot be read (`corrupt`).
        """
        for number, plain in self._log.rows():
            if plain[:1] == _RECORD:
                try:
                    record = decode_record(plain[1:], self._terms_of)
                except ProtocolError as error:
                    raise self._database.corrupt(f"row {number} cannot be read: {error}") from error
                yield record

    # --- beside the journal --------------------------------------------------------------------

    def signing_key(self) -> SigningKey:
        """The wallet's private key.

        Raises:
            StoreError: the file was changed (`corrupt`), or another device holds the key (`unavailable`).
        """
        seed = self._seed()
        if not seed:
            raise StoreError("unavailable", f"{self.path} does not hold the private key")
        return SigningKey(seed)

    def keep(self, name: str, data: bytes) -> None:
        """Keep an object beside the journal in place of the one of this name.

        Raises:
            StoreError: it was not stored, or it is not known (`unavailable`).
        """
        check_text(name, MAX_NAME, "name")
        self._log.add([_kept_row(name, data)])
        self._kept[name] = data

    def change_passphrase(self, passphrase: str, new_passphrase: str, *, now_s: int) -> None:
        """Let `new_passphrase` open the file in place of `passphrase`.

        The data key stays, so the file is not written anew, and a copy that was made before still opens with
        the old passphrase: where that one has become known, the wallet needs a new key.

        Raises:
            BadInput, Refused: as `open` does; the old passphrase stays.
        """
        _unlock(self._database, passphrase, self._device, now_s)
        header = self._key.wrap(new_passphrase, self._device.guard.cost)
        with self._database.transaction():
            self._database.put_part(HEADER, header.encode())

    # --- inside --------------------------------------------------------------------------------

    def _kept_terms(self, number: int) -> Terms:
        data = self._kept.get(EPOCH.format(number=number))
        if data is None:
            raise Unverified("epoch", f"the file does not keep the certificate of epoch {number}")
        return _terms(data)

    def _seed(self) -> bytes:
        seed = self._key.open_part(SEED_FORM, self._database.part(SEED))
        if seed is None:
            raise self._database.corrupt("its private key has been changed")
        return seed

    def _encode(self, record: Record) -> bytes:
        """The row of a record. What would not be read back the same is not written: it would be lost."""
        data = encode_record(record)
        if decode_record(data, self._terms_of) != record:
            raise TypeError(f"a record cannot be stored: {type(record).__name__}")
        return _RECORD + data

    def _read_kept(self) -> None:
        """Check every row, and take over the newest of the objects that are kept."""
        for number, plain in self._log.rows():
            if plain[:1] == _KEPT:
                try:
                    name, data = read_array(plain[1:], 2, "kept object", max_bytes=MAX_RECORD_BYTES)
                except Malformed as error:
                    raise self._database.corrupt(f"row {number}: {error}") from error
                self._kept[name] = data
            elif plain[:1] != _RECORD:
                raise self._database.corrupt(f"row {number} is of an unknown kind")


@lru_cache(maxsize=64)
def _terms(epoch: bytes) -> Terms:
    return Epoch.parse(epoch).terms


def _kept_row(name: str, data: bytes) -> bytes:
    return _KEPT + codec.encode_fields([name, data])


def _unlock(database: FileDatabase, passphrase: str, device: Device, now_s: int) -> FileKey:
    return unlock(database, passphrase, guard=device.guard, now_s=now_s, random_bytes=device.random_bytes)
