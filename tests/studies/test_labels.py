"""The labels of payments.parquet: what is true of each payment."""

from pathlib import Path

import polars as pl

from shuangli.sims.api import run
from shuangli.sims.catalogue import make_scenario
from shuangli.sims.payments import copied_devices
from shuangli.sims.plan import NOBODY


def test_every_double_spend_is_by_a_copied_wallet_and_only_such_wallets_are_labelled(tmp_path: Path) -> None:
    settings = {"trips": 80, "copied_share": 0.2, "copies_each": 2, "outage_h": 0}
    run("transit", settings, out=tmp_path / "out")
    payments = pl.read_parquet(tmp_path / "out" / "payments.parquet")
    assert payments["forked"].any()
    assert payments.filter(pl.col("forked"))["payer_copied"].all()
    scenario = make_scenario("transit", settings, seed=1, demand=None, network=None)
    copies = sum(int((plan.devices.copy_of != NOBODY).sum()) for plan in scenario.plans)
    # Each copied wallet is there once beside its two copies.
    assert len(copied_devices(scenario)) == copies + copies // 2
    assert set(payments.filter(pl.col("payer_copied"))["payer"]) <= set(copied_devices(scenario))
    assert not payments["payer_copied"].all()
