"""Uploads that go to the centre together: stored in one transaction, settled in one, booked in one."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from shuangli.errors import Malformed, StoreError
from shuangli.issuer.centre import Settled, Submission
from shuangli.messages.notices import Acknowledgement
from shuangli.operator.flow import Flow
from shuangli.operator.service.handing_in import HandingIn
from shuangli.operator.service.outbox import Outbox
from shuangli.operator.service.passing import Passing
from tests.paying import pay
from tests.service.desks import Desks, State
from tests.setting import NOW
from tests.world import World


class Counted:
    """An outbox whose transactions are counted, and uploads for it.

    Attributes:
        transactions: how many there were
    """

    def __init__(self, world: World) -> None:
        self.world, self.desks = world, Desks(world)
        self.transactions = 0
        desk = self.desks.at["OP01"]

        @contextmanager
        def transaction() -> Iterator[int]:
            self.transactions += 1
            with desk.transaction() as now_s:
                yield now_s

        line: Any = self.desks.lines["OP01"]
        self.bank = world.banks["OP01"]
        self.outbox = Outbox(self.bank, line, transaction, renew_keys=lambda: None)

    def upload(self, amount_fen: int) -> bytes:
        payer, payee = self.world.wallet((amount_fen,)), self.world.wallet()
        pay(payer, payee, amount_fen)
        upload = payee.hand_in(now_s=NOW)
        assert upload is not None
        return upload

    def send(self, *uploads: bytes) -> list[Passing]:
        """Let uploads go together."""
        batch = [Passing(upload=upload) for upload in uploads]
        self.outbox.store(batch)
        self.outbox.pass_on([each for each in batch if each.is_stored])
        return batch


@pytest.fixture
def counted(world: World) -> Counted:
    return Counted(world)


def credited_fen(answer: bytes) -> int:
    return Acknowledgement.parse(answer).credited_fen


def test_f11_uploads_that_go_together_take_two_transactions_here_and_one_request(counted: Counted) -> None:
    batch = counted.send(*(counted.upload(100 + n) for n in range(5)))
    assert [credited_fen(each.answer()) for each in batch] == [100, 101, 102, 103, 104]
    assert counted.transactions == 2
    assert counted.desks.lines["OP01"].asked.count("settle_all") == 1
    counted.world.check_books()


def test_f12_the_same_upload_twice_in_a_batch_is_booked_once(counted: Counted) -> None:
    upload = counted.upload(400)
    first, second = counted.send(upload, upload)
    assert first.answer() == second.answer()
    assert counted.send(upload)[0].answer() == first.answer()
    counted.world.check_books()


def test_what_is_refused_is_told_so_and_keeps_no_other_one(counted: Counted) -> None:
    wrong, good = counted.send(b"\x80", counted.upload(300))
    with pytest.raises(Malformed):
        wrong.answer()
    assert credited_fen(good.answer()) == 300


def test_a_fault_of_the_program_over_one_upload_keeps_no_other_one(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = counted.upload(400), counted.upload(300)
    begin = counted.bank.reconcile_flow

    def failing(upload: bytes, **more: Any) -> Flow:
        if upload == bad:
            raise LookupError("a fault")
        return begin(upload, **more)

    monkeypatch.setattr(counted.bank, "reconcile_flow", failing)
    first, second, third = counted.send(good, bad, counted.upload(200))
    assert [credited_fen(each.answer()) for each in (first, third)] == [300, 200]
    with pytest.raises(LookupError):
        second.answer()


def test_f41_all_of_a_batch_are_kept_if_the_centre_cannot_be_reached(counted: Counted) -> None:
    counted.desks.cut(State.CUT)
    batch = counted.send(counted.upload(400), counted.upload(300))
    for each in batch:
        with pytest.raises(StoreError) as queued:
            each.answer()
        assert queued.value.code == "queued"
    counted.desks.mend()
    assert counted.outbox.pass_on_backlog() == 2


def test_f41_uploads_are_stored_while_the_centre_is_busy_and_then_go_together(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None waits for the centre to be stored: when it was received is judged by that."""
    uploads = [counted.upload(100 + n) for n in range(6)]
    settle, all_stored, sizes = counted.desks.issuer.settle_all, threading.Event(), []

    def waiting(submissions: Sequence[Submission]) -> Sequence[Settled | Exception]:
        sizes.append(len(submissions))
        assert all_stored.wait(60)
        return settle(submissions)

    store = counted.outbox.store

    def storing(batch: Sequence[Passing]) -> None:
        store(batch)
        if len(counted.bank.pending()) == len(uploads):
            all_stored.set()

    monkeypatch.setattr(counted.desks.issuer, "settle_all", waiting)
    monkeypatch.setattr(counted.outbox, "store", storing)
    handing_in = HandingIn(counted.outbox)

    async def hand_in_all() -> list[bytes]:
        return await asyncio.gather(*map(handing_in.reconcile, uploads))

    answers = asyncio.run(hand_in_all())
    assert [*map(credited_fen, answers)] == [100, 101, 102, 103, 104, 105]
    assert sum(sizes) == len(uploads)
    assert len(sizes) < len(uploads)
    assert not counted.bank.pending()
