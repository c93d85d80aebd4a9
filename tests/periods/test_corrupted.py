"""One fact of a report is corrupted at a time: each is found, and named."""

import pytest

from shuangli.errors import ProtocolError
from tests.periods.corruptions import CORRUPTED, numbers_of
from tests.periods.making import Made


@pytest.mark.parametrize("name", CORRUPTED)
def test_what_is_corrupted_is_found_and_named(of_centre: Made, name: str) -> None:
    change, words = CORRUPTED[name]
    with pytest.raises(ProtocolError, match=words.format(**numbers_of(of_centre))):
        change(of_centre).verify()


@pytest.mark.parametrize("whose", ["of_centre", "of_operator"])
def test_what_is_not_corrupted_passes(request: pytest.FixtureRequest, whose: str) -> None:
    made: Made = request.getfixturevalue(whose)
    verified = made.verify()
    assert verified.report == made.report
    assert verified.cases == (2 if whose == "of_centre" else 0)


def test_all_wrong_figures_are_counted(of_centre: Made) -> None:
    wrong = {name: value + 1 for name, value in of_centre.report.flows.items()}
    with pytest.raises(ProtocolError, match=rf"; and {len(wrong) - 5} more"):
        of_centre.signed_anew(flows=wrong).verify()
