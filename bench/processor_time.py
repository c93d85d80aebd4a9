"""Processor time of this process and of those that it has started and that have ended."""

import os
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

T = TypeVar("T")
PROCESSORS = os.cpu_count() or 1


def used_s() -> float:
    """Seconds of processor time so far, of this process and its ended children."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, kinds))


def cpu_s_of(call: Callable[[], T]) -> tuple[T, float]:
    """What a call returns, and the processor time that it took; its processes must end with it."""
    before_s = used_s()
    value = call()
    return value, used_s() - before_s


def cpu_and_wall_s_of(call: Callable[[], T]) -> tuple[T, float, float]:
    """The same with the time on the clock."""
    started = time.perf_counter()
    value, cpu_s = cpu_s_of(call)
    return value, cpu_s, time.perf_counter() - started


def in_own_process(call: Callable[..., T], *arguments: object) -> T:
    """Call something in a fresh process, so that no earlier peak of memory counts."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as one:
        return one.submit(call, *arguments).result()
