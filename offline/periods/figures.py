"""What an audit log adds up to: the figures of a report, from its entries and nothing else. Pure.

A figure is a whole number under a path of words, such as ("supply", "1", "loaded_fen"). Each entry tells of
some (`told`), and they are added up: over the entries of a period these are its *flows*, over all entries up
to its end the *stocks* at that time. Both are told by the same entries, so that a report of a month is the
sum of its days, and the stocks at the end of a day are those at its beginning and its flows.

    loads.OP01.count           uploads.OP01.credited_fen      outcomes.OP01.late       returns.OP01.value_fen
    supply.1.redeemed_fen      cases.OP01.face_fen            wallets.4.opened         policies.losses.count
    waits.OP01.under-1-day     since.2026-11-01.open_fen      due.2026-12-01.open_fen  findings.OP01.late_fen

Paths that name an operator have "-" where the log's owner speaks of itself or of nobody.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, Self

from shuangli.messages.event_facts import NO_TIER, WAITS
from shuangli.messages.event_kinds import (
    AccountChange,
    EpochChange,
    EventKind,
    Finding,
    FreezeStep,
    IdentityStep,
    Reason,
    ReportKind,
    RiskStep,
)
from shuangli.messages.events import Event
from shuangli.messages.notices import Outcome
from shuangli.naming import word_for
from shuangli.offline.periods.ageing import DUE, SINCE, aged, date_of
from shuangli.offline.periods.following import FOLLOWS

Path = tuple[str, ...]
Told = Iterator[tuple[Path, int]]
NOBODY: Final = "-"
CENTRAL: Final = ("supply", SINCE, DUE)
"""What only the centre's log tells all of."""
_OUTCOMES: Final = [*map(word_for, sorted(Outcome))]


def _counted(what: str, *amounts: str) -> Callable[[Event], Told]:
    """How many entries of a kind there are, and the sums of these facts, for each operator."""

    def told(event: Event) -> Told:
        operator = event.operator or NOBODY
        yield (what, operator, "count"), 1
        for name in amounts:
            yield (what, operator, name), event.fact(name)

    return told


def _stepped(what: str, fact: str, kind: type[IntEnum]) -> Callable[[Event], Told]:
    """How many entries of a kind tell of each step, for each operator."""

    def told(event: Event) -> Told:
        yield (what, event.operator or NOBODY, _word(kind(event.fact(fact)))), 1

    return told


def _word(member: IntEnum) -> str:
    return member.name.lower()


def _supplied(epoch: int, **changes_fen: int) -> Told:
    for name, change_fen in changes_fen.items():
        yield ("supply", str(epoch), name), change_fen


def _dated(since_day: int, due_day: int, open_fen: int) -> Told:
    """What is outstanding changes so much, of coins of one age that are due together."""
    if open_fen:
        yield (SINCE, date_of(since_day), "open_fen"), open_fen
        yield (DUE, date_of(due_day), "open_fen"), open_fen


def _load(event: Event) -> Told:
    yield from _counted("loads", "value_fen")(event)
    yield from _supplied(event.fact("epoch"), loaded_fen=event.fact("value_fen"))
    yield from _dated(event.fact("since_day"), event.fact("due_day"), event.fact("value_fen"))


def _settlement(event: Event) -> Told:
    operator = event.operator or NOBODY
    yield ("uploads", operator, "count"), 1
    yield ("uploads", operator, "credited_fen"), event.fact("credited_fen")
    yield ("uploads", operator, "refunded_fen"), event.fact("refunded_fen")
    outcomes, waits = event.fact("outcomes"), event.fact("waits")
    for outcome in {*outcomes}:
        yield ("outcomes", operator, _OUTCOMES[outcome]), outcomes.count(outcome)
    for wait in {*waits}:
        yield ("waits", operator, WAITS[wait][0]), waits.count(wait)
    for changes in event.each():
        yield from _dated(changes.pop("since_day"), changes.pop("due_day"), changes.pop("open_fen"))
        yield from _supplied(**changes)


def _return(event: Event) -> Told:
    yield from _counted("returns", "value_fen", "fund_paid_fen")(event)
    fund_fen = event.fact("fund_paid_fen")
    back_fen = event.fact("value_fen") - fund_fen
    yield from _supplied(event.fact("epoch"), returned_fen=back_fen, fund_paid_fen=fund_fen)
    yield from _dated(event.fact("since_day"), event.fact("due_day"), -back_fen)


def _taken(event: Event) -> Told:
    yield from _counted("taken", "value_fen", "void_fen")(event)
    void_fen = event.fact("void_fen")
    back_fen = event.fact("value_fen") - void_fen
    yield from _supplied(event.fact("epoch"), returned_fen=back_fen, void_fen=void_fen)
    yield from _dated(event.fact("since_day"), event.fact("due_day"), -back_fen)


def _account(event: Event) -> Told:
    tier, before = event.fact("tier"), event.fact("tier_before")
    yield ("wallets", str(tier), _word(AccountChange(event.fact("change")))), 1
    if before != NO_TIER:
        deposit_fen = event.fact("deposit_fen")
        yield ("wallets", str(before), "left"), 1
        yield ("wallets", str(tier), "joined"), 1
        yield from held(before, -deposit_fen)
        yield from held(tier, deposit_fen)


