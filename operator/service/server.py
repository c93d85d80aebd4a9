"""The operator as a process, with the clock and randomness of this machine. An edge file.

What has waited for the issuer is passed on every few seconds, and what it has for this operator's customers
is fetched, whether or not a wallet asks for anything. That the issuer cannot be reached is said once on
standard error, and that it can again.
"""

import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from shuangli.api.service.listening import answer_at, listening_at
from shuangli.errors import BadInput, ShuangliError, StoreError, Unverified
from shuangli.issuer.readers import Readers
from shuangli.issuer.service.network import NETWORK
from shuangli.operator.console.app import make_console
from shuangli.operator.console.pages import BASE
from shuangli.operator.console.reports import Shelf
from shuangli.operator.service.admitted import open_admitted
from shuangli.operator.service.app import Edges, make_app
from shuangli.operator.service.auth.clients import Clients
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.keys import OPERATOR
from shuangli.operator.service.recurring import recurring
from shuangli.operator.service.resources.sandbox import TestClock
from shuangli.operator.service.sandbox import open_sandbox
from shuangli.operator.webhooks.sending import WebSender

EVERY_S: Final = 2.0
READ_BESIDE_BYTES: Final = 4_096
"""From so many bytes on, uploads are read on the other processors: this one has requests to answer."""
REPORTS: Final = "reports"
"""The directory of the reports that the console shows, in the operator's own."""


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
    sandbox: bool,
    log: Path | None,
    announce: Callable[[Serving], None],
) -> None:
    """Serve the operator whose files lie in `directory`, over TCP or at a Unix socket, until it is stopped.

    Its issuer is reached at the address `issuer`, or runs in this process. Databases are on the server at the
    address `database`, or files in `directory`. Port 0 takes a free one. As a `sandbox` it has a clock that
    can be put forward, and made-up persons. Each request is a line at the end of the file `log`.
    `announce` is called once, when requests are taken.

    Raises:
        BadInput: a directory or file cannot be used (`bad-file`), nobody can listen there, or the clock is
            the issuer's, elsewhere (`bad-option`).
        StoreError: a database cannot be opened.
    """
    if sandbox and issuer is not None:
        raise BadInput("bad-option", "--sandbox needs the issuer in this process: leave out --issuer")
    clock = TestClock(_now_s) if sandbox else None
    now_s = _now_s if clock is None else clock.now_s
    with (
        _logging(log) as write,
        _opened(directory, issuer, database, now_s) as (desk, name, root),
        listening_at(host, port, socket_path) as (listening, address),
        _catching_up(desk),
        _telling(desk, sandbox=sandbox),
    ):
        serving = Serving(network=NETWORK, operator=name, root=root, address=address)
        edges = Edges(random_bytes=secrets.token_bytes, monotonic_s=time.monotonic, log=write, clock=clock)
        app = make_app(desk, edges)
        programs = Clients(desk.bank.store, secrets.token_bytes)
        app.mount(BASE, make_console(desk, programs, Shelf(directory / REPORTS, root), root=root))
        answer_at(listening, app, started=lambda: announce(serving))


@contextmanager
def _logging(path: Path | None) -> Iterator[Callable[[str], None] | None]:
    """A way to add lines to a file, if one is named; each is there once it was added."""
    if path is None:
        yield None
        return
    try:
        file = path.open("a", encoding="utf-8", buffering=1)
    except OSError as error:
        raise BadInput("bad-file", f"--log {path}: {error.strerror or error}") from error
    with file:
        yield lambda line: _add_line(file, line)


def _add_line(file: TextIO, line: str) -> None:
    file.write(f"{line}\n")


@contextmanager
def _opened(
    directory: Path, issuer: str | None, database: str | None, now_s: Callable[[], int]
) -> Iterator[tuple[Desk, str, bytes]]:
    with Readers((os.cpu_count() or 1) - 1, fewest_bytes=READ_BESIDE_BYTES) as readers:
        if issuer is None:
            with open_sandbox(
                directory, random_bytes=secrets.token_bytes, now_s=now_s, database=database, readers=readers
            ) as sandbox:
                yield sandbox.desk, OPERATOR, sandbox.root
        else:
            with open_admitted(
                directory, issuer, now_s=now_s, database=database, readers=readers
            ) as admitted:
                yield admitted.desk, admitted.name, admitted.root


def _catching_up(desk: Desk) -> AbstractContextManager[None]:
    """Let a thread pass on what waits for the issuer."""
    reached, alarm = True, ""

    def act(_ended: Callable[[], bool]) -> None:
        nonlocal reached, alarm
        try:
            if desk.has_backlog() or desk.has_unreported() or desk.is_round_due() or not reached:
                desk.catch_up()
            else:
                desk.remittances.exchange()
        except ShuangliError as error:
            if reached:
                _say(f"what is for the issuer waits: {error.__cause__ or error}")
            reached = False
        else:
            if not reached:
                _say("the issuer is reached again")
            reached = True
        before, alarm = alarm, _alarm(desk)
        if alarm and alarm != before:
            _say(f"alarm: {alarm}")

    return recurring("catching up", act, every_s=EVERY_S, say=_say)


@contextmanager
def _telling(desk: Desk, *, sandbox: bool) -> Iterator[None]:
    """Let a thread send events to those who want to be told; in a sandbox, also to this machine."""
    desk.webhooks.sandbox = sandbox

    def act(ended: Callable[[], bool]) -> None:
        # That the database is out of reach, whoever asks for something is told.
        with suppress(StoreError):
            desk.webhooks.deliver(sender, ended)

    sender = WebSender(sandbox=sandbox)
    with recurring("telling", act, every_s=EVERY_S, say=_say):
        yield


def _alarm(desk: Desk) -> str:
    """What is wrong with the issuer's nettings; empty if nothing is, or nobody can look now."""
    try:
        desk.check_netting()
    except Unverified as fault:
        return str(fault)
    except StoreError:
        return ""
    return ""


def _say(text: str) -> None:
    sys.stderr.write(f"shuangli: {' '.join(text.split())}\n")
    sys.stderr.flush()


def _now_s() -> int:
    return int(time.time())
