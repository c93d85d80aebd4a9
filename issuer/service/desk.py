"""The issuer's desk: what operators ask for, done in one transaction each, before it is answered.

It is the issuer's side of `shuangli.operator.flow.ServiceLink`, in the process of an operator or behind HTTP.
One request is worked on at a time: the issuer's database has one writer.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from shuangli.api.tls import Peer, Role
from shuangli.days import DAY_S
from shuangli.errors import Refused, ShuangliError
from shuangli.issuer.centre import Settled, Submission
from shuangli.issuer.epochs.states import EpochState
from shuangli.issuer.issuer import Issuer
from shuangli.issuer.persons.limits import Customer
from shuangli.issuer.pipeline import Pipeline
from shuangli.issuer.readers import Readers
from shuangli.issuer.remittances.store import Outcome, Waiting
from shuangli.issuer.returns.desk import CLOCK_TOLERANCE_S
from shuangli.issuer.returns.due import Return
from shuangli.issuer.returns.open_coins import FIRST
from shuangli.issuer.service.case_messages import OwnCase, own_case
from shuangli.issuer.service.log_desk import LogDesk
from shuangli.issuer.service.network import fill_vaults
from shuangli.issuer.supply import SupplyOff
from shuangli.messages.key_set import KeySet

RETURN_EVERY_S: Final = DAY_S
"""What is due is looked for by a scan of all open coins."""


class IssuerDesk:
    """An issuer that several operators reach.

    Attributes:
        issuer: the issuer
        now_s: its clock, in whole seconds since 1970
        log: what shows its audit log
    """

    def __init__(
        self,
        issuer: Issuer,
        *,
        read_key_set: Callable[[], bytes],
        now_s: Callable[[], int],
        pool: Readers | None = None,
        read_auditors: Callable[[], Mapping[str, bytes]] = dict,
    ) -> None:
        """Serve `issuer`; `read_key_set` gives the newest key set of the root, whenever it is asked.

        `read_auditors` gives the keys of those who may read the audit log, by name. `pool` reads uploads;
        without one, they are read here.
        """
        self.issuer = issuer
        self._pipeline = Pipeline(issuer, pool or Readers(0))
        self.now_s = now_s
        self._read_key_set = read_key_set
        self._read_auditors = read_auditors
        self._key_set: KeySet | None = None
        self._one_at_a_time = threading.Lock()
        self._returned_at_s = 0
        self.log = LogDesk(issuer, now_s=now_s, one_at_a_time=self._one_at_a_time)
        for certificate in issuer.store.epochs.operators():
            # What a dismissed operator had certified before still holds.
            issuer.trust.add_operator(certificate)
        self.key_set()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._one_at_a_time, self.issuer.transaction():
            yield

    def check_health(self) -> None:
        """Make sure that the database can be written.

        Raises:
            StoreError: it cannot (`unavailable`).
        """
        with self._transaction():
            pass

    def key_set(self) -> bytes:
        """The newest key set. The issuer goes by it itself from now on, and new operators' vaults are filled.

        Raises:
            Malformed, Unverified: the root has not signed it.
        """
        return self._newest().signed.data

    def _newest(self) -> KeySet:
        data = self._read_key_set()
        with self._one_at_a_time:
            known = self._key_set
            if known is not None and known.signed.data == data:
                return known
            found = self.issuer.trust.add_key_set(data)
            if known is not None and found.number <= known.number:
                return known
            with self.issuer.transaction():
                self.issuer.store.epochs.note_operators(found.operators, now_s=self.now_s())
                fill_vaults(self.issuer, found, now_s=self.now_s())
            self._key_set = found
            return found

    def operators(self) -> list[bytes]:
        """The certificates of all operators that ever stood in a key set, also of those dismissed since."""
        with self._one_at_a_time:
            return self.issuer.store.epochs.operators()

    def check_admitted(self, peer: Peer) -> None:
        """Make sure that an operator is one of those that the root certifies now, or an auditor on the list.

        Raises:
            Refused: it is not, or no longer, or its key is revoked (`not-admitted`).
        """
        now_s = self.now_s()
        if peer.role is Role.AUDITOR:
            admitted = self._read_auditors().get(peer.name) == peer.key
        else:
            known = [each.claims for each in self._newest().operators if each.claims.subject == peer.name]
            keys = {claims.key for claims in known if claims.valid_at(now_s)}
            with self._one_at_a_time:
                admitted = peer.key in keys - self.issuer.centre.operator_keys.revoked()
        if not admitted or now_s >= peer.expires_at_s:
            raise Refused("not-admitted", f"the root does not certify {peer.name} with this key now")

    def revocation_list(self) -> bytes:
        """The newest revocation list."""
        with self._one_at_a_time:
            return self.issuer.centre.revocation_list(now_s=self.now_s())

    def mint(self, order: bytes, *, operator: str, customer: Customer, now_s: int) -> bytes:
        """Answer a wallet's order with a load out of the operator's vault."""
        with self._transaction():
            return self.issuer.mint(order, operator=operator, customer=customer, now_s=now_s)

    def settle(self, submission: Submission) -> Settled:
        """Settle one upload.

        Raises:
            ShuangliError: what `settle_all` gives in its place.
        """
        (answer,) = self.settle_all([submission])
        if isinstance(answer, ShuangliError):
            raise answer
        return answer

    def settle_all(self, submissions: Sequence[Submission]) -> list[Settled | ShuangliError]:
        """Settle uploads in their order; what goes wrong with one keeps none of the others.

        What an operator says it received after this second, but for what clocks differ by, is refused
        (`clock`): it would count as late.
        """
        latest_s = self.now_s() + CLOCK_TOLERANCE_S
        answers: list[Settled | ShuangliError] = [
            Refused("clock", f"received {submission.received_s - self.now_s()} s in the future")
            for submission in submissions
        ]
        dated = [number for number, each in enumerate(submissions) if each.received_s <= latest_s]
        settled = self._settle([submissions[number] for number in dated])
        for number, answer in zip(dated, settled, strict=True):
            answers[number] = answer
        return answers

    def _settle(self, batch: Sequence[Submission]) -> Sequence[Settled | ShuangliError]:
        """Settle a batch in one transaction; if that fails for what is in it, one by one."""
        try:
            with self._one_at_a_time:
                return next(self._pipeline.run([batch])) if batch else ()
        except ShuangliError as error:
            if error.code == "unavailable":
                raise
            if len(batch) == 1:
                return (error,)
            return [answer for each in batch for answer in self._settle([each])]

    def take_watermark(self, data: bytes, *, now_s: int) -> None:
        """Take an operator's watermark; once a day, the day's work is done then.

        What is due goes back, losses are booked, epochs that wait for nothing more are closed, and the books
        are checked. A day is netted as soon as the last operator has passed it on.
        """
        with self._transaction():
            self.issuer.take_watermark(data, now_s=now_s)
        self._net(now_s)
        if now_s - self._returned_at_s < RETURN_EVERY_S:
            return
        after: tuple[int, int] | None = FIRST
        while after is not None:
            with self._transaction():
                after = self.issuer.return_desk.return_due(now_s=now_s, after=after)
        for book in (self.issuer.book_losses, self.issuer.count_payments):
            more = True
            while more:
                with self._transaction():
                    more = book(now_s=now_s)
        self._close_epochs(now_s)
        self.check_books()
        self._returned_at_s = now_s

    def _net(self, now_s: int) -> None:
        """Net the days that are over."""
        with self._transaction():
            self.issuer.vaults.net(now_s=now_s)

    def statements_to(self, operator: str, *, after: int) -> list[bytes]:
        """What an operator was told of nettings after the number that it has seen, some at a time."""
        with self._one_at_a_time:
            return self.issuer.vaults.statements_to(operator, after=after)

    def _close_epochs(self, now_s: int) -> None:
        with self._transaction():
            for number, state in self.issuer.store.epochs.states().items():
                may_close = state in (EpochState.MINTING_CLOSED, EpochState.STOPPED)
                if may_close and not self.issuer.epochs.waits_for(number, now_s=now_s):
                    self.issuer.epochs.close(number, now_s=now_s)

    def check_books(self) -> list[int]:
        """Count everything afresh; every epoch that is off is suspended, and the others go on: their numbers.

        Raises:
            StoreError: the books are off, and nobody can say in which epoch (`corrupt`).
        """
        found: list[int] = []
        while True:
            try:
                with self._one_at_a_time:
                    self.issuer.check_books()
            except SupplyOff as off:
                if off.epoch in found:
                    raise
                found.append(off.epoch)
            else:
                return found

    def returns_to(self, operator: str, *, after: int) -> list[Return]:
        """What has gone back to an operator's wallets after the number that it has seen, some at a time."""
        with self._one_at_a_time:
            return self.issuer.returns_to(operator, after=after)

    def claim_return(self, operator: str, number: int, *, person: bytes, now_s: int) -> int:
        """Let the guarantee fund pay a return to a person; gives what it has paid, in fen."""
        with self._transaction():
            return self.issuer.claim_return(operator, number, person=person, now_s=now_s)

    def cases_of(self, operator: str, *, after: int) -> list[OwnCase]:
        """An operator's cases after the number that it has seen, some at a time, each with its evidence."""
        with self._one_at_a_time:
            return [own_case(*told) for told in self.issuer.cases.of_operator(operator, after=after)]

    def name_holder(self, enrolment: bytes, person: bytes, *, operator: str, now_s: int) -> None:
        """Take an operator's record of who holds the key of a case."""
        with self._transaction():
            self.issuer.cases.take_holder(enrolment, person, operator=operator, now_s=now_s)

    def pay_back(self, key: bytes, amount_fen: int, *, operator: str, reference: bytes, now_s: int) -> None:
        """Take what the holder of a culprit's key has paid back."""
        with self._transaction():
            self.issuer.cases.pay_back(key, amount_fen, operator=operator, reference=reference, now_s=now_s)

    def remit(self, order: bytes, *, operator: str, now_s: int) -> None:
        """Take an operator's order to pay a wallet of another."""
        del operator
        with self._transaction():
            self.issuer.remittances.take_order(order, now_s=now_s)

    def answer_remittance(self, answer: bytes, *, operator: str, now_s: int) -> None:
        """Take an operator's answer to an order of another."""
        del operator
        with self._transaction():
            self.issuer.remittances.take_answer(answer, now_s=now_s)

    def remittances_to(self, operator: str, *, after: int) -> list[Waiting]:
        """Orders to an operator after a number that wait for its answer, some at a time."""
        with self._one_at_a_time:
            return self.issuer.remittances.waiting_for(operator, after=after)

    def remittance_outcomes(self, operator: str, *, after: int, now_s: int) -> list[Outcome]:
        """What has become of orders by and to an operator after an outcome's number, some at a time."""
        with self._transaction():
            return self.issuer.remittances.outcomes_for(operator, after=after, now_s=now_s)

    def report_lost(self, enrolment: bytes, *, operator: str, now_s: int) -> None:
        """Note that the operator's customer has lost a wallet."""
        with self._transaction():
            self.issuer.report_lost(enrolment, operator=operator, now_s=now_s)

    def log_certificates(self, certificates: Sequence[bytes], *, operator: str, now_s: int) -> None:
        """Note wallet certificates that the operator has signed."""
        with self._transaction():
            self.issuer.log_certificates(certificates, operator=operator, now_s=now_s)
