"""The settlement pipeline: batches of uploads from received bytes to acknowledged results.

    read      decode, walk the chains, check the signatures; say what is proven: in worker processes, unless
              an operator in this process has had it read already
    settle    in one transaction, against what is known now, in the order of the uploads
    answer    once the transaction is on disk

While one batch is read, the batch before is settled. No signature is taken for checked before it has been,
and what a reader says counts only if it has trusted what is trusted when the batch is settled.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from shuangli.errors import Malformed, StoreError
from shuangli.issuer.centre import Settled, Submission, Upload
from shuangli.issuer.issuer import Issuer
from shuangli.issuer.readers import Readers, UnderWay
from shuangli.issuer.reading import Footing


class _Batch(NamedTuple):
    """A batch that is being read: its uploads, those of them that are, and the readings to come."""

    uploads: list[Upload]
    unread: list[int]
    under_way: UnderWay


class Pipeline:
    """Settles batches for one issuer; it alone writes while `run` is under way.

    Attributes:
        checked: how many signatures the readers have checked
    """

    def __init__(self, issuer: Issuer, readers: Readers) -> None:
        """Settle with `issuer`, and have uploads read by `readers`."""
        self._issuer = issuer
        self._readers = readers
        self.checked = 0

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
        centre = self._issuer.centre
        footing = centre.footing()
        uploads = [self._take(submission, footing) for submission in submissions]
        unread = [
            number
            for number, upload in enumerate(uploads)
            if upload.reading is None and not centre.is_answered(upload)
        ]
        asked = [(submissions[number].operator, submissions[number].upload) for number in unread]
        return _Batch(uploads, unread, self._readers.start(footing, asked))

    def _take(self, submission: Submission, footing: Footing) -> Upload:
        """A submission, with what a reader of this process has said of it, if that stood on this footing."""
        upload, vouched = self._issuer.centre.take(submission), submission.vouched
        if vouched is None or vouched.footing != footing:
            return upload
        return upload._replace(reading=vouched.reading)

    def _settle(self, batch: _Batch) -> list[Settled | Malformed | StoreError]:
        uploads = batch.uploads
        for number, reading in zip(batch.unread, self._readers.finish(batch.under_way), strict=True):
            self.checked += reading.checked
            uploads[number] = uploads[number]._replace(reading=reading)
        with self._issuer.transaction():
            return self._issuer.centre.settle(uploads, read_on=batch.under_way.footing)
