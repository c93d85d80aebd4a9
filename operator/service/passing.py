"""An upload on its way to the registration centre, and what has become of it by now (`outbox`)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shuangli.errors import StoreError
from shuangli.issuer.centre import Submission
from shuangli.issuer.reading import Vouched
from shuangli.operator.flow import Flow


@dataclass(slots=True, kw_only=True, eq=False)
class Passing:
    """An upload on its way.

    Attributes:
        upload: as received
        keys_are_new: whether those who sign in it would be known by now (`Bank.reconcile_flow`)
        vouched: what a reader has said of it, if it was asked
        started: once it is stored, the flow that waits for the centre's word, and what is asked
        outcome: its acknowledgement, or why there is none
    """

    upload: bytes
    keys_are_new: bool = False
    vouched: Vouched | None = None
    started: tuple[Flow, Submission] | None = None
    outcome: bytes | Exception | None = None

    @property
    def wants_keys(self) -> bool:
        """Whether it is kept, and newer keys are wanted before more can be said."""
        return self.outcome is None and self.started is None

    @property
    def is_stored(self) -> bool:
        """Whether it is stored, and waits for the centre."""
        return self.outcome is None and self.started is not None

    @property
    def under_way(self) -> tuple[Flow, Submission]:
        """Its flow, and what the centre is asked."""
        if self.started is None:
            raise AssertionError("an upload is stored before it is passed on")
        return self.started

    def answer(self) -> bytes:
        """The signed acknowledgement.

        Raises:
            Exception: there is none, and this is why.
        """
        if isinstance(self.outcome, bytes):
            return self.outcome
        raise self.outcome or StoreError("queued" if self.is_stored else "unavailable")


Step = Callable[[Sequence[Passing]], None]
"""Does something with some uploads; what becomes of each stands in it."""
