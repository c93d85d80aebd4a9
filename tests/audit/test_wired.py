"""The audit logs of centre and operators: all that a figure derives from is there, and nobody is named."""

from typing import Any

from shuangli.books import Entry, Posting
from shuangli.crypto import sha256
from shuangli.issuer.supply import Supply
from shuangli.messages.enrolment import Enrolment
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event, digest_of_entries
from shuangli.messages.notices import RevocationList
from shuangli.operator.accounts import TOLD_OTHERWISE
from tests.audit.happenings import events_of, let_all_happen, log_of
from tests.persons.answers import EXPIRED_S
from tests.setting import NAMES, NOW, PSEUDONYMS, TRANSFERABLE
from tests.world import World
from tests.worlds import NewWorld


def supply_in(events: list[Event]) -> dict[int, Supply]:
    """The supply of every epoch, from what the centre's log tells and nothing else."""
    totals: dict[int, dict[str, int]] = {}
    names = ("loaded_fen", "redeemed_fen", "returned_fen", "forked_fen", "fund_paid_fen", "void_fen")

    def add(epoch: int, **changes: int) -> None:
        total = totals.setdefault(epoch, dict.fromkeys(names, 0))
        for name, amount_fen in changes.items():
            total[name] += amount_fen

    for event in events:
        if event.kind is EventKind.LOAD:
            add(event.fact("epoch"), loaded_fen=event.fact("value_fen"))
        elif event.kind is EventKind.SETTLEMENT:
            for group in event.each():
                add(**{name: group[name] for name in ("epoch", *names) if name in group})
        elif event.kind is EventKind.RETURN:
            paid_fen = event.fact("fund_paid_fen")
            add(event.fact("epoch"), fund_paid_fen=paid_fen, returned_fen=event.fact("value_fen") - paid_fen)
        elif event.kind is EventKind.TAKEN:
            void_fen = event.fact("void_fen")
            add(event.fact("epoch"), void_fen=void_fen, returned_fen=event.fact("value_fen") - void_fen)
    return {
        epoch: Supply(
            epoch=epoch,
            outstanding_fen=total["loaded_fen"] - total["redeemed_fen"] - total["returned_fen"],
            forked_open_fen=total["forked_fen"] - total["fund_paid_fen"] - total["void_fen"],
            **total,
        )
        for epoch, total in totals.items()
    }


def test_the_figures_follow_from_the_logs_and_the_logs_from_what_happened(new_world: NewWorld) -> None:
    world = new_world(terms=TRANSFERABLE)
    acknowledgements = let_all_happen(world)
    told = {name: {event.kind for event in events_of(world, name)} for name in ("centre", *NAMES)}
    kinds = EventKind
    common = {kinds.LOAD, kinds.SETTLEMENT, kinds.POSTING, kinds.RETURN}
    of_centre = {kinds.POLICY, kinds.CASE, kinds.REVOCATION, kinds.TAKEN, kinds.FREEZE, kinds.EPOCH}
    assert told["centre"] == common | of_centre
    assert told["OP01"] == common | {kinds.ACCOUNT, kinds.CERTIFICATE}
    assert supply_in(events_of(world, "centre")) == {1: world.supply()}
    supply = world.supply()
    for name in ("redeemed_fen", "returned_fen", "forked_fen", "fund_paid_fen", "void_fen"):
        assert getattr(supply, name) > 0, f"a history without {name} shows nothing"
    taken = [event.fact("void_fen") for event in events_of(world, "centre", kinds.TAKEN)]
    assert min(taken) == 0 < max(taken), "in the supply, and on a fork"
    frozen = [event.fact("record") for event in events_of(world, "centre", kinds.FREEZE)]
    assert len(frozen) == len(set(frozen)), "each is told once"
    assert {event.fact("coin_id") for event in events_of(world, "centre", kinds.TAKEN)} <= set(frozen)
    for event, case in zip(events_of(world, "centre", kinds.CASE), world.cases(), strict=True):
        assert event.fact("evidence") == sha256(case.evidence)
        assert (event.operator, event.fact("face_fen"), event.fact("epoch")) == (
            case.operator,
            case.face_fen,
            1,
        )
    (listed,) = events_of(world, "centre", kinds.REVOCATION)
    signed = RevocationList.parse(world.issuer.centre.revocation_list(now_s=NOW + 6))
    assert (listed.fact("list_id"), listed.fact("wallets")) == (signed.signed.id, len(signed.wallets))
    every_settlement = [event for name in NAMES for event in events_of(world, name, kinds.SETTLEMENT)]
    assert len(every_settlement) >= len(acknowledgements)
    told_twice = events_of(world, "centre", kinds.SETTLEMENT)

    def facts(event: Event) -> tuple[Any, ...]:
        return event.operator, *event.facts[:6]

    assert sorted(map(facts, every_settlement)) == sorted(map(facts, told_twice)), "both logs tell the same"


