"""Words for members of enumerations: what programs read, so they stay as they are."""

from shuangli.messages.notices import Outcome
from shuangli.messages.session import RefusalReason
from shuangli.naming import word_for


def test_a_member_is_called_by_its_name_in_small_letters_with_hyphens() -> None:
    assert [word_for(outcome) for outcome in (Outcome.SETTLED, Outcome.UNKNOWN_COIN)] == [
        "settled",
        "unknown-coin",
    ]
    assert word_for(RefusalReason.REQUEST_PAID) == "request-paid"
