"""What the tests of scenarios share: a small run of each, played once, and what its banks owe its people."""

from collections.abc import Callable

import pytest

from shuangli.operator.store import OperatorStore
from shuangli.sims.system import derive_key
from tests.engine.runs import Finished, PlayedOnce

Run = Callable[..., Finished]


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Plays a small run of a scenario; the same settings are played once."""
    return PlayedOnce(tmp_path_factory.mktemp)


def deposits_fen(run: Finished, devices: list[tuple[int, int]], operator: str = "OP01") -> list[int]:
    """What an operator owes the holders of devices, each given by its cell and its position there."""
    store = OperatorStore(run.directory / "databases" / f"operator-{operator}.sqlite", name=operator)
    found = []
    for cell, device in devices:
        plan = run.scenario.plans[cell]
        row = store.wallet(derive_key(plan.seed, f"device/{plan.first_device + device}").public)
        assert row is not None
        found.append(-store.ledger.balance_fen(row.account))
    store.close()
    return found
