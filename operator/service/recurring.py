"""Edge: what a service does by itself every few seconds, in a thread of its own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shuangli.errors import ShuangliError

Act = Callable[[Callable[[], bool]], None]
"""What is done in a turn; it is given a way to ask whether all is to end."""


def each_of(*duties: Callable[[], int | None]) -> int:
    """Do several things, each whatever becomes of the others; adds up what they say.

    Raises:
        ShuangliError: the first one that was raised, once all were tried.
    """
    total, faults = 0, list[ShuangliError]()
    for duty in duties:
        try:
            total += duty() or 0
        except ShuangliError as fault:
            faults.append(fault)
    if faults:
        raise faults[0]
    return total


@contextmanager
def recurring(name: str, act: Act, *, every_s: float, say: Callable[[str], None]) -> Iterator[None]:
    """Let a thread do something every `every_s` seconds, until the context ends.

    A fault of the program is told to `say`, once in a row, and ends nothing: the next turn may go well, and
    who waits for what the thread does would wait for ever.
    """
    ended = threading.Event()

    def work() -> None:
        before = ""
        while not ended.wait(every_s):
            fault = ""
            try:
                act(ended.is_set)
            except Exception as error:
                fault = f"{name}: a fault of this program: {type(error).__name__}: {error}"
            if fault and fault != before:
                say(fault)
            before = fault

    thread = threading.Thread(target=work, name=name)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
