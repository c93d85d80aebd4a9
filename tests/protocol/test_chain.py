"""What a payee, an operator and the centre make of the chains of a payment: faults F26, F28 and F48."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from shuangli.errors import Malformed, Refused
from shuangli.messages.certificates import Mode
from shuangli.messages.session import PaymentRequest
from shuangli.messages.transfers import Transfer
from shuangli.offline.request import request_id_of
from tests.forging import bundle, raw_bundle, sign_away, sign_rows
from tests.paying import coins_of, pay
from tests.protocol.attempts import final, refused_by
from tests.setting import NOW, TRANSFERABLE
from tests.world import World


def test_f26_a_chain_past_the_hop_cap_is_refused_by_payee_and_centre(hops: World) -> None:
    wallets = [hops.wallet([100] if not index else ()) for index in range(5)]
    for payer, payee in pairwise(wallets[:4]):
        pay(payer, payee, 100)
    (coin,) = coins_of(wallets[3])
    assert coin.hops == TRANSFERABLE.hop_cap
    request = wallets[4].request(100, now_s=NOW)
    with pytest.raises(Refused) as refused:
        wallets[3].receive(request_id_of(request), request, now_s=NOW)
    assert refused.value.code == "insufficient-funds"
    data = final(wallets[3], [coin], request, wallets[4])
    assert refused_by(wallets[4], data, request) == "hop-cap"
    acknowledgement = hops.submit(data)
    assert [outcome.name for outcome in acknowledgement.outcomes] == ["SETTLED"] * 3 + ["INVALID"]


def test_f26_a_received_coin_of_a_staged_epoch_is_not_passed_on(tmp_path: Path) -> None:
    world = World(tmp_path, terms=replace(TRANSFERABLE, mode=Mode.STAGED))
    rider, gate, shop = world.wallet([100]), world.wallet(), world.wallet()
    pay(rider, gate, 100)
    request = shop.request(100, now_s=NOW)
    with pytest.raises(Refused) as refused:
        gate.receive(request_id_of(request), request, now_s=NOW)
    assert refused.value.code == "insufficient-funds"
    assert refused_by(shop, final(gate, coins_of(gate), request, shop), request) == "staged"
    world.close()


@pytest.mark.parametrize(("pay_fen", "change_fen"), [(100, 1), (99, 0), (150, 50), (60, 39)])
def test_f28_outputs_that_do_not_add_up_are_refused(world: World, pay_fen: int, change_fen: int) -> None:
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    (coin,) = coins_of(rider)
    request = gate.request(pay_fen, now_s=NOW)
    lying = coin._replace(value_fen=pay_fen + change_fen)
    transfer = sign_away(rider, [(lying, pay_fen)], payee=gate.key.public, request_id=request_id_of(request))
    data = bundle([coin], transfer)
    assert refused_by(gate, data, request) == "not-conserved"
    assert [outcome.name for outcome in world.submit(data).outcomes] == ["INVALID"]


@pytest.mark.parametrize(
    "amounts",
    [(0,), (-1,), (2**53,), (2**64 - 1,), (100, -1), (-100, 200), (100, 0), (True,), ("100",), (1, 2, 3)],
)
def test_f28_amounts_that_are_none_are_refused(world: World, amounts: tuple[object, ...]) -> None:
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    (coin,) = coins_of(rider)
    request = gate.request(100, now_s=NOW)
    request_id = request_id_of(request)
    odd = sign_rows(rider, [[coin.coin_id, *amounts]], payee=gate.key.public, request_id=request_id)
    with pytest.raises(Malformed):
        Transfer.parse(odd)
    refused_by(gate, raw_bundle([coin], odd), request)
    assert [outcome.name for outcome in world.submit(raw_bundle([coin], odd)).outcomes] == ["INVALID"]


def test_f28_a_coin_that_is_repeated_in_one_transfer_is_refused(world: World) -> None:
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    (coin,) = coins_of(rider)
    request = gate.request(200, now_s=NOW)
    rows = [[coin.coin_id, 100], [coin.coin_id, 100]]
    odd = sign_rows(rider, rows, payee=gate.key.public, request_id=request_id_of(request))
    assert refused_by(gate, raw_bundle([coin], odd), request) == "shape"


def test_f48_a_payment_with_an_invented_coin_is_refused_whole(world: World) -> None:
    rider, other, gate = world.wallet([100]), world.wallet([50]), world.wallet(tier=0)
    (real,), (somebodys,) = coins_of(rider), coins_of(other)
    request = gate.request(150, now_s=NOW)
    invented = real._replace(coin_id=bytes([7] * 32), value_fen=50)
    spends = [(real, 100), (invented, 50)]
    transfer = sign_away(rider, spends, payee=gate.key.public, request_id=request_id_of(request))
    assert refused_by(gate, bundle([real], transfer), request) == "unknown-coin"
    spends = [(real, 100), (somebodys, 50)]
    transfer = sign_away(rider, spends, payee=gate.key.public, request_id=request_id_of(request))
    assert refused_by(gate, bundle([real, somebodys], transfer), request) == "not-owner"


def test_a_payment_must_answer_its_request(world: World) -> None:
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    request = gate.request(90, now_s=NOW)
    (coin,) = coins_of(rider)
    data = final(rider, [coin], request, gate)
    assert refused_by(gate, data, request) == "wrong-amount"
    parsed = PaymentRequest.parse(request.body)
    elsewhere = sign_away(rider, [(coin, 90)], payee=world.key("x").public, request_id=parsed.id)
    assert refused_by(gate, bundle([coin], elsewhere), request) == "not-bound"
    early = sign_away(rider, [(coin, 90)], payee=gate.key.public, request_id=parsed.id, now_s=NOW + 3_600)
    assert refused_by(gate, bundle([coin], early), request) == "clock"
