"""Writes wallet files of version 1, as the first programs did: frozen, whatever the present ones do.

Version 1 knew no counters: its head is [first, base, end, digest].
"""

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import cbor2
from nacl import bindings

from shuangli.wallet.record_codec import encode_record
from shuangli.wallet.records import Record
from tests.wallet_file.files import FAST, PASSPHRASE, SEED

FILE_ID = b"version-1-file!!"
SALT = b"salt of the file"
KEY = hashlib.sha256(b"the data key").digest()


def seal(key: bytes, plain: bytes, context: bytes) -> bytes:
    nonce = hashlib.sha256(context + plain).digest()[:24]
    return nonce + bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, context, nonce, key)


def with_digest(body: bytes) -> bytes:
    return body + hashlib.sha256(body).digest()


def make_version_1(path: Path, records: Sequence[Record], *, epochs: Sequence[bytes]) -> None:
    """A closed file of version 1 with these records, and the certificates of their epochs."""
    domain = b"shuangli/1/wallet-file/"
    cost = [FAST.operations, FAST.memory_bytes]
    wrapping = bindings.crypto_pwhash_alg(
        32, PASSPHRASE.encode(), SALT, cost[0], cost[1], bindings.crypto_pwhash_ALG_ARGON2ID13
    )
    context = domain + cbor2.dumps(["header", FILE_ID, *cost, SALT])
    rows = [b"\1" + cbor2.dumps([f"epoch/{number}", data]) for number, data in enumerate(epochs, 1)]
    rows += [b"\0" + encode_record(record) for record in records]
    digest, sealed_rows = bytes(32), []
    for number, row in enumerate(rows, 1):
        sealed = seal(KEY, row, domain + b"row/" + FILE_ID + number.to_bytes(8, "big") + digest)
        sealed_rows.append((number, sealed))
        digest = hashlib.sha256(digest + sealed).digest()
    head = cbor2.dumps([1, bytes(32), len(rows) + 1, digest])
    parts = {
        "header": with_digest(cbor2.dumps([FILE_ID, *cost, SALT, seal(wrapping, KEY, context)])),
        "tries": with_digest(cbor2.dumps([0, 0])),
        "seed": seal(KEY, SEED, domain + b"seed/1/" + FILE_ID),
        "head": seal(KEY, head, domain + b"head/1/" + FILE_ID),
    }
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA application_id = 1399347020")
    connection.execute("PRAGMA user_version = 1")
    connection.execute("CREATE TABLE parts (name TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT, WITHOUT ROWID")
    connection.execute("CREATE TABLE rows (number INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT")
    connection.executemany("INSERT INTO parts VALUES (?, ?)", parts.items())
    connection.executemany("INSERT INTO rows VALUES (?, ?)", sealed_rows)
    connection.close()
