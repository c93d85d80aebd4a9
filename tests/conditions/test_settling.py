"""Conditional value at operator and centre: who is paid, and what goes back to whom."""

from dataclasses import replace

import pytest

from shuangli.crypto import sha256
from shuangli.errors import Malformed
from shuangli.issuer.centre import Submission
from shuangli.messages.bundle import Bundle
from shuangli.messages.hand_in import HandIn
from shuangli.messages.notices import Outcome
from shuangli.messages.session import Refusal
from shuangli.messages.transfers import CENTRE, NO_REQUEST, Spend, Transfer
from shuangli.offline.chain import chains, walk
from shuangli.offline.request import request_id_of
from shuangli.offline.states import PayerState
from shuangli.wallet.wallet import Wallet
from tests.conditions.conftest import BOOKSHOP, CANTEEN, SPEND_BY_S, City, knows
from tests.conditions.payments import forced
from tests.paying import COMPANY, coins_of, pay, signing_key
from tests.setting import DAY_S, NOW
from tests.world import World

LONG_AFTER_S = NOW + 40 * DAY_S


def redeem_all(wallet: Wallet, now_s: int = NOW) -> bytes:
    """An upload that redeems all coins of a wallet, whatever its program would say."""
    coins = coins_of(wallet)
    redemption = Transfer.sign(
        signing_key(wallet),
        request_id=NO_REQUEST,
        certificate=wallet.certificate,
        signed_at_s=now_s,
        claim_by_s=now_s,
        payee=CENTRE,
        spends=[Spend(coin.coin_id, coin.value_fen) for coin in coins],
    )
    shown = chains(coins)
    bundle = Bundle(loads=shown.loads, transfers=(*shown.transfers, redemption.signed.data))
    return HandIn(bundle=bundle, refusals=()).encode()


def test_a_payee_of_the_class_gets_ordinary_money(world: World, city: City) -> None:
    person = world.wallet()
    city.load(person, 1_000)
    pay(person, city.canteen, 800)
    assert world.hand_in(city.canteen).outcomes == (Outcome.SETTLED, Outcome.SETTLED)
    assert world.deposit_fen(city.canteen) == 800
    assert world.supply().outstanding_fen == 200


def test_a_receiver_cannot_turn_it_into_money_of_its_own(world: World, city: City) -> None:
    person = world.wallet()
    city.load(person, 1_000)
    before_fen = city.deposit_fen()
    assert world.submit(redeem_all(person)).credited_fen == 1_000
    assert world.deposit_fen(person) == 0
    assert city.deposit_fen() == before_fen + 1_000


def test_a_colluding_payee_of_another_class_gets_nothing(world: World, city: City) -> None:
    """It takes what it should refuse; the centre does not pay it, and the giver gets it back in the end."""
    person = world.wallet()
    crook = world.wallet(name="crook", tier=0, payee_class=BOOKSHOP, payee=knows("meals"))
    city.load(person, 1_000)
    forced(person, crook, 1_000)
    paid = Bundle.decode(next(iter(crook.purse.asking.values())).refused[0].bundle)
    (coin,) = [step.outputs[0] for step in walk(paid, world.trust()).steps]
    redemption = Transfer.sign(
        signing_key(crook),
        request_id=NO_REQUEST,
        certificate=crook.certificate,
        signed_at_s=NOW,
        claim_by_s=NOW,
        payee=CENTRE,
        spends=[Spend(coin.coin_id, coin.value_fen)],
    )
    bundle = Bundle(loads=paid.loads, transfers=(*paid.transfers, redemption.signed.data))
    answer = world.submit(HandIn(bundle=bundle, refusals=()).encode())
    assert answer.outcomes == (Outcome.SETTLED, Outcome.INVALID)
    assert answer.credited_fen == world.deposit_fen(crook) == 0
    before_fen = city.deposit_fen()
    world.return_due(now_s=LONG_AFTER_S)
    assert city.deposit_fen() == before_fen + 1_000
    assert world.deposit_fen(person) == 0


