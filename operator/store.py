"""An operator's database: wallets, uploads with their acknowledgements, and books."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, NamedTuple

from shuangli.database.audit import AuditLog
from shuangli.database.database import only
from shuangli.database.ledger import LedgerStore
from shuangli.database.opening import open_database
from shuangli.database.sqlite import CACHE_KIB
from shuangli.errors import Refused
from shuangli.operator.customers.tables import ANSWERED, CERTIFICATES
from shuangli.operator.schema import ORDERS, RETURNS, UPLOADS, WALLETS, WATERMARKS
from shuangli.operator.steps import STEPS

MOST_PENDING: Final = 500
MAX_PENDING_BYTES: Final = 16 * 1024 * 1024
"""So many uploads without an answer are read at once, and so much of them."""
_WALLETS: Final = (
    "SELECT wallet_no, key, person, tier, certificate, closed_at_s,"
    " (SELECT since_s FROM freezes WHERE freezes.wallet_no = wallets.wallet_no) FROM wallets"
)


class WalletRow(NamedTuple):
    """A wallet as its operator knows it; `person` is a digest of the customer's record."""

    wallet_no: int
    key: bytes
    person: bytes
    tier: int
    certificate: bytes
    closed_at_s: int | None
    frozen_at_s: int | None

    @property
    def account(self) -> str:
        """The customer's deposit account in the operator's books."""
        return f"deposit:{self.wallet_no:09d}"

    @property
    def is_active(self) -> bool:
        """Whether it is open and not frozen."""
        return self.closed_at_s is None and self.frozen_at_s is None


class Received(NamedTuple):
    """When an upload was received first, and whether it was there before."""

    received_s: int
    again: bool


class Pending(NamedTuple):
    """An upload without an answer; numbers rise in the order in which uploads came."""

    upload_no: int
    data: bytes