def entries_of(world: World, name: str) -> dict[int, Entry]:
    """All entries of a party's books by their numbers."""
    database = (world.issuer.store if name == "centre" else world.banks[name].store).database
    postings: dict[int, list[Posting]] = {}
    for number, account, amount_fen in database.rows(
        "SELECT entry_no, account, amount_fen FROM postings ORDER BY entry_no, line"
    ):
        postings.setdefault(number, []).append(Posting(account, amount_fen))
    rows = database.rows("SELECT entry_no, kind, at_s, reference FROM entries")
    return {
        number: Entry(kind=kind, at_s=at_s, reference=reference, postings=tuple(postings[number]))
        for number, kind, at_s, reference in rows
    }


def test_every_entry_of_the_books_is_told_once(new_world: NewWorld) -> None:
    world = new_world(terms=TRANSFERABLE)
    let_all_happen(world)
    for name in ("centre", *NAMES):
        entries = entries_of(world, name)
        posted = {}
        for event in events_of(world, name, EventKind.POSTING):
            number = event.fact("first_entry_no")
            assert number == event.fact("last_entry_no")
            assert number not in posted
            assert event.fact("digest") == digest_of_entries([entries[number]])
            posted[number] = event.fact("moved_fen")
        assert all(
            fen == sum(posting.amount_fen for posting in entries[number].postings if posting.amount_fen > 0)
            for number, fen in posted.items()
        )
        others = {entry.kind for number, entry in entries.items() if number not in posted}
        assert others == TOLD_OTHERWISE | ({"taken"} if name == "centre" else set())
        assert not {entries[number].kind for number in posted} & others
    for name in NAMES:
        entries = entries_of(world, name)
        for kind, fact, of in (
            ("load", "value_fen", EventKind.LOAD),
            ("redemption", "", EventKind.SETTLEMENT),
            ("return", "", EventKind.SETTLEMENT),
        ):
            moved_fen = sum(entry.postings[0].amount_fen for entry in entries.values() if entry.kind == kind)
            told = events_of(world, name, of)
            if kind == "load":
                told_fen = sum(event.fact(fact) for event in told)
            else:
                refunded_fen = sum(event.fact("refunded_fen") for event in told)
                credited_fen = sum(event.fact("credited_fen") for event in told)
                back = events_of(world, name, EventKind.RETURN)
                returned_fen = sum(event.fact("value_fen") for event in back)
                redeemed_fen = credited_fen - refunded_fen
                told_fen = redeemed_fen if kind == "redemption" else refunded_fen + returned_fen
            assert moved_fen == told_fen, kind


def test_f44_no_log_names_anybody(new_world: NewWorld) -> None:
    """Neither keys nor persons nor pseudonyms; and what is hashed has something in it that nobody guesses."""
    world = new_world(terms=TRANSFERABLE)
    let_all_happen(world)
    rows = [row for bank in world.banks.values() for row in bank.store.database.rows("SELECT * FROM wallets")]
    named = {value for row in rows for value in row[1:3]}
    named |= {PSEUDONYMS.of(row[2], at_s=at_s) for row in rows for at_s in (NOW, EXPIRED_S)}
    assert len(named) > len(rows)
    for name in ("centre", *NAMES):
        log = log_of(world, name)
        for data in log.entries(0, log.size):
            assert not any(value in data for value in named), Event.decode(data)
    for name in NAMES:
        bank = world.banks[name]
        enrolments = [row[0] for row in bank.store.database.rows("SELECT enrolment FROM wallets")]
        ids = {Enrolment.parse(data).signed.id for data in enrolments}
        told = events_of(world, name, EventKind.ACCOUNT)
        assert {event.fact("enrolment_id") for event in told} == ids
        persons = {row[2] for row in bank.store.database.rows("SELECT * FROM wallets")}
        for entry in entries_of(world, name).values():
            if entry.kind in ("deposit", "payment", "account-moved"):
                assert entry.reference in ids | persons
