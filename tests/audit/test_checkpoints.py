"""Checkpoints of a log in a database: a state is signed once, when it is stored, and time never goes back."""

import pytest

from shuangli.errors import StoreError, Unverified
from shuangli.offline.audit import verify_consistency, verify_omission
from tests.audit.conftest import Opener
from tests.audit.drawn import NETWORK, NOW, acknowledging, an_event
from tests.audit.stored_log import KEY, Failing, append, fill, log_of, sign


def test_a_state_is_signed_once(open_log: Opener) -> None:
    database = open_log("log")
    log = log_of(database)
    fill(database, log, 5)
    first = sign(database, log, NOW + 10)
    assert sign(database, log, NOW + 20) == first
    assert sign(database, log_of(database), NOW + 20) == first
    fill(database, log, 7)
    second = sign(database, log, NOW + 30)
    assert (second.checkpoint.size, second.checkpoint.made_at_s) == (7, NOW + 30)
    verify_consistency(first, second, log.consistency_proof(5, 7))
    kept = [first.checkpoint.signed.data, second.checkpoint.signed.data]
    assert log.checkpoints(after_size=-1) == kept
    assert log.checkpoints(after_size=5) == kept[1:]


def test_nothing_is_signed_that_may_still_fail(open_log: Opener) -> None:
    database = open_log("log")
    log = log_of(database)
    with database.transaction(log):
        log.append([an_event(0)])
        with pytest.raises(ValueError, match="of what is stored"):
            log.checkpoint(KEY, network=NETWORK, now_s=NOW)
    assert log.size == 1


def test_a_checkpoint_that_was_not_committed_is_signed_anew(open_log: Opener) -> None:
    database = open_log("log")
    log = log_of(database)
    fill(database, log, 5)
    with pytest.raises(StoreError), database.transaction(log, Failing()):
        log.checkpoint(KEY, network=NETWORK, now_s=NOW + 5)
    assert log.checkpoints(after_size=-1) == []
    assert sign(database, log).checkpoint.root == log.root


@pytest.mark.parametrize("other_process", [False, True])
def test_f21_time_never_goes_back_in_a_log(open_log: Opener, other_process: bool) -> None:
    """A clock that is put back would make an honest log contradict its own acknowledgements."""
    database = open_log("log")
    log = log_of(database)
    append(database, log, [an_event(0, at_s=NOW + 50), an_event(1, at_s=NOW + 20)])
    assert log.named(1).logged_at_s == NOW + 50
    checkpoint = sign(database, log, NOW)
    assert checkpoint.checkpoint.made_at_s == NOW + 50
    append(database, log, [an_event(2, at_s=NOW + 60)])
    third = sign(database, log, NOW + 70)
    assert third.checkpoint.made_at_s == NOW + 70
    opened = log_of(database) if other_process else log
    append(database, opened, [an_event(3, at_s=NOW)])
    append(database, log_of(database), [an_event(4, at_s=NOW + 90)])
    append(database, log_of(database), [an_event(5, at_s=NOW)])
    assert log.named(5).logged_at_s == NOW + 90
    named = opened.named(3)
    assert named.logged_at_s == NOW + 70
    with pytest.raises(Unverified, match="not later"):
        verify_omission(acknowledging(named), third)
