"""Statements that do not agree with an operator's books, or are not the issuer's, are not booked."""

import pytest

from shuangli.errors import Malformed, Unverified
from shuangli.issuer.vaults.netting import Cover
from shuangli.issuer.vaults.statements import NettingStatement
from shuangli.operator.netting.sums import Own, fault_in
from tests.service.desks import Desks
from tests.setting import DAY_S, NOW
from tests.vaults.rounds import RESERVES_FEN, agree, pass_on, redeem_elsewhere
from tests.world import World


def test_a_bank_that_owes_less_does_not_pay_more_back(world: World, desks: Desks) -> None:
    """Nor does it take a statement for right that takes what it has not got."""
    redeem_elsewhere(world, desks, RESERVES_FEN + 700, loader="OP01", redeemer="OP02")
    desks.now_s += DAY_S
    pass_on(desks, "OP01", "OP02")
    (data,) = desks.issuer.statements_to("OP01", after=0)
    told = NettingStatement.parse(data)
    assert told.covered == Cover(0, 700, 0)
    fields = {name: getattr(told, name) for name in NettingStatement.__dataclass_fields__ if name != "signed"}
    short = world.banks["OP01"].netting
    for covered, words in (
        (Cover(0, 699, 0), "takes 10001 fen, and the books have 10000 fen for settlement"),
        (Cover(0, 0, 1), "takes 10701 fen, and the books"),
        (Cover(1, 700, 0), "takes 10001 fen, and the books"),
    ):
        wrong = NettingStatement.sign(world.keys["centre"], **fields | {"covered": covered})
        with world.banks["OP01"].store.transaction():
            assert words in short.take(wrong.signed.data, now_s=desks.now_s)
        assert short.last_no() == 0
    own = Own(0, {}, {}, {}, 10**9, 0, 10**9, 10**9, 5)
    for repaid_fen in (5, 6):
        back = NettingStatement.sign(
            world.keys["centre"],
            **fields | {"debts": (), "payments": (), "covered": Cover(0, 0, repaid_fen)},
        )
        fault = fault_in(back, own)
        assert fault == ("" if repaid_fen == 5 else "it pays 6 fen back, and the books owe the issuer 5 fen")


def test_what_does_not_agree_with_the_books_is_not_booked_and_is_an_alarm(world: World, desks: Desks) -> None:
    redeem_elsewhere(world, desks, 500, loader="OP01", redeemer="OP02")
    store = world.banks["OP02"].store
    store.database.execute("UPDATE credited SET credited_fen = credited_fen + 1")
    desks.now_s += DAY_S
    before = store.ledger.balances()
    pass_on(desks)
    pass_on(desks)
    assert store.ledger.balances() == before
    assert desks.at["OP02"].has_alarm()
    assert not desks.at["OP01"].has_alarm()
    with pytest.raises(Unverified) as alarm:
        desks.at["OP02"].check_netting()
    assert alarm.value.code == "netting"
    assert "501 fen" in str(alarm.value)
    # It is on record, and nothing after it is booked either.
    redeem_elsewhere(world, desks, 100, loader="OP01", redeemer="OP02")
    desks.now_s += DAY_S
    pass_on(desks)
    assert len(desks.issuer.statements_to("OP02", after=0)) == 2
    assert world.banks["OP02"].netting.last_no() == 0
    store.database.execute("UPDATE credited SET credited_fen = credited_fen - 1 WHERE day = ?", NOW // DAY_S)
    pass_on(desks)
    assert not desks.at["OP02"].has_alarm()
    agree(world)


def test_nobody_else_signs_a_statement(world: World, desks: Desks) -> None:
    redeem_elsewhere(world, desks, 500, loader="OP01", redeemer="OP02")
    desks.now_s += DAY_S
    pass_on(desks)
    (data,) = desks.issuer.statements_to("OP02", after=0)
    told = NettingStatement.parse(data)
    fields = {
        name: getattr(told, name)
        for name in NettingStatement.__dataclass_fields__
        if name not in ("signed", "operator")
    }
    another = {
        "signature": NettingStatement.sign(
            world.keys["OP01"],
            operator="OP01",
            **fields
            | {
                "claims": [],
                "debts": told.claims and [("OP02", 500)],
                "payments": told.payments,
            },
        ),
    }
    for code, forged in (("signature", another["signature"].signed.data), ("wrong-network", data)):
        with pytest.raises(Unverified) as refused, world.banks["OP01"].store.transaction():
            world.banks["OP01"].netting.take(forged, now_s=NOW)
        assert refused.value.code == code
    with pytest.raises(Malformed):
        NettingStatement.parse(data[:-1])
