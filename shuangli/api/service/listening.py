"""A service as a process: sockets of this machine, and uvicorn. An edge file.

`answer_at` says when it takes requests, and then answers until it is told to stop (SIGTERM, Ctrl-C); it
finishes what it has begun. A Unix socket appears at its path only once somebody listens at it.
"""

import asyncio
import os
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from shuangli.errors import BadInput
from shuangli.garbage import collect_less_often
from shuangli.hosts import is_host

BACKLOG: Final = 128
MOST_AT_ONCE: Final = 64
MOST_OF_PEER: Final = 64
"""Connections of one certificate at a time: so no operator takes all that the issuer has."""
REQUEST_WITHIN_S: Final = 20.0
"""A connection on which no request has begun by then is closed: who says nothing keeps nobody out."""
BODY_BYTES_PER_S: Final = 4_096
"""A body comes no slower: it may fall behind by as long as a request may take to begin."""
FINISH_WITHIN_S: Final = 30
OWNER_ONLY: Final = 0o600
PEER_CERTIFICATE: Final = "peer_certificate"
"""Where a request's state has the certificate that TLS has verified, for `shuangli.api.tls.read_peer`."""


def answer_at(
    listening: socket.socket,
    app: Any,
    *,
    started: Callable[[], None],
    tls: ssl.SSLContext | None = None,
    most_at_once: int = MOST_AT_ONCE,
) -> None:
    """Let `app` answer at a socket until the process is told to stop; `started` is called once it does.

    It takes `most_at_once` connections and requests; more get 503.
    """
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=most_at_once,
        timeout_graceful_shutdown=FINISH_WITHIN_S,
        ssl_context_factory=None if tls is None else lambda *_: tls,
    )
    # uvicorn finishes what it has begun, and then raises the signal again: files are closed after that.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    _Server(config, started).run(sockets=[listening])


class _Protocol(H11Protocol):
    """HTTP/1.1 in which a request knows the certificate at the other end of its connection."""

    _until: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        certificate = transport.get_extra_info("peercert")
        self.app_state = {**self.app_state, PEER_CERTIFICATE: certificate}
        same = [one for one in self.connections if one.app_state.get(PEER_CERTIFICATE) == certificate]
        if certificate and len(same) > MOST_OF_PEER:
            transport.close()
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._wait(len(data))

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait(self, came_bytes: int = 0) -> None:
        """Let time run while the other side is to begin a request, or to send the rest of it."""
        is_begun = self.cycle is not None and not self.cycle.response_complete
        if is_begun and not self.cycle.more_body:
            self._wait_no_more()
        elif self._until is None:
            self._until = self.loop.call_later(REQUEST_WITHIN_S, self._cut_off)
        elif is_begun:
            until_s = self._until.when() + came_bytes / BODY_BYTES_PER_S
            self._until.cancel()
            until_s = min(until_s, self.loop.time() + REQUEST_WITHIN_S)
            self._until = self.loop.call_at(until_s, self._cut_off)

    def _cut_off(self) -> None:
        """Close the connection, unless it is this side that does not read."""
        self._until = None
        if self.flow.read_paused:
            self._wait()
        else:
            self.transport.close()

    def _wait_no_more(self) -> None:
        if self._until is not None:
            self._until.cancel()
            self._until = None


class _Server(uvicorn.Server):
    """A server that says when it takes requests, and signals."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        collect_less_often()
        self._started()


@contextmanager
def listening_at(
    host: str, port: int, socket_path: Path | None = None, *, scheme: str = "http"
) -> Iterator[tuple[socket.socket, str]]:
    """A socket that connections can be made to, and the address as others are given it.

    Raises:
        BadInput: nobody can listen there (`bad-option`).
    """
    try:
        if socket_path is not None:
            listening, address = _listen_unix(socket_path), f"unix:{socket_path}"
        else:
            listening = _listen_tcp(host, port)
            shown = f"[{host}]" if ":" in host else host
            address = f"{scheme}://{shown}:{listening.getsockname()[1]}"
    except (OSError, OverflowError) as error:
        where, why = socket_path or f"{host} port {port}", getattr(error, "strerror", None) or error
        raise BadInput("bad-option", f"cannot listen at {where}: {why}") from error
    try:
        yield listening, address
    finally:
        listening.close()
        if socket_path is not None:
            with suppress(OSError):
                socket_path.unlink()


def _listen_tcp(host: str, port: int) -> socket.socket:
    """Listen at an address. Only where the protocol is named does asyncio switch off Nagle's delay."""
    if not is_host(host):
        # An empty one, such as of a variable that is not set, would be every address of this machine.
        raise BadInput(
            "bad-option", f"cannot listen at {host!r}: it names no host, such as 127.0.0.1 or 0.0.0.0"
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except (OSError, OverflowError):
        listening.close()
        raise
    return listening


def _listen_unix(path: Path) -> socket.socket:
    """Listen for this user's processes; what a killed process has left at the path is replaced."""
    if path.exists() and not path.is_socket():
        raise BadInput("bad-option", f"cannot listen at {path}: it exists and is no socket")
    passing = path.with_name(f"{path.name}.{os.getpid()}")
    listening = socket.socket(socket.AF_UNIX)
    try:
        listening.bind(str(passing))
        passing.chmod(OWNER_ONLY)
        listening.listen(BACKLOG)
        passing.rename(path)
    except OSError:
        listening.close()
        with suppress(OSError):
            passing.unlink()
        raise
    return listening
