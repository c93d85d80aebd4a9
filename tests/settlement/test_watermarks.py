"""Nothing goes back before every operator has passed on what it received (F52), and none gains by a lie."""

from collections.abc import Callable

import pytest

from shuangli.crypto import SigningKey
from shuangli.errors import Refused, ShuangliError
from shuangli.messages.notices import Acknowledgement, Outcome
from shuangli.messages.returns import Watermark
from shuangli.offline.request import request_id_of
from shuangli.wallet.wallet import Wallet
from tests.paying import pay
from tests.setting import DAY_S, NETWORK, NOW, STAGED, YEAR_S
from tests.settlement.answers import CLAIMED_S
from tests.world import World
from tests.worlds import NewWorld


def shown(world: World, operator: str = "OP02") -> tuple[Wallet, Wallet, bytes]:
    """A payment of 60 fen that its payer has shown; and the payee's own upload, for its operator."""
    rider, gate = world.wallet([100]), world.wallet(tier=0, operator=operator)
    paid = pay(rider, gate, 60)
    world.submit(paid.payment.body)
    upload = gate.hand_in(now_s=NOW)
    assert upload is not None
    return rider, gate, upload


def keep(world: World, upload: bytes, operator: str = "OP02", *, now_s: int = NOW) -> None:
    """An operator that cannot reach the centre takes an upload in."""
    with world.banks[operator].store.transaction():
        world.banks[operator].keep(upload, now_s=now_s)


def pass_on(world: World, operator: str = "OP02", *, now_s: int) -> list[bytes]:
    """The operator reaches the centre again, and passes on what it has."""
    bank = world.banks[operator]
    with world.transaction():
        return [bank.reconcile(each.data, now_s=now_s) for each in bank.pending()]


def test_f52_an_operator_that_is_admitted_again_claims_nothing_that_was_taken_meanwhile(world: World) -> None:
    """What it had received in time is late by now; nothing that it hands in is in the way of others."""
    thief = world.wallet([100, 70])
    third, shop = world.clone(thief), world.wallet(tier=0, operator="OP02")
    for payer in (thief, world.clone(thief)):
        gate = world.wallet(tier=0)
        pay(payer, gate, 70)
        world.hand_in(gate)
    pay(third, shop, 100)
    keep(world, shop.hand_in(now_s=NOW) or b"")
    (coin,) = thief.purse.coins.values()
    for operators, now_s in ((world.operators, NOW), (world.operators[:1], NOW), (world.operators, YEAR_S)):
        with world.issuer.transaction():
            world.issuer.store.epochs.note_operators(operators, now_s=now_s)
        if len(operators) == 1:
            world.return_due(now_s=coin.due_s + 1, operators=["OP01"])
            with world.issuer.transaction():
                world.issuer.book_losses(now_s=coin.due_s + 1)
    assert world.supply().returned_fen == 100, "the culprit's coin was taken"
    (answer,) = pass_on(world, now_s=coin.due_s + DAY_S)
    assert Acknowledgement.parse(answer).outcomes[-1] is Outcome.LATE
    world.check_books()


@pytest.mark.parametrize("heals", [True, False])
def test_f52_a_hand_in_at_a_cut_off_operator_holds_up_the_return(world: World, heals: bool) -> None:
    rider, gate, upload = shown(world)
    keep(world, upload, now_s=CLAIMED_S)
    for now_s in (CLAIMED_S + 1, CLAIMED_S + DAY_S):
        world.return_due(now_s=now_s, operators=["OP01"])
        assert world.deposit_fen(rider) == 0, "OP02 has said nothing yet"
        world.return_due(now_s=now_s)
        assert world.deposit_fen(rider) == 0, "OP02 says only what is true"
    if heals:
        pass_on(world, now_s=CLAIMED_S + 2 * DAY_S)
        assert world.deposit_fen(gate, "OP02") == 60, "received in time is in time"
    else:
        world.banks["OP02"].store.database.execute("DELETE FROM uploads")
    world.return_due(now_s=CLAIMED_S + 3 * DAY_S)
    assert world.deposit_fen(rider) == (0 if heals else 60)
    supply = world.supply()
    assert supply.redeemed_fen + supply.returned_fen == 60
    world.check_books()


