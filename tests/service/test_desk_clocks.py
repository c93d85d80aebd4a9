"""When an upload counts as received, whatever the line and the operator's clock do."""

import pytest

from shuangli.errors import Refused, StoreError
from shuangli.issuer.centre import Settled
from shuangli.messages.notices import Acknowledgement
from tests.service.desks import Desks, State
from tests.service.network import submission
from tests.service.wallets import payee_with_upload
from tests.setting import DAY_S, NOW, STAGED
from tests.world import World


def test_f41_an_upload_is_dated_by_when_it_was_received(world: World, desks: Desks) -> None:
    """It is on time if it was handed in on time, however long the line is cut."""
    _, upload = payee_with_upload(world)
    desks.cut(State.CUT)
    with pytest.raises(StoreError):
        desks.at["OP01"].reconcile(upload)
    desks.now_s += STAGED.claim_window_s + STAGED.grace_s + DAY_S
    desks.mend()
    answer = Acknowledgement.parse(desks.at["OP01"].reconcile(upload))
    assert (answer.received_at_s, answer.credited_fen) == (NOW, 400)


def test_f41_a_watermark_ends_before_what_waits(world: World, desks: Desks) -> None:
    _, upload = payee_with_upload(world)
    desks.cut(State.CUT)
    with pytest.raises(StoreError):
        desks.at["OP01"].reconcile(upload)
    desks.now_s += DAY_S
    desks.cut(State.CUT, only="settle_all")
    desks.at["OP01"].take_returns()
    assert world.issuer.store.returns.watermarks()["OP01"] == NOW - 1
    desks.mend()
    desks.at["OP01"].catch_up()
    desks.at["OP01"].take_returns()
    assert world.issuer.store.returns.watermarks()["OP01"] == desks.now_s - 1


def test_what_an_operator_received_in_the_future_is_refused(world: World, desks: Desks) -> None:
    _, upload = payee_with_upload(world)
    late, fine = desks.issuer.settle_all(
        [
            submission("OP01", upload, received_s=NOW + 301),
            submission("OP01", upload, received_s=NOW + 300),
        ]
    )
    assert isinstance(late, Refused)
    assert late.code == "clock"
    assert isinstance(fine, Settled)


@pytest.mark.parametrize("ahead_s", [DAY_S, 400 * DAY_S])
def test_f21_an_operator_goes_on_once_a_clock_that_ran_ahead_is_right(
    world: World, desks: Desks, ahead_s: int
) -> None:
    """What it has said and received at a time that never was binds nobody."""
    (payee, upload), desk = payee_with_upload(world), desks.at["OP01"]
    bank_s = NOW + ahead_s
    desk.now_s = lambda: bank_s
    take_watermark = desks.issuer.take_watermark
    # The issuer goes by its own clock.
    desks.issuer.take_watermark = lambda data, **_: take_watermark(data, now_s=desks.now_s)  # type: ignore[method-assign]
    for act in (desk.take_returns, lambda: desk.reconcile(upload)):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "clock"
    bank_s = desks.now_s = NOW + 10
    desk.take_returns()
    assert world.issuer.store.returns.watermarks()["OP01"] < bank_s
    for _ in range(2):
        desk.catch_up()
    assert world.deposit_fen(payee) == 400
    assert Acknowledgement.parse(desk.reconcile(upload)).received_at_s == bank_s
    bank_s = desks.now_s = NOW + 700
    desk.take_returns()
    assert world.issuer.store.returns.watermarks()["OP01"] == bank_s - 1