class OperatorStore:
    """Everything an operator keeps; writes happen inside `transaction`.

    Attributes:
        database: the open database
        ledger: the operator's books
        audit: its audit log
    """

    def __init__(self, place: Path | str, *, name: str, cache_kib: int = CACHE_KIB) -> None:
        """Open the database of the operator `name`: a file's path, or a server's address.

        Of a file, `cache_kib` are kept in memory.
        """
        namespace = f"operator_{name.lower()}"
        self.database = open_database(place, steps=STEPS, namespace=namespace, cache_kib=cache_kib)
        self.ledger = LedgerStore(self.database)
        self.audit = AuditLog(self.database, origin=name)

    def transaction(self) -> AbstractContextManager[None]:
        """All that happens inside is kept, or nothing of it."""
        return self.database.transaction(self.ledger, self.audit)

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def wallet(self, key: bytes) -> WalletRow | None:
        """The wallet with this key, if it was ever opened here."""
        return next(iter(self._wallets("key = ?", key)), None)

    def knows(self, person: bytes) -> bool:
        """Whether a person has, or had, a wallet here."""
        return self.database.row("SELECT 1 FROM wallets WHERE person = ?", person) is not None

    def wallet_by_no(self, wallet_no: int) -> WalletRow:
        """The wallet of this number.

        Raises:
            IndexError: there is none.
        """
        return self._wallets("wallet_no = ?", wallet_no)[0]

    def wallets_by_no(self, numbers: Sequence[int]) -> dict[int, WalletRow]:
        """The wallets that were ever opened here, of those with these numbers."""
        found = self.database.lookup(f"{_WALLETS} WHERE wallet_no", numbers)
        return {row.wallet_no: row for row in (WalletRow(*values) for values in found)}

    def enrolment(self, key: bytes) -> bytes:
        """The enrolment that the holder of a wallet signed.

        Raises:
            LookupError: there is no wallet with this key.
        """
        return bytes(only(self.database.row("SELECT enrolment FROM wallets WHERE key = ?", key)))

    def newest_open(self, person: bytes) -> WalletRow | None:
        """The wallet that a person has opened last, of those that are open."""
        found = self._wallets("person = ? AND closed_at_s IS NULL ORDER BY wallet_no DESC LIMIT 1", person)
        return next(iter(found), None)

    def wallets_of(self, person: bytes) -> list[WalletRow]:
        """All wallets that a person has ever opened here."""
        return self._wallets("person = ? ORDER BY wallet_no", person)

    def closed_of(self, person: bytes) -> list[WalletRow]:
        """The closed wallets of a person."""
        return self._wallets("person = ? AND closed_at_s IS NOT NULL ORDER BY wallet_no", person)

    def _wallets(self, which: str, value: bytes | int) -> list[WalletRow]:
        return [WalletRow(*row) for row in self.database.rows(f"{_WALLETS} WHERE {which}", value)]

    def close_wallet(self, key: bytes, at_s: int) -> None:
        """Note that a wallet is closed, if it is not yet."""
        self.database.execute(
            "UPDATE wallets SET closed_at_s = ? WHERE key = ? AND closed_at_s IS NULL", at_s, key
        )

    def next_wallet_no(self) -> int:
        """The number of the next wallet to be opened."""
        return int(only(self.database.row("SELECT coalesce(max(wallet_no), 0) + 1 FROM wallets")))

    def add_wallet(
        self, wallet_no: int, key: bytes, person: bytes, tier: int, enrolment: bytes, certificate: bytes
    ) -> None:
        """Keep a wallet with the enrolment that its holder signed."""
        self.database.insert(WALLETS, [(wallet_no, key, person, tier, enrolment, certificate, None)])
        self._add_certificate(wallet_no, certificate)

    def renew_wallet(self, wallet_no: int, tier: int, certificate: bytes) -> None:
        """Keep a newer certificate of a wallet, with the tier that it names."""
        self.database.execute(
            "UPDATE wallets SET tier = ?, certificate = ? WHERE wallet_no = ?", tier, certificate, wallet_no
        )
        self._add_certificate(wallet_no, certificate)

    def _add_certificate(self, wallet_no: int, certificate: bytes) -> None:
        last = only(self.database.row("SELECT coalesce(max(certificate_no), 0) FROM certificates"))
        self.database.insert(CERTIFICATES, [(last + 1, wallet_no, certificate)])

    def unreported(self, most: int) -> list[tuple[int, bytes]]:
        """The certificates that the issuer does not know of, by their numbers: the first so many."""
        rows = self.database.rows(
            "SELECT certificate_no, certificate FROM certificates"
            " WHERE certificate_no > (SELECT coalesce(max(wallet_no), 0) FROM reported)"
            " ORDER BY certificate_no LIMIT ?",
            most,
        )
        return [(number, certificate) for number, certificate in rows]

    def reported_up_to(self, certificate_no: int) -> None:
        """Note that the issuer knows of all certificates up to this one."""
        self.database.execute(
            "INSERT INTO reported VALUES (?) ON CONFLICT (wallet_no) DO NOTHING", certificate_no
        )
        self.database.execute("DELETE FROM reported WHERE wallet_no < (SELECT max(wallet_no) FROM reported)")

    def loaded_fen(self, person: bytes, day: int) -> int:
        """What a person has loaded on a day (`shuangli.days`) over all wallets here."""
        query = "SELECT loaded_fen FROM loads_by_day WHERE person = ? AND day = ?"
        row = self.database.row(query, person, day)
        return row[0] if row else 0

    def add_load(self, order_id: bytes, load: bytes, *, person: bytes, day: int, amount_fen: int) -> None:
        """Keep a load, and count it for the person."""
        self.database.insert(ORDERS, [(order_id, load)])
        self.database.execute(
            "INSERT INTO loads_by_day VALUES (?, ?, ?) ON CONFLICT (person, day)"
            " DO UPDATE SET loaded_fen = loads_by_day.loaded_fen + excluded.loaded_fen",
            person,
            day,
            amount_fen,
        )

    def load_of(self, order_id: bytes) -> bytes | None:
        """The load that answered an order before."""
        row = self.database.row("SELECT load FROM orders WHERE order_id = ?", order_id)
        return row[0] if row else None

    def acknowledgement(self, upload_id: bytes) -> bytes | None:
        """The signed answer to an upload, once there is one."""
        row = self.database.row("SELECT acknowledgement FROM uploads WHERE upload_id = ?", upload_id)
        return row[0] if row else None

    def add_upload(self, upload_id: bytes, data: bytes, received_s: int) -> Received:
        """Keep an upload."""
        row = self.database.row("SELECT received_s FROM uploads WHERE upload_id = ?", upload_id)
        if row is not None:
            return Received(int(row[0]), again=True)
        upload_no = only(self.database.row("SELECT coalesce(max(upload_no), 0) + 1 FROM uploads"))
        self.database.insert(UPLOADS, [(upload_no, upload_id, received_s, data, None)])
        return Received(received_s, again=False)

    def pending(self, *, after: int, most: int) -> list[Pending]:
        """The first so many uploads after a number that have no answer yet, in the order in which they came.

        They have at most `MAX_PENDING_BYTES` together, unless the first one alone has more.
        """
        sizes = self.database.rows(
            "SELECT upload_no, length(data) FROM uploads WHERE acknowledgement IS NULL AND upload_no > ?"
            " ORDER BY upload_no LIMIT ?",
            after,
            most,
        )
        total_bytes = 0
        numbers: list[int] = []
        for number, size in sizes:
            total_bytes += size
            if numbers and total_bytes > MAX_PENDING_BYTES:
                break
            numbers.append(number)
        rows = self.database.lookup("SELECT upload_no, data FROM uploads WHERE upload_no", numbers)
        return sorted(Pending(*row) for row in rows)

    def oldest_pending_s(self) -> int | None:
        """When the oldest upload without an answer was received."""
        oldest = only(self.database.row("SELECT min(received_s) FROM uploads WHERE acknowledgement IS NULL"))
        return None if oldest is None else int(oldest)

    def watermark(self) -> tuple[int, bytes] | None:
        """The newest watermark that was signed: up to when, in seconds, and the signed object."""
        row = self.database.row("SELECT up_to_s, data FROM watermarks ORDER BY up_to_s DESC LIMIT 1")
        return (row[0], row[1]) if row else None

    def add_watermark(self, up_to_s: int, data: bytes) -> None:
        """Keep a signed watermark."""
        self.database.insert(WATERMARKS, [(up_to_s, data)])

    def last_return_no(self) -> int:
        """The number of the last return that was taken from the centre; 0 if there was none."""
        return int(only(self.database.row("SELECT coalesce(max(number), 0) FROM returns")))

    def add_return(self, number: int, owner: bytes, notice: bytes) -> None:
        """Keep a return with the notice to its owner, which is empty if nothing was paid."""
        self.database.insert(RETURNS, [(number, owner, notice)])

    def returned_to(self, owner: bytes, *, after: int) -> list[bytes]:
        """The notices to an owner after a number, in their order."""
        rows = self.database.rows(
            "SELECT notice FROM returns WHERE owner = ? AND number > ? AND length(notice) > 0"
            " ORDER BY number",
            owner,
            after,
        )
        return [row[0] for row in rows]

    def acknowledge(self, upload_id: bytes, acknowledgement: bytes) -> None:
        """Keep the signed answer to an upload."""
        self.database.execute(
            "UPDATE uploads SET acknowledgement = ? WHERE upload_id = ?", acknowledgement, upload_id
        )

    def answered(self, once_key: str, request_digest: bytes) -> bytes | None:
        """The answer that was given under an idempotency key before.

        Raises:
            Refused: the key came with another request (`nonce-used`).
        """
        row = self.database.row("SELECT request_digest, answer FROM answered WHERE once_key = ?", once_key)
        if row is None:
            return None
        if row[0] != request_digest:
            raise Refused("nonce-used", "the idempotency key came with another request before")
        return bytes(row[1])

    def keep_answer(self, once_key: str, request_digest: bytes, answer: bytes, at_s: int) -> None:
        """Keep an answer, in the transaction that does what it tells."""
        self.database.insert(ANSWERED, [(once_key, request_digest, answer, at_s)])
