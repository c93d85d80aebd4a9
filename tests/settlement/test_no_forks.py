"""What is no double spend: an invented coin, another signature of the same, raw bytes (F48, F49)."""

import pytest

from shuangli.issuer.facts import coin_key
from tests.forging import bundle, raw_bundle, sign_away, signed_again
from tests.paying import coins_of, pay
from tests.settlement.answers import only_case, outcomes
from tests.settlement.copies import copied
from tests.world import World


def test_f48_no_fact_is_recorded_for_an_invented_coin_nor_for_somebody_elses(world: World) -> None:
    rider, other = world.wallet([100]), world.wallet([50])
    (real,), (somebodys,) = coins_of(rider), coins_of(other)
    invented = real._replace(coin_id=bytes([7] * 32), value_fen=30)
    spends = [(invented, 30), (real, 100), (somebodys, 50)]
    transfer = sign_away(rider, spends, payee=world.key("x").public, request_id=bytes([1] * 32))
    assert outcomes(world, bundle([real, somebodys], transfer)) == ["UNKNOWN_COIN", "SETTLED", "INVALID"]
    assert world.fact(real.coin_id) is not None
    assert world.fact(invented.coin_id) is None
    assert world.fact(somebodys.coin_id) is None
    # The honest owner's coin is as good as before, and the verdict does not depend on what is shown.
    gate = world.wallet(tier=0)
    pay(other, gate, 50)
    assert world.hand_in(gate).credited_fen == 50
    assert outcomes(world, bundle([real], transfer)) == ["UNKNOWN_COIN", "REPEAT", "UNKNOWN_COIN"]
    assert world.cases() == []
    world.check_books()


@pytest.mark.parametrize("together", [False, True])
def test_f49_another_signature_over_the_same_content_is_a_repeat(world: World, together: bool) -> None:
    rider, _, gate, _, coin = copied(world)
    first = pay(rider, gate, 60).transfer
    again = signed_again(rider, first)
    if together:
        assert outcomes(world, bundle([coin], first, again)) == ["SETTLED", "REPEAT"]
    else:
        assert outcomes(world, bundle([coin], first)) == ["SETTLED"]
        assert outcomes(world, bundle([coin], again), "OP02") == ["REPEAT"]
    assert world.cases() == []
    world.check_books()


def test_f49_a_forks_second_branch_under_two_signatures_is_one_branch(world: World) -> None:
    rider, copy, first, second, coin = copied(world)
    one, two = pay(rider, first, 60).transfer, pay(copy, second, 70).transfer
    again = signed_again(copy, two)
    assert outcomes(world, bundle([coin], one, two, again)) == ["SETTLED", "FORKED", "REPEAT"]
    assert outcomes(world, bundle([coin], again), "OP02") == ["REPEAT"]
    assert len(world.issuer.store.spends_of(coin_key(coin))) == 2
    only_case(world)


def test_raw_bytes_among_the_transfers_are_answered_in_their_place(world: World) -> None:
    rider, _, gate, _, coin = copied(world)
    transfer = pay(rider, gate, 60).transfer
    upload = raw_bundle([coin], b"no transfer", transfer.signed.data, b"")
    assert outcomes(world, upload) == ["INVALID", "SETTLED", "INVALID"]
