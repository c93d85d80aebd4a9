"""What is acknowledged is in the log, at one with the books; an operator that hides it is convicted."""

import pytest

from shuangli.crypto import sha256
from shuangli.errors import StoreError
from shuangli.merkle import leaf_hash
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.notices import Acknowledgement
from shuangli.offline.audit import (
    VerifiedCheckpoint,
    verify_checkpoint,
    verify_consistency,
    verify_event,
    verify_inclusion,
)
from shuangli.offline.omission import Omission, verify_omission_file
from shuangli.wallet.wallet import Wallet
from tests.audit.happenings import LATER_S, certificate_of, events_of, let_all_happen, log_of
from tests.database.places import Place
from tests.paying import pay
from tests.setting import NAMES, NOW, TRANSFERABLE
from tests.world import World
from tests.worlds import NewWorld


def checkpoint_of(world: World, name: str, now_s: int) -> VerifiedCheckpoint:
    """The signed state of a log, verified with the root key."""
    with world.transaction():
        if name == "centre":
            data, certificate = world.issuer.checkpoint(now_s=now_s), world.centre.signed.data
        else:
            data, certificate = world.banks[name].checkpoint(now_s=now_s), certificate_of(world, name)
    return verify_checkpoint(data, certificate=certificate, root=world.keys["root"].public)


def rider_and_upload(world: World) -> tuple[Wallet, bytes]:
    """A rider who has paid a gate, and what the gate hands in."""
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    pay(rider, gate, 60)
    upload = gate.hand_in(now_s=NOW)
    assert upload is not None
    return rider, upload


def test_f15_what_fails_has_neither_happened_nor_been_logged(new_world: NewWorld) -> None:
    world = new_world(terms=TRANSFERABLE)
    rider, upload = rider_and_upload(world)
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
    world = new_world(terms=TRANSFERABLE)
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
    world = new_world(terms=TRANSFERABLE)
    _, upload = rider_and_upload(world)
    first, again = world.submit(upload), world.submit(upload, now_s=NOW + 60)
    assert first.signed == again.signed
    for name in ("centre", "OP01"):
        assert len(events_of(world, name, EventKind.SETTLEMENT)) == 1


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
    world = new_world(terms=TRANSFERABLE)
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
