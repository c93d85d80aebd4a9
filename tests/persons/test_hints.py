"""Hints at collusion: patterns are seen, honest crowds are left alone, and nobody is accused (F17)."""

import random
from pathlib import Path

import pytest

from shuangli.crypto import sha256
from shuangli.issuer.losses.gather import collusion_hints
from shuangli.issuer.losses.hints import NO_ACCUSATION, ForkClaim, Hint, HintRules, Pattern, find_hints
from shuangli.issuer.losses.policy import LossPolicy
from tests.paying import pay
from tests.persons.answers import double_spend, pseudonym_of
from tests.setting import STAGED
from tests.world import World

CAP_FEN = 10_000


def claim(
    culprit: str, claimant: str, paid_fen: int = 100, *, key: str = "", giver: str = "", coin: str = ""
) -> ForkClaim:
    """A payout of the fund; by default each person has one key, and each coin occurs once."""
    return ForkClaim(
        coin_key=(coin or f"{culprit}/{claimant}/{paid_fen}/{key}").encode(),
        culprit=culprit.encode(),
        culprit_key=(key or f"key of {culprit}").encode(),
        claimant=claimant.encode(),
        claimant_key=f"key of {claimant}".encode(),
        giver=giver.encode(),
        paid_fen=paid_fen,
    )


def patterns(*claims: ForkClaim, redeemed_fen: int = 0) -> dict[Pattern, Hint]:
    """The hints at the claimants, each of whom has handed in so much."""
    redeemed = {one.claimant: redeemed_fen for one in claims}
    return {hint.pattern: hint for hint in find_hints(claims, redeemed_fen=redeemed, cap_fen=CAP_FEN)}


def test_forks_of_ones_own_wallet_are_seen_however_much_else_one_redeems() -> None:
    hint = patterns(claim("A", "A"), claim("B", "A", 50), redeemed_fen=10**9)[Pattern.OWN_FORKS]
    assert (hint.claimant, hint.culprits, hint.claims, hint.paid_fen) == (b"A", (b"A",), 1, 100)
    assert hint.keys == (b"key of A",)
    assert NO_ACCUSATION in hint.words
    assert "own-forks" in hint.words


def test_several_culprits_at_one_claimant() -> None:
    three = [claim(name, "P") for name in "ABC"]
    assert patterns(*three[:2]) == {}
    hint = patterns(*three)[Pattern.MANY_CULPRITS]
    assert (hint.culprits, hint.claims, hint.paid_fen) == ((b"A", b"B", b"C"), 3, 300)
    assert hint.keys == (b"key of A", b"key of B", b"key of C", b"key of P")


def test_a_culprits_next_wallet_at_the_same_claimant() -> None:
    again = [claim("A", "P", key="first"), claim("A", "P", key="second")]
    assert patterns(*again).keys() == {Pattern.MEET_AGAIN}
    assert patterns(claim("A", "P", key="first"), claim("A", "P", 7, key="first")) == {}
    assert patterns(claim("A", "P", key="first"), claim("A", "Q", key="second")) == {}


def test_claims_that_add_up_to_almost_the_cap() -> None:
    amounts_fen = [4_000, 3_000, 1_000]
    assert patterns(*(claim("A", "P", fen) for fen in amounts_fen)).keys() == {Pattern.NEAR_CAP}
    assert patterns(*(claim("A", "P", fen) for fen in (4_000, 3_000, 999))) == {}
    assert patterns(*(claim("A", "P", fen) for fen in (4_000, 4_001))) == {}, (
        "two large claims are no pattern"
    )


def test_coins_that_went_round_and_claims_on_each_other() -> None:
    round_trip = [claim("A", "P", giver="P", coin="1"), claim("A", "P", giver="P", coin="2")]
    assert patterns(*round_trip).keys() == {Pattern.RING}
    assert patterns(round_trip[0]) == {}
    assert patterns(round_trip[0], round_trip[0]) == {}, "one coin is no ring"
    mutual = find_hints([claim("A", "B"), claim("B", "A")], redeemed_fen={}, cap_fen=CAP_FEN)
    assert [(hint.pattern, hint.claimant, hint.culprits) for hint in mutual] == [
        (Pattern.RING, b"A", (b"B",)),
        (Pattern.RING, b"B", (b"A",)),
    ]


def test_what_is_a_small_part_of_a_claimants_business_is_no_pattern() -> None:
    three = [claim(name, "P") for name in "ABC"]
    assert Pattern.MANY_CULPRITS in patterns(*three, redeemed_fen=1_200)
    assert patterns(*three, redeemed_fen=1_201) == {}
    lenient = HintRules(share_percent=1)
    assert find_hints(three, redeemed_fen={b"P": 30_000}, cap_fen=CAP_FEN, rules=lenient)


