"""The operator's desk: what a wallet asks for, done in a transaction of the bank's, before it is answered.

The issuer has a database of its own, in this process or in another, and is asked between two transactions of
the bank's: first the bank stores what it will ask for, then the issuer commits, then the bank books the
answer. Whatever happens in between, the same enrolment, order or upload asked for again gets the same answer.
The bank's database is worked on by one request at a time, and who waits for the issuer does not hold it, but
for what goes back once a day.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from shuangli.api.models import Deposit, NetworkDescription, check_idempotency_key
from shuangli.codec import encode
from shuangli.crypto import sha256
from shuangli.database.audit import AuditLog
from shuangli.errors import BadInput, ShuangliError, StoreError
from shuangli.operator.bank import Bank
from shuangli.operator.flow import ServiceLink
from shuangli.operator.reporting import report_certificates
from shuangli.operator.service.loads import LoadDesk
from shuangli.operator.service.outbox import Outbox
from shuangli.operator.service.published import Keep, Published

RETURN_EVERY_S: Final = 86_400
"""The issuer looks for what is due by a scan of all open coins."""


class Desk:
    """An operator, wherever its issuer is: `shuangli.api.operator_link.OperatorLink`.

    Attributes:
        bank: the operator
    """

    def __init__(
        self,
        *,
        bank: Bank,
        issuer: ServiceLink,
        description: NetworkDescription,
        key_set: bytes,
        now_s: Callable[[], int],
        keep: Keep | None = None,
    ) -> None:
        """Serve `bank`; `now_s` is the clock, in whole seconds since 1970.

        `key_set` is the last one that is known, and `keep` stores a newer one, or a revocation list.
        """
        self.bank = bank
        self._issuer = issuer
        self._description = description
        self._now_s = now_s
        self._one_at_a_time = threading.Lock()
        self._returning = threading.Lock()
        self._returned_at_s = 0
        self._outbox = Outbox(bank, issuer, self._transaction)
        self._loads = LoadDesk(bank, issuer, self._transaction)
        self._published = Published(issuer, bank.trust, key_set=key_set, guard=self._one_at_a_time, keep=keep)

    @contextmanager
    def _transaction(self) -> Iterator[int]:
        """One of the bank's database, all or nothing; gives the time of the work."""
        with self._one_at_a_time, self.bank.store.transaction():
            yield self._now_s()

    def check_health(self) -> None:
        """Make sure that the bank's database can be written.

        Raises:
            StoreError: it cannot (`unavailable`).
        """
        with self._transaction():
            pass

    def describe(self) -> NetworkDescription:
        """The network and the operator."""
        return self._description

    def key_set(self) -> bytes:
        """The newest key set; the operator goes by it itself from now on."""
        return self._published.key_set()

    def revocation_list(self) -> bytes:
        """The newest revocation list; the operator goes by it itself from now on."""
        return self._published.revocation_list()

    def open_wallet(self, enrolment: bytes) -> bytes:
        """The certificate of the wallet that an enrolment opens."""
        with self._transaction() as now_s:
            certificate = self.bank.open_wallet(enrolment, now_s=now_s)
        self._report_if_possible()
        return certificate

    def deposit(self, deposit: Deposit, *, idempotency_key: str) -> None:
        """Pay in from a bank account that always holds enough. This is a sandbox: nobody proves who they are.

        Raises:
            Malformed: the key is no idempotency key.
            Refused: an unknown wallet (`unknown-wallet`); the key came with another deposit (`nonce-used`).
        """
        check_idempotency_key(idempotency_key)
        with self._transaction() as now_s:
            if self.bank.store.do_once(f"deposit/{idempotency_key}", sha256(deposit.encode())):
                self.bank.deposit(deposit.wallet, deposit.amount_fen, now_s=now_s)

    def load(self, order: bytes) -> bytes:
        """The load that answers an order; a wallet that has been revoked by now gets none."""
        stale: ShuangliError | None = None
        try:
            self._published.renew_revocations()
        except ShuangliError as error:
            stale = error
        self._report_if_possible()
        load = self._loads.load(order, stale=stale)
        self._return_if_possible()
        return load

    def reconcile(self, upload: bytes) -> bytes:
        """The signed acknowledgement of an upload."""
        acknowledgement = self._outbox.reconcile(upload)
        self._return_if_possible()
        return acknowledgement

    def checkpoint(self) -> bytes:
        """The signed state of the audit log."""
        with self._transaction() as now_s:
            return self.bank.checkpoint(now_s=now_s)

    def inclusion_proof(self, number: int, size: int) -> bytes:
        """The proof that an entry is among the log's first `size`, as a CBOR array of hashes.

        Raises:
            BadInput: the log has not got so many, or they have not got this one (`bad-value`).
        """
        return self._proof(lambda log: log.inclusion_proof(number, size))

    def consistency_proof(self, old_size: int, new_size: int) -> bytes:
        """The proof that the log's first `new_size` entries start with the first `old_size`, likewise.

        Raises:
            BadInput: the log has not got so many, or the old size is larger (`bad-value`).
        """
        return self._proof(lambda log: log.consistency_proof(old_size, new_size))

    def _proof(self, make: Callable[[AuditLog], list[bytes]]) -> bytes:
        try:
            with self._one_at_a_time:
                return encode(make(self.bank.store.audit))
        except ValueError as error:
            raise BadInput("bad-value", str(error)) from error

    def has_backlog(self) -> bool:
        """Whether something that was asked of the issuer has no answer yet."""
        with self._one_at_a_time:
            return self._loads.under_way or self.bank.store.oldest_pending_s() is not None

    def has_unreported(self) -> bool:
        """Whether the issuer has not been told yet of some certificate; nobody waits for that."""
        with self._one_at_a_time:
            return bool(self.bank.store.unreported(1))

    def catch_up(self) -> int:
        """Ask the issuer again for all that has no answer yet; says how many uploads are final now.

        Raises:
            StoreError: it still cannot be reached.
        """
        self._published.renew_key_set()
        self._published.renew_revocations()
        self._loads.finish()
        final = self._outbox.pass_on_backlog()
        self.report_certificates()
        self._return_if_possible()
        return final

    def _report_if_possible(self) -> None:
        """Report new certificates; those that the issuer does not take now are tried again (`catch_up`)."""
        try:
            self.report_certificates()
        except ShuangliError:
            return

    def report_certificates(self) -> None:
        """Tell the issuer of wallet certificates that it does not know of yet; they hold if the key leaks.

        Raises:
            StoreError: the issuer cannot be reached (`unavailable`).
        """
        report_certificates(
            self.bank.store, self._issuer, operator=self.bank.terms.name, transaction=self._transaction
        )

    def _return_if_possible(self) -> None:
        """Once a day, take back what nobody has claimed in time; later, if the issuer is out of reach."""
        if self._now_s() - self._returned_at_s < RETURN_EVERY_S:
            return
        if not self._returning.acquire(blocking=False):
            return
        try:
            self.take_returns()
        except StoreError as error:
            if error.code != "unavailable":
                raise
        finally:
            self._returning.release()

    def take_returns(self) -> None:
        """Tell the issuer that all has been passed on, and credit what has gone back since.

        Raises:
            StoreError: the issuer cannot be reached (`unavailable`).
        """
        with self._transaction() as now_s:
            watermark = self.bank.watermark(now_s=now_s)
        self._issuer.take_watermark(watermark, now_s=now_s)
        with self._transaction() as now_s:
            self.bank.take_returns(now_s=now_s)
        self._returned_at_s = now_s
