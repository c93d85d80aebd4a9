"""What a wallet remembers of refused payments with value under a condition, and until when."""

from typing import Final

from shuangli.messages.bundle import Bundle
from shuangli.messages.notices import Outcome, RevocationList
from shuangli.messages.transfers import Transfer
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, PayerState
from shuangli.wallet.wallet import Wallet
from tests.conditions.conftest import SPEND_BY_S, City
from tests.setting import DAY_S, NOW
from tests.world import World

TOO_LATE_S: Final = NOW + 60 * DAY_S
"""What arrives then is refused: too little time to claim it is left."""


def refused(person: Wallet, city: City, amount_fen: int) -> bytes:
    """A payment that its payee has refused, and its payer has heard so; gives the request's id."""
    request = city.canteen.request(amount_fen, now_s=NOW)
    request_id = request_id_of(request)
    (payment,) = person.receive(request_id, request, now_s=NOW, pin=True)
    (answer,) = city.canteen.receive(request_id, payment, now_s=TOO_LATE_S)
    assert answer.kind is Kind.REFUSAL
    person.receive(request_id, answer, now_s=NOW)
    return request_id


def told_by_centre(world: World, wallet: Wallet, number: int, at_s: int) -> None:
    """Let a wallet have a revocation list of the centre that was signed then."""
    listed = RevocationList.sign(
        world.keys["centre"], number=number, issued_at_s=at_s, wallets=(), operators=(), epochs=()
    )
    wallet.update_revocations(listed.signed.data)


def end_of_claims_s(world: World, wallet: Wallet, request_id: bytes) -> int:
    """The last second in which somebody may claim what a payment has paid."""
    session = wallet.purse.paying[request_id]
    assert session.payment is not None
    bundle = Bundle.decode(session.payment.body)
    return Transfer.parse(bundle.transfers[-1]).claim_by_s + world.terms.grace_s


def test_its_refusal_is_kept_as_long_as_its_payee_could_claim_it(world: World, city: City) -> None:
    person = world.wallet()
    city.load(person, 1_000)
    request_id = refused(person, city, 400)
    ends_s = end_of_claims_s(world, person, request_id)
    told_by_centre(world, person, 1, ends_s + 2)
    person.compact(forget_before_s=ends_s + 1)
    assert request_id in person.purse.paying, "its refusal was not handed in yet"
    assert world.hand_in(person).outcomes[-1] is Outcome.CONDITION
    person.compact(forget_before_s=ends_s)
    assert person.purse.paying[request_id].state is PayerState.REFUSED
    person.compact(forget_before_s=ends_s + 1)
    assert person.purse.paying == {}
    again = world.restart(person)
    assert again.purse.checkpoint() == person.purse.checkpoint()
    assert again.purse.in_flight_fen == 0
    assert again.purse.balance_fen == 600


def test_a_clock_that_is_ahead_makes_it_forget_nothing(world: World, city: City) -> None:
    """The device says that claims are over; the newest word of the centre is from before."""
    person = world.wallet()
    city.load(person, 1_000)
    request_id = refused(person, city, 400)
    world.hand_in(person)
    ends_s = end_of_claims_s(world, person, request_id)
    person.compact(forget_before_s=ends_s + 1_000 * DAY_S)
    assert request_id in person.purse.paying, "it has no list"
    told_by_centre(world, person, 1, ends_s)
    person.compact(forget_before_s=ends_s + 1_000 * DAY_S)
    assert request_id in person.purse.paying
    told_by_centre(world, person, 2, ends_s + 1)
    person.compact(forget_before_s=ends_s + 1_000 * DAY_S)
    assert person.purse.paying == {}


def test_what_comes_back_to_the_payer_itself_is_waited_for(world: World, city: City) -> None:
    """Of a mixed payment the ordinary part is the payer's: its session stays until that has come back."""
    person = world.wallet([300])
    city.load(person, 500)
    request_id = refused(person, city, 800)
    ends_s = end_of_claims_s(world, person, request_id)
    told_by_centre(world, person, 1, ends_s + 1)
    late = world.hand_in(person, now_s=ends_s + 1)
    assert sorted(outcome.name for outcome in late.outcomes[-2:]) == ["CONDITION", "LATE"]
    person.compact(forget_before_s=ends_s + 1)
    assert person.purse.paying[request_id].state is PayerState.REFUSED
    assert person.purse.in_flight_fen == 300
    in_time = world.wallet([300])
    city.load(in_time, 500)
    request_id = refused(in_time, city, 800)
    told_by_centre(world, in_time, 1, ends_s + 1)
    assert world.hand_in(in_time).credited_fen == 300
    in_time.compact(forget_before_s=ends_s + 1)
    assert in_time.purse.paying == {}


def test_a_nuisance_does_not_fill_a_wallet(world: World, city: City) -> None:
    """A payee that refuses everything leaves nothing behind in the long run."""
    person = world.wallet()
    city.load(person, *[100] * 20)
    asked = [refused(person, city, 100) for _ in range(20)]
    assert {*asked} == {*person.purse.paying}
    world.hand_in(person)
    told_by_centre(world, person, 1, SPEND_BY_S + 30 * DAY_S)
    person.compact(forget_before_s=SPEND_BY_S + 30 * DAY_S)
    assert person.purse.paying == {}
    (left,) = world.journals[person]
    assert left == person.purse.checkpoint()