@pytest.mark.parametrize("seed", range(20))
def test_an_honest_crowd_that_meets_some_clones_gives_no_hint(seed: int) -> None:
    """Two hundred commuters pay three gates all month; five have clones, who pay at gates like everybody."""
    chance = random.Random(seed)
    claims, redeemed_fen = [], {f"gate {gate}".encode(): 0 for gate in range(3)}
    for commuter in range(200):
        for day in range(20):
            gate = f"gate {chance.randrange(3)}"
            fare_fen = chance.randrange(200, 900)
            redeemed_fen[gate.encode()] += fare_fen
            if commuter < 5 and day % 4 == 0:
                claims.append(claim(f"clone {commuter}", gate, fare_fen, coin=f"{commuter}/{day}"))
    assert len(claims) == 25
    assert find_hints(claims, redeemed_fen=redeemed_fen, cap_fen=10**6) == []


# --- from the issuer's books ----------------------------------------------------------------------


def count(world: World) -> None:
    with world.issuer.transaction():
        assert not world.issuer.person_desk.count_payments()


def test_f17_a_band_that_farms_the_fund_is_hinted_at_and_named_in_no_case(tmp_path: Path) -> None:
    policy = LossPolicy(cap_per_person_fen=400)
    world = World(tmp_path, terms=STAGED, policy=policy)
    band = sha256(b"the payee")
    farm = world.wallet(tier=0, person=band)
    keys = set()
    for number in range(4):
        culprit = world.wallet([100], person=sha256(b"payer %d" % (number // 2)))
        keys.add(culprit.key.public)
        double_spend(world, culprit, [farm, world.wallet(tier=0, person=band, operator="OP02")], [100, 100])
    for gate in list(world.journals):
        if gate.certificate.tier == 0:
            world.hand_in(gate)
    count(world)
    hints = {hint.pattern: hint for hint in collusion_hints(world.issuer.store, policy)}
    assert hints.keys() == {Pattern.MEET_AGAIN, Pattern.NEAR_CAP}
    assert world.issuer.store.losses.fund_paid_by_person_fen() == {pseudonym_of(band): 400}
    assert hints[Pattern.MEET_AGAIN].claimant == pseudonym_of(band)
    assert hints[Pattern.MEET_AGAIN].redeemed_fen == 800
    assert {case.culprit for case in world.cases()} == keys
    assert all(farm.key.public != case.culprit for case in world.cases())
    world.check_books()
    world.close()


def test_f17_one_person_with_a_wallet_on_each_side_is_seen(world: World) -> None:
    anna = sha256(b"Anna")
    culprit, shop = world.wallet([100], person=anna), world.wallet(tier=0, person=anna, operator="OP02")
    gate = world.wallet(tier=0)
    double_spend(world, culprit, [gate, shop], [100, 100])
    for wallet in (gate, shop):
        world.hand_in(wallet)
    count(world)
    (hint,) = collusion_hints(world.issuer.store, LossPolicy(cap_per_person_fen=10**9))
    assert (hint.pattern, hint.claimant) == (Pattern.OWN_FORKS, pseudonym_of(anna))
    assert hint.keys == tuple(sorted((culprit.key.public, shop.key.public)))


def test_a_coin_that_went_round_names_who_gave_it(hops: World) -> None:
    claimant = hops.wallet([60, 40])
    culprits = [hops.wallet(), hops.wallet()]
    for culprit, amount_fen in zip(culprits, (60, 40), strict=True):
        pay(claimant, culprit, amount_fen)
        gate = hops.wallet(tier=0)
        double_spend(hops, culprit, [gate, claimant], [amount_fen, amount_fen])
        hops.hand_in(gate)
    hops.hand_in(claimant)
    count(hops)
    hints = {
        hint.pattern for hint in collusion_hints(hops.issuer.store, LossPolicy(cap_per_person_fen=10**9))
    }
    assert hints == {Pattern.RING}


def test_commuters_at_one_gate_with_one_clone_among_them_give_no_hint(world: World) -> None:
    gate = world.wallet(tier=0)
    for _ in range(9):
        pay(world.wallet([100]), gate, 100)
    clone = world.wallet([100])
    double_spend(world, clone, [gate, world.wallet(tier=0)], [100, 100])
    for wallet in list(world.journals):
        if wallet.certificate.tier == 0:
            world.hand_in(wallet)
    count(world)
    assert len(world.cases()) == 1
    assert collusion_hints(world.issuer.store, LossPolicy(cap_per_person_fen=10**9)) == []
