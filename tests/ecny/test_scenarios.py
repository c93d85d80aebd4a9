"""The smaller scenarios: books balance, and each keeps its own rule."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.errors import BadInput
from shuangli.sims.catalogue import PLANNERS, make_scenario
from shuangli.sims.ecny.frame import divided
from shuangli.sims.ecny.parking import ParkingConfig, fee_fen
from tests.ecny.conftest import Run, deposits_fen
from tests.engine.checks import check_books, check_payments
from tests.engine.runs import Finished

PEOPLE = 24
CELLS = range(4)
SMALL: dict[str, dict[str, float]] = {
    "subsidy": {"people": PEOPLE, "merchants": 8, "days": 6, "valid_days": 4},
    "rent": {"people": PEOPLE, "landlords": 8, "days": 13},
    "prepaid": {"people": PEOPLE, "merchants": 8, "days": 7, "valid_days": 6, "closing_day": 3},
    "parking": {"people": PEOPLE, "merchants": 8, "days": 5},
    "split": {"people": PEOPLE, "merchants": 8, "days": 2},
    "tax": {"people": PEOPLE, "merchants": 8, "days": 2},
}


@pytest.fixture(params=sorted(SMALL))
def small(request: pytest.FixtureRequest, run: Run) -> Finished:
    """A small run of each scenario."""
    return run(request.param, **SMALL[request.param])


def paid(done: Finished) -> pl.DataFrame:
    """What was paid."""
    return done.payments.filter(pl.col("outcome") == "paid")


def test_books_balance_and_everybody_reconciles(small: Finished) -> None:
    check_books(small)
    check_payments(small)
    assert small.result["payments"]["paid"] > 0
    kinds = small.result["kinds"]
    assert sum(kind["paid"] for kind in kinds["by_kind"].values()) == small.result["payments"]["paid"]
    assert sum(kinds["groups"].values()) == small.payments["group"].n_unique()


def test_every_scenario_is_played_here_with_the_payroll_or_at_the_border() -> None:
    assert {*SMALL, "payroll", "border"} == set(PLANNERS)


class TestSubsidy:
    """Meal money is spent where meals are sold, and in time, or goes back."""

    def cities(self, done: Finished) -> list[tuple[int, int]]:
        return [(cell, len(done.scenario.plans[cell].devices) - 1) for cell in CELLS]

    def spent_fen(self, done: Finished) -> int:
        """What the merchants that sell meals got out of meal money: all that the city has not got back."""
        given_fen: int = PEOPLE * done.scenario.config["subsidy_fen"]  # type: ignore[operator]
        return given_fen - sum(deposits_fen(done, self.cities(done)))

    def test_what_is_not_spent_goes_back(self, run: Run) -> None:
        done = run("subsidy", **SMALL["subsidy"])
        eligible_fen = paid(done).filter(pl.col("kind") == "eligible")["amount_fen"].sum()
        assert 0 < self.spent_fen(done) <= eligible_fen
        ends_s = done.scenario.first_day_s + 86_400 * int(done.scenario.config["valid_days"])  # type: ignore[call-overload]
        in_time = paid(done).filter((pl.col("kind") == "eligible") & (pl.col("at_s") < ends_s))
        assert self.spent_fen(done) <= in_time["amount_fen"].sum()

    def test_without_merchants_that_know_it_all_of_it_goes_back(self, run: Run) -> None:
        """Nobody visits in so short a time."""
        done = run("subsidy", **SMALL["subsidy"], visits_per_day=0.01)
        assert self.spent_fen(done) <= paid(done)["amount_fen"].sum() < 24 * 2_500

    def test_people_without_money_of_their_own_pay_nowhere_else(self, run: Run) -> None:
        done = run("subsidy", **SMALL["subsidy"], own_fen=100)
        other = paid(done).filter(pl.col("kind") == "other")["amount_fen"].sum()
        assert other <= PEOPLE * 100
        assert self.spent_fen(done) > 10 * other


class TestPrepaid:
    """Merchants have what they sold, customers the rest."""

    def test_what_is_not_spent_comes_back_to_the_fen(self, run: Run) -> None:
        done = run("prepaid", **SMALL["prepaid"])
        customers = [(cell, device) for cell in CELLS for device in range(PEOPLE // 4)]
        sold_fen = int(paid(done)["amount_fen"].sum())
        card_fen = int(done.scenario.config["card_fen"])  # type: ignore[call-overload]
        assert sum(deposits_fen(done, customers)) == PEOPLE * card_fen - sold_fen
        assert done.result["supply"][0]["outstanding_fen"] == 0

    def test_customers_of_a_closed_merchant_have_their_money_the_day_after(self, run: Run) -> None:
        done = run("prepaid", **SMALL["prepaid"], closing_share=1.0)
        by_hour = {row["hour"]: row["circulating_fen"] for row in done.result["hours"]}
        assert by_hour[24 * 2] > 0
        # With the last refund, everything has been handed in.
        assert 24 * 3 < max(by_hour) < 24 * 5
        assert by_hour[max(by_hour)] == 0


class TestRent:
    """The rent is paid once by whoever has a wage."""

    def test_each_tenant_pays_once_and_the_whole_rent(self, run: Run) -> None:
        done = run("rent", **SMALL["rent"], broke_share=0.3)
        assert done.payments.height == done.payments["group"].n_unique() == PEOPLE
        unpaid = done.payments.filter(pl.col("outcome") != "paid")
        assert set(unpaid["outcome"]) == {"insufficient-funds"}
        assert 0 < unpaid.height < PEOPLE
        broke = PEOPLE - sum(len(plan.wages) for plan in done.scenario.plans)
        assert unpaid.height == broke

    def test_who_is_late_pays_within_the_days(self, run: Run) -> None:
        done = run("rent", **SMALL["rent"], late_share=0.5, late_days=3)
        days = set(((paid(done)["at_s"] - done.scenario.first_day_s) // 86_400).to_list())
        assert days <= {4, 5, 6, 7}
        assert len(days) > 1

    def test_days_that_do_not_fit(self) -> None:
        with pytest.raises(BadInput, match=r"payday=2, rent_day=2, .* payday must be before rent_day"):
            make_scenario("rent", {"rent_day": "2"}, seed=1, demand=None, network=None)


class TestParking:
    """Drivers leave first."""

    def test_nobody_pays_before_leaving_and_the_reminded_pay_late(self, run: Run) -> None:
        done = run("parking", **SMALL["parking"], forgets_share=0.3)
        first_s = done.scenario.first_day_s
        assert done.payments["group"].n_unique() == done.payments.height
        assert done.payments["at_s"].min() > first_s  # type: ignore[operator]
        reminded = done.payments.filter(pl.col("kind") == "reminded")
        assert 0 < reminded.height < done.payments.height
        assert reminded["at_s"].min() >= first_s + 2 * 86_400 + 8 * 3_600  # type: ignore[operator]
        assert done.scenario.facts["stays"] >= done.payments.height  # type: ignore[operator]

    @given(st.floats(0, 0.999_999))
    def test_a_fee_is_hours_begun_up_to_a_maximum(self, chance: float) -> None:
        config = ParkingConfig()
        (fee,) = fee_fen(config, np.array([chance])).tolist()
        assert fee % config.hour_fen == 0
        assert config.hour_fen <= fee <= config.most_fen


class TestSharing:
    """Bills are divided to the fen, and each receiver has a transfer of its own."""

    @pytest.mark.parametrize(("name", "what"), [("split", "bills_fen"), ("tax", "sales_fen")])
    def test_the_parts_of_a_bill_add_up(self, run: Run, name: str, what: str) -> None:
        done = run(name, **SMALL[name])
        kinds = len(done.scenario.labels.kinds)  # type: ignore[union-attr]
        bills = done.payments.group_by("group").agg(
            pl.len().alias("parts"),
            pl.col("at_s").n_unique().alias("seconds"),
            pl.col("transfer_id").n_unique(),
        )
        assert set(bills["parts"]) == {kinds}
        assert set(bills["seconds"]) == {1}
        assert set(bills["transfer_id"]) == {kinds}
        assert done.payments["amount_fen"].sum() == done.scenario.facts[what]

    def test_the_tax_is_the_rate_on_the_net_price(self, run: Run) -> None:
        done = run("tax", **SMALL["tax"], tax_rate=0.13)
        wide = done.payments.pivot(on="kind", index="group", values="amount_fen")
        gross = wide["net price"] + wide["tax"]
        assert (wide["tax"] == (gross * 0.13 / 1.13).floor().cast(pl.Int64)).all()

    @given(
        st.lists(st.integers(0, 10**9), min_size=1, max_size=5),
        st.lists(st.floats(0, 0.3), min_size=1, max_size=3),
    )
    def test_dividing_loses_nothing(self, amounts: list[int], shares: list[float]) -> None:
        amount = np.array(amounts)
        parts = divided(amount, (1 - sum(shares), *shares))
        assert np.array_equal(np.sum(parts, axis=0), amount)
        assert all((part >= 0).all() for part in parts)
