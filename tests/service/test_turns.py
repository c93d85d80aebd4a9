"""A lock that threads get in the order in which they asked for it."""

import threading

from shuangli.operator.service.turns import Turns
from tests.devices.processes import until


def test_who_wants_it_again_comes_after_those_that_wait() -> None:
    turns, order = Turns(), []

    def take(name: str) -> None:
        with turns:
            order.append(name)

    with turns:
        threads = []
        for name in ("first", "second"):
            thread = threading.Thread(target=take, args=(name,))
            thread.start()
            threads.append(thread)
            until(lambda: len(turns._waiting) == len(threads))
    take("again")
    for thread in threads:
        thread.join()
    assert order == ["first", "second", "again"]


def test_one_thread_has_it_at_a_time() -> None:
    turns, inside, most = Turns(), 0, 0
    started = threading.Barrier(4)

    def work() -> None:
        nonlocal inside, most
        started.wait()
        for _ in range(500):
            with turns:
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_an_error_gives_it_back() -> None:
    turns = Turns()
    try:
        with turns:
            raise ValueError
    except ValueError:
        pass
    with turns:
        assert turns._is_taken
    assert not turns._is_taken
