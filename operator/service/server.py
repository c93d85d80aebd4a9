"""The operator as a process, with the clock and randomness of this machine. An edge file.

What has waited for the issuer is passed on every few seconds, whether or not a wallet asks for anything. That
the issuer cannot be reached is said once on standard error, and that it can again.
"""

import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shuangli.api.service.listening import answer_at, listening_at
from shuangli.errors import ShuangliError
from shuangli.issuer.service.network import NETWORK
from shuangli.operator.service.admitted import open_admitted
from shuangli.operator.service.app import make_app
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.keys import OPERATOR
from shuangli.operator.service.sandbox import open_sandbox

CATCH_UP_EVERY_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What an operator says about itself once it listens."""

    network: str
    operator: str
    root: bytes
    address: str


def serve(
    directory: Path,
    *,
    host: str,
    port: int,
    socket_path: Path | None,
    issuer: str | None,
    database: str | None,
    announce: Callable[[Serving], None],
) -> None:
    """Serve the operator whose files lie in `directory`, over TCP or at a Unix socket, until it is stopped.

    Its issuer is reached at the address `issuer`, or runs in this process. Databases are on the server at the
    address `database`, or files in `directory`. Port 0 takes a free one.
    `announce` is called once, when requests are taken.

    Raises:
        BadInput: the directory cannot be used (`bad-file`), or nobody can listen there (`bad-option`).
        StoreError: a database cannot be opened.
    """
    with (
        _opened(directory, issuer, database) as (desk, name, root),
        listening_at(host, port, socket_path) as (listening, address),
        _catching_up(desk),
    ):
        serving = Serving(network=NETWORK, operator=name, root=root, address=address)
        answer_at(listening, make_app(desk), started=lambda: announce(serving))


@contextmanager
def _opened(directory: Path, issuer: str | None, database: str | None) -> Iterator[tuple[Desk, str, bytes]]:
    if issuer is None:
        with open_sandbox(
            directory, random_bytes=secrets.token_bytes, now_s=_now_s, database=database
        ) as sandbox:
            yield sandbox.desk, OPERATOR, sandbox.root
    else:
        with open_admitted(directory, issuer, now_s=_now_s, database=database) as admitted:
            yield admitted.desk, admitted.name, admitted.root


@contextmanager
def _catching_up(desk: Desk) -> Iterator[None]:
    """Let a thread pass on what waits for the issuer."""
    ended = threading.Event()

    def work() -> None:
        reached = True
        while not ended.wait(CATCH_UP_EVERY_S):
            try:
                if desk.has_backlog() or desk.has_unreported() or not reached:
                    desk.catch_up()
            except ShuangliError as error:
                if reached:
                    _say(f"uploads wait for the issuer: {error.__cause__ or error}")
                reached = False
            else:
                if not reached:
                    _say("the issuer is reached again")
                reached = True

    thread = threading.Thread(target=work, name="catching up")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _say(text: str) -> None:
    sys.stderr.write(f"shuangli: {' '.join(text.split())}\n")
    sys.stderr.flush()


def _now_s() -> int:
    return int(time.time())
