"""Uploads on their way to the registration centre: kept first, then passed on, answered once they are final.

An upload is read, outside of any transaction, and stored, and from then on it has been received. Then it goes
to the centre, and what that says of it is booked and acknowledged. Each step takes as many uploads as there
are, in one transaction: those of requests that come together (`handing_in`) go together.

If the centre cannot be reached, the upload stays, and whoever sent it is told so (`queued`): nothing is
acknowledged as final. What nobody waits for is passed on by `pass_on_backlog`. The centre gives the same
answer to the same upload, so it does no harm if one is passed on twice.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from shuangli.errors import ProtocolError, Refused, ShuangliError, StoreError
from shuangli.issuer.centre import Settled, Submission
from shuangli.issuer.readers import Readers
from shuangli.issuer.reading import Vouched
from shuangli.issuer.service.messages import MAX_SUBMISSIONS_BYTES, SUBMISSION_OVERHEAD
from shuangli.operator.bank import Bank
from shuangli.operator.dating import receive_again
from shuangli.operator.flow import ServiceLink
from shuangli.operator.forgetting import forget
from shuangli.operator.service.passing import Passing, Step
from shuangli.operator.shown import footing_here

MOST_AT_ONCE: Final = 500
"""Most uploads that are passed on together."""


class Outbox:
    """The way of one operator's uploads to the centre; threads may use it together."""

    def __init__(
        self,
        bank: Bank,
        issuer: ServiceLink,
        transaction: Callable[[], AbstractContextManager[int]],
        *,
        renew_keys: Callable[[], None],
        readers: Readers | None = None,
    ) -> None:
        """Pass on what `bank` takes in; `transaction` is one of its database, and gives the time.

        `renew_keys` takes over what the issuer's newest key set says. What somebody waits for is read by
        `readers`, if there are any, and else walked over inside the transaction that stores it.
        """
        self._bank = bank
        self._issuer = issuer
        self._transaction = transaction
        self._renew_keys = renew_keys
        self._readers = readers
        self._one_batch_at_a_time = threading.Lock()
        self._guard = threading.Lock()
        self._awaited: list[Passing] = []

    def reconcile(self, upload: bytes) -> bytes:
        """The signed acknowledgement of an upload, once it is final.

        Raises:
            StoreError: the upload has been received, and the centre cannot be reached (`queued`).
            ShuangliError: the upload is refused, or the centre cannot settle it.
        """
        with self.awaited(upload) as passing:
            for step in self.steps(passing):
                step([passing])
            return passing.answer()

    def steps(self, passing: Passing) -> Iterator[Step]:
        """What is to be done with an upload, each once the one before is done."""
        yield self.store
        if passing.wants_keys:
            yield self.renew_keys
            yield self.store
        if passing.is_stored:
            yield self.pass_on

    @contextmanager
    def awaited(self, upload: bytes) -> Iterator[Passing]:
        """An upload that somebody waits for, before it is stored: meanwhile it is no backlog."""
        passing = Passing(upload=upload)
        with self._guard:
            self._awaited.append(passing)
        try:
            yield passing
        finally:
            with self._guard:
                self._awaited.remove(passing)

    def renew_keys(self, batch: Sequence[Passing]) -> None:
        """Have newer keys for uploads that want them; if there are none now, they wait for them."""
        try:
            self._renew_keys()
        except ShuangliError as error:
            for each in batch:
                each.outcome = _queued(error)
        for each in batch:
            each.keys_are_new = True

    def store(self, batch: Sequence[Passing]) -> None:
        """Read uploads, store them in one transaction, and begin their flows; what becomes stands in each.

        If one cannot be taken in for a fault of this program, it alone is not: they are stored one by one.
        """
        begun = [each for each in batch if each.outcome is None]
        self._read([each for each in begun if each.vouched is None])
        try:
            with self._transaction() as now_s:
                for each in begun:
                    self._take_in(each, now_s)
        except StoreError as error:
            for each in begun:
                each.outcome = error
        except Exception as fault:
            if len(begun) == 1:
                begun[0].outcome = fault
                return
            for each in begun:
                each.started = each.outcome = None
                self.store([each])

    def _read(self, batch: Sequence[Passing]) -> None:
        """Have uploads read; if the readers cannot now, the bank walks over them."""
        if self._readers is None or not batch:
            return
        bank = self._bank
        footing = footing_here(bank.trust)
        try:
            under_way = self._readers.start(footing, [(bank.terms.name, each.upload) for each in batch])
            readings = self._readers.finish(under_way)
        except StoreError:
            return
        for each, reading in zip(batch, readings, strict=True):
            each.vouched = Vouched(footing, reading)

    def pass_on(self, batch: Sequence[Passing]) -> None:
        """Have stored uploads settled, and book what the centre says; what becomes of each stands in it."""
        for part in _parts(batch):
            with self._one_batch_at_a_time:
                self._pass_on(part)

    def _take_in(self, passing: Passing, now_s: int) -> None:
        """Store an upload and begin its flow; or say that there is an answer, or that it is refused.

        None of these where it is kept, and newer keys are wanted first.
        """
        try:
            self._start(passing, now_s)
        except (ProtocolError, Refused) as refused:
            # Nothing was written of it now; before its keys were known it may have been kept.
            forget(self._bank.store.database, passing.upload)
            passing.outcome = refused
        except StoreError as error:
            if error.code != "queued" or passing.keys_are_new:
                raise

    def pass_on_backlog(self) -> int:
        """Pass on what has no answer yet and nobody waits for; says how many of those are final now.

        The keys are new: call it after they were renewed.

        Raises:
            StoreError: the centre cannot be reached (`queued`).
        """
        final, after = 0, 0
        while True:
            with self._transaction() as now_s:
                pending = self._bank.pending(after=after)
                # One that is awaited was so before it was stored.
                with self._guard:
                    awaited = {each.upload for each in self._awaited}
                backlog = [
                    Passing(upload=each.data, keys_are_new=True)
                    for each in pending
                    if each.data not in awaited
                ]
                for each in backlog:
                    # None that could not be taken in now keeps the others.
                    self._take_in(each, now_s)
            if not pending:
                return final
            after = pending[-1].upload_no
            final += self._pass_on_unawaited([each for each in backlog if each.outcome is None])

    def _pass_on_unawaited(self, backlog: Sequence[Passing]) -> int:
        """Pass on uploads of which nobody waits for the answer; says how many of them are final now.

        One that the centre lets wait, for its epoch is suspended, keeps none of those behind it.
        """
        final = 0
        for part in _parts(backlog):
            with self._one_batch_at_a_time:
                fault = self._pass_on(part)
            if fault is not None:
                raise _queued(fault)
            final += sum(isinstance(each.outcome, bytes) for each in part)
        return final

    def _start(self, passing: Passing, now_s: int) -> None:
        """Store an upload and begin its flow, inside a transaction; or find that there is an answer."""
        flow = self._bank.reconcile_flow(
            passing.upload, now_s=now_s, keys_are_new=passing.keys_are_new, vouched=passing.vouched
        )
        try:
            question = next(flow)
        except StopIteration as done:
            passing.outcome = bytes(done.value)
            return
        if not isinstance(question, Submission):
            raise TypeError("a reconciliation asks for a settlement")
        passing.started = flow, question

    def _pass_on(self, part: list[Passing]) -> ShuangliError | None:
        """Have a batch settled, and book what the centre has said: all of it, or nothing if that fails.

        Gives why it has failed, if so.
        """
        outcomes: list[bytes | ShuangliError]
        failed = None
        try:
            answers = self._issuer.settle_all([each.under_way[1] for each in part])
            with self._transaction() as now_s:
                outcomes = [
                    self._finish(each, answer, now_s) for each, answer in zip(part, answers, strict=True)
                ]
        except ShuangliError as error:
            outcomes, failed = [_queued(error)] * len(part), error
        for each, outcome in zip(part, outcomes, strict=True):
            each.outcome = outcome
        return failed

    def _finish(self, passing: Passing, answer: Settled | ShuangliError, now_s: int) -> bytes | ShuangliError:
        flow, _ = passing.under_way
        if isinstance(answer, ShuangliError):
            flow.close()
            if answer.code == "clock":
                receive_again(self._bank.store, passing.upload, now_s=now_s)
            return _queued(answer) if answer.code == "unavailable" else answer
        try:
            flow.send(answer)
        except StopIteration as done:
            return bytes(done.value)
        raise TypeError("a reconciliation asks once")


def _queued(why: ShuangliError) -> StoreError:
    """What is said of an upload that is kept, and not final for this reason."""
    queued = StoreError("queued")
    queued.__cause__ = why
    return queued


def _parts(passing: Iterable[Passing]) -> Iterator[list[Passing]]:
    """The same in batches that fit into one request, in their order."""
    part: list[Passing] = []
    size = SUBMISSION_OVERHEAD
    for each in passing:
        more = len(each.upload) + SUBMISSION_OVERHEAD
        if part and (size + more > MAX_SUBMISSIONS_BYTES or len(part) == MOST_AT_ONCE):
            yield part
            part, size = [], SUBMISSION_OVERHEAD
        part.append(each)
        size += more
    if part:
        yield part
