"""Work of several requests that is done together."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from shuangli.api.service.together import Together


class Work:
    """Work that waits until it may go on.

    Attributes:
        batches: what was done, in its order
        begun: set once the first batch has begun
        may_end: lets it go on
    """

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.begun, self.may_end = threading.Event(), threading.Event()

    def __call__(self, batch: Sequence[str]) -> None:
        self.batches.append([*batch])
        self.begun.set()
        self.may_end.wait()
        if "wrong" in batch:
            raise ValueError("wrong")


async def begin(together: Together[str], work: Work, *items: str) -> list["asyncio.Task[None]"]:
    """The first item is being done; the others have come meanwhile, and wait."""
    first = asyncio.create_task(together.do(items[0]))
    await asyncio.to_thread(work.begun.wait)
    rest = [asyncio.create_task(together.do(item)) for item in items[1:]]
    # Each task runs up to where it waits.
    await asyncio.sleep(0)
    return [first, *rest]


def test_who_comes_while_others_are_at_work_is_done_together_and_in_order() -> None:
    work = Work()

    async def all_of_them() -> None:
        tasks = await begin(Together(work), work, "a", "b", "c", "d")
        work.may_end.set()
        await asyncio.gather(*tasks)

    asyncio.run(all_of_them())
    assert work.batches == [["a"], ["b", "c", "d"]]


def test_nobody_waits_for_others_to_come() -> None:
    work = Work()
    work.may_end.set()

    async def one_after_the_other() -> None:
        together = Together(work)
        for item in "abc":
            await together.do(item)

    asyncio.run(one_after_the_other())
    assert work.batches == [["a"], ["b"], ["c"]]


def test_a_fault_is_told_to_who_did_the_work_and_the_next_go_on() -> None:
    work = Work()

    async def all_of_them() -> list[BaseException | None]:
        together = Together(work)
        tasks = await begin(together, work, "a", "wrong", "c")
        work.may_end.set()
        told = await asyncio.gather(*tasks, return_exceptions=True)
        await together.do("d")
        return told

    first, second, third = asyncio.run(all_of_them())
    assert (first, third) == (None, None)
    assert isinstance(second, ValueError)
    assert work.batches == [["a"], ["wrong", "c"], ["d"]]


def test_who_has_gone_leads_nobody() -> None:
    work = Work()

    async def all_of_them() -> None:
        first, gone, last = await begin(Together(work), work, "a", "b", "c")
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        work.may_end.set()
        await asyncio.gather(first, last)

    asyncio.run(all_of_them())
    assert work.batches == [["a"], ["c"]]
