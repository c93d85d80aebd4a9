"""Conditional value at operator and centre: who is paid, and what goes back to whom."""

from dataclasses import replace

import pytest

from shuangli.errors import Malformed, Refused
from shuangli.messages.bundle import Bundle
from shuangli.messages.conditions import Condition
from shuangli.messages.hand_in import HandIn
from shuangli.messages.notices import Outcome
from shuangli.messages.session import Refusal
from shuangli.messages.transfers import CENTRE, NO_REQUEST, Spend, Transfer
from shuangli.offline.chain import chains, walk
from shuangli.offline.request import request_id_of
from shuangli.offline.states import PayerState
from shuangli.wallet.wallet import Wallet
from tests.conditions.conftest import BOOKSHOP, SPEND_BY_S, City, knows
from tests.conditions.test_spending import forced
from tests.world import DAY_S, NOW, World, coins_of, pay, signing_key

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
    assert person.purse.in_flight_fen == 500


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


class TestGrants:
    """Money under a condition before it is loaded."""

    def test_it_is_no_deposit(self, world: World, city: City) -> None:
        person = world.wallet()
        city.give(person, 1_000)
        with pytest.raises(Refused) as refused, world.transaction():
            world.banks["OP01"].order_load(person.order_load([1_000], now_s=NOW), now_s=NOW)
        assert refused.value.code == "insufficient-funds"

    def test_nobody_loads_more_or_under_another_condition(self, world: World, city: City) -> None:
        person = world.wallet()
        city.give(person, 1_000)
        for condition, value_fen in (
            (city.condition, 1_001),
            (replace(city.condition, purpose="books"), 1_000),
            (replace(city.condition, spend_by_s=SPEND_BY_S + 1), 1_000),
        ):
            with pytest.raises(Refused) as refused:
                city.order(person, value_fen, condition=condition)
            assert refused.value.code == "insufficient-funds"
        city.order(person, 1_000)

    def test_only_the_giver_that_it_names_gives(self, world: World, city: City) -> None:
        person, other = world.wallet(), world.wallet()
        with pytest.raises(Refused) as refused:
            city.give(person, 1, condition=replace(city.condition, giver=other.key.public))
        assert refused.value.code == "condition"

    def test_it_is_not_given_or_loaded_after_its_time(self, world: World, city: City) -> None:
        person = world.wallet()
        over = replace(city.condition, spend_by_s=NOW)
        with pytest.raises(Refused, match="before its time is over"):
            city.give(person, 1, condition=over)
        city.give(person, 1_000)
        order = person.order_load([1_000], now_s=SPEND_BY_S, condition=city.condition)
        with pytest.raises(Refused) as refused, world.transaction():
            world.banks["OP01"].order_load(order, now_s=SPEND_BY_S)
        assert refused.value.code == "condition"

    def test_what_was_not_ordered_goes_back_once_its_time_is_over(self, world: World, city: City) -> None:
        person = world.wallet()
        city.give(person, 1_000)
        city.order(person, 400)
        grants, before_fen = world.banks["OP01"].grants, city.deposit_fen()
        with pytest.raises(Refused, match="ends when"), world.transaction():
            grants.end(person.key.public, city.condition, now_s=SPEND_BY_S - 1)
        for left_fen in (600, 0):
            with world.transaction():
                assert grants.end(person.key.public, city.condition, now_s=SPEND_BY_S) == left_fen
        assert city.deposit_fen() == before_fen + 600

    def test_a_load_expires_with_its_condition(self, world: World, city: City) -> None:
        person = world.wallet()
        city.load(person, 1_000)
        assert coins_of(person)[0].expires_at_s == SPEND_BY_S
        late = Condition(purpose="meals", payees=(1,), spend_by_s=NOW + 10**7, giver=city.wallet.key.public)
        city.load(person, 500, condition=late)
        assert coins_of(person)[1].expires_at_s == NOW + world.terms.coin_life_s
