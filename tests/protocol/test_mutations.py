"""The machine of `tests.protocol.payments` finds every seeded bug of `tests.protocol.mutations`."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from shuangli.errors import StoreError
from tests.protocol.mutations import MUTATIONS, Mutation
from tests.protocol.payments import Payments, StagedPayments

# The same examples every time, and none is made smaller: it is enough that there is one.
SEARCH = settings(
    max_examples=200,
    stateful_step_count=30,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


def search(*, staged: bool = False) -> None:
    run_state_machine_as_test(StagedPayments if staged else Payments, settings=SEARCH)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=repr)
def test_a_seeded_bug_is_found(mutation: Mutation) -> None:
    with mutation.patch(), pytest.raises((AssertionError, StoreError)) as found:
        search(staged=mutation.staged)
    # An epoch whose totals are off is suspended, and what comes then is told to wait.
    assert not isinstance(found.value, StoreError) or found.value.code in ("corrupt", "unavailable")


def test_without_a_bug_nothing_is_found() -> None:
    search()
