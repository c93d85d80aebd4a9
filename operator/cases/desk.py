"""Cases at an operator: it hears of double spends by its own wallets, says who holds the key, and passes on
money.

The centre knows a key. The operator shows it the enrolment that the holder has signed, and names the person
by pseudonym; that is a disclosure, and stands in the audit log. What the holder pays back is booked out of
the deposit first, and passed on then; if the centre does not take it, for it is more than is owed, it goes
back to the deposit. Whatever is cut off in between is done again, and counts once.
"""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from shuangli.errors import BadInput, Refused, ShuangliError
from shuangli.issuer.service.case_messages import OwnCase, Recovery
from shuangli.messages.audit import CENTRE_ORIGIN
from shuangli.messages.enrolment import Enrolment
from shuangli.messages.event_kinds import EventKind
from shuangli.operator.accounts import NOBODY
from shuangli.operator.bank import Bank
from shuangli.operator.cases.tables import OWN_CASES, RECOVERIES, RecoveryState
from shuangli.operator.flow import ServiceLink, says_no

_AT_ONCE: Final = 100


class CaseDesk:
    """The cases of one operator."""

    def __init__(
        self, bank: Bank, issuer: ServiceLink, transaction: Callable[[], AbstractContextManager[int]]
    ) -> None:
        """Speak for `bank`; `transaction` is one of its database, and gives the time."""
        self._bank = bank
        self._issuer = issuer
        self._transaction = transaction
        self._database = bank.store.database
        self._guard = threading.Lock()
        self._asking: Counter[bytes] = Counter()

    def catch_up(self) -> None:
        """Hear of new cases, name whom they concern, and pass on what was paid back.

        Raises:
            StoreError: the issuer cannot be reached (`unavailable`).
            Refused: it does not admit this operator now (`not-admitted`).
        """
        self._fetch()
        self._name_holders()
        with self._transaction():
            rows = self._database.rows(
                "SELECT culprit, amount_fen, reference FROM recoveries WHERE state = 0"
                " ORDER BY reference LIMIT ?",
                _AT_ONCE,
            )
        for culprit, amount_fen, reference in rows:
            try:
                self._pass_on(Recovery(culprit=culprit, amount_fen=amount_fen, reference=reference))
            except ShuangliError as error:
                if not says_no(error):
                    raise
                # It has gone back to the deposit.

    def _fetch(self) -> None:
        found: list[OwnCase] | None = None
        while found is None or found:
            with self._transaction():
                row = self._database.row("SELECT coalesce(max(case_no), 0) FROM own_cases")
            after = 0 if row is None else int(row[0])
            found = self._issuer.cases_of(self._bank.terms.name, after=after)
            rows = [(case.case_no, case.culprit, case.found_s, case.evidence, None) for case in found]
            with self._transaction():
                self._database.insert(OWN_CASES, rows)

    def _name_holders(self) -> None:
        while True:
            with self._transaction() as now_s:
                rows = self._database.rows(
                    # Of a key that was never opened here, it has leaked what signs certificates, and no
                    # record. Of a wallet whose retention has ended there is none any more.
                    "SELECT case_no, culprit FROM own_cases JOIN wallets ON key = culprit"
                    " WHERE named_s IS NULL AND person <> ? ORDER BY case_no LIMIT ?",
                    *(NOBODY, _AT_ONCE),
                )
                records = [
                    (number, self._bank.store.enrolment(key), self._bank.person_of(key, at_s=now_s))
                    for number, key in rows
                ]
            if not records:
                return
            for number, enrolment, person in records:
                self._name(number, enrolment, person)

    def _name(self, number: int, enrolment: bytes, person: bytes) -> None:
        with self._transaction() as now_s:
            pass
        self._issuer.name_holder(enrolment, person, operator=self._bank.terms.name, now_s=now_s)
        with self._transaction() as now_s:
            self._database.execute("UPDATE own_cases SET named_s = ? WHERE case_no = ?", now_s, number)
            record = Enrolment.parse(enrolment).signed.id
            self._bank.log(EventKind.DISCLOSURE, now_s, authority=CENTRE_ORIGIN, case_no=number, order=record)

    def pay_back(self, key: bytes, amount_fen: int, *, reference: bytes) -> None:
        """Take what the holder of a culprit's key pays back, out of the deposit, and pass it on.

        The same payment again, by its reference (16 bytes that nobody can guess), changes nothing.

        Raises:
            BadInput: it is more than this person owes, or not at least 1 fen (`bad-value`).
            Refused: no case names this key (`unknown-wallet`), the deposit is too small
                (`insufficient-funds`), or the reference came with another payment (`nonce-used`).
            StoreError: the issuer cannot be reached (`unavailable`): it is booked, and passed on later.
        """
        recovery = Recovery(culprit=key, amount_fen=amount_fen, reference=reference)
        with self._transaction() as now_s:
            row = self._database.row(
                "SELECT culprit, amount_fen, state FROM recoveries WHERE reference = ?", reference
            )
            if row is not None and row[:2] != (key, amount_fen):
                raise Refused("nonce-used", "the reference came with another payment before")
            state = RecoveryState.BOOKED if row is None else RecoveryState(row[2])
            if row is None:
                self._bank.pay_back(key, amount_fen, now_s=now_s, reference=reference)
                self._database.insert(RECOVERIES, [(reference, key, amount_fen, int(state))])
        if state is RecoveryState.GIVEN_BACK:
            raise BadInput(
                "bad-value", "this payment was more than is owed, and has gone back to the deposit"
            )
        if state is RecoveryState.BOOKED:
            self._pass_on(recovery)

    def _pass_on(self, recovery: Recovery) -> None:
        with self._guard:
            self._asking[recovery.reference] += 1
        try:
            self._ask(recovery)
        finally:
            with self._guard:
                self._asking[recovery.reference] -= 1
                if not self._asking[recovery.reference]:
                    del self._asking[recovery.reference]

    def _ask(self, recovery: Recovery) -> None:
        """Let the issuer have a payment; what it does not take goes back to the deposit, once."""
        with self._transaction() as now_s:
            pass
        try:
            self._issuer.pay_back(
                recovery.culprit,
                recovery.amount_fen,
                operator=self._bank.terms.name,
                reference=recovery.reference,
                now_s=now_s,
            )
        except ShuangliError as error:
            with self._guard:
                # Whoever asks for the same may have it taken just now: the last to hear has the say.
                is_last = self._asking[recovery.reference] == 1
            if is_last and says_no(error):
                with self._transaction() as now_s:
                    if self._end(recovery, RecoveryState.GIVEN_BACK):
                        self._bank.give_back(
                            recovery.culprit, recovery.amount_fen, now_s=now_s, reference=recovery.reference
                        )
            raise
        with self._transaction():
            self._end(recovery, RecoveryState.PASSED_ON)

    def _end(self, recovery: Recovery, state: RecoveryState) -> bool:
        """Note what has become of a payment that is booked; says no if that is known already."""
        ended = self._database.execute(
            "UPDATE recoveries SET state = ? WHERE reference = ? AND state = ?",
            *(int(state), recovery.reference, int(RecoveryState.BOOKED)),
        )
        return bool(ended)
