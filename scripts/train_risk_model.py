"""Train the learned score of risk control: writes operator/risk/model.json. Needs the extra `risk`.

Logistic regression of scikit-learn on made-up labelled events (`scripts/account_events.py`): one seed
to train on, another to choose the scores from which the model flags and holds. Both kinds of event count
the same in training, however rare fraud is. The same seeds give the same model, up to the last digits that
scikit-learn finds.

    python -m scripts.train_risk_model VERSION
"""

import sys
from typing import Final

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from scripts.account_events import HONEST, labelled_events
from shuangli.operator.risk.features import FEATURES, features_of
from shuangli.operator.risk.model import MODEL_FILE, Model

TRAINING_SEED: Final = 1
THRESHOLD_SEED: Final = 2
FLAG_PRECISION: Final = 0.8
HOLD_PRECISION: Final = 0.95
DIGITS: Final = 6
HUNDREDS: Final = 2
SCHEMERS: Final = 20


def main(version: int) -> None:
    """Train, choose, and write."""
    values, frauds = _numbers(TRAINING_SEED)
    scaler = StandardScaler().fit(values)
    learned = LogisticRegression(class_weight="balanced", max_iter=1_000).fit(
        scaler.transform(values), frauds
    )

    def model(flag_from: int, hold_from: int) -> Model:
        return Model(
            version=version,
            features=tuple(FEATURES),
            means=_rounded(scaler.mean_),
            scales=_rounded(scaler.scale_),
            weights=_rounded(learned.coef_[0]),
            intercept=_rounded(learned.intercept_)[0],
            flag_from=flag_from,
            hold_from=hold_from,
        )

    scored = _scored(model(1, 1))
    flag_from = _least_with(scored, FLAG_PRECISION)
    chosen = model(flag_from, max(flag_from, _least_with(scored, HOLD_PRECISION)))
    MODEL_FILE.write_text(chosen.encode(), encoding="utf-8")
    print(f"model {version}: flags from {chosen.flag_from}, holds from {chosen.hold_from}")


def _numbers(seed: int) -> tuple[np.ndarray, np.ndarray]:
    drawn = [*labelled_events(seed, hundreds=HUNDREDS, schemers=SCHEMERS)]
    values = np.array([features_of(one.event, one.history) for one in drawn])
    return values, np.array([one.scheme != HONEST for one in drawn])


def _scored(model: Model) -> list[tuple[int, bool]]:
    drawn = labelled_events(THRESHOLD_SEED, hundreds=HUNDREDS, schemers=SCHEMERS)
    return [
        (model.score_permille(model.shares(one.event, one.history)), one.scheme != HONEST) for one in drawn
    ]


def _least_with(scored: list[tuple[int, bool]], precision: float) -> int:
    """The least score from which on at least this part of all events is fraud; 1001 if there is none."""
    best, frauds = 1_001, 0
    for count, (score, is_fraud) in enumerate(sorted(scored, reverse=True), 1):
        frauds += is_fraud
        if frauds >= precision * count:
            best = score
    return max(1, best)


def _rounded(numbers: np.ndarray) -> tuple[float, ...]:
    return tuple(round(float(number), DIGITS) for number in numbers)


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].isdigit():
        sys.exit("give the number of the version: python -m scripts.train_risk_model 1")
    main(int(sys.argv[1]))
