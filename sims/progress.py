"""Edge: the progress bar on a terminal, and interrupts while a run or a sweep is under way."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from tqdm import tqdm

from shuangli.sims.engine import Progress


@contextmanager
def progress_bar(name: str) -> Iterator[Progress]:
    """A bar on standard error that counts windows and payments; none where that is not a terminal.

    Raises:
        KeyboardInterrupt: after the window in which an interrupt came.
    """
    with _bar(name, "window") as (bar, interrupts):

        def show(done: int, windows: int, payments: int) -> None:
            bar.total = windows
            bar.set_postfix(payments=payments, refresh=False)
            bar.update(done - bar.n)
            if done == windows:
                interrupts.release()
            interrupts.raise_if_any()

        yield show


@contextmanager
def sweep_bar(name: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error that counts the runs of a sweep; none where that is not a terminal.

    It is told how many are finished, and of how many, now and then also when none has been added.

    Raises:
        KeyboardInterrupt: when it is told so after an interrupt.
    """
    with _bar(name, "run") as (bar, interrupts):

        def show(done: int, runs: int) -> None:
            if bar.total != runs:
                # Runs that were there before say nothing about how long the others will take.
                bar.reset(runs)
                bar.initial = bar.n = done
            bar.update(done - bar.n)
            bar.refresh()
            interrupts.raise_if_any()

        yield show


@contextmanager
def _bar(name: str, unit: str) -> Iterator[tuple["tqdm[NoReturn]", "Interrupts"]]:
    """A bar, and the interrupts that are held back while it is there."""
    interrupts = Interrupts()
    interrupts.hold()
    try:
        with tqdm(desc=name, unit=unit, file=sys.stderr, disable=None, dynamic_ncols=True) as bar:
            yield bar, interrupts
    finally:
        interrupts.release()


class Interrupts:
    """Holds an interrupt back until it can be raised between two windows; the second one is raised at once.

    Raised at any moment, it would now and then fall into a library that ignores it, and be lost.
    """

    def __init__(self) -> None:
        self._asked = False
        self._held = False

    def hold(self) -> None:
        """Begin to hold interrupts back, if they would be raised in this thread."""
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._note)
            self._held = True

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            signal.default_int_handler(number, frame)
        self._asked = True

    def raise_if_any(self) -> None:
        """Raise the interrupt that has been held back."""
        if self._asked:
            raise KeyboardInterrupt

    def release(self) -> None:
        """Let interrupts through again."""
        if self._held:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._held = False
