"""The operator's desk: what a wallet asks for, done in one transaction each, before it is answered.

The bank's database and the issuer's are two, and the issuer's commits first. Whatever happens in between,
the same enrolment, order or upload asked for again gets the same answer from the issuer, and then the bank
books it. One request is worked on at a time: SQLite has one writer.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from shuangli.api.models import Deposit, NetworkDescription, check_idempotency_key
from shuangli.crypto import sha256
from shuangli.issuer.issuer import Issuer
from shuangli.issuer.returns.store import FIRST
from shuangli.operator.bank import Bank

RETURN_EVERY_S: Final = 86_400
"""What is due is looked for by a scan of all open coins."""


class Desk:
    """An operator with its issuer in the same process: `shuangli.api.operator_link.OperatorLink`.

    Attributes:
        bank: the operator
        issuer: the issuer
    """

    def __init__(
        self,
        *,
        bank: Bank,
        issuer: Issuer,
        description: NetworkDescription,
        key_set: bytes,
        now_s: Callable[[], int],
    ) -> None:
        """Serve `bank`; `now_s` is the clock, in whole seconds since 1970."""
        self.bank = bank
        self.issuer = issuer
        self._description = description
        self._key_set = key_set
        self._now_s = now_s
        self._one_at_a_time = threading.Lock()
        self._returned_at_s = 0

    @contextmanager
    def _transaction(self) -> Iterator[int]:
        """Both databases, all or nothing in each; gives the time of the work."""
        with self._one_at_a_time, ExitStack() as stack:
            stack.enter_context(self.bank.store.transaction())
            stack.enter_context(self.issuer.transaction())
            yield self._now_s()

    def check_health(self) -> None:
        """Make sure that both databases can be written.

        Raises:
            StoreError: one cannot (`unavailable`).
        """
        with self._transaction():
            pass

    def describe(self) -> NetworkDescription:
        """The network and the operator."""
        return self._description

    def key_set(self) -> bytes:
        """The newest key set."""
        return self._key_set

    def revocation_list(self) -> bytes:
        """The newest revocation list; the operator goes by it itself from now on."""
        with self._one_at_a_time:
            newest = self.issuer.centre.revocation_list(now_s=self._now_s())
            self.bank.trust.update_revocations(newest)
        return newest

    def open_wallet(self, enrolment: bytes) -> bytes:
        """The certificate of the wallet that an enrolment opens."""
        with self._transaction() as now_s:
            return self.bank.open_wallet(enrolment, now_s=now_s)

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
        self.revocation_list()
        self.return_due()
        with self._transaction() as now_s:
            return self.bank.order_load(order, now_s=now_s)

    def reconcile(self, upload: bytes) -> bytes:
        """The signed acknowledgement of an upload."""
        with self._transaction() as now_s:
            acknowledgement = self.bank.reconcile(upload, now_s=now_s)
        self.return_due()
        return acknowledgement

    def return_due(self) -> None:
        """Give back what nobody has claimed in time, and credit it: once a day, in steps that stand alone."""
        if self._now_s() - self._returned_at_s < RETURN_EVERY_S:
            return
        after: tuple[int, int] | None = FIRST
        while after is not None:
            with self._transaction() as now_s:
                self.issuer.take_watermark(self.bank.watermark(now_s=now_s), now_s=now_s)
                after = self.issuer.return_desk.return_due(now_s=now_s, after=after)
                self.bank.take_returns(now_s=now_s)
        self._returned_at_s = self._now_s()
