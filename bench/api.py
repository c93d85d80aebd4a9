"""api.*: reconciliations over the operator's HTTP API, durable at operator and issuer, on this machine.

api.reconcile.1        uploads of one coin a second, by eight clients at once
api.reconcile.100      the same for uploads of 100 coins
api.reconcile.N.p99    the 99th percentile of the time to the answer, at half of that rate
api.reconcile.N.cpu    processor time for a request, in all processes of the service

The limit of rate and processor time is the settlement pipeline called directly with such uploads, eight at a
time, on the same database and with as many reader processes as the service has: what is above it is HTTP,
the operator's books and log, and risk control. Operator and issuer are one process, which reads each upload
once for both. That of the 99th percentile is an empty FastAPI handler that reads the same bodies, at the same
rate. All uploads are one wallet's: for risk control the busiest customer that there can be.

Clients run on the same processors as the service, so all is signed and put together before the clock starts
(`http_load`). It is printed what they take all the same, what the empty handler answers in a second at most,
and what the pipeline settles without reader processes.
"""

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Final, NamedTuple

from fastapi import FastAPI, Request, Response

from bench.api_uploads import Redeemer
from bench.hops import check_settled
from bench.http_load import Answered, ask_all, posts
from bench.processor_time import PROCESSORS, used_by_s
from bench.result import Measured, Wanted
from shuangli.api.models import CBOR
from shuangli.api.service.listening import answer_at, listening_at
from shuangli.issuer.centre import Submission
from shuangli.issuer.pipeline import Pipeline
from shuangli.issuer.readers import Readers
from shuangli.operator.service.keys import OPERATOR
from shuangli.operator.service.sandbox import open_sandbox
from shuangli.operator.service.server import EVERY_S, READ_BESIDE_BYTES, Serving, serve

CLIENTS: Final = 8
UPLOADS: Final = {1: 2_000, 100: 600}
"""How many uploads are measured, by their number of coins; a quarter as many come before, and are not."""
HOST: Final = "127.0.0.1"
PATH: Final = "/v1/reconciliations"
SERVED_IN_S: Final = 60


class Direct(NamedTuple):
    """Uploads a second that the pipeline settles, and its processor time for each, in seconds."""

    rate: float
    cpu_s: float


class Service(NamedTuple):
    """A service that answers: its address, and the number of its process."""

    address: str
    process: int

    def ask(self, bodies: Sequence[bytes], a_second: float | None = None) -> Answered:
        """Have uploads reconciled by eight clients, as fast as it goes or at a steady rate."""
        requests = posts(self.address, PATH, CBOR, bodies)
        return ask_all(self.address, requests, clients=CLIENTS, a_second=a_second)


def measure(wanted: Wanted) -> list[Measured]:
    """The rows that are wanted."""
    measured: list[Measured] = []
    for coins, uploads in UPLOADS.items():
        name = f"api.reconcile.{coins}"
        if any(map(wanted, (name, f"{name}.p99", f"{name}.cpu"))):
            with tempfile.TemporaryDirectory() as place:
                measured += _measure(name, coins, uploads, Path(place) / "operator")
    return measured


