"""A cell's payments: what is written down of each, whatever ended it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shuangli.offline.trust import Trust
from shuangli.sims.plan import NOBODY
from shuangli.sims.signatures import NETWORK
from tests.engine.plans import WINDOW_S, cell_plan, devices, meetings
from tests.engine.town import Town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Rider 0 and the copy 1 of its wallet pay gate 2, rider 0 twice."""
    plan = cell_plan(
        devices(2, 1, copy_of=[NOBODY, 0, NOBODY]),
        meetings((6 * WINDOW_S, 1, 2, 1_600), (7 * WINDOW_S, 0, 2, 1_600), (8 * WINDOW_S, 0, 2, 500)),
    )
    town = Town(plan, tmp_path)
    yield town
    town.close()


def test_what_is_written_down_of_a_payment(town: Town) -> None:
    town.finish()
    first, _, last = town.payments
    assert (first.payer, first.payee, first.amount_fen, first.outcome) == (1, 2, 1_600, "paid")
    assert (first.coins, first.hops) == (5, 1)
    assert first.carried_bytes > 500
    assert len(first.transfer_id) == 32
    # The last one ended before a signature: only the request was carried.
    assert (last.outcome, last.coins, last.hops, last.transfer_id) == ("insufficient-funds", 0, 0, b"")
    assert 0 < last.carried_bytes < first.carried_bytes


def test_a_payee_that_breaks_off_after_the_signature(town: Town) -> None:
    """Found: such a payment was written down as if nothing had been signed, and a fork by it went unseen."""
    town.window(7)
    gate = town.wallet(2)
    whole = gate.trust
    # For this payment the gate has forgotten what the root has certified.
    gate.trust = Trust(root=town.system.anchors.root, network=NETWORK, objects_kept=64)
    gate.trust.revocations = whole.revocations
    town.window()
    gate.trust = whole
    payment = town.payments[1]
    assert payment.outcome == "epoch"
    assert payment.transfer_id == next(reversed(town.wallet(0).purse.paying.values())).transfer_id
    town.finish()
    report = town.cell.report()
    assert [deed.accepted for deed in report.deeds if deed.transfer_id == payment.transfer_id] == [
        False
    ] * payment.coins
    assert report.holdings.in_flight_fen == 1_600
    assert len(town.system.issuer.store.culprits()) == 1
