"""What was acknowledged or filed stands in the log and says the same; else it is found out and proven."""

from dataclasses import replace
from typing import Any, Final

import pytest

from shuangli.errors import Unverified
from shuangli.merkle import leaf_hash
from shuangli.messages.audit import LogEntry
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from shuangli.messages.notices import Acknowledgement, Outcome, Report
from shuangli.offline.audit import verify_event, verify_filed, verify_omission
from tests.audit.drawn import (
    HIDING,
    HONEST,
    NETWORK,
    NOW,
    UPLOAD,
    Parties,
    Shown,
    acknowledging,
    an_event,
    promised,
    settled,
)

PARTIES: Final = Parties()


def acknowledged(event: Event) -> Acknowledgement:
    """The acknowledgement of the upload, which names this event's entry."""
    data = event.encode()
    return acknowledging(
        LogEntry(origin="OP01", number=0, logged_at_s=NOW, leaf_hash=leaf_hash(data)),
        upload_id=UPLOAD,
        received_at_s=NOW - 3,
        credited_fen=700,
        outcomes=[Outcome.SETTLED],
    )


def test_an_entry_says_what_the_acknowledgement_said() -> None:
    for event in (settled(), settled(each=[(1, 700, 0, 0, 0, 0, 1, 2, -700)])):
        assert verify_event(event.encode(), acknowledged(event)) == event


@pytest.mark.parametrize(
    "changes",
    [
        {"upload_id": bytes(32)},
        {"received_at_s": NOW - 2},
        {"credited_fen": 699},
        {"outcomes": bytes([Outcome.LATE])},
        {"outcomes": b""},
        {"operator": "OP02"},
        {"at_s": NOW + 1},
    ],
    ids=str,
)
def test_f32_an_entry_that_says_something_else_is_found_out(changes: dict[str, Any]) -> None:
    event = settled(**changes)
    with pytest.raises(Unverified):
        verify_event(event.encode(), acknowledged(event))


def test_another_entry_than_the_one_named_is_refused() -> None:
    with pytest.raises(Unverified, match="not the one"):
        verify_event(settled().encode(), acknowledged(settled(each=[(1, 700, 0, 0, 0, 0, 1, 2, -700)])))
    event = an_event(1)
    with pytest.raises(Unverified, match="something else"):
        verify_event(event.encode(), acknowledged(event))


def test_f32_another_version_of_a_report_was_never_filed() -> None:
    def version(loaded_fen: int) -> Report:
        figures = {"supply.0.loaded_fen": loaded_fen}
        return Report.sign(PARTIES.keys["centre"], network=NETWORK, made_at_s=NOW, figures=figures, files={})

    def filed(report: Report, **changes: Any) -> bytes:
        facts: dict[str, Any] = {"report_id": report.signed.id, "made_at_s": report.made_at_s}
        return Event.of(EventKind.REPORT, at_s=NOW, **facts | changes).encode()

    honest, other = version(700), version(600)
    shown = Shown([*HONEST.entries, filed(honest)])
    checkpoint, proof = PARTIES.verified(shown, 22), shown.inclusion(21, 22)
    assert verify_filed(honest, shown.entries[21], 21, proof, checkpoint).number == 21
    for report, entry in (
        (other, shown.entries[21]),
        (other, filed(other)),
        (honest, filed(honest, made_at_s=NOW + 1)),
        (honest, shown.entries[20]),
    ):
        with pytest.raises(Unverified):
            verify_filed(report, entry, 21, proof, checkpoint)
    with pytest.raises(Unverified, match="not tell"):
        verify_filed(honest, shown.entries[20], 20, shown.inclusion(20, 22), checkpoint)
    misdated = Shown([*HONEST.entries, filed(honest, made_at_s=NOW + 1)])
    with pytest.raises(Unverified, match="not tell"):
        verify_filed(
            honest, misdated.entries[21], 21, misdated.inclusion(21, 22), PARTIES.verified(misdated, 22)
        )


# --- omission ---------------------------------------------------------------------------------


def test_f32_an_omission_is_proven_by_the_leaf_that_stands_in_its_place() -> None:
    checkpoint = PARTIES.verified(HIDING, 20)
    leaf = leaf_hash(HIDING.entries[8])
    why = verify_omission(acknowledging(promised(8)), checkpoint, leaf=leaf, proof=HIDING.inclusion(8, 20))
    assert why == "OP01 has logged something else as entry 8"


def test_f32_an_omission_is_proven_by_a_later_log_that_is_too_small() -> None:
    checkpoint = PARTIES.verified(HONEST, 8, at_s=NOW + 1)
    assert "had logged entry 8" in verify_omission(acknowledging(promised(8)), checkpoint)


def test_no_honest_log_is_convicted() -> None:
    """A checkpoint of the same second may be older than the entry; one that has the entry shows it."""
    for size, at_s in ((8, NOW), (8, NOW - 1), (0, NOW)):
        with pytest.raises(Unverified, match="not later"):
            verify_omission(acknowledging(promised(8)), PARTIES.verified(HONEST, size, at_s=at_s))
    later = PARTIES.verified(HONEST, 21, at_s=NOW + 1)
    with pytest.raises(Unverified, match="has the entry"):
        verify_omission(
            acknowledging(promised(8)),
            later,
            leaf=leaf_hash(HONEST.entries[8]),
            proof=HONEST.inclusion(8, 21),
        )
    for leaf, proof in ((b"", []), (leaf_hash(HONEST.entries[9]), HONEST.inclusion(9, 21))):
        with pytest.raises(Unverified, match="not shown"):
            verify_omission(acknowledging(promised(8)), later, leaf=leaf, proof=proof)
    of_centre = acknowledging(replace(promised(8), origin="centre"))
    with pytest.raises(Unverified, match="has promised nothing"):
        verify_omission(of_centre, PARTIES.verified(HONEST, 8, origin="centre", at_s=NOW + 1))
    with pytest.raises(Unverified, match="has promised nothing"):
        verify_omission(acknowledging(promised(8)), PARTIES.verified(HONEST, 8, origin="OP02", at_s=NOW + 1))
