"""What a report is held against beside its own parts: receipts of wallets, and the report before."""

from dataclasses import replace

import pytest

from shuangli.crypto import sha256
from shuangli.errors import BadInput, ProtocolError
from shuangli.messages.audit import LogEntry
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from shuangli.messages.notices import Acknowledgement
from shuangli.offline.periods.books import decode_entry
from tests.periods.making import UNTIL_S, Made, make
from tests.setting import NOW
from tests.world import World

Happened = tuple[World, list[bytes]]


def test_receipts_are_found_where_they_say(happened: Happened, of_operator: Made) -> None:
    _, receipts = happened
    assert replace(of_operator, receipts=receipts).verify().receipts == len(receipts) > 1


def test_f32_an_upload_that_was_acknowledged_and_left_out(happened: Happened, of_operator: Made) -> None:
    """The operator signs a log, books and figures that fit each other, and have never had the upload."""
    _, receipts = happened
    upload_id = Acknowledgement.parse(receipts[0]).upload_id
    number = Acknowledgement.parse(receipts[0]).entry.number
    assert Event.decode(of_operator.entries[number]).kind is EventKind.SETTLEMENT
    liar = replace(
        of_operator,
        books=[data for data in of_operator.books if decode_entry(data).reference != upload_id],
    ).with_log([*of_operator.entries[:number], *of_operator.entries[number + 1 :]])
    liar = liar.signed_anew(**liar.added_up())
    liar.verify()
    with pytest.raises(ProtocolError, match=f"a receipt names entry {number}, where the log has another"):
        replace(liar, receipts=receipts[:1]).verify()


def test_f32_a_log_that_ends_before_what_was_acknowledged(happened: Happened, of_operator: Made) -> None:
    _, receipts = happened
    said = Acknowledgement.parse(receipts[0])
    beyond = Acknowledgement.sign(
        of_operator.key,
        upload_id=said.upload_id,
        received_at_s=said.received_at_s,
        credited_fen=said.credited_fen,
        outcomes=said.outcomes,
        entry=LogEntry(origin="OP01", number=10_000, logged_at_s=NOW, leaf_hash=said.entry.leaf_hash),
    ).signed.data
    with pytest.raises(ProtocolError, match="a receipt names entry 10000, which the log has not got"):
        replace(of_operator, receipts=[beyond]).verify()


@pytest.mark.parametrize("receipt", [b"", b"\x80", bytes(100)])
def test_what_is_no_receipt(of_operator: Made, receipt: bytes) -> None:
    with pytest.raises(ProtocolError, match="receipt 1 is not one of OP01"):
        replace(of_operator, receipts=[receipt]).verify()


def test_a_receipt_of_another_operator(happened: Happened, of_centre: Made) -> None:
    with pytest.raises(ProtocolError, match="receipt 1 is not one of centre"):
        replace(of_centre, receipts=happened[1][:1]).verify()


def test_the_next_period_goes_on_from_the_one_before(happened: Happened) -> None:
    world, _ = happened
    first = make(world, "centre", until_s=NOW + 5).verify()
    second = make(world, "centre", from_s=NOW + 5)
    whole = make(world, "centre").verify()
    start = first.at_end.tree.size
    assert 0 < start < len(second.entries)
    number = second.books_before(start)
    on = replace(second, entries=second.entries[start:], books=second.books[number:], after=first).verify()
    assert dict(on.report.stocks) == dict(whole.report.stocks)
    names = first.report.flows.keys() | on.report.flows.keys()
    sums = {name: first.report.flows.get(name, 0) + on.report.flows.get(name, 0) for name in names}
    assert {name: value for name, value in sums.items() if value} == dict(whole.report.flows)


def test_f32_history_that_was_written_anew_between_two_reports(happened: Happened) -> None:
    world, _ = happened
    first = make(world, "centre", until_s=NOW + 5).verify()
    second = make(world, "centre", from_s=NOW + 5)
    start = first.at_end.tree.size
    number = next(n for n, data in enumerate(second.entries) if Event.decode(data).kind is EventKind.CASE)
    other = replace(Event.decode(second.entries[number]), facts=(1, sha256(b""), 1, 99)).encode()
    entries = [*second.entries[:number], other, *second.entries[number + 1 :]]
    liar = second.with_log(entries)
    liar = replace(
        liar, entries=entries[start:], books=second.books[second.books_before(start) :], after=first
    )
    with pytest.raises(ProtocolError, match=r"two histories|not the [0-9]+ entries that were signed"):
        liar.verify()


def test_a_report_of_another_log_does_not_follow(happened: Happened, of_operator: Made) -> None:
    first = make(happened[0], "centre", until_s=NOW + 5).verify()
    with pytest.raises(ProtocolError, match="the report before is of centre, this one of OP01"):
        replace(of_operator, after=first).verify()


def test_periods_that_overlap_do_not_follow_each_other(happened: Happened, of_centre: Made) -> None:
    with pytest.raises(ProtocolError, match="begins before the end of the one before"):
        replace(of_centre, after=of_centre.verify()).verify()


def test_a_period_that_is_not_over(happened: Happened) -> None:
    with pytest.raises(BadInput, match="the period is not over"):
        make(happened[0], "centre", until_s=UNTIL_S + 1)
