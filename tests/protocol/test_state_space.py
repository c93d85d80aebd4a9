"""All that can happen to a few wallets, breadth first over the very functions that run (`exploring`).

`pytest -s` prints how many states there are; `scripts/explore_session.py` writes them into the documentation.
"""

from pathlib import Path
from typing import Final

import pytest

from tests.protocol.mutations import MUTATIONS
from tests.protocol.scenarios import LARGE, SMALL, Scenario

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "protocol.md"
SEARCHED: Final = 20_000
"""States within which a seeded bug is found."""
FOUND_IN: Final = {
    "one payment, with change": (
        "sent_before_written",
        "signed_again_on_resend",
        "request_paid_again",
        "repeat_is_judged_again",
        "repeat_is_stored_again",
        "spent_coin_stays",
        "handed_in_before_written",
        "uploads_forgotten",
        "change_to_the_payee",
        "repeat_taken_for_a_fork",
    ),
    "two payments of one payer to one payee": ("request_not_under_the_signature",),
    "two payers who are shown one request": (
        "receipt_for_another_payment",
        "second_payer_is_taken_too",
        "refund_on_a_refusal",
        "refund_without_a_fact",
    ),
    "a copied payer, two requests": ("fork_paid_from_circulation", "second_depositor_accused"),
}


def explore(name: str, scenario: Scenario, directory: Path, record: object) -> None:
    found = scenario.explorer(directory).explore()
    print(f"\n{name}: {found.states:,} states, {found.moves:,} moves, {found.depth} deep")  # noqa: T201
    assert callable(record)
    record("states", found.states)
    row = f"| {name} | {found.states:,} | {found.moves:,} | {found.depth} |"
    assert row in PAGE.read_text(encoding="utf-8").splitlines(), "run python scripts/explore_session.py"


@pytest.mark.parametrize("name", SMALL)
def test_every_state_holds_and_leads_to_an_end(name: str, tmp_path: Path, record_property: object) -> None:
    explore(name, SMALL[name], tmp_path, record_property)


@pytest.mark.heavy
@pytest.mark.parametrize("name", LARGE)
def test_every_state_of_a_larger_scenario(name: str, tmp_path: Path, record_property: object) -> None:
    explore(name, LARGE[name], tmp_path, record_property)


@pytest.mark.parametrize(
    ("name", "bug"), [(name, bug) for name, bugs in FOUND_IN.items() for bug in bugs], ids=lambda part: part
)
def test_the_search_finds_a_seeded_bug(name: str, bug: str, tmp_path: Path) -> None:
    mutation = {mutation.name: mutation for mutation in MUTATIONS}[bug]
    with mutation.patch(), pytest.raises(AssertionError):
        {**SMALL, **LARGE}[name].explorer(tmp_path).explore(most_states=SEARCHED)
