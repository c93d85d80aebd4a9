"""An operator's database: wallets, uploads with their acknowledgements, and books."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, NamedTuple

from shuangli.database.audit import AUDIT_TABLES, AuditLog
from shuangli.database.database import only
from shuangli.database.ledger import LEDGER_TABLES, LedgerStore
from shuangli.database.opening import open_database
from shuangli.errors import Refused
from shuangli.operator.schema import (
    DONE_ONCE,
    OPERATOR_TABLES,
    ORDERS,
    RETURNS,
    UPLOADS,
    WALLETS,
    WATERMARKS,
)

STEPS: Final = ((*LEDGER_TABLES, *AUDIT_TABLES, *OPERATOR_TABLES),)
_WALLETS = "SELECT wallet_no, person, tier, certificate, closed_at_s FROM wallets"


class WalletRow(NamedTuple):
    """A wallet as its operator knows it; `person` is a digest of the customer's record."""

    wallet_no: int
    person: bytes
    tier: int
    certificate: bytes
    closed_at_s: int | None

    @property
    def account(self) -> str:
        """The customer's deposit account in the operator's books."""
        return f"deposit:{self.wallet_no:09d}"


class OperatorStore:
    """Everything an operator keeps; writes happen inside `transaction`.

    Attributes:
        database: the open database
        ledger: the operator's books
        audit: its audit log
    """

    def __init__(self, place: Path | str, *, name: str) -> None:
        """Open the database of the operator `name`: a file's path, or a server's address."""
        self.database = open_database(place, steps=STEPS, namespace=f"operator_{name.lower()}")
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

    def closed_of(self, person: bytes) -> list[WalletRow]:
        """The closed wallets of a person."""
        return self._wallets("person = ? AND closed_at_s IS NOT NULL ORDER BY wallet_no", person)

    def _wallets(self, which: str, value: bytes) -> list[WalletRow]:
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

    def unreported(self, most: int) -> list[tuple[int, bytes]]:
        """The wallets whose certificates the issuer does not know of, with them: the first so many."""
        rows = self.database.rows(
            "SELECT wallet_no, certificate FROM wallets"
            " WHERE wallet_no > (SELECT coalesce(max(wallet_no), 0) FROM reported)"
            " ORDER BY wallet_no LIMIT ?",
            most,
        )
        return [(number, certificate) for number, certificate in rows]

    def reported_up_to(self, wallet_no: int) -> None:
        """Note that the issuer knows of the certificates of all wallets up to this one."""
        self.database.execute("INSERT INTO reported VALUES (?) ON CONFLICT (wallet_no) DO NOTHING", wallet_no)
        self.database.execute("DELETE FROM reported WHERE wallet_no < (SELECT max(wallet_no) FROM reported)")

    def loaded_fen(self, person: bytes, day: int) -> int:
        """What a person has loaded on a day (days since 1970) over all wallets here."""
        row = self.database.row(
            "SELECT loaded_fen FROM loads_by_day WHERE person = ? AND day = ?", person, day
        )
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

    def add_upload(self, upload_id: bytes, data: bytes, received_s: int) -> int:
        """Keep an upload; return when it was received first."""
        row = self.database.row("SELECT received_s FROM uploads WHERE upload_id = ?", upload_id)
        if row is not None:
            return int(row[0])
        upload_no = only(self.database.row("SELECT coalesce(max(upload_no), 0) + 1 FROM uploads"))
        self.database.insert(UPLOADS, [(upload_no, upload_id, received_s, data, None)])
        return received_s

    def pending(self) -> list[bytes]:
        """The uploads that have no answer yet, oldest first."""
        rows = self.database.rows(
            "SELECT data FROM uploads WHERE acknowledgement IS NULL ORDER BY received_s, upload_no"
        )
        return [row[0] for row in rows]

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

    def do_once(self, idempotency_key: str, request_digest: bytes) -> bool:
        """Say whether a request comes for the first time under this key, and note it.

        Raises:
            Refused: the key came with another request before (`nonce-used`).
        """
        row = self.database.row(
            "SELECT request_digest FROM done_once WHERE idempotency_key = ?", idempotency_key
        )
        if row is None:
            self.database.insert(DONE_ONCE, [(idempotency_key, request_digest)])
            return True
        if row[0] != request_digest:
            raise Refused("nonce-used", "the idempotency key came with another request before")
        return False