def held(tier: int, deposit_fen: int) -> Told:
    """What wallets of a tier hold online changes so much."""
    yield ("balances", NOBODY if tier == NO_TIER else str(tier), "deposit_fen"), deposit_fen


def _freeze(event: Event) -> Told:
    step, operator = FreezeStep(event.fact("step")), event.operator or NOBODY
    yield ("freezes", operator, _word(step)), 1
    yield ("freezes", operator, f"{_word(step)}_fen"), abs(event.fact("frozen_fen"))


def _report(event: Event) -> Told:
    about, operator = _word(ReportKind(event.fact("about"))), event.operator or NOBODY
    yield ("reports", operator, about), 1
    yield ("reports", operator, f"{about}_reported"), event.fact("reported")


def _finding(event: Event) -> Told:
    finding, operator = _word(Finding(event.fact("finding"))), event.operator or NOBODY
    yield ("findings", operator, finding), event.fact("found")
    yield ("findings", operator, f"{finding}_fen"), event.fact("value_fen")


def _epoch(event: Event) -> Told:
    yield ("epochs", str(event.fact("epoch")), _word(EpochChange(event.fact("change")))), 1


def _disclosure(event: Event) -> Told:
    yield ("disclosures", event.fact("authority"), _word(Reason(event.fact("reason")))), 1


def _identity(event: Event) -> Told:
    yield (
        ("identities", _word(Reason(event.fact("reason"))), _word(IdentityStep(event.fact("step")))),
        1,
    )


_TOLD: Final[Mapping[EventKind, Callable[[Event], Told]]] = {
    EventKind.LOAD: _load,
    EventKind.SETTLEMENT: _settlement,
    EventKind.POSTING: _counted("postings", "moved_fen"),
    EventKind.RETURN: _return,
    EventKind.CASE: _counted("cases", "face_fen"),
    EventKind.CERTIFICATE: _counted("certificates"),
    EventKind.REVOCATION: _counted("revocation_lists"),
    EventKind.ACCOUNT: _account,
    EventKind.FREEZE: _freeze,
    EventKind.POLICY: _counted("policies"),
    EventKind.REPORT: _report,
    EventKind.DISCLOSURE: _disclosure,
    EventKind.TAKEN: _taken,
    EventKind.EPOCH: _epoch,
    EventKind.RISK: _stepped("risk", "step", RiskStep),
    EventKind.FINDING: _finding,
    EventKind.IDENTITY: _identity,
    EventKind.ERASURE: _counted("erasures", "wallets"),
}


def told(event: Event, *, central: bool) -> list[tuple[Path, int]]:
    """The figures that one entry of a log tells; of supply, only the centre's log tells all."""
    told = _TOLD[event.kind](event)
    return [*told] if central else [one for one in told if one[0][0] not in CENTRAL]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Figures that are added to."""

    figures: dict[Path, int] = field(default_factory=dict)

    def add(self, told: Iterable[tuple[Path, int]]) -> None:
        """Add to some of them."""
        figures = self.figures
        for path, amount in told:
            figures[path] = figures.get(path, 0) + amount

    def copy(self) -> Self:
        """The same figures, to go on from."""
        return type(self)(figures=dict(self.figures))

    def since(self, before: "Totals") -> dict[Path, int]:
        """The flows from an earlier state of these totals to this one, but for figures without change."""
        changes = ((path, value - before.figures.get(path, 0)) for path, value in self.figures.items())
        return {path: change for path, change in changes if change}

    def stocks(self, *, at_s: int) -> dict[Path, int]:
        """The state at a time, the end of the entries: all sums, and what follows from them.

        `supply.E.outstanding_fen` is what of an epoch is in wallets, `forked_open_fen` what nobody has handed
        in yet of further branches, `wallets.T.open` how many wallets of a tier there are, `age` and `left`
        how long what is outstanding has been out, and can still be handed in.
        """
        found = {path: value for path, value in self.figures.items() if value or path[0] not in (SINCE, DUE)}
        for kind, name in sorted({path[:2] for path in found if path[0] in FOLLOWS}):
            for what, plus, minus in FOLLOWS[kind]:
                rest = sum(found.get((kind, name, part), 0) for part in plus)
                rest -= sum(found.get((kind, name, part), 0) for part in minus)
                found[kind, name, what] = rest
        return found | aged(found, at_s=at_s)


def named(figures: Mapping[Path, int]) -> dict[str, int]:
    """Figures by their names, with dots between the words; a dot within a word becomes a line below."""
    names: dict[str, int] = {}
    for path, value in figures.items():
        name = ".".join(word.replace(".", "_") for word in path)
        names[name] = names.get(name, 0) + value
    return names


def nested(figures: Mapping[Path, int]) -> dict[str, object]:
    """Figures as nested objects, in order of their names: what a report's JSON shows."""
    tree: dict[str, object] = {}
    for path in sorted(figures):
        at: dict[str, object] = tree
        for name in path[:-1]:
            deeper = at.setdefault(name, {})
            if not isinstance(deeper, dict):
                raise ValueError(f"{'.'.join(path)} lies under a figure")
            at = deeper
        at[path[-1]] = figures[path]
    return tree
