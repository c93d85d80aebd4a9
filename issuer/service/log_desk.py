"""The desk of the centre's audit log: its signed state, proofs, and its entries page by page."""

import threading
from collections.abc import Callable

from shuangli.codec import encode
from shuangli.errors import BadInput
from shuangli.issuer.issuer import Issuer
from shuangli.offline.log_pages import MOST_ITEMS, make_page


class LogDesk:
    """Shows the log of one issuer; one request is worked on at a time."""

    def __init__(self, issuer: Issuer, *, now_s: Callable[[], int], one_at_a_time: threading.Lock) -> None:
        """Show the log of `issuer`, whose database is used under the lock."""
        self._issuer = issuer
        self._now_s = now_s
        self._one_at_a_time = one_at_a_time

    def checkpoint(self) -> bytes:
        """The signed state of the centre's audit log."""
        with self._one_at_a_time, self._issuer.transaction():
            return self._issuer.checkpoint(now_s=self._now_s())

    def consistency_proof(self, old_size: int, new_size: int) -> bytes:
        """The proof that the log's first `new_size` entries start with the first `old_size`, as CBOR.

        Raises:
            BadInput: the log has not got so many, or the old size is larger (`bad-value`).
        """
        try:
            with self._one_at_a_time:
                return encode([*self._issuer.store.audit.consistency_proof(old_size, new_size)])
        except ValueError as error:
            raise BadInput("bad-value", str(error)) from error

    def page(self, first: int, end: int, *, reader: str | None) -> bytes:
        """The log's entries from number `first` up to, and without, `end`, some at a time
        (`offline.log_pages`).

        The operator `reader` is shown what concerns it; None, an auditor, is shown all.

        Raises:
            BadInput: the log has not got so many (`bad-value`).
        """
        with self._one_at_a_time:
            audit = self._issuer.store.audit
            if not first <= end <= audit.size:
                raise BadInput("bad-value", f"the log has {audit.size} entries")
            found = [*audit.entries(first, min(end, first + MOST_ITEMS))]
        return make_page(found, may_read=lambda event: reader in (None, event.operator))
