"""Value that nobody claims comes back to its owner's deposit at a running operator (F24)."""

from shuangli.days import DAY_S
from shuangli.issuer.service.network import TERMS
from shuangli.issuer.supply import supply_by_epoch
from tests.devices.people import Town


def test_f24_what_was_on_a_destroyed_device_comes_back_once(town: Town) -> None:
    town.wallet("ann", loaded="50")
    assert town.deposit_fen("ann") == 0
    town.now_s += TERMS.coin_life_s + TERMS.grace_s
    town.wallet("ben", loaded="10")
    assert town.deposit_fen("ann") == 0
    for _ in range(2):
        town.now_s += DAY_S
        told = town.type("load", "5", "--deposit", "--file", town.file("ben"))
        assert told.code == 0, told
        assert town.deposit_fen("ann") == 5_000
    (supply,) = supply_by_epoch(town.sandbox.issuer.store)
    assert (supply.returned_fen, supply.outstanding_fen) == (5_000, 2_000)
    town.nothing_lost()
