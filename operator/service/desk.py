"""The operator's desk: what a wallet asks for, done in a transaction of the bank's, before it is answered.

The issuer has a database of its own, in this process or in another, and is asked between two transactions of
the bank's: first the bank stores what it will ask for, then the issuer commits, then the bank books the
answer. Whatever happens in between, the same enrolment, order or upload asked for again gets the same answer.
The bank's database is worked on by one request at a time, and who waits for the issuer does not hold it.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from shuangli.api.models import NetworkDescription
from shuangli.codec import encode
from shuangli.database.audit import AuditLog
from shuangli.days import DAY_S
from shuangli.errors import BadInput, Refused, ShuangliError, StoreError, Unverified
from shuangli.issuer.readers import Readers
from shuangli.operator.bank import Bank
from shuangli.operator.cases.desk import CaseDesk
from shuangli.operator.dating import unsay
from shuangli.operator.flow import ServiceLink
from shuangli.operator.payroll.desk import PayrollDesk
from shuangli.operator.privacy.identities import IdentityDesk
from shuangli.operator.privacy.retention import erase_due
from shuangli.operator.regimes.desk import RegimeDesk
from shuangli.operator.regimes.table import CHINA, RegimeTable
from shuangli.operator.remittances.desk import RemittanceDesk
from shuangli.operator.reporting import report_certificates
from shuangli.operator.returning import take_returns
from shuangli.operator.risk.control import LOOKED_AT_ONCE, LOOKS, RiskControl
from shuangli.operator.risk.deciding import RiskPolicy
from shuangli.operator.risk.model import own_model
from shuangli.operator.service.identifying import IdentifyingDesk
from shuangli.operator.service.loads import LoadDesk
from shuangli.operator.service.outbox import Outbox
from shuangli.operator.service.published import Keep, Published
from shuangli.operator.service.recurring import each_of
from shuangli.operator.webhooks.desk import WebhookDesk

ROUND_EVERY_S: Final = 600
"""So often the issuer is told up to when all is passed on, and asked what went back and what is netted."""


class Desk(IdentifyingDesk):
    """An operator, wherever its issuer is: `shuangli.api.operator_link.OperatorLink`.

    Whoever calls it has made sure of who asks: behind HTTP that is the gate.
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
        regimes: RegimeTable = CHINA,
        readers: Readers | None = None,
    ) -> None:
        """Serve `bank` under `regimes`; `now_s` is the clock, in whole seconds since 1970.

        `key_set` is the last one that is known, and `keep` stores a newer one, or a revocation list. Uploads
        are read by `readers`, if there are any.
        """
        super().__init__(bank, issuer, currency=description.currency, now_s=now_s)
        self._description = description
        self._returning = threading.Lock()
        self._returned_at_s = 0
        self._published = Published(issuer, bank.trust, key_set=key_set, guard=self._one_at_a_time, keep=keep)
        served, renew_keys = (bank, issuer, self.transaction), self._published.renew_key_set
        self.outbox = Outbox(*served, renew_keys=renew_keys, readers=readers)
        self._loads = LoadDesk(*served, self.codes, self.screened)
        self.cases = CaseDesk(*served)
        self.remittances = RemittanceDesk(*served, self.payments, renew_keys=renew_keys)
        self.webhooks = WebhookDesk(bank, self.statements, self.transaction)
        self.payroll = PayrollDesk(bank, self.transaction)
        self.regimes = RegimeDesk(bank, regimes, self.transaction)
        self._retention_days = regimes.retention_days
        self.identities = IdentityDesk(bank)
        self.risk = RiskControl(bank, RiskPolicy(model=own_model()))
        self.screens = (self.risk,)

    def check_health(self) -> None:
        """Make sure that the bank's database can be written.

        Raises:
            StoreError: it cannot (`unavailable`).
        """
        with self.transaction():
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

    def open_wallet(self, enrolment: bytes, *, code: str = "") -> bytes:
        """The certificate of the wallet that an enrolment opens, with a code of who is identified."""
        certificate = self._open(enrolment, code)
        self._report_if_possible()
        return certificate

    def load(self, order: bytes, *, code: str = "") -> bytes:
        """The load that answers an order, from an amount on with a code; none for a revoked wallet."""
        stale: ShuangliError | None = None
        try:
            self._published.renew_revocations()
        except ShuangliError as error:
            stale = error
        self._report_if_possible()
        load = self._loads.load(order, code=code, stale=stale)
        self._return_beside()
        return load

    def reconcile(self, upload: bytes) -> bytes:
        """The signed acknowledgement of an upload."""
        acknowledgement = self.outbox.reconcile(upload)
        self._return_beside()
        return acknowledgement

    def checkpoint(self) -> bytes:
        """The signed state of the audit log."""
        with self.transaction() as now_s:
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
            pending = self._loads.waits or self.bank.store.oldest_pending_s() is not None
            return pending or self.remittances.waits()

    def has_unreported(self) -> bool:
        """Whether the issuer has not been told yet of some certificate; nobody waits for that."""
        with self._one_at_a_time:
            return bool(self.bank.store.unreported(1))

    def catch_up(self) -> int:
        """Ask the issuer again for all that has no answer yet; says how many uploads are final now.

        Raises:
            StoreError: it still cannot be reached.
        """
        self.keep_up()
        self._published.renew_key_set()
        self._published.renew_revocations()
        return each_of(
            self._loads.finish,
            self.remittances.exchange,
            self.outbox.pass_on_backlog,
            self.report_certificates,
            self._return_if_possible,
        )

    def keep_up(self) -> None:
        """Do what is due without the issuer: wages that wait, interest, and a look at what has come in."""
        self.payroll.finish()
        self.regimes.keep_up()
        for _ in range(LOOKS):
            with self.transaction() as now_s:
                if self.risk.look(now_s=now_s, most=LOOKED_AT_ONCE) < LOOKED_AT_ONCE:
                    break
        with self.transaction() as now_s:
            self.risk.report_large_values(now_s=now_s)
            self.identifications.forget_expired(now_s=now_s)
            erase_due(self.bank, retention_days=self._retention_days, now_s=now_s)

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
            self.bank.store, self._issuer, operator=self.bank.terms.name, transaction=self.transaction
        )

    def _return_if_possible(self) -> None:
        """Now and then, take back what nobody has claimed in time; later, if the issuer is out of reach."""
        if not self.is_round_due():
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

    def _return_beside(self) -> None:
        """The same beside an answer, which stands whatever the issuer refuses now: `catch_up` tells that."""
        with suppress(Refused):
            self._return_if_possible()

    def is_round_due(self) -> bool:
        """Whether it is time for `take_returns`: every ten minutes, and when a day (of UTC) has begun."""
        now_s, last_s = self.now_s(), self._returned_at_s
        return now_s - last_s >= ROUND_EVERY_S or now_s // DAY_S > last_s // DAY_S

    def check_netting(self) -> None:
        """Make sure that the issuer's nettings agree with the books.

        Raises:
            Unverified: one does not, and is not booked (`netting`).
        """
        with self._one_at_a_time:
            self.bank.netting.check()

    def has_alarm(self) -> bool:
        """Whether one of them does not."""
        try:
            self.check_netting()
        except Unverified:
            return True
        return False

    def take_statements(self) -> None:
        """Book what the issuer has netted; what does not agree with the books is kept (`check_netting`).

        Raises:
            StoreError: the issuer cannot be reached (`unavailable`).
            Malformed, Unverified: it gives something else.
        """
        fault = ""
        while not fault:
            with self._one_at_a_time:
                after = self.bank.netting.last_no()
            found = self._issuer.statements_to(self.bank.terms.name, after=after)
            if not found:
                return
            # Whatever a statement counts was decided before it was signed.
            self.remittances.exchange()
            for data in found:
                with self.transaction() as now_s:
                    fault = self.bank.netting.take(data, now_s=now_s)
                if fault:
                    break

    def take_returns(self) -> None:
        """Tell the issuer that all has been passed on, credit what has gone back since, book what is netted.

        Raises:
            StoreError: the issuer cannot be reached (`unavailable`).
        """
        with self.transaction() as now_s:
            watermark = self.bank.watermark(now_s=now_s)
        try:
            self._issuer.take_watermark(watermark, now_s=now_s)
        except Refused as refused:
            if refused.code == "clock":
                with self.transaction():
                    unsay(self.bank.store, watermark)
            raise
        take_returns(self.bank, self._issuer, transaction=self.transaction)
        self.take_statements()
        self.cases.catch_up()
        self._returned_at_s = now_s
