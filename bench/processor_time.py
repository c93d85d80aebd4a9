"""Processor time of this process and of those that it has started and that have ended."""

import os
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
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


def used_by_s(process: int) -> float:
    """Seconds of processor time of a process, and of those that it has started and that still run.

    It is counted in hundredths of a second (proc(5), fields 4, 14 and 15 of `stat`).
    """
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            fields = path.read_text(encoding="utf-8").rpartition(")")[2].split()
            if process in (int(path.parent.name), int(fields[1])):
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