def test_f52_a_refusal_at_a_cut_off_operator_and_the_deadline_pay_once(world: World) -> None:
    """The same for what comes back: it is passed on before anything else is given back, or it is late."""
    rider, gate = world.wallet([100]), world.wallet(tier=0, operator="OP02")
    world.enrol(rider, "OP02")
    request = gate.request(60, now_s=NOW)
    (first,) = world.wallet([60]).receive(request_id_of(request), request, now_s=NOW)
    gate.receive(request_id_of(request), first, now_s=NOW)
    (payment,) = rider.receive(request_id_of(request), request, now_s=NOW)
    (refusal,) = gate.receive(request_id_of(request), payment, now_s=NOW)
    world.submit(payment.body)
    rider.receive(request_id_of(request), refusal, now_s=NOW)
    upload = rider.hand_in(now_s=NOW)
    assert upload is not None
    keep(world, upload, now_s=CLAIMED_S)
    world.return_due(now_s=CLAIMED_S + 1)
    pass_on(world, now_s=CLAIMED_S + DAY_S)
    world.return_due(now_s=CLAIMED_S + 2 * DAY_S)
    assert (world.deposit_fen(rider, "OP01"), world.deposit_fen(rider, "OP02")) == (0, 60)
    world.check_books()


def test_an_operator_that_lies_about_its_watermark_gets_nobody_paid_twice(world: World) -> None:
    """What it says it has passed on, and has not, comes too late: its own customer has to ask it why."""
    rider, gate, upload = shown(world)
    keep(world, upload, now_s=CLAIMED_S)
    lie = Watermark.sign(world.keys["OP02"], network=NETWORK, operator="OP02", up_to_s=CLAIMED_S + 10)
    with world.issuer.transaction():
        world.issuer.take_watermark(lie.signed.data, now_s=CLAIMED_S + 10)
    world.return_due(now_s=CLAIMED_S + 10, operators=["OP01"])
    assert world.deposit_fen(rider) == 60
    pass_on(world, now_s=CLAIMED_S + DAY_S)
    assert world.deposit_fen(gate, "OP02") == 0
    supply = world.supply()
    assert (supply.redeemed_fen, supply.returned_fen, supply.outstanding_fen) == (0, 60, 40)
    assert world.cases() == []
    world.check_books()


def test_an_operator_that_is_certified_later_cannot_date_back_either(world: World) -> None:
    rider, _, upload = shown(world, "OP01")
    world.return_due(now_s=CLAIMED_S + 1)
    assert world.deposit_fen(rider) == 60
    world.issuer.store.database.execute("DELETE FROM watermarks WHERE operator = 'OP02'")
    bank = world.banks["OP02"]
    bank.store.database.execute("DELETE FROM watermarks")
    gate = next(wallet for wallet in world.journals if wallet.certificate.tier == 0)
    world.enrol(gate, "OP02")
    assert world.submit(upload, "OP02", now_s=NOW).outcomes == (Outcome.REPEAT, Outcome.LATE)
    world.check_books()


def test_a_watermark_says_only_what_is_true(world: World) -> None:
    _, _, upload = shown(world)
    assert world.sign_watermark("OP02", now_s=NOW + 100) == NOW + 99, "this second is not over"
    keep(world, upload, now_s=NOW + 100)
    keep(world, upload, now_s=NOW + 200)
    assert world.sign_watermark("OP02", now_s=NOW + 300) == NOW + 99
    pass_on(world, now_s=NOW + 300)
    assert world.sign_watermark("OP02", now_s=NOW + 300) == NOW + 299
    assert world.sign_watermark("OP02", now_s=NOW + 5) == NOW + 299, "a clock that is put back unsays nothing"
    signed = world.banks["OP02"].watermark(now_s=NOW + 5)
    assert signed == world.banks["OP02"].watermark(now_s=NOW + 5), "nothing is signed twice"


def test_what_is_received_after_a_watermark_is_dated_after_it(world: World) -> None:
    _, gate, upload = shown(world)
    world.sign_watermark("OP02", now_s=NOW + 100)
    acknowledgement = world.submit(upload, "OP02", now_s=NOW + 5)
    assert acknowledgement.received_at_s == NOW + 100
    assert acknowledgement.credited_fen == world.deposit_fen(gate, "OP02") == 60


