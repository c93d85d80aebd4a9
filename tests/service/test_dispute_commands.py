"""The commands that show payments to lost keys, and decide whom each goes to."""

from pathlib import Path

import pytest

from shuangli.issuer.service import server
from shuangli.issuer.service.network import NETWORK
from tests.paying import pay
from tests.service.issuer_commands import facts, run, write_files
from tests.setting import DAY_S, NOW
from tests.settlement.answers import CLAIMED_S
from tests.settlement.unclaimed import AFTER
from tests.world import World

DECIDED_S = CLAIMED_S + DAY_S


@pytest.mark.parametrize("goes_to", ["payer", "payee"])
def test_a_payment_to_a_lost_key_is_shown_and_decided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, goes_to: str
) -> None:
    world = World(tmp_path, network=NETWORK)
    write_files(world, tmp_path)
    monkeypatch.setattr(server, "_now_s", lambda: DECIDED_S)
    assert run("disputes", tmp_path) == (0, "nothing waits for a decision\n")
    rider, gate = world.wallet([100]), world.wallet(operator="OP02", tier=0)
    world.submit(pay(rider, gate, 60).payment.body)
    with world.transaction():
        world.banks["OP02"].report_lost(gate.key.public, now_s=NOW)
    world.return_due(now_s=CLAIMED_S + AFTER)

    (shown,) = facts("disputes", tmp_path)["disputes"]
    keys = (rider.key.public.hex(), gate.key.public.hex())
    assert (shown["payer"], shown["payee"], shown["value_fen"]) == (*keys, 60)
    name = shown["payment"]
    assert (
        f"payment {name}: 0.60 from key {keys[0][:16]} to the lost key {keys[1][:16]}"
        in (run("disputes", tmp_path)[1])
    )
    code, said = run("decide", tmp_path, f"{name}0", "--to", goes_to)
    assert (code, said.count("\n")) == (2, 1)
    assert f"no payment {name}0 waits" in said
    assert run("decide", tmp_path, name)[0] == 2
    assert run("decide", tmp_path, name, "--to", goes_to) == (
        *(0, f"0.60 of payment {name} go to the {goes_to}\n"),
    )
    assert facts("disputes", tmp_path) == {"disputes": []}
    assert run("decide", tmp_path, name, "--to", goes_to)[0] == 2

    world.return_due(now_s=DECIDED_S)
    assert world.deposit_fen(rider) == (60 if goes_to == "payer" else 0)
    assert world.deposit_fen(gate, "OP02") == (60 if goes_to == "payee" else 0)
    world.check_books()
    world.close()
