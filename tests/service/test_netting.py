"""A day that is over is netted by an issuer and two operators that are processes of their own."""

from pathlib import Path

import pytest

from shuangli.issuer.service.network import RESERVES_FEN
from shuangli.operator.netting.desk import SETTLEMENT
from tests.devices.processes import until
from tests.service.holders import Holder, paid
from tests.service.network import Network, network
from tests.setting import DAY_S


def settled_fen(net: Network) -> dict[str, int]:
    """What each operator has booked for settlement, as committed."""
    found = {}
    for name in net.names:
        with net.operator_store(name) as store:
            found[name] = store.ledger.balance_fen(SETTLEMENT) - RESERVES_FEN
    return found


@pytest.mark.parametrize("killed", [False, True], ids=["cut off", "killed"])
def test_f41_f11_two_operators_and_the_issuer_settle_a_day(tmp_path: Path, killed: bool) -> None:
    """Processes of their own: the operator that is owed nothing yet is away while the day is netted."""
    with network(tmp_path) as net:
        ann, bob = Holder(net.operators["OP01"], "ann"), Holder(net.operators["OP02"], "bob")
        ann.load((300, 200))
        paid(ann.wallet, bob, 300)
        assert bob.hand_in().credited_fen == 300
        net.let_pass(DAY_S)
        if killed:
            net.operators["OP01"].kill()
        else:
            net.lines["OP01"].cut()
        # It holds up the netting for a day, and no longer.
        net.let_pass(2 * DAY_S)
        until(lambda: settled_fen(net)["OP02"] == 300)
        assert settled_fen(net)["OP01"] == 0
        if killed:
            net.issuer.kill()
            net.start("OP01", issuer=True)
        else:
            net.lines["OP01"].mend()
        until(lambda: settled_fen(net) == {"OP01": -300, "OP02": 300})
        with net.books() as issuer:
            for name in net.names:
                assert issuer.vaults.held_fen(name)[1] == RESERVES_FEN + (300 if name == "OP02" else -300)
