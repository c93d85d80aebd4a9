"""One decision from rules and model. Pure.

The strictest reason decides. If two rules have something to say at once, it is one step more: two that flag
hold, one that holds and another one freeze. The model alone never freezes. What comes in cannot be held back,
for it is the customer's already: there, to hold is to flag.
"""

from dataclasses import dataclass, field

from shuangli.operator.risk.events import Action, Decision, History, RiskEvent
from shuangli.operator.risk.model import Model
from shuangli.operator.risk.rules import Limits, ask_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskPolicy:
    """What an operator goes by: the numbers of the rules, and a model, or none."""

    model: Model | None
    limits: Limits = field(default_factory=Limits)


def decide(event: RiskEvent, history: History, policy: RiskPolicy) -> Decision:
    """What is to be done about an event."""
    reasons = ask_rules(event, history, policy.limits)
    action = max((reason.action for reason in reasons), default=Action.ALLOW)
    if len(reasons) > 1:
        action = Action(action + 1)
    score = 0
    if policy.model is not None:
        score, said = policy.model.ask(event, history)
        if said is not None:
            reasons.append(said)
            action = max(action, said.action)
    if action is Action.HOLD and not event.kind.is_out:
        action = Action.FLAG
    return Decision(action=action, reasons=tuple(reasons), score_permille=score)
