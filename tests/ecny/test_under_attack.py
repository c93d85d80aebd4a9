"""Value under conditions in the hands of adversaries: what is spent twice is known, and the books balance."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shuangli.sims.summary import summary
from tests.engine.checks import check_books, check_forks
from tests.engine.runs import Finished, play_small

SMALL: dict[str, Any] = {"people": 16, "merchants": 8, "clone__share": 0}


@pytest.mark.parametrize("kind", ["rollback", "mule_ring"])
def test_what_is_given_back_from_a_copied_purse_counts_as_spent(kind: str, tmp_path: Path) -> None:
    """Customers of closed merchants hand their cards in; some have copied what is on them."""
    days = {"days": 5, "valid_days": 3, "closing_day": 3, "closing_share": 0.6}
    settings: dict[str, Any] = {**SMALL, **days, f"{kind}__number": 2}
    run = play_small(tmp_path / "out", "prepaid", **settings)
    assert run.result["forks"]["injected"] > 0
    check_books(run)
    check_forks(run)


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A merchant refuses what it is paid, ordinary value and meal money, and hands it in all the same."""
    return play_small(
        tmp_path_factory.mktemp("refusing") / "out",
        "subsidy",
        **SMALL,
        days=4,
        valid_days=2,
        colluding_payee__number=1,
        seed=8,
    )


def test_what_was_refused_and_claimed_is_forked_under_a_condition_too(refusing: Finished) -> None:
    """Its refusal gives nothing back, so that nobody is paid twice."""
    refused = refusing.payments.filter(attack="colluding_payee", outcome="refused-by-payee")
    assert refusing.result["forks"]["injected"] == refused["coins"].sum() > 0
    check_books(refusing)
    check_forks(refusing)


def test_the_supply_that_is_printed_adds_up_where_value_was_returned(refusing: Finished) -> None:
    printed = summary(refusing.result, refusing.run).splitlines()
    (supply,) = [line for line in printed if line.startswith("supply")]
    loaded, *parts = (Decimal(amount.replace(",", "")) for amount in re.findall(r"[\d,]+\.\d\d", supply))
    assert "returned" in supply
    assert loaded == sum(parts)
