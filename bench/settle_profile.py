"""settle.profile: where the processor time of a hop goes, step by step, on SQLite, one process at a time.

Processor time, not time on the clock: what else the machine does hardly matters. The steps are those of the
pipeline (`issuer.pipeline`); a reader does the first four, whoever settles the rest.
"""

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from bench.hops import HOPS_IN_UPLOAD, Hops, check_settled, in_batches
from bench.network import BenchIssuer
from bench.result import Measured
from shuangli.garbage import collect_less_often
from shuangli.issuer.centre import Submission
from shuangli.issuer.proven import prove
from shuangli.issuer.reading import Reading, pack_readings, unpack_readings, walk_checked
from shuangli.messages.hand_in import HandIn
from shuangli.offline.trust import Trust

UPLOADS: Final = 200
WARM_UP: Final = 20
WORKLOADS: Final = ("known", "new")
READING: Final = ("decode and walk", "check signatures", "settle against nothing", "pack")
SETTLING: Final = ("unpack", "settle and write")

A = TypeVar("A")
T = TypeVar("T")


class Times:
    """Processor time by step, in seconds."""

    def __init__(self) -> None:
        self.by_step = dict.fromkeys((*READING, *SETTLING), 0.0)

    def of(self, step: str, call: Callable[[A], T], value: A) -> T:
        """Do something and count its time for a step."""
        started = time.process_time()
        done = call(value)
        self.by_step[step] += time.process_time() - started
        return done


def measure() -> list[Measured]:
    """A line for each workload; the table is printed."""
    collect_less_often()  # as readers and the issuer's service do
    return [_measure(workload) for workload in WORKLOADS]


def _measure(workload: str) -> Measured:
    with tempfile.TemporaryDirectory() as directory:
        network = BenchIssuer(Path(directory) / "issuer.sqlite")
        hops = Hops(network, known=workload == "known", seed=f"profile.{workload}")
        with network.issuer.transaction():
            submissions = [*hops.submissions(UPLOADS + WARM_UP)]
        trust = _reader_trust(network)
        _settle(network, trust, submissions[:WARM_UP], Times())
        times = Times()
        _settle(network, trust, submissions[WARM_UP:], times)
        network.store.close()
    us = {step: seconds / (UPLOADS * HOPS_IN_UPLOAD) * 1e6 for step, seconds in times.by_step.items()}
    total_us = sum(us.values())
    print(f"settle.profile.{workload}: " + ", ".join(f"{step} {each:.1f}" for step, each in us.items()))
    print(f"settle.profile.{workload}: {total_us:.1f} us a hop, of that the writer {_writer_us(us):.1f}")
    return Measured(
        name=f"settle.profile.{workload}",
        value=round(1e6 / total_us, 1),
        unit="hops/s of one processor",
        limit="the checks of signatures alone",
        limit_value=round(1e6 / us["check signatures"], 1),
    )


def _writer_us(us: dict[str, float]) -> float:
    return sum(us[step] for step in SETTLING)


def _reader_trust(network: BenchIssuer) -> Trust:
    """A reader's place, taken apart so that its steps can be timed."""
    footing = network.issuer.centre.footing()
    trust = Trust(root=footing.root, network=footing.network, objects_kept=footing.objects_kept)
    for data in footing.operators:
        trust.add_operator(data)
    for data in footing.epochs:
        trust.add_epoch(data)
    trust.minted_here = lambda _load: True
    return trust


def _settle(network: BenchIssuer, trust: Trust, submissions: list[Submission], times: Times) -> None:
    centre, issuer = network.issuer.centre, network.issuer
    for batch in in_batches(submissions):
        readings = [_read(submission, trust, times) for submission in batch]
        packed = times.of("pack", pack_readings, readings)
        told = times.of("unpack", unpack_readings, packed)
        uploads = [centre.take(one)._replace(reading=each) for one, each in zip(batch, told, strict=True)]
        started = time.process_time()
        with issuer.transaction():
            answers = centre.settle(uploads, read_on=centre.footing())
        times.by_step["settle and write"] += time.process_time() - started
        check_settled(answers)


def _read(submission: Submission, trust: Trust, times: Times) -> Reading:
    """What a reader does, each check timed apart from the walk that asks for it."""
    verifier = trust.verifier
    before = times.by_step["check signatures"]
    started = time.process_time()
    bundle = HandIn.decode(submission.upload).bundle
    finish = partial(times.of, "check signatures", verifier.finish)
    seen, _ = walk_checked(bundle, trust, finish=finish)
    checking = times.by_step["check signatures"] - before
    times.by_step["decode and walk"] += time.process_time() - started - checking
    prove_it = partial(prove, refusals=[], operator=submission.operator)
    proven = times.of("settle against nothing", prove_it, seen)
    return Reading(proven, (), 0)
