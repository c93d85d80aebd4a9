"""Operators that are cut off hold up the others for a day, dismissed ones not at all (F41)."""

import pytest

from shuangli.errors import StoreError
from shuangli.issuer.vaults.statements import NettingStatement
from tests.paying import pay
from tests.service.desks import CUTS, Desks, State
from tests.setting import DAY_S, NOW
from tests.vaults.rounds import RESERVES_FEN, agree, pass_on, redeem_elsewhere
from tests.world import World


@pytest.mark.parametrize("state", CUTS)
def test_f41_a_statement_that_does_not_arrive_is_asked_for_again(
    world: World, desks: Desks, state: State
) -> None:
    redeem_elsewhere(world, desks, 500, loader="OP01", redeemer="OP02")
    desks.now_s += DAY_S
    pass_on(desks, "OP02")
    desks.cut(state, only="statements_to")
    with pytest.raises(StoreError):
        desks.at["OP01"].take_returns()
    assert world.banks["OP01"].netting.last_no() == 0
    desks.mend()
    pass_on(desks)
    agree(world)


def test_f41_an_operator_that_is_cut_off_holds_up_the_others_for_a_day(world: World, desks: Desks) -> None:
    redeem_elsewhere(world, desks, 500, loader="OP01", redeemer="OP02")
    redeem_elsewhere(world, desks, 120, loader="OP02", redeemer="OP01")
    desks.now_s += DAY_S
    pass_on(desks, "OP02")
    assert desks.issuer.statements_to("OP02", after=0) == []
    desks.now_s += DAY_S
    pass_on(desks, "OP02")
    (data,) = desks.issuer.statements_to("OP02", after=0)
    # What the one that is away has redeemed is netted when it is back.
    assert NettingStatement.parse(data).position_fen == 500
    pass_on(desks)
    pass_on(desks)
    assert world.banks["OP01"].netting.last_no() == 2
    assert desks.issuer.issuer.vaults.held_fen("OP01")[1] == RESERVES_FEN - 380
    agree(world)


def test_f41_an_upload_that_waits_keeps_its_day_open(world: World, desks: Desks) -> None:
    payer, payee = world.wallet((300,), operator="OP02"), world.wallet(tier=0)
    pay(payer, payee, 300)
    upload = payee.hand_in(now_s=NOW)
    assert upload is not None
    desks.cut(State.CUT, only="settle_all")
    with pytest.raises(StoreError):
        desks.at["OP01"].reconcile(upload)
    redeem_elsewhere(world, desks, 500, loader="OP01", redeemer="OP02")
    desks.now_s += DAY_S
    pass_on(desks)
    desks.mend()
    desks.at["OP01"].catch_up()
    pass_on(desks)
    pass_on(desks)
    assert desks.issuer.issuer.vaults.held_fen("OP01")[1] == RESERVES_FEN - 200
    agree(world)


def test_a_dismissed_operator_holds_up_neither_netting_nor_returns(world: World, desks: Desks) -> None:
    redeem_elsewhere(world, desks, 500, loader="OP01", redeemer="OP02")
    desks.now_s += DAY_S
    pass_on(desks, "OP01")
    assert world.issuer.return_desk.complete_up_to_s(now_s=desks.now_s) == NOW - 1
    desks.key_set = world.authority.sign_key_set(
        2, issued_at_s=NOW, operators=world.operators[:1], centres=[world.centre], epochs=world.epochs
    ).signed.data
    desks.issuer.key_set()
    assert world.issuer.return_desk.complete_up_to_s(now_s=desks.now_s) == desks.now_s - 1
    pass_on(desks, "OP01")
    assert desks.issuer.issuer.vaults.held_fen("OP02")[1] == RESERVES_FEN + 500
    # An issuer that starts anew knows it, and still knows whom the operator has certified.
    again = world.opened_again()
    restarted = Desks(again)
    restarted.key_set, restarted.now_s = desks.key_set, desks.now_s
    restarted.issuer.key_set()
    assert again.issuer.return_desk.complete_up_to_s(now_s=desks.now_s) == desks.now_s - 1
    assert {each.claims.subject for each in again.issuer.trust.operators} == {"OP01", "OP02"}
    again.close()
