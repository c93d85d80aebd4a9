"""A log whose tables were damaged is not believed, and an operator that rewrites its own is convicted."""

import pytest

from shuangli.errors import StoreError, Unverified
from shuangli.merkle import leaf_hash
from shuangli.offline.audit import contradiction, verify_inclusion, verify_omission
from tests.audit.conftest import Opener
from tests.audit.drawn import NOW, acknowledging, an_event
from tests.audit.stored_log import append, fill, log_of, sign


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE audit_entries SET event = ? WHERE number = 300",
        "UPDATE audit_entries SET event = ? WHERE number = 599",
        "UPDATE audit_subtrees SET root = ? WHERE level = 8 AND number = 0",
        "DELETE FROM audit_entries WHERE number = 300 AND ? = ?",
        "DELETE FROM audit_entries WHERE number = 599 AND ? = ?",
        "DELETE FROM audit_subtrees WHERE level = 8 AND number = 1 AND ? = ?",
    ],
)
def test_f38_damaged_tables_are_found(open_log: Opener, damage: str) -> None:
    database = open_log("log")
    log = log_of(database)
    fill(database, log, 600)
    sign(database, log)
    log.check()
    event = an_event(1_000).encode()
    database.execute(damage, *[event] * damage.count("?"))
    with pytest.raises(StoreError) as caught:
        log_of(database).check()
    assert caught.value.code == "corrupt"


def test_f38_no_proof_is_made_over_a_gap(open_log: Opener) -> None:
    database = open_log("log")
    log = log_of(database)
    fill(database, log, 600)
    database.execute("DELETE FROM audit_entries WHERE number = 300")
    database.execute("DELETE FROM audit_subtrees WHERE level = 8 AND number = 0")
    for number in (301, 599):
        with pytest.raises(StoreError) as caught:
            log.inclusion_proof(number, 600)
        assert caught.value.code == "corrupt"


def test_f32_an_operator_that_rewrites_its_log_is_convicted(open_log: Opener) -> None:
    """It acknowledged an upload, drops it from its tables and makes all else fit: its signatures remain."""
    database = open_log("log")
    log = log_of(database)
    fill(database, log, 20)
    acknowledged, before = log.named(8), sign(database, log)
    verify_inclusion(acknowledged, log.inclusion_proof(8, 20), before)
    rewritten = open_log("rewritten")
    forged = log_of(rewritten)
    append(rewritten, forged, [an_event(number) for number in range(20) if number != 8])
    forged.check()
    after = sign(rewritten, forged, NOW + 5)
    assert contradiction(before, after) == (f"the log of OP01 had 20 entries at {NOW}, and 19 at {NOW + 5}")
    leaf, proof = leaf_hash(forged.entry(8)), forged.inclusion_proof(8, 19)
    assert verify_omission(acknowledging(acknowledged), after, leaf=leaf, proof=proof)
    append(rewritten, forged, [an_event(20)])
    assert contradiction(before, sign(rewritten, forged, NOW + 5)) == (
        "OP01 has signed two histories of 20 entries"
    )
    with pytest.raises(Unverified):
        verify_inclusion(acknowledged, forged.inclusion_proof(8, 20), sign(rewritten, forged))
