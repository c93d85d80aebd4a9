"""memory.*: the most memory that the settling process holds while hops go through: it must stay flat.

memory.1m    a million hops
memory.10m   ten million; about twenty minutes, so only if it is asked for by name

Hops are made by the same process, so what that takes is counted, too; the worker processes that read
uploads remember a bounded number of checks, and are not counted.
"""

import resource
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tqdm import tqdm

from bench.hops import HOPS_IN_UPLOAD, UPLOADS_IN_BATCH, Hops, check_settled
from bench.network import BenchIssuer
from bench.processor_time import PROCESSORS, in_own_process
from bench.result import Measured, Wanted
from shuangli.issuer.centre import Submission
from shuangli.issuer.pipeline import Pipeline
from shuangli.issuer.readers import Readers

HOPS: Final = {"1m": 1_000_000, "10m": 10_000_000}
DEFAULT: Final = "1m"
MOST_MB: Final = 500
TENTHS: Final = 10


def measure(wanted: Wanted, *, by_name: bool) -> list[Measured]:
    """The lines that are wanted; `by_name` says whether they were asked for by their names."""
    sizes = [size for size in HOPS if wanted(f"memory.{size}") and (by_name or size == DEFAULT)]
    return [_measure(size) for size in sizes]


def _measure(size: str) -> Measured:
    peaks_mb = in_own_process(_peaks_mb, size)
    print(f"memory.{size}: " + ", ".join(f"{peak_mb:.0f}" for peak_mb in peaks_mb) + " MB")
    return Measured(
        name=f"memory.{size}",
        value=round(peaks_mb[-1], 1),
        unit="MB",
        limit=f"{MOST_MB} MB, and flat: after each tenth " + ", ".join(f"{mb:.0f}" for mb in peaks_mb),
        limit_value=MOST_MB,
    )


def _peaks_mb(size: str) -> list[float]:
    """Settle so many hops in this process; its peak of resident memory after each tenth of them, in MB."""
    uploads = HOPS[size] // HOPS_IN_UPLOAD
    peaks_mb: list[float] = []
    with (
        tempfile.TemporaryDirectory() as directory,
        Readers(PROCESSORS) as pool,
        tqdm(desc=f"memory.{size}", total=HOPS[size], unit="hop", file=sys.stderr, disable=None) as bar,
    ):
        network = BenchIssuer(Path(directory) / "issuer.sqlite")
        hops = Hops(network, known=True, seed=size)
        pipeline = Pipeline(network.issuer, pool)
        batches = _batches(network, hops, uploads)
        for number, answers in enumerate(pipeline.run(batches), 1):
            check_settled(answers)
            bar.update(UPLOADS_IN_BATCH * HOPS_IN_UPLOAD)
            if number * UPLOADS_IN_BATCH % (uploads // TENTHS) == 0:
                peaks_mb.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        network.issuer.centre.check_books()
        network.store.close()
    return peaks_mb


def _batches(network: BenchIssuer, hops: Hops, uploads: int) -> Iterator[list[Submission]]:
    """Uploads in batches, made as they are asked for."""
    for _ in range(0, uploads, UPLOADS_IN_BATCH):
        with network.issuer.transaction():
            batch = [*hops.submissions(UPLOADS_IN_BATCH)]
        yield batch
