"""Grants, from being given until they are loaded: who gives, who loads, and what goes back unloaded."""

from dataclasses import replace

import pytest

from shuangli.errors import Refused
from shuangli.messages.conditions import Condition
from tests.conditions.conftest import SPEND_BY_S, City
from tests.paying import coins_of, person_of
from tests.setting import NOW
from tests.world import World


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

    def test_it_goes_back_also_if_both_have_closed_their_wallets(self, world: World, city: City) -> None:
        person = world.wallet()
        city.give(person, 1_000)
        with world.transaction():
            for closed in (person, city.wallet):
                world.banks["OP01"].close_wallet(closed.key.public, now_s=NOW)
        next_one = world.wallet(tier=0, person=person_of(city.wallet))
        before_fen = world.deposit_fen(next_one)
        with world.transaction():
            grants = world.banks["OP01"].grants
            assert grants.end(person.key.public, city.condition, now_s=SPEND_BY_S) == 1_000
        assert world.deposit_fen(next_one) == before_fen + 1_000

    def test_a_load_expires_with_its_condition(self, world: World, city: City) -> None:
        person = world.wallet()
        city.load(person, 1_000)
        assert coins_of(person)[0].expires_at_s == SPEND_BY_S
        late = Condition(purpose="meals", payees=(1,), spend_by_s=NOW + 10**7, giver=city.wallet.key.public)
        city.load(person, 500, condition=late)
        assert coins_of(person)[1].expires_at_s == NOW + world.terms.coin_life_s