def test_an_upload_that_was_kept_has_its_time_and_one_answer(world: World) -> None:
    _, gate, upload = shown(world)
    keep(world, upload, now_s=NOW + 7)
    keep(world, upload, now_s=NOW + 9)
    assert [each.data for each in world.banks["OP02"].pending()] == [upload]
    acknowledgement = world.submit(upload, "OP02", now_s=NOW + DAY_S)
    assert acknowledgement.received_at_s == NOW + 7
    assert pass_on(world, now_s=NOW + 2 * DAY_S) == []
    assert world.deposit_fen(gate, "OP02") == 60
    with pytest.raises(Refused), world.transaction():
        world.banks["OP01"].keep(upload, now_s=NOW)


@pytest.mark.parametrize(
    ("sign", "code"),
    [
        (lambda world: watermark(world, key=world.key("thief")), "signature"),
        (lambda world: watermark(world, key=world.keys["OP01"]), "signature"),
        (lambda world: watermark(world, operator="OP03"), "unknown-signer"),
        (lambda world: watermark(world, network="other"), "wrong-network"),
        (lambda world: watermark(world, up_to_s=NOW + 301), "clock"),
        (lambda world: watermark(world, up_to_s=NOW + YEAR_S), "clock"),
    ],
)
def test_whose_watermark_counts(world: World, sign: Callable[[World], bytes], code: str) -> None:
    with pytest.raises(ShuangliError) as no, world.issuer.transaction():
        world.issuer.take_watermark(sign(world), now_s=NOW)
    assert no.value.code == code
    assert world.issuer.store.returns.watermarks() == {}


def watermark(
    world: World,
    *,
    key: SigningKey | None = None,
    operator: str = "OP02",
    network: str = NETWORK,
    up_to_s: int = NOW,
) -> bytes:
    signer = key or world.keys["OP02"]
    return Watermark.sign(signer, network=network, operator=operator, up_to_s=up_to_s).signed.data


def test_an_older_watermark_unsays_nothing(world: World) -> None:
    for up_to_s in (NOW, NOW - 50, NOW + 1, NOW):
        with world.issuer.transaction():
            world.issuer.take_watermark(watermark(world, up_to_s=up_to_s), now_s=NOW)
    assert world.issuer.store.returns.watermarks() == {"OP02": NOW + 1}


def test_a_watermark_ahead_of_the_centres_clock_returns_nothing_early(world: World) -> None:
    rider, _, _ = shown(world)
    for operator in world.banks:
        with world.issuer.transaction():
            data = watermark(world, key=world.keys[operator], operator=operator, up_to_s=CLAIMED_S + 1)
            world.issuer.take_watermark(data, now_s=CLAIMED_S - 1)
    with world.issuer.transaction():
        world.issuer.return_desk.return_due(now_s=CLAIMED_S - 1)
    world.return_due(now_s=CLAIMED_S - 1, operators=[])
    assert world.deposit_fen(rider) == 0
    world.return_due(now_s=CLAIMED_S, operators=[])
    assert world.deposit_fen(rider) == 60


def test_an_operator_that_has_ended_holds_nothing_up_once_it_has_said_all(new_world: NewWorld) -> None:
    world = new_world(terms=STAGED)
    rider, _, _ = shown(world)
    ended = world.authority.certify_operator(
        "OP03", world.key("OP03").public, not_before_s=NOW - DAY_S, expires_at_s=NOW + DAY_S
    )
    world.issuer.trust.add_operator(ended.signed.data)
    world.return_due(now_s=CLAIMED_S + 1)
    assert world.deposit_fen(rider) == 0, "it was an operator when the payment was made"
    last = watermark(world, key=world.key("OP03"), operator="OP03", up_to_s=NOW + DAY_S - 1)
    with world.issuer.transaction():
        world.issuer.take_watermark(last, now_s=CLAIMED_S)
    world.return_due(now_s=CLAIMED_S + 1)
    assert world.deposit_fen(rider) == 60
