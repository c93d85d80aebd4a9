"""Measure risk control on made-up labelled events that it was not trained on; prints the tables of risk.md.

python -m scripts.measure_risk
"""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from scripts.account_events import DAYS, HONEST, Labelled, labelled_events
from shuangli.operator.risk.deciding import RiskPolicy, decide
from shuangli.operator.risk.events import Action
from shuangli.operator.risk.model import Model, own_model
from shuangli.operator.risk.rules import RULES, Limits, ask_rules

SEED: Final = 3
HUNDREDS: Final = 3
SCHEMERS: Final = 25


@dataclass(frozen=True, slots=True)
class Counts:
    """Events by what they are and what was said of them."""

    caught: int
    missed: int
    false: int
    passed: int

    def row(self, name: str) -> str:
        """A line of the table."""
        precision = self.caught / max(1, self.caught + self.false)
        recall = self.caught / max(1, self.caught + self.missed)
        return (
            f"| {name} | {self.caught} | {self.missed} | {self.false} | {self.passed:,}"
            f" | {precision:.3f} | {recall:.3f} |"
        )


def main() -> None:
    """Play all events, and print."""
    model = own_model()
    drawn = [*labelled_events(SEED, hundreds=HUNDREDS, schemers=SCHEMERS)]
    both = [decide(one.event, one.history, RiskPolicy(model=model)).action for one in drawn]
    print("| what decides | fraud, alarm | fraud, none | honest, alarm | honest, none | precision | recall |")
    print("|---|---|---|---|---|---|---|")
    print(_counts(drawn, [_by_rules(one) for one in drawn]).row("rules alone"))
    print(_counts(drawn, [_by_model(one, model) for one in drawn]).row("model alone"))
    print(_counts(drawn, [action >= Action.FLAG for action in both]).row("both: flag or more"))
    print(_counts(drawn, [action >= Action.HOLD for action in both]).row("both: hold or freeze"))
    print()
    _print_schemes(drawn, both)
    print()
    _print_rules(drawn)
    honest = len({one.event.person for one in drawn} - {one.event.person for one in drawn if one.scheme})
    false = sum(not one.scheme and action >= Action.FLAG for one, action in zip(drawn, both, strict=True))
    print(f"\n{len(drawn):,} events of {DAYS} days; {1_000 * false / DAYS / honest:.2f} false alarms a day")
    print("for a thousand honest people")


def _by_rules(one: Labelled) -> bool:
    return bool(ask_rules(one.event, one.history, Limits()))


def _by_model(one: Labelled, model: Model) -> bool:
    return model.ask(one.event, one.history)[1] is not None


def _counts(drawn: list[Labelled], alarms: list[bool]) -> Counts:
    seen = Counter((one.scheme != HONEST, alarm) for one, alarm in zip(drawn, alarms, strict=True))
    return Counts(seen[True, True], seen[True, False], seen[False, True], seen[False, False])


def _print_schemes(drawn: list[Labelled], actions: list[Action]) -> None:
    print("| scheme | people | noticed | stopped | events before the first alarm, median |")
    print("|---|---|---|---|---|")
    for scheme in sorted({one.scheme for one in drawn} - {HONEST}):
        by_person: dict[bytes, list[Action]] = {}
        for one, action in zip(drawn, actions, strict=True):
            if one.scheme == scheme:
                by_person.setdefault(one.event.person, []).append(action)
        first = [
            next(number for number, action in enumerate(said) if action >= Action.FLAG)
            for said in by_person.values()
            if max(said) >= Action.FLAG
        ]
        stopped = sum(max(said) >= Action.HOLD for said in by_person.values())
        median = sorted(first)[len(first) // 2] if first else "-"
        print(f"| {scheme} | {len(by_person)} | {len(first)} | {stopped} | {median} |")


def _print_rules(drawn: list[Labelled]) -> None:
    print("| rule | asks to | alarms on fraud | alarms on honest events |")
    print("|---|---|---|---|")
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for one in drawn:
        for reason in ask_rules(one.event, one.history, Limits()):
            (right if one.scheme else wrong)[reason.rule] += 1
    for rule in RULES:
        print(f"| {rule.name} | {rule.action.name.lower()} | {right[rule.name]} | {wrong[rule.name]} |")


if __name__ == "__main__":
    main()