def test_a_refusal_does_not_turn_it_into_money_either(world: World, city: City) -> None:
    person = world.wallet([300])
    city.load(person, 1_000)
    answer = forced(person, city.bookshop, 400)
    refusal = Refusal.parse(answer.body)
    shown = next(iter(city.bookshop.purse.asking.values())).refused[0].bundle
    told = world.submit(HandIn(bundle=Bundle.decode(shown), refusals=(refusal.signed.data,)).encode())
    assert told.outcomes[-1] is Outcome.CONDITION
    assert told.credited_fen == world.deposit_fen(person) == 0


def test_what_was_mixed_comes_back_where_it_came_from(world: World, city: City) -> None:
    """A payment of 500 of meal money and 300 of one's own is refused: the 300 come back at once."""
    person = world.wallet([300])
    city.load(person, 500)
    request = city.canteen.request(800, now_s=NOW)
    request_id = request_id_of(request)
    (payment,) = person.receive(request_id, request, now_s=NOW)
    # By the time it arrives, too little time to claim is left.
    (answer,) = city.canteen.receive(request_id, payment, now_s=NOW + 60 * DAY_S)
    person.receive(request_id, answer, now_s=NOW)
    acknowledgement = world.hand_in(person)
    assert sorted(outcome.name for outcome in acknowledgement.outcomes[-2:]) == ["CONDITION", "SETTLED"]
    assert world.deposit_fen(person) == acknowledgement.credited_fen == 300
    assert person.purse.paying[request_id].state is PayerState.REFUSED
    # The 500 are the giver's when they are due: they are not on their way to anybody here.
    assert person.purse.in_flight_fen == 0


def test_what_is_not_spent_in_time_is_handed_in_for_the_giver(world: World, city: City) -> None:
    person = world.wallet()
    city.load(person, 600, 400)
    pay(person, city.canteen, 250)
    world.hand_in(city.canteen)
    before_fen = city.deposit_fen()
    assert person.hand_in(now_s=SPEND_BY_S - 1) is None
    assert world.hand_in(person, now_s=SPEND_BY_S).credited_fen == 750
    assert city.deposit_fen() == before_fen + 750
    assert (world.deposit_fen(person), person.purse.balance_fen) == (0, 0)


def test_a_holder_may_give_it_back_before(world: World, city: City) -> None:
    person = world.wallet()
    city.load(person, 1_000)
    upload = person.hand_in(now_s=NOW, give_back=True)
    assert upload is not None
    before_fen = city.deposit_fen()
    assert world.submit(upload).credited_fen == 1_000
    assert city.deposit_fen() == before_fen + 1_000


def test_a_culprit_that_gives_it_back_costs_its_giver_nothing(world: World, city: City) -> None:
    """Neither what a culprit owes elsewhere, nor what it has spent besides, is the giver's affair."""
    person, copy = (wallet := world.wallet([70])), world.clone(wallet)
    for payer in (person, copy):
        gate = world.wallet(tier=0)
        pay(payer, gate, 70)
        world.hand_in(gate)
    city.load(person, 600, 400)
    spent_too = world.clone(person)
    pay(spent_too, city.canteen, 400)
    world.hand_in(city.canteen)
    before_fen = city.deposit_fen()
    upload = person.hand_in(now_s=NOW, give_back=True)
    assert upload is not None
    assert sorted(outcome.name for outcome in world.submit(upload).outcomes) == ["FORKED", "SETTLED"]
    assert city.deposit_fen() == before_fen + 600
    assert world.deposit_fen(city.canteen) == 400
    assert len(world.cases()) == 2


def test_what_is_left_on_a_fork_costs_no_fund_anything_and_goes_back_to_no_giver(
    world: World, city: City
) -> None:
    """Of its 1,000 the giver had 600 eaten, and 400 back. The copy's change of 300 is owed to a culprit."""
    person = world.wallet()
    city.load(person, 1_000)
    copy = world.clone(person)
    for payer, amount_fen in ((person, 600), (copy, 700)):
        pay(payer, city.canteen, amount_fen)
        world.hand_in(city.canteen)
    before_fen = city.deposit_fen()
    world.return_due(now_s=LONG_AFTER_S)
    assert city.deposit_fen() == before_fen + 400
    assert (world.supply().fund_paid_fen, world.deposit_fen(person)) == (700, 0)


