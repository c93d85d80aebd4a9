"""Torn taps (F07, F08): a message is lost, the devices tap again, and one payment comes of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from shuangli.offline.states import Kind
from shuangli.sims.plan import Rules
from shuangli.sims.torn_taps import TornTaps
from tests.adversaries.attacked import ALONE, attacked, play, small_town


def test_f07_f08_a_message_is_lost_and_the_same_payment_is_completed(tmp_path: Path) -> None:
    whole, torn = (replace(small_town(), rules=Rules(torn_share=share)) for share in (0.0, 1.0))
    lost = {TornTaps(torn).of(number) for number in range(len(torn.meetings))}
    assert lost == {Kind.PAYMENT, Kind.RECEIPT}
    assert {TornTaps(whole).of(number) for number in range(len(whole.meetings))} == {None}
    towns = []
    for name, plan in (("whole", whole), ("torn", torn)):
        under, system = attacked(plan, ALONE["clone"])
        town, *_ = play(under, system, tmp_path / name)
        town.close()
        towns.append(town)
    assert towns[0].outcomes == towns[1].outcomes
    assert "paid" in towns[1].outcomes
    assert "unanswered" not in towns[1].outcomes
    for before, after in zip(towns[0].payments, towns[1].payments, strict=True):
        if before.outcome == "paid":
            assert after.transfer_id == before.transfer_id
            assert (after.carried_bytes > before.carried_bytes) is not bool(before.tag == -1)


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_a_higher_share_adds_to_a_lower_one(share: float) -> None:
    few, many = (TornTaps(replace(small_town(), rules=Rules(torn_share=each))) for each in (share, 1.0))
    count = len(small_town().meetings)
    torn = [number for number in range(count) if few.of(number)]
    assert 0 < len(torn) < count
    assert all(many.of(number) for number in torn)
