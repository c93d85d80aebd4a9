"""Uploads that come in over HTTP: each step of their way is taken together with all that wait for it.

They are read and stored in one transaction, settled in one at the centre, booked in one (`outbox`). No upload
waits for the centre to be stored, and those that come are read while those before are settled.
"""

from shuangli.api.service.together import Together
from shuangli.operator.service.outbox import Outbox
from shuangli.operator.service.passing import Step


class HandingIn:
    """The uploads of requests that are answered in one event loop."""

    def __init__(self, outbox: Outbox) -> None:
        """Let them go the way of `outbox`."""
        self._outbox = outbox
        steps: tuple[Step, ...] = (outbox.store, outbox.renew_keys, outbox.pass_on)
        self._together = {step: Together(step) for step in steps}

    async def reconcile(self, upload: bytes) -> bytes:
        """As `Outbox.reconcile`."""
        with self._outbox.awaited(upload) as passing:
            for step in self._outbox.steps(passing):
                await self._together[step].do(passing)
            return passing.answer()
