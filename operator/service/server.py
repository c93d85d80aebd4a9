"""The operator as a process, with socket, clock and randomness of this machine. An edge file.

`serve` listens first and says so, then answers until it is told to stop (SIGTERM, Ctrl-C), and finishes what
it has begun. A Unix socket appears at its path only once somebody listens at it.
"""

import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn

from shuangli.errors import BadInput
from shuangli.operator.service.app import make_app
from shuangli.operator.service.keys import NETWORK, OPERATOR, OWNER_ONLY
from shuangli.operator.service.sandbox import open_sandbox

BACKLOG: Final = 128
MOST_AT_ONCE: Final = 64
"""Connections and requests at a time; more get 503."""
FINISH_WITHIN_S: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What an operator says about itself once it listens."""

    network: str
    operator: str
    root: bytes
    address: str


def serve(
    directory: Path, *, host: str, port: int, socket_path: Path | None, announce: Callable[[Serving], None]
) -> None:
    """Serve the operator whose files lie in `directory`, over TCP or at a Unix socket, until it is stopped.

    Port 0 takes a free one. `announce` is called once, when requests are taken.

    Raises:
        BadInput: the directory cannot be used (`bad-file`), or nobody can listen there (`bad-option`).
        StoreError: a database cannot be opened.
    """
    with (
        open_sandbox(directory, random_bytes=secrets.token_bytes, now_s=_now_s) as sandbox,
        _listening(host, port, socket_path) as (listening, address),
    ):
        config = uvicorn.Config(
            make_app(sandbox.desk),
            http="h11",
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            limit_concurrency=MOST_AT_ONCE,
            timeout_graceful_shutdown=FINISH_WITHIN_S,
        )
        # uvicorn finishes what it has begun, and then raises the signal again: files are closed after that.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        serving = Serving(network=NETWORK, operator=OPERATOR, root=sandbox.root, address=address)
        _Server(config, lambda: announce(serving)).run(sockets=[listening])


class _Server(uvicorn.Server):
    """A server that says when it takes requests, and signals."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._started()


def _now_s() -> int:
    return int(time.time())


@contextmanager
def _listening(host: str, port: int, socket_path: Path | None) -> Iterator[tuple[socket.socket, str]]:
    """A socket that connections can be made to, and the operator's address as wallets are given it."""
    try:
        if socket_path is not None:
            listening, address = _listen_unix(socket_path), f"unix:{socket_path}"
        else:
            listening = _listen_tcp(host, port)
            shown = f"[{host}]" if ":" in host else host
            address = f"http://{shown}:{listening.getsockname()[1]}"
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
