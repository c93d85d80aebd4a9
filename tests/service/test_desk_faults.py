"""An upload that cannot be settled, or not now, stays once it has been taken in, and holds up no other."""

from collections.abc import Sequence
from typing import Any

import pytest

from shuangli.errors import Malformed, ShuangliError, StoreError
from shuangli.issuer.centre import Settled, Upload
from shuangli.issuer.epochs.states import EpochEvent
from shuangli.messages.notices import Acknowledgement
from shuangli.operator.service import outbox
from tests.paying import pay
from tests.service.desks import Desks, State
from tests.service.wallets import payee_with_upload
from tests.setting import NOW, STAGED
from tests.world import World


def test_what_was_never_taken_in_is_not_kept(world: World, desks: Desks) -> None:
    with pytest.raises(Malformed):
        desks.at["OP01"].reconcile(b"\x80")
    assert not desks.at["OP01"].has_backlog()


def test_an_upload_that_the_centre_cannot_settle_keeps_no_other_one(
    world: World, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    (_, bad), (payee, good) = payee_with_upload(world, 400), payee_with_upload(world, 300)
    settle = world.issuer.centre.settle

    def failing(batch: Sequence[Upload], **more: Any) -> Sequence[Settled | ShuangliError]:
        if any(each.submission.upload == bad for each in batch):
            raise StoreError("corrupt", "in this test")
        return settle(batch, **more)

    monkeypatch.setattr(world.issuer.centre, "settle", failing)
    desks.cut(State.CUT)
    for upload in (bad, good):
        with pytest.raises(StoreError):
            desks.at["OP01"].reconcile(upload)
    desks.mend()
    assert desks.at["OP01"].catch_up() == 1
    assert world.deposit_fen(payee) == 300
    assert [each.data for each in world.banks["OP01"].pending()] == [bad]
    with pytest.raises(StoreError) as error:
        desks.at["OP01"].reconcile(bad)
    assert error.value.code == "corrupt"


def test_f42_an_upload_for_which_the_issuer_has_no_room_now_stays(
    world: World, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    payee, upload = payee_with_upload(world)
    with monkeypatch.context() as broken:
        broken.setattr(desks.issuer, "settle_all", lambda batch: [StoreError("unavailable")] * len(batch))
        with pytest.raises(StoreError) as queued:
            desks.at["OP01"].reconcile(upload)
        assert queued.value.code == "queued"
    assert desks.at["OP01"].catch_up() == 1
    assert world.deposit_fen(payee) == 400


@pytest.mark.parametrize("where", ["bank", "issuer"])
def test_f42_a_database_that_is_gone_in_the_middle(
    world: World, desks: Desks, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The upload has been stored; then the issuer cannot book it, or the bank what the issuer has said."""
    payee, upload = payee_with_upload(world)

    place, name = (
        (world.banks["OP01"].store, "acknowledge") if where == "bank" else (world.issuer.centre, "settle")
    )
    call = getattr(place, name)

    def gone(*values: object, **more: object) -> None:
        call(*values, **more)
        raise StoreError("unavailable", "disk full")

    with monkeypatch.context() as broken:
        broken.setattr(place, name, gone)
        with pytest.raises(StoreError) as queued:
            desks.at["OP01"].reconcile(upload)
        assert queued.value.code == "queued"
        assert world.deposit_fen(payee) == 0
    assert Acknowledgement.parse(desks.at["OP01"].reconcile(upload)).credited_fen == 400
    assert world.deposit_fen(payee) == 400
    world.check_books()


def test_what_waits_for_people_holds_up_nothing_else(world: World, desks: Desks) -> None:
    """An upload of a suspended epoch, kept first: those behind it are settled, and other duties done."""
    of_first = world.wallet((100,))
    world.change_terms(STAGED)
    first, second, rider = world.wallet(tier=0), world.wallet(tier=0), world.wallet((40, 50))
    pay(of_first, first, 100)
    pay(rider, second, 40)
    desk = desks.at["OP01"]
    desks.cut(State.CUT)
    for payee in (first, second):
        with pytest.raises(StoreError, match="not final"):
            desk.reconcile(payee.hand_in(now_s=NOW) or b"")
    desks.mend()
    with world.issuer.transaction():
        world.issuer.store.epochs.move(1, EpochEvent.SUPPLY_OFF, now_s=NOW, why="off")
    with pytest.MonkeyPatch.context() as one_by_one:
        one_by_one.setattr(outbox, "MOST_AT_ONCE", 1)
        desk.catch_up()
    assert [world.deposit_fen(payee) for payee in (first, second)] == [0, 40]
    assert not desk.has_unreported()
