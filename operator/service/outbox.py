"""Uploads on their way to the registration centre: kept first, then passed on, answered once they are final.

An upload is stored, and from then on it has been received. Then it goes to the centre, together with all that
have come in meanwhile, and what the centre says of each is booked and acknowledged in one transaction. If the
centre cannot be reached, the upload stays, and whoever sent it is told so (`queued`): nothing is acknowledged
as final. What nobody waits for is passed on by `pass_on_backlog`. The centre gives the same answer to the
same upload, so it does no harm if one is passed on twice.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

from shuangli.errors import ProtocolError, Refused, ShuangliError, StoreError
from shuangli.issuer.centre import Settled, Submission
from shuangli.issuer.service.messages import MAX_SUBMISSIONS_BYTES, SUBMISSION_OVERHEAD
from shuangli.operator.bank import Bank
from shuangli.operator.dating import receive_again
from shuangli.operator.flow import Flow, ServiceLink

MOST_AT_ONCE: Final = 500
"""Most uploads that are passed on together."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Passing:
    """An upload that has been stored, and the flow that waits for the centre's word on it."""

    flow: Flow
    submission: Submission
    outcome: bytes | ShuangliError | None = None


class Outbox:
    """The way of one operator's uploads to the centre; threads may use it together."""

    def __init__(
        self, bank: Bank, issuer: ServiceLink, transaction: Callable[[], AbstractContextManager[int]]
    ) -> None:
        """Pass on what `bank` takes in; `transaction` is one of its database, and gives the time."""
        self._bank = bank
        self._issuer = issuer
        self._transaction = transaction
        self._one_batch_at_a_time = threading.Lock()
        self._guard = threading.Lock()
        self._waiting: list[_Passing] = []
        self._awaited: list[_Passing] = []

    def reconcile(self, upload: bytes) -> bytes:
        """The signed acknowledgement of an upload, once it is final.

        Raises:
            StoreError: the upload has been received, and the centre cannot be reached (`queued`).
            ShuangliError: the upload is refused, or the centre cannot settle it.
        """
        with self._transaction() as now_s:
            started = self._start(upload, now_s)
        if isinstance(started, bytes):
            return started
        with self._guard:
            self._waiting.append(started)
            self._awaited.append(started)
        try:
            with self._one_batch_at_a_time:
                if started.outcome is None:
                    self._pass_on_waiting()
        finally:
            with self._guard:
                self._awaited.remove(started)
        if not isinstance(started.outcome, bytes):
            raise started.outcome or StoreError("queued")
        return started.outcome

    def _pass_on_waiting(self) -> None:
        with self._guard:
            batch, self._waiting = self._waiting, []
        for part in _parts(batch):
            self._pass_on(part)

    def pass_on_backlog(self) -> int:
        """Pass on what has no answer yet and nobody waits for; says how many of those are final now.

        Raises:
            StoreError: the centre cannot be reached (`queued`).
        """
        final, after = 0, 0
        while True:
            with self._transaction() as now_s:
                with self._guard:
                    awaited = {each.submission.upload for each in self._awaited}
                pending = self._bank.pending(after=after)
                started = [self._start_again(up.data, now_s) for up in pending if up.data not in awaited]
            if not pending:
                return final
            after = pending[-1].upload_no
            final += self._pass_on_started(started)

    def _pass_on_started(self, started: list[_Passing | bytes]) -> int:
        """Pass on uploads of which nobody waits for the answer; says how many of them are final now."""
        final = 0
        for part in _parts(each for each in started if isinstance(each, _Passing)):
            with self._one_batch_at_a_time:
                self._pass_on(part)
            final += sum(isinstance(each.outcome, bytes) for each in part)
            for each in part:
                if isinstance(each.outcome, StoreError) and each.outcome.code == "queued":
                    raise each.outcome
        return final

    def _start(self, upload: bytes, now_s: int) -> _Passing | bytes:
        """Store an upload and begin its flow, inside a transaction; its acknowledgement if there is one."""
        flow = self._bank.reconcile_flow(upload, now_s=now_s)
        try:
            question = next(flow)
        except StopIteration as done:
            return bytes(done.value)
        if not isinstance(question, Submission):
            raise TypeError("a reconciliation asks for a settlement")
        return _Passing(flow=flow, submission=question)

    def _start_again(self, upload: bytes, now_s: int) -> _Passing | bytes:
        """`_start` for an upload that is stored; none that could not be taken in now keeps the others."""
        try:
            return self._start(upload, now_s)
        except (ProtocolError, Refused):
            return b""

    def _pass_on(self, part: list[_Passing]) -> None:
        """Have a batch settled, and book what the centre has said: all of it, or nothing if that fails."""
        outcomes: list[bytes | ShuangliError]
        try:
            answers = self._issuer.settle_all([each.submission for each in part])
            with self._transaction() as now_s:
                outcomes = [
                    self._finish(each, answer, now_s) for each, answer in zip(part, answers, strict=True)
                ]
        except ShuangliError as error:
            outcomes = [_queued(error)] * len(part)
        for each, outcome in zip(part, outcomes, strict=True):
            each.outcome = outcome

    def _finish(
        self, passing: _Passing, answer: Settled | ShuangliError, now_s: int
    ) -> bytes | ShuangliError:
        flow = passing.flow
        if isinstance(answer, ShuangliError):
            flow.close()
            if answer.code == "clock":
                receive_again(self._bank.store, passing.submission.upload, now_s=now_s)
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


def _parts(passing: Iterable[_Passing]) -> Iterator[list[_Passing]]:
    """The same in batches that fit into one request, in their order."""
    part: list[_Passing] = []
    size = SUBMISSION_OVERHEAD
    for each in passing:
        more = len(each.submission.upload) + SUBMISSION_OVERHEAD
        if part and (size + more > MAX_SUBMISSIONS_BYTES or len(part) == MOST_AT_ONCE):
            yield part
            part, size = [], SUBMISSION_OVERHEAD
        part.append(each)
        size += more
    if part:
        yield part