def _measure(name: str, coins: int, uploads: int, directory: Path) -> list[Measured]:
    with _process(_serve, directory) as service:
        first, made, later = (
            Redeemer(service.address).uploads(number, coins) for number in (uploads // 4, uploads, uploads)
        )
        service.ask(first)
        busy_s = _busy_s(service)
        fast = service.ask(made)
        cpu_s = (_busy_s(service) - busy_s) / uploads
        steady = service.ask(later, fast.rate / 2)
    others = PROCESSORS - 1
    alone, direct = (_direct(directory, coins, uploads, readers) for readers in (0, others))
    with _process(_serve_empty, directory) as empty:
        empty_fast, empty_steady = empty.ask(later), empty.ask(later, fast.rate / 2)
    print(
        f"{name}: {fast.rate:,.0f} requests/s, {fast.rate * coins:,.0f} coins/s, clients"
        f" {fast.client_s / uploads * 1e3:.2f} ms a request; the pipeline directly {direct.rate:,.0f},"
        f" without readers {alone.rate:,.0f} and {alone.cpu_s * 1e3:.2f} ms;"
        f" an empty handler {empty_fast.rate:,.0f}"
    )
    pipeline = "the settlement pipeline called directly with such uploads"
    handler = "an empty FastAPI handler with the same bodies, at the same rate"
    return [
        _row(name, "requests/s", round(fast.rate, 1), pipeline, round(direct.rate, 1)),
        _row(f"{name}.p99", "ms", _ms(steady.p99_s), handler, _ms(empty_steady.p99_s)),
        _row(f"{name}.cpu", "ms", _ms(cpu_s), pipeline, _ms(direct.cpu_s)),
    ]


def _row(name: str, unit: str, value: float, limit: str, limit_value: float) -> Measured:
    return Measured(name=name, value=value, unit=unit, limit=limit, limit_value=limit_value)


def _ms(seconds: float) -> float:
    return round(seconds * 1_000, 2)


def _busy_s(service: Service) -> float:
    """Processor time of a service so far, with what it does by itself every few seconds."""
    time.sleep(2 * EVERY_S)
    return used_by_s(service.process)


# --- the other side -----------------------------------------------------------------------------


@contextmanager
def _process(run: Callable[[Connection, Path], None], directory: Path) -> Iterator[Service]:
    """A service in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process: SpawnProcess = context.Process(target=run, args=(theirs, directory))
    process.start()
    try:
        assert ours.poll(SERVED_IN_S), "it has not begun to serve"
        yield Service(str(ours.recv()), process.pid or 0)
    finally:
        process.terminate()
        process.join()


def _serve(told: Connection, directory: Path) -> None:
    """An operator with its issuer."""

    def announce(serving: Serving) -> None:
        told.send(serving.address)

    serve(
        directory,
        host=HOST,
        port=0,
        socket_path=None,
        issuer=None,
        database=None,
        sandbox=False,
        log=None,
        announce=announce,
    )


def _serve_empty(told: Connection, _directory: Path) -> None:
    """A handler that reads the body and does nothing with it."""
    app = FastAPI()

    @app.post(PATH)
    async def nothing(request: Request) -> Response:
        return Response(str(len(await request.body())))

    with listening_at(HOST, 0) as (listening, address):
        answer_at(listening, app, started=partial(told.send, address))


# --- the pipeline alone ---------------------------------------------------------------------------


def _direct(directory: Path, coins: int, uploads: int, readers: int) -> Direct:
    """What the issuer's pipeline settles, on the same database."""
    with (
        Readers(readers, fewest_bytes=READ_BESIDE_BYTES) as pool,
        open_sandbox(directory, random_bytes=bytes, now_s=lambda: int(time.time())) as sandbox,
    ):
        made = Redeemer(sandbox.desk).uploads(uploads + uploads // 4, coins)
        now_s = int(time.time())
        submissions = [
            Submission(operator=OPERATOR, upload=upload, person=bytes(32), received_s=now_s)
            for upload in made
        ]
        pipeline = Pipeline(sandbox.issuer, pool)
        _settle(pipeline, submissions[: uploads // 4])
        started, busy_s = time.perf_counter(), used_by_s(os.getpid())
        _settle(pipeline, submissions[uploads // 4 :])
        wall_s, cpu_s = time.perf_counter() - started, used_by_s(os.getpid()) - busy_s
        return Direct(uploads / wall_s, cpu_s / uploads)


def _settle(pipeline: Pipeline, submissions: Sequence[Submission]) -> None:
    batches = (submissions[at : at + CLIENTS] for at in range(0, len(submissions), CLIENTS))
    for answers in pipeline.run(batches):
        check_settled(answers)
