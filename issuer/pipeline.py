"""The settlement pipeline: batches of uploads from received bytes to acknowledged results.

    read      decode, walk the chains by every rule but the signatures'
    check     the signatures that are not known yet, in worker processes
    settle    in one transaction, against what is known now, in the order of the uploads
    answer    once the transaction is on disk

While the signatures of one batch are checked, the batch before is settled. No signature is taken for checked
before it has been; a batch whose signatures do not all hold is read again, each by its own verdict.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from shuangli.errors import Malformed, StoreError
from shuangli.issuer.centre import Settled, Submission, Upload
from shuangli.issuer.issuer import Issuer
from shuangli.issuer.signature_pool import Checking, SignaturePool


class _Batch(NamedTuple):
    """A batch that has been read, its signatures being checked."""

    submissions: Sequence[Submission]
    uploads: list[Upload]
    checking: Checking


class Pipeline:
    """Settles batches for one issuer; it alone writes while `run` is under way."""

    def __init__(self, issuer: Issuer, pool: SignaturePool) -> None:
        """Settle with `issuer`, and have signatures checked by `pool`."""
        self._issuer = issuer
        self._pool = pool
        self._verifier = issuer.trust.verifier

    def run(
        self, batches: Iterable[Sequence[Submission]]
    ) -> Iterator[list[Settled | Malformed | StoreError]]:
        """The answers to each batch, once they are on disk. One batch more than was answered is taken.

        Raises:
            StoreError: the batch that is due could not be settled; what was answered before stands.
        """
        waiting: _Batch | None = None
        for submissions in batches:
            batch = self._begin(submissions)
            if waiting is not None:
                yield self._settle(waiting)
            waiting = batch
        if waiting is not None:
            yield self._settle(waiting)

    def _begin(self, submissions: Sequence[Submission]) -> _Batch:
        with self._verifier.deferring() as deferred:
            uploads = self._issuer.centre.read(submissions)
        return _Batch(submissions, uploads, self._pool.start([*deferred.values()]))

    def _settle(self, batch: _Batch) -> list[Settled | Malformed | StoreError]:
        uploads = batch.uploads
        failed = self._pool.failed(batch.checking)
        self._verifier.note(batch.checking.checks, failed)
        if failed:
            # Each signature by its own verdict now; those that hold are remembered.
            uploads = self._issuer.centre.read(batch.submissions)
        with self._issuer.transaction():
            return self._issuer.centre.settle(uploads)
