"""The learned score: logistic regression over `features`, explained feature by feature. Pure but for its
file.

    score = 1 / (1 + exp(-(intercept + sum of weight * (value - mean) / scale)))

A feature's share in the sum is its explanation. The model is a file of numbers in JSON, with its version,
the names of its features, and the scores from which it flags and holds; `scripts/train_risk_model.py`
makes it with scikit-learn. To score takes no library, and no code is ever loaded from a file.
"""

import json
from dataclasses import asdict, dataclass, fields
from math import exp, isfinite
from pathlib import Path
from typing import Any, Final, Self

from shuangli.errors import BadInput
from shuangli.operator.risk.events import Action, History, Reason, RiskEvent
from shuangli.operator.risk.features import FEATURES, features_of

MODEL_FILE: Final = Path(__file__).with_name("model.json")
NAMED: Final = 3
"""So many features are named in an explanation: those with the largest shares."""
_STEEPEST: Final = 700.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A trained model. Scores are thousandths; `flag_from` and `hold_from` are those from which it acts."""

    version: int
    features: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    flag_from: int
    hold_from: int

    def __post_init__(self) -> None:
        columns = (self.means, self.scales, self.weights)
        numbers = [self.intercept, *self.means, *self.scales, *self.weights]
        if self.features != tuple(FEATURES) or any(len(column) != len(FEATURES) for column in columns):
            raise BadInput("bad-file", f"model {self.version} has other features than this program")
        if not all(map(isfinite, numbers)) or not all(scale > 0 for scale in self.scales):
            raise BadInput("bad-file", f"model {self.version}: a number in it cannot be used")
        if not 0 < self.flag_from <= self.hold_from <= 1_001:
            raise BadInput("bad-file", f"model {self.version}: give 0 < flag_from <= hold_from <= 1001")

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read a model.

        Raises:
            BadInput: it is none, or one for other features (`bad-file`).
        """
        try:
            told: dict[str, Any] = json.loads(text)
            if unknown := told.keys() ^ {field.name for field in fields(cls)}:
                raise LookupError(f"{min(unknown)} is missing or unknown")
            columns = ("features", "means", "scales", "weights")
            told |= {name: tuple(told[name]) for name in columns}
            return cls(**told)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise BadInput("bad-file", f"not a model of risk control: {error}") from error

    def encode(self) -> str:
        """Write it down as JSON."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"

    def shares(self, event: RiskEvent, history: History) -> list[float]:
        """What each feature adds to the sum, in the order of `features`."""
        columns = zip(features_of(event, history), self.means, self.scales, self.weights, strict=True)
        return [weight * (value - mean) / scale for value, mean, scale, weight in columns]

    def score_permille(self, shares: list[float]) -> int:
        """How much like fraud an event looks, 0 to 1,000."""
        total = max(-_STEEPEST, min(_STEEPEST, self.intercept + sum(shares)))
        return round(1_000 / (1 + exp(-total)))

    def ask(self, event: RiskEvent, history: History) -> tuple[int, Reason | None]:
        """The score of an event, and what the model asks for, if anything."""
        shares = self.shares(event, history)
        score = self.score_permille(shares)
        if score < self.flag_from:
            return score, None
        largest = sorted(zip(shares, self.features, strict=True), reverse=True)[:NAMED]
        named = ", ".join(f"{name} (+{share:.1f})" for share, name in largest if share > 0)
        action = Action.HOLD if score >= self.hold_from else Action.FLAG
        return score, Reason(f"model {self.version}", action, f"score {score} of 1000 for {named}")


def own_model() -> Model:
    """The model that comes with this program."""
    return Model.decode(MODEL_FILE.read_text(encoding="utf-8"))
