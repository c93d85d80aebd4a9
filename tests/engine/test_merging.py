"""Joining bundles: what each of them proves, all of them together prove, in whatever order they come."""

from collections.abc import Iterator, Sequence
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shuangli.errors import Malformed
from shuangli.messages.bundle import Bundle
from shuangli.messages.transfers import CHANGE_OUTPUT, PAYEE_OUTPUT, Transfer, output_coin_id
from shuangli.offline.chain import Coin, chains, walk
from shuangli.offline.merging import in_order, merge
from shuangli.wallet.wallet import Wallet
from tests.forging import outputs_of, sign_away
from tests.paying import coins_of
from tests.setting import TRANSFERABLE
from tests.world import World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("world"), terms=TRANSFERABLE)
    yield world
    world.close()


@pytest.fixture(scope="module")
def owners(world: World) -> list[Wallet]:
    """Three wallets with coins of their own."""
    return [world.wallet([100, 50, 20]) for _ in range(3)]


def stands_on_its_own(transfers: Sequence[bytes]) -> bool:
    """Say whether each transfer comes after those whose outputs it spends."""
    parsed = [Transfer.parse(data) for data in transfers]
    made_at = {
        output_coin_id(transfer.signed.id, spend.coin_id, output): place
        for place, transfer in enumerate(parsed)
        for spend in transfer.spends
        for output in (PAYEE_OUTPUT, CHANGE_OUTPUT)
    }
    return all(
        made_at.get(spend.coin_id, -1) < place
        for place, transfer in enumerate(parsed)
        for spend in transfer.spends
    )


def proven(bundle: Bundle, world: World) -> set[bytes]:
    """The coins that a bundle proves."""
    return set(walk(bundle, world.trust()).coins)


def draw_history(data: st.DataObject, owners: Sequence[Wallet]) -> list[Coin]:
    """Random transfers of several coins each, up to three hops: all coins there ever were."""
    coins = [coin for owner in owners for coin in coins_of(owner)]
    unspent = {owner.key.public: coins_of(owner) for owner in owners}
    for _ in range(data.draw(st.integers(1, 7), label="transfers")):
        payer, payee = data.draw(st.sampled_from([(a, b) for a in owners for b in owners if a is not b]))
        mine = [c for c in unspent[payer.key.public] if c.value_fen > 1 and c.hops < c.terms.hop_cap]
        if not mine:
            continue
        chosen = data.draw(
            st.lists(st.sampled_from(mine), min_size=1, max_size=3, unique_by=lambda c: c.coin_id)
        )
        spends = [(coin, data.draw(st.integers(1, coin.value_fen), label="fen")) for coin in chosen]
        claim_by_s = min(coin.claim_by_s for coin in chosen)
        transfer = sign_away(
            payer,
            spends,
            payee=payee.key.public,
            request_id=b"r" * 32,
            now_s=max(c.since_s for c in chosen),
            claim_by_s=min(claim_by_s, max(c.since_s for c in chosen) + TRANSFERABLE.claim_window_s),
        )
        for coin in chosen:
            unspent[payer.key.public] = [c for c in unspent[payer.key.public] if c is not coin]
            for output in outputs_of(transfer, coin):
                unspent[output.owner].append(output)
                coins.append(output)
    return coins


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_together_they_prove_all_that_each_proves(
    data: st.DataObject, world: World, owners: list[Wallet]
) -> None:
    coins = draw_history(data, owners)
    groups = data.draw(
        st.lists(st.lists(st.sampled_from(coins), min_size=1, max_size=4), min_size=1, max_size=4)
    )
    bundles = [chains(group) for group in groups]
    joined = merge(bundles)
    assert len(set(joined.transfers)) == len(joined.transfers)
    assert set(joined.transfers) == {transfer for bundle in bundles for transfer in bundle.transfers}
    assert set(joined.loads) == {load for bundle in bundles for load in bundle.loads}
    assert set().union(*(proven(bundle, world) for bundle in bundles)) <= proven(joined, world)
    assert {coin.coin_id for group in groups for coin in group} <= proven(joined, world)
    assert Bundle.decode(joined.encode()) == joined


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_in_order_puts_parents_first_whatever_order_they_come_in(
    data: st.DataObject, owners: list[Wallet]
) -> None:
    coins = draw_history(data, owners)
    every = list(dict.fromkeys(transfer for coin in coins for transfer in coin.path))
    shuffled = data.draw(st.permutations(every))
    ordered = in_order(shuffled)
    assert sorted(ordered) == sorted(every)
    assert stands_on_its_own(ordered)
    assert in_order(shuffled) == ordered


def test_two_bundles_that_show_one_transfer_with_different_chains(world: World) -> None:
    """The regression: one after the other, the second coin's chain comes too late for the shared transfer."""
    first, second, third = (world.wallet([100]) for _ in range(3))
    (a,), (b,) = coins_of(first), coins_of(second)
    to_third = [
        sign_away(payer, [(coin, 100)], payee=third.key.public, request_id=b"r" * 32)
        for payer, coin in ((first, a), (second, b))
    ]
    received = [outputs_of(transfer, coin)[0] for transfer, coin in zip(to_third, (a, b), strict=True)]
    both = sign_away(third, [(coin, 60) for coin in received], payee=first.key.public, request_id=b"s" * 32)
    ends = [outputs_of(both, coin) for coin in received]
    # Each shows `both` with the chain of one of the two coins that it spends.
    bundles = [chains([ends[0][0]]), chains([ends[1][0]])]
    assert all(len(bundle.transfers) == 2 for bundle in bundles)
    for order in permutations(bundles):
        assert not stands_on_its_own(Bundle.join(order).transfers)
        joined = merge(order)
        assert len(joined.transfers) == 3
        assert stands_on_its_own(joined.transfers)
        assert {coin.coin_id for pair in ends for coin in pair} <= proven(joined, world)


def test_bundles_without_a_transfer_in_common_are_put_one_after_the_other(world: World) -> None:
    wallets = [world.wallet([100]), world.wallet([100])]
    payee = world.wallet()
    transfers = [
        sign_away(wallet, [(coins_of(wallet)[0], 100)], payee=payee.key.public, request_id=b"r" * 32)
        for wallet in wallets
    ]
    bundles = [
        chains([outputs_of(transfer, coins_of(wallet)[0])[0]])
        for wallet, transfer in zip(wallets, transfers, strict=True)
    ]
    assert merge(bundles) == Bundle.join(bundles)
    assert merge([]) == Bundle(loads=(), transfers=())


def test_bytes_that_are_no_transfer() -> None:
    with pytest.raises(Malformed):
        in_order([b"no transfer"])
