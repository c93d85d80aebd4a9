"""api.*: reconciliations over the operator's HTTP API, durable at operator and issuer, on this machine.

api.reconcile.1        uploads of one coin a second, by eight clients at once
api.reconcile.100      the same for uploads of 100 coins
api.reconcile.N.p99    the 99th percentile of the time to the answer, at half of that rate

The limit of the first two is the settlement pipeline called directly with such uploads, eight at a time, in
one process; that of the last is an empty FastAPI handler that reads the same bodies, at the same rate. What
that handler answers in a second at most is printed. Clients run on the same processors as the service.
"""

import math
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import httpx
from fastapi import FastAPI, Request, Response

from bench.api_uploads import Redeemer
from bench.result import Measured, Wanted
from shuangli.api.models import CBOR
from shuangli.api.service.listening import answer_at, listening_at
from shuangli.issuer.centre import Settled, Submission
from shuangli.issuer.pipeline import Pipeline
from shuangli.issuer.readers import Readers
from shuangli.operator.service.keys import OPERATOR
from shuangli.operator.service.sandbox import open_sandbox
from shuangli.operator.service.server import Serving, serve

CLIENTS: Final = 8
UPLOADS: Final = {1: 800, 100: 120}
"""How many uploads are measured, by their number of coins; half as many come before, and are not."""
HOST: Final = "127.0.0.1"
SERVED_IN_S: Final = 60


def measure(wanted: Wanted) -> list[Measured]:
    """The rows that are wanted."""
    measured: list[Measured] = []
    for coins, uploads in UPLOADS.items():
        name = f"api.reconcile.{coins}"
        if not wanted(name) and not wanted(f"{name}.p99"):
            continue
        with tempfile.TemporaryDirectory() as place:
            measured += _measure(name, coins, uploads, Path(place) / "operator")
    return measured


def _measure(name: str, coins: int, uploads: int, directory: Path) -> list[Measured]:
    with _process(_serve, directory) as address:
        redeemer = Redeemer(address)
        _rate(address, redeemer.uploads(uploads // 2, coins))
        rate = _rate(address, redeemer.uploads(uploads, coins))
        p99_s = _p99(address, redeemer.uploads(uploads, coins), rate / 2)
    direct = _direct(directory, coins, uploads)
    bodies = redeemer.last
    with _process(_serve_empty, directory) as address:
        _rate(address, bodies)
        empty_rate, empty_p99_s = _rate(address, bodies), _p99(address, bodies, rate / 2)
    print(
        f"{name}: {rate:,.0f} requests/s, {rate * coins:,.0f} coins/s; the pipeline directly {direct:,.0f};"
        f" an empty handler {empty_rate:,.0f}"
    )
    return [
        Measured(
            name=name,
            value=round(rate, 1),
            unit="requests/s",
            limit="the settlement pipeline called directly with such uploads",
            limit_value=round(direct, 1),
        ),
        Measured(
            name=f"{name}.p99",
            value=round(p99_s * 1_000, 2),
            unit="ms",
            limit="an empty FastAPI handler with the same bodies, at the same rate",
            limit_value=round(empty_p99_s * 1_000, 2),
        ),
    ]


# --- the other side -----------------------------------------------------------------------------


@contextmanager
def _process(run: Callable[[Connection, Path], None], directory: Path) -> Iterator[str]:
    """A service in a process of its own; gives its address."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=run, args=(theirs, directory), daemon=True)
    process.start()
    try:
        assert ours.poll(SERVED_IN_S), "it has not begun to serve"
        yield str(ours.recv())
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

    @app.post("/v1/reconciliations")
    async def nothing(request: Request) -> Response:
        return Response(str(len(await request.body())))

    with listening_at(HOST, 0) as (listening, address):
        answer_at(listening, app, started=lambda: told.send(address))


def _direct(directory: Path, coins: int, uploads: int) -> float:
    """Uploads a second that the issuer's pipeline settles, on the same database."""
    with open_sandbox(directory, random_bytes=bytes, now_s=lambda: int(time.time())) as sandbox:
        made = Redeemer(sandbox.desk).uploads(uploads + uploads // 2, coins)
        now_s = int(time.time())
        submissions = [
            Submission(operator=OPERATOR, upload=upload, person=bytes(32), received_s=now_s)
            for upload in made
        ]
        pipeline = Pipeline(sandbox.issuer, Readers(0))
        _settle(pipeline, submissions[: uploads // 2])
        started = time.perf_counter()
        _settle(pipeline, submissions[uploads // 2 :])
        return uploads / (time.perf_counter() - started)


def _settle(pipeline: Pipeline, submissions: Sequence[Submission]) -> None:
    batches = (submissions[at : at + CLIENTS] for at in range(0, len(submissions), CLIENTS))
    for answers in pipeline.run(batches):
        for answer in answers:
            assert isinstance(answer, Settled)
            assert not any(answer.outcomes)


# --- clients --------------------------------------------------------------------------------------


def _rate(address: str, bodies: Sequence[bytes]) -> float:
    """Requests a second when every client asks again as soon as it has its answer."""
    started = time.perf_counter()
    _ask_all(address, bodies, lambda _: started)
    return len(bodies) / (time.perf_counter() - started)


def _p99(address: str, bodies: Sequence[bytes], rate: float) -> float:
    """The 99th percentile of the time from when a request was due, at so many a second, to its answer."""
    started = time.perf_counter()
    times_s = sorted(_ask_all(address, bodies, lambda number: started + number / rate))
    return times_s[math.ceil(0.99 * len(times_s)) - 1]


def _ask_all(address: str, bodies: Sequence[bytes], due_s: Callable[[int], float]) -> list[float]:
    """Ask for all bodies, each when it is due; how long each took, from then on."""
    numbers = iter(range(len(bodies)))
    guard = threading.Lock()

    def work() -> list[float]:
        times_s: list[float] = []
        with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
            while True:
                with guard:
                    number = next(numbers, None)
                if number is None:
                    return times_s
                time.sleep(max(0.0, due_s(number) - time.perf_counter()))
                began_s = max(due_s(number), 0.0)
                told = client.post(
                    "/v1/reconciliations", content=bodies[number], headers={"Content-Type": CBOR}
                )
                assert told.status_code == 200, told.text
                times_s.append(time.perf_counter() - began_s)

    with ThreadPoolExecutor(CLIENTS) as pool:
        return [each for times in [pool.submit(work) for _ in range(CLIENTS)] for each in times.result()]
