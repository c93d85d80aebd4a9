"""The figures on the page about risk control are those that its script prints."""

from pathlib import Path

import pytest

from scripts.account_events import HONEST, SCHEMES, labelled_events
from scripts.measure_risk import main

ROOT = Path(__file__).resolve().parents[2]


def test_the_events_are_the_same_for_a_seed_and_in_the_order_of_time() -> None:
    drawn = [*labelled_events(7, hundreds=0, schemers=1)]
    assert drawn == [*labelled_events(7, hundreds=0, schemers=1)]
    assert drawn != [*labelled_events(8, hundreds=0, schemers=1)]
    schemes = {one.scheme for one in drawn} - {HONEST}
    assert len(schemes) == len(SCHEMES) + 1
    for one in drawn:
        assert all(before.at_s <= one.event.at_s for before in one.history.events)
        assert all(before.person == one.event.person for before in one.history.events)


@pytest.mark.heavy
def test_the_page_has_the_tables_that_the_script_prints(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    page = (ROOT / "docs" / "explanation" / "risk.md").read_text(encoding="utf-8")
    printed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert len(printed) > 15
    for line in printed:
        assert line in page, line
