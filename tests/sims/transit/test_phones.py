"""What riders tap with: times from the timing model, work as it is counted in real payments."""

import numpy as np
import pytest

from scripts.measure_taps import PAYMENTS, measure
from shuangli.sims.transit.phones import HARD, HARD_TAP, NAMES, SOFT_TAP, TAP_MS, Phone, dealt_phones


@pytest.mark.parametrize(("hard", "work"), [(True, HARD_TAP), (False, SOFT_TAP)])
def test_the_work_is_that_of_a_real_payment(hard: bool, work: object) -> None:
    assert measure(*PAYMENTS["one coin, change"], hard=hard)[0] == work


def test_taps_take_as_long_as_the_reference_says() -> None:
    assert dict(zip(NAMES, TAP_MS.tolist(), strict=True)) == {
        "card": 844,
        "phone-element": 550,
        "phone-soft": 200,
    }
    assert HARD.tolist() == [1, 1, 0]


def test_riders_have_what_the_shares_say_and_a_higher_share_adds_to_them() -> None:
    even = (np.arange(1_000) + 0.5) / 1_000
    phone = dealt_phones(even, cards=0.2, elements=0.3)
    assert np.bincount(phone).tolist() == [200, 300, 500]
    more = dealt_phones(even, cards=0.4, elements=0.3)
    assert (more[phone == Phone.CARD] == Phone.CARD).all()
    assert set(dealt_phones(even, cards=0, elements=0).tolist()) == {Phone.SOFT}
    assert np.bincount(dealt_phones(even, cards=0.8, elements=0.8)).tolist() == [800, 200]
