"""A lock that threads get in the order in which they asked for it.

The lock of the standard library goes to whoever is there when it is free: a thread that gives it back and
wants it again gets it before those that sleep. Here nobody is passed by, so what is done by itself in many
short pieces leaves room for a request between any two of them.
"""

import threading
from collections import deque
from types import TracebackType


class Turns:
    """A lock for `with`; a thread must not take it twice."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._is_taken = False

    def __enter__(self) -> None:
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return
            turn = threading.Event()
            self._waiting.append(turn)
        try:
            turn.wait()
        except BaseException:
            # Ctrl-C: whoever gives it back must not give it to a thread that has gone.
            with self._guard:
                if turn.is_set():
                    self._pass_on()
                else:
                    self._waiting.remove(turn)
            raise

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        with self._guard:
            self._pass_on()

    def _pass_on(self) -> None:
        """Give it to the next one, who has it then; or nobody has it."""
        if self._waiting:
            self._waiting.popleft().set()
        else:
            self._is_taken = False
