"""What several requests want done at once is done together, in one thread: an edge file.

Whoever comes while nobody is at work begins at once. Whoever comes meanwhile waits; when the work is done,
the first of those takes all that have come in and does it together. So a commit is paid for once for all that
waited for the one before, and so are the ways to a thread and back. Nobody waits for more to come: alone, an
item is done alone.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from starlette.concurrency import run_in_threadpool

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Queue(Generic[T]):
    """What waits in one event loop: items, and what their requests are told: whether to do all that wait."""

    waiting: list[tuple[T, asyncio.Future[bool]]] = field(default_factory=list)
    is_led: bool = False

    def hand_over(self) -> None:
        """Let the first that still waits go on, if any does."""
        self.waiting = [(item, told) for item, told in self.waiting if not told.done()]
        self.is_led = bool(self.waiting)
        if self.waiting:
            self.waiting[0][1].set_result(True)


class Together(Generic[T]):
    """Items of several requests, done in batches in the order in which they came; one batch at a time."""

    def __init__(self, act: Callable[[Sequence[T]], None]) -> None:
        """Let `act` do a batch, in a thread; it says of each item in the item what became of it."""
        self._act = act
        self._queues: WeakKeyDictionary[asyncio.AbstractEventLoop, _Queue[T]] = WeakKeyDictionary()

    async def do(self, item: T) -> None:
        """Have an item done, and wait until it is.

        Raises:
            Exception: what `act` has raised, to the one that did the batch; the others find their items as
                they were.
        """
        loop = asyncio.get_running_loop()
        queue = self._queues.setdefault(loop, _Queue())
        told = loop.create_future()
        queue.waiting.append((item, told))
        if queue.is_led and not await told:
            return
        queue.is_led = True
        batch, queue.waiting = queue.waiting, []
        try:
            await run_in_threadpool(self._act, [each for each, _ in batch])
        finally:
            for _, waiting in batch:
                if not waiting.done():
                    waiting.set_result(False)
            queue.hand_over()
