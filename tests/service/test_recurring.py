"""What a service does by itself goes on, whatever happens in one turn."""

from collections.abc import Callable
from queue import Queue

import pytest

from shuangli.operator.service.recurring import recurring

WAIT_S = 60


def test_a_fault_is_said_once_and_the_next_turns_come() -> None:
    said: list[str] = []
    turns: Queue[int] = Queue()
    faults = iter([None, KeyError("a"), KeyError("a"), None, KeyError("a"), ZeroDivisionError("b")])

    def act(_ended: Callable[[], bool]) -> None:
        turns.put(1)
        fault = next(faults, None)
        if fault is not None:
            raise fault

    with recurring("looking", act, every_s=0.001, say=said.append):
        for _ in range(8):
            turns.get(timeout=WAIT_S)
    assert said == [
        "looking: a fault of this program: KeyError: 'a'",
        "looking: a fault of this program: KeyError: 'a'",
        "looking: a fault of this program: ZeroDivisionError: b",
    ]


def test_a_turn_can_ask_whether_all_is_to_end() -> None:
    begun: Queue[int] = Queue()
    asked: list[bool] = []

    def act(ended: Callable[[], bool]) -> None:
        asked.append(ended())
        begun.put(1)
        while not ended():
            pass
        asked.append(ended())

    with recurring("looking", act, every_s=0.001, say=pytest.fail):
        begun.get(timeout=WAIT_S)
    assert asked == [False, True]
