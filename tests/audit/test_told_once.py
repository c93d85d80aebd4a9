"""What becomes of wallets, policies, epochs and reports is told in the logs, once each."""

import pytest

from shuangli.errors import Unverified
from shuangli.issuer.losses.policy import LossPolicy
from shuangli.issuer.service.office import file_report
from shuangli.messages.event_kinds import AccountChange, EpochChange, EventKind
from shuangli.offline.report import RESULT, sign_report
from tests.audit.happenings import events_of
from tests.setting import NETWORK, NOW, TRANSFERABLE
from tests.world import World
from tests.worlds import NewWorld


def test_what_becomes_of_a_wallet_is_told_once(new_world: NewWorld) -> None:
    world = new_world(terms=TRANSFERABLE)
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
    world = new_world(terms=TRANSFERABLE, cap_fen=500)
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
    world = new_world(terms=TRANSFERABLE)
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
    world = new_world(terms=TRANSFERABLE)

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
