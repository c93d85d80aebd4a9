"""An epoch is archived by one process while another one serves: each sees what the other has committed."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from shuangli.errors import Refused
from shuangli.issuer.archive.verifying import verify_archive
from shuangli.issuer.centre import Settled, Submission
from shuangli.issuer.epochs.states import EpochState
from shuangli.issuer.reading import Reader
from shuangli.messages.notices import Outcome
from shuangli.wallet.wallet import Wallet
from tests.epochs.lives import ARCHIVED_S, PATIENT, archive, live_through, state_of, wind_up
from tests.paying import pay
from tests.service.desks import Desks
from tests.setting import DAY_S, NOW, STAGED
from tests.world import World

LATER_S = ARCHIVED_S + DAY_S


@pytest.fixture
def other(world: World) -> Iterator[World]:
    """The same issuer, opened by another process."""
    wallets = live_through(world)
    wind_up(world, wallets)
    world.change_terms(STAGED)
    other = world.opened_again()
    yield other
    other.close()


def payees(world: World, count: int) -> list[Wallet]:
    """Shops that were paid under the second epoch."""
    world.nobody_revoked = world.issuer.centre.revocation_list(now_s=LATER_S)
    rider = world.wallet(payer=PATIENT)
    world.load(rider, [10] * count, now_s=LATER_S)
    shops = [world.wallet(tier=0) for _ in range(count)]
    for shop in shops:
        pay(rider, shop, 10, LATER_S)
    return shops


def submission(world: World, upload: bytes, received_s: int) -> Submission:
    return Submission(operator="OP01", upload=upload, person=bytes(32), received_s=received_s)


def settle(world: World, uploads: list[Submission]) -> list[Settled]:
    """Settle at the desk that serves."""
    desks = Desks(world)
    desks.now_s = LATER_S + DAY_S
    answers = desks.issuer.settle_all(uploads)
    assert all(isinstance(answer, Settled) for answer in answers), answers
    return [answer for answer in answers if isinstance(answer, Settled)]


def test_what_was_read_before_and_is_settled_after_an_archive(
    world: World, other: World, tmp_path: Path
) -> None:
    """The serving process has looked at uploads, and an epoch is archived before it writes them down."""
    (shop,) = payees(world, 1)
    fresh = shop.hand_in(now_s=LATER_S)
    query = "SELECT data FROM uploads WHERE acknowledgement IS NOT NULL ORDER BY upload_no LIMIT 1"
    ((answered,),) = world.banks["OP01"].store.database.rows(query)
    assert fresh is not None
    centre = world.issuer.centre
    submissions = submission(world, fresh, LATER_S), submission(world, answered, NOW)
    reader = Reader(centre.footing())
    read = [
        centre.take(each)._replace(reading=reader.read(each.operator, each.upload)) for each in submissions
    ]
    place = archive(other, tmp_path)
    with world.issuer.transaction():
        (settled,) = centre.settle(read[:1])
    assert isinstance(settled, Settled)
    assert settled.credited_fen == 10
    # The answer was dropped with its epoch: now all of it is late, and changes nothing.
    before = other.issuer.store.supply()
    with world.issuer.transaction():
        (late,) = centre.settle(read[1:])
    (again,) = settle(world, [submission(world, answered, LATER_S)])
    assert isinstance(late, Settled)
    assert late == again
    assert set(again.outcomes) == {Outcome.LATE}
    assert other.issuer.store.supply() == before
    world.issuer.check_books()
    assert verify_archive(place, world.keys["root"].public).epoch == 1


def test_uploads_are_settled_while_an_epoch_is_archived(world: World, other: World, tmp_path: Path) -> None:
    shops = payees(world, 24)
    uploads = []
    for shop in shops:
        upload = shop.hand_in(now_s=LATER_S)
        assert upload is not None
        uploads.append(submission(world, upload, LATER_S))
    answers: list[Settled] = []
    begun, done = threading.Event(), threading.Event()

    def serve() -> None:
        for upload in uploads:
            answers.extend(settle(world, [upload]))
            begun.set()
        done.set()

    thread = threading.Thread(target=serve)
    thread.start()
    begun.wait(60)
    place = archive(other, tmp_path)
    thread.join(60)
    assert done.is_set()
    assert [answer.credited_fen for answer in answers] == [10] * len(shops)
    assert state_of(world) is EpochState.ARCHIVED
    world.issuer.check_books()
    world.issuer.store.audit.check()
    verify_archive(place, world.keys["root"].public)


def test_two_archive_one_epoch_and_one_of_them_finds_it_done(
    world: World, other: World, tmp_path: Path
) -> None:
    place = archive(other, tmp_path)
    assert world.issuer.archive_epoch(1, tmp_path, now_s=ARCHIVED_S) == place
    with pytest.raises(Refused), world.issuer.transaction():
        world.issuer.epochs.close(1, now_s=ARCHIVED_S)


def test_cases_are_numbered_on_after_an_archive_and_what_is_owed_stays(
    world: World, other: World, tmp_path: Path
) -> None:
    known = other.issuer.cases.all()
    archive(other, tmp_path)
    kept = world.issuer.cases.all()
    assert [case._replace(archived=False) for case in kept] == known
    assert all(case.archived for case in kept)
    assert [evidence for _, evidence in world.issuer.cases.of_operator("OP01", after=0)] == [b""] * len(kept)
    assert world.issuer.loss_desk.culprits_of("OP01") == sorted({case.culprit for case in known})
    world.nobody_revoked = world.issuer.centre.revocation_list(now_s=LATER_S)
    cheat = world.wallet(payer=PATIENT)
    world.load(cheat, [100], now_s=LATER_S)
    copy = world.clone(cheat)
    for payer in (cheat, copy):
        shop = world.wallet(tier=0)
        pay(payer, shop, 100, LATER_S)
        world.hand_in(shop, now_s=LATER_S)
    new = world.issuer.cases.all(after=kept[-1].case_no)
    assert [case.case_no for case in new] == [kept[-1].case_no + 1]
