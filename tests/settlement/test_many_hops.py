"""A mixed load of many hops: each fork is found in the batch that brings its second branch, and nothing else.

A million hops in the heavy run; evidence of every case is verified with the root key alone.
"""

import random
from pathlib import Path
from typing import Final

import pytest

from bench.hops import HOPS_IN_UPLOAD, Hops
from bench.network import BenchIssuer
from shuangli.issuer.cases import list_cases
from shuangli.issuer.centre import Settled, Submission
from shuangli.issuer.pipeline import Pipeline
from shuangli.issuer.readers import Readers
from shuangli.messages.notices import Outcome
from shuangli.offline.evidence import verify_evidence

UPLOADS_IN_BATCH: Final = 10


@pytest.mark.parametrize(
    ("hops", "forked"), [(3_000, 0.5), pytest.param(1_000_000, 0.02, marks=pytest.mark.heavy)]
)
def test_f01_every_fork_of_a_mixed_load_is_found_in_its_batch(
    tmp_path: Path, hops: int, forked: float
) -> None:
    network = BenchIssuer(tmp_path / "issuer.sqlite")
    draw = random.Random(hops)
    known, new = Hops(network, known=True, seed="known"), Hops(network, known=False, seed="new")
    waiting: list[tuple[Submission, bytes]] = []
    culprits: set[bytes] = set()
    with Readers(2 if hops > 100_000 else 0) as pool:
        pipeline = Pipeline(network.issuer, pool)
        for _ in range(hops // HOPS_IN_UPLOAD // UPLOADS_IN_BATCH):
            batch: list[Submission] = []
            second: dict[int, bytes] = {}
            with network.issuer.transaction():
                for _ in range(UPLOADS_IN_BATCH):
                    if waiting and draw.random() < 0.3:
                        branch, key = waiting.pop(draw.randrange(len(waiting)))
                        second[len(batch)] = key
                        batch.append(branch)
                    if draw.random() < forked:
                        upload, branch, key = new.forked()
                        waiting.append((branch, key))
                        batch.append(upload)
                    else:
                        batch += (known if draw.random() < 0.7 else new).submissions(1)
            (answers,) = pipeline.run([batch])
            for at, answer in enumerate(answers):
                assert isinstance(answer, Settled)
                assert (Outcome.FORKED in answer.outcomes) == (at in second)
                assert set(answer.outcomes) <= {Outcome.SETTLED, Outcome.REPEAT, Outcome.FORKED}
            culprits |= {*second.values()}
            assert network.store.culprits() == culprits
    cases = list_cases(network.store, trust=network.issuer.trust)
    assert len(cases) == len(culprits) > 0
    for case in cases:
        assert verify_evidence(case.evidence, root=network.root).culprit == case.culprit
    network.issuer.centre.check_books()
    network.store.close()
