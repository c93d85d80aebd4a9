"""Clients for benchmarks of services: requests made beforehand, sent over plain sockets from one thread.

What clients do costs processor time that a service on the same machine does not get. So nothing is made,
signed or parsed while the clock runs: bytes go out, and of what comes back the status is looked at and the
length counted. An HTTP library takes many times as much.
"""

import math
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Final, NamedTuple
from urllib.parse import urlsplit

_OK: Final = b"HTTP/1.1 200 "
_HEAD_ENDS: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"
_AT_ONCE_BYTES: Final = 1 << 16
WAIT_S: Final = 60.0


class Answered(NamedTuple):
    """What came of a number of requests.

    Attributes:
        times_s: how long each answer took from when its request was due, the shortest first
        wall_s: how long it all took
        client_s: processor time that the clients used
    """

    times_s: list[float]
    wall_s: float
    client_s: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.times_s) / self.wall_s

    @property
    def p99_s(self) -> float:
        """The 99th percentile of the times."""
        return self.times_s[math.ceil(0.99 * len(self.times_s)) - 1]


def posts(address: str, path: str, media_type: str, bodies: Sequence[bytes]) -> list[bytes]:
    """Requests that post these bodies, as bytes."""
    host = urlsplit(address).netloc
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {media_type}\r\nContent-Length: "
    return [f"{head}{len(body)}\r\n\r\n".encode() + body for body in bodies]


def ask_all(
    address: str, requests: Sequence[bytes], *, clients: int, a_second: float | None = None
) -> Answered:
    """Send all requests over so many connections, each from an address of its own, as that many customers.

    Every client asks again as soon as it has its answer; or requests are due at a steady rate, so many
    `a_second`, and each goes out when it is due and a client is free: what it waits until then counts.
    """
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        free: deque[socket.socket] = deque()
        for number in range(clients):
            free.append(stack.enter_context(_connected(address, number)))
            selector.register(free[-1], selectors.EVENT_READ)
        busy_s, started_s = time.process_time(), time.perf_counter()
        due_s = _due(started_s, a_second)
        times_s = sorted(_times_s(selector, free, requests, due_s))
        wall_s = time.perf_counter() - started_s
    return Answered(times_s, wall_s, time.process_time() - busy_s)


def _due(started_s: float, a_second: float | None) -> Callable[[int], float]:
    return lambda number: started_s if a_second is None else started_s + number / a_second


def _connected(address: str, number: int) -> socket.socket:
    """A connection of client `number`: on Linux, all of 127/8 is this machine."""
    where = urlsplit(address)
    link = socket.create_connection(
        (where.hostname, where.port), timeout=WAIT_S, source_address=(f"127.0.0.{number + 1}", 0)
    )
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link


def _times_s(
    selector: selectors.BaseSelector,
    free: deque[socket.socket],
    requests: Sequence[bytes],
    due_s: Callable[[int], float],
) -> Iterator[float]:
    """How long each answer took, as they come; with every client free, the clock alone is waited for."""
    asked: dict[socket.socket, tuple[float, bytearray]] = {}
    number, closed_loop = 0, due_s(0) == due_s(1)
    while asked or number < len(requests):
        now_s = time.perf_counter()
        while free and number < len(requests) and due_s(number) <= now_s:
            link = free.popleft()
            link.sendall(requests[number])
            asked[link] = (now_s if closed_loop else due_s(number), bytearray())
            number += 1
        wait_s = WAIT_S if not free or number == len(requests) else max(0.0, due_s(number) - now_s)
        ready = selector.select(wait_s)
        assert ready or wait_s < WAIT_S, "no answer has come"
        for key, _ in ready:
            answering = key.fileobj
            assert isinstance(answering, socket.socket)
            since_s, told = asked[answering]
            told += answering.recv(_AT_ONCE_BYTES)
            if _is_whole(told):
                del asked[answering]
                free.append(answering)
                yield time.perf_counter() - since_s


def _is_whole(told: bytearray) -> bool:
    """Whether this is a whole answer; it must be a good one."""
    head, ends, body = told.partition(_HEAD_ENDS)
    if not ends:
        return False
    assert head.startswith(_OK), bytes(told)
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(_LENGTH)]
    return len(body) == int(lengths[0][len(_LENGTH) :])