def test_what_nobody_claims_on_a_fork_goes_back_to_no_giver_either(world: World, city: City) -> None:
    person = world.wallet()
    city.load(person, 1_000)
    copy = world.clone(person)
    pay(person, city.canteen, 1_000)
    world.hand_in(city.canteen)
    never = world.wallet(name="never", tier=0, payee_class=CANTEEN, payee=knows("meals"))
    world.submit(pay(copy, never, 1_000).payment.body)
    before_fen = city.deposit_fen()
    world.return_due(now_s=LONG_AFTER_S)
    assert (city.deposit_fen(), world.supply().fund_paid_fen) == (before_fen, 0)


def test_what_an_honest_payee_passed_on_below_a_fork_comes_back_to_it(world: World, city: City) -> None:
    """It has sold meals for it: the fund pays it, as it would have for claiming what it was paid."""
    person = world.wallet()
    city.load(person, 1_000)
    copy = world.clone(person)
    pay(person, city.canteen, 1_000)
    world.hand_in(city.canteen)
    honest, never = (
        world.wallet(name=name, tier=0, payee_class=CANTEEN, payee=knows("meals"))
        for name in ("honest", "never")
    )
    pay(copy, honest, 1_000)
    world.submit(pay(honest, never, 1_000).payment.body)
    before_fen = city.deposit_fen()
    world.return_due(now_s=LONG_AFTER_S)
    assert (city.deposit_fen(), world.deposit_fen(honest)) == (before_fen, 1_000)


def test_what_nobody_hands_in_goes_back_to_the_giver(world: World, city: City) -> None:
    """Whole coins of a load, and change, which is an output of its holder's own transfer."""
    person = world.wallet()
    city.load(person, 600, 400)
    pay(person, city.canteen, 500)
    world.hand_in(city.canteen)
    before_fen = city.deposit_fen()
    world.return_due(now_s=LONG_AFTER_S)
    assert city.deposit_fen() == before_fen + 500
    assert world.deposit_fen(person) == 0
    assert world.supply().outstanding_fen == 0


def test_what_is_handed_in_together_is_paid_to_one_wallet(world: World, city: City) -> None:
    """A wallet's own program hands in one after the other; another one's upload is refused whole."""
    person, friend = world.wallet(), world.wallet([200])
    city.load(person, 1_000)
    pay(friend, person, 200)
    with pytest.raises(Malformed, match="one wallet only"):
        world.submit(redeem_all(person))
    assert world.hand_in(person).credited_fen == 200
    assert world.hand_in(person, now_s=SPEND_BY_S).credited_fen == 1_000
    assert world.deposit_fen(person) == 200


def test_no_bank_says_who_holds_a_key_by_calling_it_a_giver(world: World, city: City) -> None:
    """It mints value that another bank's customer is said to have given, and has it given back."""
    honest, accomplice = world.wallet(operator="OP02"), world.wallet()
    condition = replace(city.condition, giver=honest.key.public)
    order = accomplice.order_load([1], now_s=NOW, condition=condition)
    with world.issuer.transaction():
        load = world.issuer.mint(order, operator="OP01", customer=COMPANY, now_s=NOW)
    accomplice.receive_load(load)
    given_back = Submission(
        operator="OP01", upload=redeem_all(accomplice), person=sha256(b"somebody else"), received_s=NOW
    )
    with world.issuer.transaction():
        assert world.issuer.settle(given_back).credited_fen == 1
    assert world.issuer.store.losses.holders([honest.key.public]) == {}


def test_no_other_bank_is_paid_what_goes_back_to_a_giver(world: World, city: City) -> None:
    """A receiver and a bank in league would else share what somebody has given for meals."""
    person = world.wallet()
    city.load(person, 1_000)
    upload, before_fen = redeem_all(person), city.deposit_fen()
    to_another = Submission(operator="OP02", upload=upload, person=sha256(b"liar"), received_s=NOW)
    with world.issuer.transaction():
        told = world.issuer.settle(to_another)
    assert (told.outcomes, told.credited_fen) == ((Outcome.CONDITION,), 0)
    assert world.submit(upload).credited_fen == 1_000
    assert city.deposit_fen() == before_fen + 1_000
