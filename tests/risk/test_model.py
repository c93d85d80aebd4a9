"""The learned score: what its file must be, and that it says why."""

import json
from dataclasses import replace
from math import isclose, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.errors import BadInput
from shuangli.operator.risk.deciding import RiskPolicy, decide
from shuangli.operator.risk.events import Action, EventKind, History, Place
from shuangli.operator.risk.features import FEATURES, features_of
from shuangli.operator.risk.model import Model, own_model
from tests.risk.events import NOW, event, history

MODEL = own_model()
amounts = st.integers(1, 10**12)


@given(
    st.lists(st.tuples(st.sampled_from(EventKind), amounts, st.integers(0, 10**7)), max_size=12),
    st.sampled_from(EventKind),
    amounts,
)
def test_every_event_has_a_score_and_shares_that_add_up_to_it(
    before: list[tuple[EventKind, int, int]], kind: EventKind, amount_fen: int
) -> None:
    past = history([event(one, fen, ago_s=ago_s) for one, fen, ago_s in before])
    shares = MODEL.shares(event(kind, amount_fen), past)
    score = MODEL.score_permille(shares)
    assert 0 <= score <= 1_000
    assert len(shares) == len(FEATURES)
    if 1 < score < 999:
        # To a thousandth, the score is that of the sum.
        assert isclose(log(score / (1_000 - score)), MODEL.intercept + sum(shares), abs_tol=0.6)


def test_each_feature_is_seen_in_its_own_number() -> None:
    quiet = dict(zip(FEATURES, features_of(event(), History()), strict=True))
    near = event(EventKind.DEPOSIT, 4_500_000)
    seen = dict(zip(FEATURES, features_of(near, History()), strict=True))
    assert quiet["goes out"] == 1
    assert seen["goes out"] == 0
    assert seen["movements just under the reported amount in a week"] > 0
    far = event(place=Place(0, 0))
    travelled = features_of(far, History(last_place=(Place(3990, 11640), NOW - 600)))
    assert travelled[-1] > 9


def sure(weight: float, *, flag_from: int = 988, hold_from: int = 999) -> Model:
    """A model that sees the amount, and nothing else."""
    none, one = (0.0,) * (len(FEATURES) - 1), (1.0,) * len(FEATURES)
    return replace(
        MODEL,
        weights=(weight, *none),
        means=(0.0, *none),
        scales=one,
        intercept=0.0,
        flag_from=flag_from,
        hold_from=hold_from,
    )


def test_it_says_which_features_decided() -> None:
    model = sure(5.0, flag_from=600, hold_from=900)
    decision = decide(event(amount_fen=100_000), History(), RiskPolicy(model=model))
    assert decision.action is Action.HOLD
    assert decision.score_permille == 1_000
    assert "amount (+34.5)" in decision.explanation
    assert decide(event(amount_fen=100_000), History(), RiskPolicy(model=sure(0.0))).reasons == ()


def test_the_model_alone_never_freezes() -> None:
    model = sure(5.0, flag_from=1, hold_from=1)
    assert decide(event(), History(), RiskPolicy(model=model)).action is Action.HOLD


def test_what_is_written_is_read() -> None:
    assert Model.decode(MODEL.encode()) == MODEL


@pytest.mark.parametrize(
    "change",
    [
        {"features": ["amount"]},
        {"weights": [1.0]},
        {"scales": [0.0] * len(FEATURES)},
        {"intercept": float("nan")},
        {"flag_from": 0},
        {"hold_from": 1},
        {"more": 1},
        {"means": 5},
    ],
)
def test_another_file_is_no_model(change: dict[str, object]) -> None:
    with pytest.raises(BadInput) as error:
        Model.decode(json.dumps(json.loads(MODEL.encode()) | change))
    assert error.value.code == "bad-file"


@given(st.text(max_size=40) | st.sampled_from(["[]", "{}", "null", "5"]))
def test_any_text_is_a_model_or_bad_input(text: str) -> None:
    with pytest.raises(BadInput):
        Model.decode(text)
