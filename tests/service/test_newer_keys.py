"""An operator learns of others from key sets alone: what they have signed counts also before it has heard of
them, and after they were dismissed. The centre knows them all.
"""

import pytest

from shuangli.errors import Malformed, Refused, StoreError
from shuangli.issuer.remittances.messages import Verdict
from shuangli.messages.bundle import Bundle
from shuangli.messages.hand_in import HandIn
from shuangli.messages.notices import Acknowledgement
from shuangli.operator.accounts import UNKNOWN_OWNERS
from shuangli.wallet.wallet import Wallet
from tests.paying import pay
from tests.service.banks import Banks
from tests.service.desks import Desks, State
from tests.setting import NOW, YEAR_S


def paid_across(banks: Banks) -> Wallet:
    """A company of OP01 that holds 300 fen, which a wallet of OP02 has loaded and paid to it."""
    payee = banks.world.wallet(operator="OP01", tier=0)
    pay(banks.world.wallet((300,), operator="OP02", tier=0), payee, 300)
    return payee


def hand_in(banks: Banks, payee: Wallet) -> Acknowledgement:
    upload = next(iter(payee.unanswered), None) or payee.hand_in(now_s=banks.desks.now_s)
    assert upload is not None
    return Acknowledgement.parse(banks.desks.at["OP01"].reconcile(upload))


def check_paid(banks: Banks, payee: Wallet) -> None:
    assert banks.world.deposit_fen(payee) == 300
    assert banks.world.banks["OP01"].store.ledger.balance_fen(UNKNOWN_OWNERS) == 0
    banks.net()
    banks.check_settled()


def test_what_a_bank_just_admitted_has_loaded_is_paid_to_whom_it_belongs(banks: Banks) -> None:
    payee = paid_across(banks)
    banks.start_without_the_other()
    banks.admit_the_other()
    assert hand_in(banks, payee).credited_fen == 300
    check_paid(banks, payee)


def test_f41_while_nobody_can_be_asked_who_has_signed_an_upload_it_waits(banks: Banks) -> None:
    payee = paid_across(banks)
    banks.start_without_the_other()
    banks.admit_the_other()
    banks.desks.cut(State.CUT, only="key_set")
    with pytest.raises(StoreError) as queued:
        hand_in(banks, payee)
    assert queued.value.code == "queued"
    assert banks.world.deposit_fen(payee) == 0
    banks.desks.mend()
    assert banks.desks.at["OP01"].catch_up() == 1
    assert hand_in(banks, payee).credited_fen == 300
    check_paid(banks, payee)


@pytest.mark.parametrize("why", ["of-the-other", "of-two"])
def test_what_turns_out_to_be_refused_holds_up_nothing(banks: Banks, why: str) -> None:
    """It is kept until there are newer keys. If it stayed then, no watermark would ever pass it by."""
    world = banks.world
    theirs, ours = world.wallet(operator="OP02", tier=0), world.wallet(operator="OP01", tier=0)
    for payee in (theirs, ours):
        pay(world.wallet((300,), operator="OP02", tier=0), payee, 300)
    upload, known = (payee.hand_in(now_s=NOW) for payee in (theirs, ours))
    assert upload is not None
    assert known is not None
    if why == "of-two":
        upload = HandIn(bundle=Bundle.join(HandIn.decode(each).bundle for each in (upload, known))).encode()
    banks.start_without_the_other()
    banks.admit_the_other()
    desk = banks.desks.at["OP01"]
    with pytest.raises((Malformed, Refused)):
        desk.reconcile(upload)
    assert not desk.has_backlog()
    assert Acknowledgement.parse(desk.reconcile(known)).credited_fen == 300
    check_paid(banks, ours)


def test_what_the_centre_was_asked_about_is_not_forgotten(
    banks: Banks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other bank was admitted just after the keys had been renewed. The centre has settled the upload,
    and its answer was lost; by now it is seen to be for two wallets.
    """
    world = banks.world
    theirs, ours = world.wallet(operator="OP02", tier=0), world.wallet(operator="OP01", tier=0)
    uploads = []
    for payee in (theirs, ours):
        pay(world.wallet((300,), operator="OP02", tier=0), payee, 300)
        uploads.append(payee.hand_in(now_s=NOW))
    upload = HandIn(bundle=Bundle.join(HandIn.decode(each or b"").bundle for each in uploads)).encode()
    banks.start_without_the_other()
    monkeypatch.setattr(banks.desks.issuer, "operators", list)
    banks.desks.cut(State.ANSWERS_LOST, only="settle_all")
    with pytest.raises(StoreError):
        banks.desks.at["OP01"].reconcile(upload)
    assert world.supply().redeemed_fen == 600
    banks.desks = Desks(world)
    desk = banks.desks.at["OP01"]
    with pytest.raises(Malformed):
        desk.reconcile(upload)
    assert desk.has_backlog()


def test_what_a_dismissed_bank_has_loaded_is_paid_to_whom_it_belongs(banks: Banks) -> None:
    payee = paid_across(banks)
    banks.start_without_the_other()
    assert hand_in(banks, payee).credited_fen == 300
    assert banks.world.deposit_fen(payee) == 300
    assert banks.world.banks["OP01"].store.ledger.balance_fen(UNKNOWN_OWNERS) == 0


def test_f30_an_answer_stands_although_its_key_is_revoked_since(banks: Banks) -> None:
    """It was given before, and the centre has decided: what comes after it is not held up."""
    before, after = banks.send(700), banks.send(1, to="OP99")
    banks.exchange("OP01", "OP02")
    world = banks.world
    with world.issuer.transaction():
        world.issuer.centre.operator_keys.revoke(world.operators[1].signed.data, now_s=NOW)
    banks.desks.now_s += 1
    banks.desks.at["OP01"].catch_up()
    assert [banks.kept(each).verdict for each in (before, after)] == [Verdict.PAID, Verdict.NOT_ADMITTED]
    assert banks.held_fen == (4_300, 700)
    listed = banks.world.banks["OP01"].trust.revocations
    assert listed is not None
    assert listed.operators == {world.keys["OP02"].public}


def test_an_answer_stands_although_its_bank_is_dismissed_since(banks: Banks) -> None:
    sent = banks.send(700)
    banks.exchange("OP01", "OP02")
    banks.start_without_the_other()
    banks.desks.at["OP01"].catch_up()
    assert banks.kept(sent).verdict is Verdict.PAID
    assert banks.held_fen == (4_300, 700)


@pytest.mark.parametrize("why", ["revoked", "clock"])
def test_an_order_under_a_key_that_does_not_count_comes_back(banks: Banks, why: str) -> None:
    """The money has left the account: it must not wait for ever for a centre that does not take the order."""
    world, years = banks.world, 3 * YEAR_S
    if why == "clock":
        banks.desks.now_s += years
    sent = banks.send(700)
    assert banks.held_fen == (4_300, 0)
    if why == "clock":
        banks.desks.now_s -= years
    else:
        with world.issuer.transaction():
            world.issuer.centre.operator_keys.revoke(world.operators[0].signed.data, now_s=NOW)
    for _ in range(2):
        banks.exchange("OP01")
    assert banks.kept(sent).verdict is Verdict.NOT_ADMITTED
    assert banks.held_fen == (5_000, 0)
    assert not banks.desks.at["OP01"].has_backlog()


def test_what_a_bank_just_admitted_orders_is_answered(banks: Banks) -> None:
    banks.start_as_a_stranger()
    banks.admit_the_other()
    sent = banks.send(700)
    banks.exchange()
    assert banks.kept(sent).verdict is Verdict.PAID
    assert banks.held_fen == (4_300, 700)
