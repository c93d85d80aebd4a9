"""The audit logs of centre and operators: all that a figure derives from is there, and nobody is named."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Final

import pytest

from shuangli.books import Entry, Posting
from shuangli.crypto import sha256
from shuangli.database.audit import AuditLog
from shuangli.errors import StoreError, Unverified
from shuangli.issuer.losses.policy import LossPolicy
from shuangli.issuer.service.office import file_report
from shuangli.issuer.supply import Supply
from shuangli.merkle import leaf_hash
from shuangli.messages.enrolment import Enrolment
from shuangli.messages.event_kinds import AccountChange, EpochChange, EventKind
from shuangli.messages.events import Event, digest_of_entries
from shuangli.messages.notices import Acknowledgement, RevocationList
from shuangli.offline.audit import (
    VerifiedCheckpoint,
    verify_checkpoint,
    verify_consistency,
    verify_event,
    verify_inclusion,
)
from shuangli.offline.omission import Omission, verify_omission_file
from shuangli.offline.report import RESULT, sign_report
from shuangli.operator.accounts import TOLD_OTHERWISE
from tests.audit.happenings import let_all_happen
from tests.database.places import Place, Places
from tests.persons.answers import EXPIRED_S
from tests.world import NAMES, NETWORK, NOW, PSEUDONYMS, TRANSFERABLE, World, pay

LATER_S: Final = EXPIRED_S + 100
NewWorld = Callable[..., World]


@pytest.fixture
def new_world(places: Places) -> Iterator[NewWorld]:
    """Makes worlds in which coins change keys, until the test ends."""
    with ExitStack() as stack:

        def make(**options: Any) -> World:
            world = World(stack.enter_context(places.new()), terms=TRANSFERABLE, **options)
            stack.callback(world.close)
            return world

        yield make


def log_of(world: World, name: str) -> AuditLog:
    return world.issuer.store.audit if name == "centre" else world.banks[name].store.audit


def events_of(world: World, name: str, *kinds: EventKind) -> list[Event]:
    """What a log has, of these kinds if any are given."""
    log = log_of(world, name)
    events = [Event.decode(data) for data in log.entries(0, log.size)]
    return [event for event in events if not kinds or event.kind in kinds]


def checkpoint_of(world: World, name: str, now_s: int) -> VerifiedCheckpoint:
    """The signed state of a log, verified with the root key."""
    with world.transaction():
        if name == "centre":
            data, certificate = world.issuer.checkpoint(now_s=now_s), world.centre.signed.data
        else:
            data, certificate = world.banks[name].checkpoint(now_s=now_s), certificate_of(world, name)
    return verify_checkpoint(data, certificate=certificate, root=world.keys["root"].public)


def certificate_of(world: World, name: str) -> bytes:
    return world.operators[NAMES.index(name)].signed.data


# --- what is there ----------------------------------------------------------------------------


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
    world = new_world()
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
    world = new_world()
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
    world = new_world()
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


def test_what_becomes_of_a_wallet_is_told_once(new_world: NewWorld) -> None:
    world = new_world()
    first, second = world.wallet(), world.wallet()
    bank = world.banks["OP01"]
    for _ in range(2):
        with world.transaction():
            bank.open_wallet(world.enrolment(first), now_s=NOW)
            bank.report_lost(second.key.public, now_s=NOW)
    for _ in range(2):
        with world.transaction():
            bank.close_wallet(first.key.public, now_s=NOW)
            bank.close_wallet(second.key.public, now_s=NOW)
    changes = [event.fact("change") for event in events_of(world, "OP01", EventKind.ACCOUNT)]
    opened, closed, lost = AccountChange.OPENED, AccountChange.CLOSED, AccountChange.LOST
    again = AccountChange.LOST_AFTER_CLOSING
    assert changes == [opened, opened, lost, again, closed], "who reports a loss twice has said it twice"
    assert len(events_of(world, "OP01", EventKind.CERTIFICATE)) == 2


def test_another_policy_is_told_when_the_issuer_starts(new_world: NewWorld) -> None:
    world = new_world(cap_fen=500)
    world.opened_again().close()
    (told,) = events_of(world, "centre", EventKind.POLICY)
    assert (told.fact("name"), told.fact("value")) == ("loss-policy", 500)
    other = World(
        world.place, terms=world.terms, policy=LossPolicy(cap_per_person_fen=500, fund_fen=0), fresh=False
    )
    other.close()
    changed = events_of(world, "centre", EventKind.POLICY)[1:]
    assert [event.fact("value") for event in changed] == [500]
    assert changed[0].fact("digest") != told.fact("digest")


def test_the_life_of_an_epoch_is_told(new_world: NewWorld) -> None:
    world = new_world()
    world.change_terms(world.terms)
    with world.issuer.transaction():
        world.issuer.epochs.stop(2, now_s=NOW, why="tried")
        world.issuer.epochs.stop(2, now_s=NOW, why="again")
    told = [
        (event.fact("epoch"), EpochChange(event.fact("change")).name)
        for event in events_of(world, "centre", EventKind.EPOCH)
    ]
    assert told == [(1, "OPEN"), (2, "OPEN"), (1, "MINTING_CLOSED"), (2, "STOPPED")]


def test_f32_a_report_that_is_filed_is_told_once_and_another_version_is_another_entry(
    new_world: NewWorld,
) -> None:
    world = new_world()

    def report(made_at_s: int) -> bytes:
        return sign_report(
            world.keys["centre"],
            network=NETWORK,
            made_at_s=made_at_s,
            files={RESULT: b"{}"},
            centre=world.centre.signed.data,
        )

    for made_at_s in (NOW, NOW, NOW + 1):
        filed = file_report(world.issuer, report(made_at_s), now_s=NOW)
    told = events_of(world, "centre", EventKind.REPORT)
    assert [event.fact("made_at_s") for event in told] == [NOW, NOW + 1]
    assert told[1].fact("report_id") == filed.signed.id
    with pytest.raises(Unverified):
        file_report(world.issuer, report(NOW)[:-1] + b"\0", now_s=NOW)


# --- transactions -----------------------------------------------------------------------------


def test_f15_what_fails_has_neither_happened_nor_been_logged(new_world: NewWorld) -> None:
    world = new_world()
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    pay(rider, gate, 60)
    upload = gate.hand_in(now_s=NOW)
    assert upload is not None
    logs = [log_of(world, name) for name in ("centre", *NAMES)]
    before = [(log.size, log.root) for log in logs]
    supply = world.supply()
    owed_fen = world.deposit_fen(rider)
    bank = world.banks["OP01"]

    def all_of_it() -> None:
        with bank.store.transaction(), world.issuer.transaction():
            bank.reconcile(upload, now_s=NOW)
            bank.deposit(rider.key.public, 5, now_s=NOW)
            world.issuer.fill_vault("OP01", 5, now_s=NOW)
            raise StoreError("unavailable", "the power went")

    with pytest.raises(StoreError, match="the power went"):
        all_of_it()
    assert [(log.size, log.root) for log in logs] == before
    assert (world.supply(), world.deposit_fen(rider)) == (supply, owed_fen)
    assert bank.store.acknowledgement(sha256(upload)) is None
    acknowledgement = world.submit(upload)
    assert acknowledgement.entry.number == before[1][0]
    for log in logs:
        log.check()


def test_every_acknowledgement_names_an_entry_that_the_next_checkpoint_has(new_world: NewWorld) -> None:
    world = new_world()
    before = {name: checkpoint_of(world, name, NOW) for name in NAMES}
    acknowledgements = let_all_happen(world)
    for name in NAMES:
        checkpoint = checkpoint_of(world, name, LATER_S)
        size, log = checkpoint.checkpoint.size, log_of(world, name)
        old = before[name]
        verify_consistency(old, checkpoint, log.consistency_proof(old.checkpoint.size, size))
        for acknowledgement in acknowledgements:
            if acknowledgement.operator != name:
                continue
            entry = acknowledgement.entry
            verify_inclusion(entry, log.inclusion_proof(entry.number, size), checkpoint)
            assert verify_event(log.entry(entry.number), acknowledgement).operator == name
        log.check()
    assert {acknowledgement.operator for acknowledgement in acknowledgements} == {*NAMES}
    assert checkpoint_of(world, "centre", LATER_S).checkpoint.origin == "centre"


def test_a_repeat_names_the_same_entry_and_is_not_logged_again(new_world: NewWorld) -> None:
    world = new_world()
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    pay(rider, gate, 60)
    upload = gate.hand_in(now_s=NOW)
    assert upload is not None
    first, again = world.submit(upload), world.submit(upload, now_s=NOW + 60)
    assert first.signed == again.signed
    for name in ("centre", "OP01"):
        assert len(events_of(world, name, EventKind.SETTLEMENT)) == 1


# --- what an operator cannot hide -------------------------------------------------------------


def hide(place: Place, world: World, acknowledgement: Acknowledgement) -> World:
    """The operator wipes an upload and its entry out of its database, and makes all else fit."""
    bank = world.banks["OP01"]
    database, number = bank.store.database, acknowledgement.entry.number
    with database.transaction():
        database.execute("DELETE FROM uploads WHERE upload_id = ?", acknowledgement.upload_id)
        database.execute("DELETE FROM audit_entries WHERE number = ?", number)
        # One by one: the order in which a statement meets its rows is the database's.
        for (later,) in database.rows("SELECT number FROM audit_entries WHERE number > ? ORDER BY 1", number):
            database.execute("UPDATE audit_entries SET number = ? WHERE number = ?", later - 1, later)
        database.execute("DELETE FROM audit_checkpoints")
    return world.opened_again(place)


@pytest.mark.parametrize("goes_on", [False, True])
def test_f32_an_operator_that_hides_a_deposit_is_convicted(new_world: NewWorld, goes_on: bool) -> None:
    """The wallet has its acknowledgement; a later checkpoint of the operator is all that it needs besides."""
    world = new_world()
    rider, gate, other = world.wallet([100]), world.wallet(tier=0), world.wallet(tier=0)
    pay(rider, gate, 60)
    pay(rider, other, 30)
    acknowledgement = world.hand_in(gate)
    certificate = certificate_of(world, "OP01")
    honest = checkpoint_of(world, "OP01", NOW + 1)
    log = log_of(world, "OP01")
    number = acknowledgement.entry.number
    verify_inclusion(acknowledgement.entry, log.inclusion_proof(number, honest.checkpoint.size), honest)
    if goes_on:
        world.hand_in(other, now_s=NOW + 2)
    hiding = hide(world.place, world, acknowledgement)
    try:
        forged = log_of(hiding, "OP01")
        forged.check()
        after = checkpoint_of(hiding, "OP01", NOW + 10)
        shown = goes_on and forged.size > number
        omission = Omission(
            certificates=(certificate, certificate),
            acknowledgement=acknowledgement.signed.data,
            checkpoint=after.checkpoint.signed.data,
            leaf_hash=leaf_hash(forged.entry(number)) if shown else b"",
            proof=tuple(forged.inclusion_proof(number, forged.size)) if shown else (),
        )
    finally:
        hiding.close()
    proven = verify_omission_file(omission.encode(), root=world.keys["root"].public)
    assert ("something else" in proven.why) is goes_on
    assert proven.acknowledgement.upload_id == acknowledgement.upload_id
