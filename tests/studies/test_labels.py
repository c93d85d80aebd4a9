"""The labels of payments.parquet and cases.parquet: what is true of each payment, and who is what."""

from pathlib import Path

import polars as pl

from shuangli.sims.adversaries.labels import kinds_by_device
from shuangli.sims.api import run
from shuangli.sims.catalogue import make_scenario
from shuangli.sims.plan import NOBODY


def test_every_double_spend_is_by_a_copied_wallet_and_only_such_wallets_are_labelled(tmp_path: Path) -> None:
    settings = {"trips": 80, "clone.share": 0.2, "clone.copies": 2, "outage_h": 0}
    written = run("transit", settings, out=tmp_path / "out")
    payments = pl.read_parquet(tmp_path / "out" / "payments.parquet")
    cloned = pl.col("payer_kind").eq_missing("clone")
    assert payments["forked"].any()
    assert payments.filter(pl.col("forked")).select(cloned).to_series().all()
    scenario = make_scenario("transit", settings, seed=1, demand=None, network=None)
    copies = sum(int((plan.devices.copy_of != NOBODY).sum()) for plan in scenario.plans)
    kinds = kinds_by_device(scenario.plans)
    # Each copied wallet is there once beside its two copies.
    assert len(kinds) == copies + copies // 2
    assert set(payments.filter(cloned)["payer"]) <= set(kinds)
    assert payments["payer_kind"].null_count() > 0
    assert payments["attack"].eq_missing(payments["payer_kind"]).all()
    assert set(pl.read_parquet(tmp_path / "out" / "cases.parquet")["kind"]) == {"clone"}
    figures = written.result["attacks"]
    assert set(figures) == {"clone"}
    assert (
        figures["clone"]["loss_fen"] == written.result["forks"]["loss_fen"] <= figures["clone"]["exposed_fen"]
    )
    assert figures["clone"]["found"] == written.result["forks"]["found"]


def test_what_an_adversary_pays_on_the_side_is_no_trip(tmp_path: Path) -> None:
    settings = {"trips": 80, "clone.share": 0.0, "rollback.number": 2, "structuring.number": 1, "outage_h": 0}
    written = run("transit", settings, out=tmp_path / "out")
    payments = pl.read_parquet(tmp_path / "out" / "payments.parquet")
    aside = payments.filter(pl.col("origin").is_null())
    assert set(aside["attack"]) == {"rollback", "structuring"}
    assert written.result["trips"]["attempted"] == payments.height - aside.height == 80
    assert written.result["trips"]["boardings_difference"] == 0
    assert payments.filter(pl.col("forked"))["payer_kind"].unique().to_list() == ["rollback"]
    assert written.result["attacks"]["structuring"]["injected"] == 0
