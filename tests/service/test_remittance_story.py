"""Ann has her wallet at one bank, Bob his at another; she pays him online.

Issuer and banks are real processes.
"""

from pathlib import Path

from shuangli.api.remittances import RemittanceOrder
from shuangli.issuer.service.network import RESERVES_FEN
from shuangli.operator.accounts import CLEARING
from shuangli.operator.netting.desk import SETTLEMENT
from tests.devices.processes import until
from tests.service.holders import Holder
from tests.service.network import network
from tests.setting import DAY_S


def test_ann_pays_bob_at_another_bank(tmp_path: Path) -> None:
    with network(tmp_path) as net:
        ann, bob = Holder(net.operators["OP01"], "ann"), Holder(net.operators["OP02"], "bob")
        hers, his = ann.wallet.key.public, bob.wallet.key.public
        ann.http.deposit(hers, 5_000, idempotency_key="pocket money")

        # Her bank takes the money and signs the order at once; his is cut off just then.
        net.lines["OP02"].cut()
        order = RemittanceOrder(operator="OP02", payee=his.hex(), amount_fen=700, note="dinner")
        sent = ann.http.remit(hers, order, idempotency_key="dinner")
        assert (sent.state, ann.http.wallet(hers).balance_fen) == ("under-way", 4_300)
        assert ann.http.remit(hers, order, idempotency_key="dinner") == sent

        # Her bank is killed; his comes back. The payment arrives, once.
        net.operators["OP01"].kill()
        net.lines["OP02"].mend()
        net.start("OP01")
        ann.find(net.operators["OP01"])
        until(lambda: ann.http.remittance(hers, sent.entry_no).state == "paid")
        (received,) = bob.http.remittances(his, direction="received").items
        assert (received.payer, received.amount_fen, received.note) == (hers.hex(), 700, "dinner")
        assert [line.kind for line in bob.http.statement(his).lines] == ["remittance-received"]

        # What nobody can receive comes back with the reason.
        nobody = order.model_copy(update={"payee": "00" * 32})
        lost = ann.http.remit(hers, nobody, idempotency_key="a typing error")
        until(lambda: ann.http.remittance(hers, lost.entry_no).state == "returned")
        assert ann.http.remittance(hers, lost.entry_no).reason == "unknown-wallet"
        assert ann.http.wallet(hers).balance_fen == 4_300

        # At the end of the day the banks settle in central-bank money.
        net.let_pass(DAY_S)

        def settled_fen() -> list[int]:
            found = []
            for name in net.names:
                with net.operator_store(name) as store:
                    found += [store.ledger.balance_fen(CLEARING), store.ledger.balance_fen(SETTLEMENT)]
            return found

        # Whoever passes the day on last is told first, the other one in its next round.
        until(lambda: 0 in settled_fen())
        net.let_pass(2 * DAY_S)
        until(lambda: settled_fen() == [0, RESERVES_FEN - 700, 0, RESERVES_FEN + 700])
        with net.books() as issuer:
            assert issuer.vaults.held_fen("OP02")[1] == RESERVES_FEN + 700
