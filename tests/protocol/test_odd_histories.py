"""What comes twice pays once, and the odd history of a coin does not block whoever holds it honestly."""

from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message
from tests.forging import bundle, outputs_of, sign_away, signed_again
from tests.paying import coins_of, pay
from tests.protocol.attempts import refuses
from tests.setting import NOW
from tests.world import World


def test_one_transfer_under_two_signatures_pays_once(world: World) -> None:
    rider, gate = world.wallet([1000]), world.wallet(tier=0)
    request = gate.request(600, now_s=NOW)
    (coin,) = coins_of(rider)
    half = sign_away(rider, [(coin, 300)], payee=gate.key.public, request_id=request_id_of(request))
    data = bundle([coin], half, signed_again(rider, half))
    assert refuses(gate, request_id_of(request), Message(Kind.PAYMENT, data)) == "wrong-amount"


def test_two_transfers_of_one_payment_must_not_spend_one_coin(world: World) -> None:
    rider, gate = world.wallet([1000]), world.wallet(tier=0)
    request = gate.request(600, now_s=NOW)
    (coin,) = coins_of(rider)
    halves = [
        sign_away(rider, [(coin, 300)], payee=gate.key.public, request_id=request_id_of(request), now_s=at_s)
        for at_s in (NOW, NOW + 1)
    ]
    data = bundle([coin], *halves)
    assert refuses(gate, request_id_of(request), Message(Kind.PAYMENT, data)) == "spent-twice"


def test_somebody_elses_bad_spend_in_a_chain_does_not_block_an_honest_payer(hops: World) -> None:
    """A coin's history may hold a transfer that also spends, wrongly, another coin of its present owner."""
    rogue, honest, payee = hops.wallet([100, 70]), hops.wallet(), hops.wallet()
    pay(rogue, honest, 100)
    (received,) = coins_of(honest)
    (own,) = coins_of(rogue)
    trap = sign_away(rogue, [(own, 10), (received, 100)], payee=payee.key.public, request_id=bytes([1] * 32))
    change = outputs_of(trap, own)[1]
    request = honest.request(60, now_s=NOW)
    final = sign_away(rogue, [(change, 60)], payee=honest.key.public, request_id=request_id_of(request))
    data = bundle([change], final)
    (answer,) = honest.receive(request_id_of(request), Message(Kind.PAYMENT, data), now_s=NOW)
    assert answer.kind is Kind.RECEIPT
    assert pay(honest, payee, 160).answer.kind is Kind.RECEIPT


def test_a_chain_under_two_signatures_does_not_block_an_honest_payer(hops: World) -> None:
    rogue, honest, payee = hops.wallet([100, 70]), hops.wallet(), hops.wallet()
    large, small = coins_of(rogue)
    source = sign_away(rogue, [(large, 10), (small, 10)], payee=payee.key.public, request_id=bytes([1] * 32))
    for coin, transfer in ((large, source), (small, signed_again(rogue, source))):
        change = outputs_of(transfer, coin)[1]
        request = honest.request(change.value_fen, now_s=NOW)
        final = sign_away(
            rogue,
            [(change, change.value_fen)],
            payee=honest.key.public,
            request_id=request_id_of(request),
        )
        data = Message(Kind.PAYMENT, bundle([change], final))
        (answer,) = honest.receive(request_id_of(request), data, now_s=NOW)
        assert answer.kind is Kind.RECEIPT
    assert pay(honest, payee, 150).answer.kind is Kind.RECEIPT


def test_parts_of_one_coin_that_meet_again_are_no_fork(hops: World) -> None:
    first, second, third = hops.wallet([100]), hops.wallet(), hops.wallet()
    pay(first, second, 60)
    pay(second, third, 25)
    pay(first, third, 40)
    assert pay(second, third, 35).answer.kind is Kind.RECEIPT
    assert pay(third, hops.wallet(), 100).answer.kind is Kind.RECEIPT
