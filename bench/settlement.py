"""settle.*: hops settled per second, end to end and durable, on SQLite and on PostgreSQL.

settle.DATABASE.SIZE.known   the payers' certificates were seen before: one signature a hop
settle.DATABASE.SIZE.new     a new certificate with every hop: two signatures a hop
settle.DATABASE.SIZE.rows    `known` again, beside the bare rate at which the same rows are inserted

SIZE is how many hops the database holds before: 0, 1m or 5m, spread over the thirty days before. Uploads come
in batches of 1,000 hops, each one transaction; a batch counts once its answers are on disk. The limit of the
first two is the time libsodium alone needs on all processors for exactly the signatures that were checked.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from bench.hops import HOPS_IN_UPLOAD, Hops, check_settled, in_batches
from bench.libsodium import seconds_alone
from bench.network import BenchIssuer
from bench.past import fill, seconds_bare
from bench.processor_time import PROCESSORS
from bench.result import Measured, Wanted
from shuangli.database.database import Database, only
from shuangli.garbage import collect_less_often
from shuangli.issuer.centre import Submission
from shuangli.issuer.pipeline import Pipeline
from shuangli.issuer.readers import Readers
from tests.database.servers import DURABLE, Server

SIZES: Final = {"0": 0, "1m": 1_000_000, "5m": 5_000_000}
DATABASES: Final = ("sqlite", "postgresql")
WORKLOADS: Final = ("known", "new")
HOPS: Final = 30_000
WARM_UP: Final = 20
"""Uploads before the clock starts: the workers have begun, and certificates that are to be known are."""


def measure(wanted: Wanted) -> list[Measured]:
    """All rows that are wanted; each database is filled once, further and further."""
    collect_less_often()  # as the issuer's service does
    measured: list[Measured] = []
    for database in DATABASES:
        sizes = [size for size in SIZES if any(map(wanted, _names(database, size)))]
        if sizes:
            with _place(database) as place, Readers(PROCESSORS) as pool:
                network = BenchIssuer(place.place)
                for size in sizes:
                    fill(network.store, SIZES[size], what=f"settle.{database}.{size}")
                    print(f"{database} {size}: {_size_bytes(network.store.database, database) / 1e6:,.0f} MB")
                    bench = Bench(network, pool, place.server_s, f"settle.{database}.{size}")
                    measured += _measure_size(bench, wanted)
                network.store.close()
    return measured


def _names(database: str, size: str) -> list[str]:
    return [f"settle.{database}.{size}.{what}" for what in (*WORKLOADS, "rows")]


class Place(NamedTuple):
    """A database to be opened; `server_s` is the processor time that its server has used, in seconds."""

    place: Path | str
    server_s: Callable[[], float]


@contextmanager
def _place(database: str) -> Iterator[Place]:
    """A file, or a server of its own that writes as durably as the file."""
    if database == "sqlite":
        with tempfile.TemporaryDirectory() as directory:
            yield Place(Path(directory) / "issuer.sqlite", lambda: 0.0)
        return
    server = Server(DURABLE)
    try:
        yield Place(server.address(), server.busy_s)
    finally:
        server.remove()


def _size_bytes(database: Database, kind: str) -> int:
    if kind == "sqlite":
        return int(only(database.row("PRAGMA page_count"))) * int(only(database.row("PRAGMA page_size")))
    return int(only(database.row("SELECT pg_database_size(current_database())")))


class Bench(NamedTuple):
    """What is measured: an issuer on its database, and the beginning of the lines' names."""

    network: BenchIssuer
    pool: Readers
    server_s: Callable[[], float]
    name: str


def _measure_size(bench: Bench, wanted: Wanted) -> list[Measured]:
    measured = []
    name = bench.name
    rates: dict[str, float] = {}
    for workload in WORKLOADS:
        if wanted(f"{name}.{workload}") or (workload == "known" and wanted(f"{name}.rows")):
            entry, rates[workload] = _settle(bench, workload)
            measured.append(entry)
    if wanted(f"{name}.rows"):
        bare = HOPS / seconds_bare(bench.network.store, HOPS)
        limit = "the same rows inserted and nothing else, as durably"
        measured.append(
            Measured(
                name=f"{name}.rows",
                value=round(rates["known"], 1),
                unit="hops/s",
                limit=limit,
                limit_value=round(bare, 1),
            )
        )
    return measured


def _settle(bench: Bench, workload: str) -> tuple[Measured, float]:
    network, pool, server_s, name = bench
    hops = Hops(network, known=workload == "known", seed=f"{name}.{workload}")
    with network.issuer.transaction():
        submissions = list(hops.submissions(HOPS // HOPS_IN_UPLOAD + WARM_UP))
    pipeline = Pipeline(network.issuer, pool)
    _run(pipeline, submissions[:WARM_UP])
    checked = pipeline.checked
    server, started, busy = server_s(), time.perf_counter(), time.process_time()
    _run(pipeline, submissions[WARM_UP:])
    wall_s, busy_s = time.perf_counter() - started, time.process_time() - busy
    checked = pipeline.checked - checked
    alone_s = seconds_alone(0, checked, processes=PROCESSORS)
    network.issuer.centre.check_books()
    print(
        f"{name}.{workload}: {HOPS / wall_s:,.0f} hops/s, {checked / wall_s:,.0f} signatures/s,"
        f" writer {busy_s / HOPS * 1e6:.1f} us a hop,"
        f" server {(server_s() - server) / HOPS * 1e6:.1f}"
    )
    return (
        Measured(
            name=f"{name}.{workload}",
            value=round(HOPS / wall_s, 1),
            unit="hops/s",
            limit=f"libsodium alone for {checked} checks on {PROCESSORS} processors",
            limit_value=round(HOPS / alone_s, 1),
        ),
        HOPS / wall_s,
    )


def _run(pipeline: Pipeline, submissions: list[Submission]) -> None:
    """Settle uploads in batches; everything in them must have been settled."""
    for answers in pipeline.run(in_batches(submissions)):
        check_settled(answers)
