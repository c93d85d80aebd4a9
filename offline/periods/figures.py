"""What an audit log adds up to: the figures of a report, from its entries and nothing else. Pure.

A figure is a whole number under a path of words, such as ("supply", "1", "loaded_fen"). Each entry tells of
some (`told`), and they are added up: over the entries of a period these are its *flows*, over all entries up
to its end the *stocks* at that time. Both are told by the same entries, so that a report of a month is the
sum of its days, and the stocks at the end of a day are those at its beginning and its flows.

    loads.OP01.count           uploads.OP01.credited_fen      outcomes.OP01.late       returns.OP01.value_fen
    supply.1.redeemed_fen      cases.OP01.face_fen            wallets.4.opened         policies.losses

Paths that name an operator have "-" where the log's owner speaks of itself or of nobody.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from shuangli.messages.events import AccountChange, EpochChange, Event, EventKind, RiskStep
from shuangli.messages.notices import Outcome

Path = tuple[str, ...]
Told = Iterator[tuple[Path, int]]
NOBODY: Final = "-"
_OUTCOMES: Final = [outcome.name.lower().replace("_", "-") for outcome in sorted(Outcome)]


def _counted(what: str, *amounts: str) -> Callable[[Event], Told]:
    """How many entries of a kind there are, and the sums of these facts, for each operator."""

    def told(event: Event) -> Told:
        operator = event.operator or NOBODY
        yield (what, operator, "count"), 1
        for name in amounts:
            yield (what, operator, name), event.fact(name)

    return told


def _supplied(epoch: int, **changes_fen: int) -> Told:
    for name, change_fen in changes_fen.items():
        yield ("supply", str(epoch), name), change_fen


def _load(event: Event) -> Told:
    yield from _counted("loads", "value_fen")(event)
    yield from _supplied(event.fact("epoch"), loaded_fen=event.fact("value_fen"))


def _settlement(event: Event) -> Told:
    yield from _counted("uploads", "credited_fen", "refunded_fen")(event)
    for outcome, count in Counter(event.fact("outcomes")).items():
        yield ("outcomes", event.operator or NOBODY, _OUTCOMES[outcome]), count
    for changes in event.each():
        yield from _supplied(**changes)


def _return(event: Event) -> Told:
    yield from _counted("returns", "value_fen", "fund_paid_fen")(event)
    fund_fen = event.fact("fund_paid_fen")
    back_fen = event.fact("value_fen") - fund_fen
    yield from _supplied(event.fact("epoch"), returned_fen=back_fen, fund_paid_fen=fund_fen)


def _taken(event: Event) -> Told:
    yield from _counted("taken", "value_fen", "void_fen")(event)
    void_fen = event.fact("void_fen")
    back_fen = event.fact("value_fen") - void_fen
    yield from _supplied(event.fact("epoch"), returned_fen=back_fen, void_fen=void_fen)


def _account(event: Event) -> Told:
    change = AccountChange(event.fact("change"))
    yield ("wallets", str(event.fact("tier")), change.name.lower()), 1


def _epoch(event: Event) -> Told:
    change = EpochChange(event.fact("change"))
    yield ("epochs", str(event.fact("epoch")), change.name.lower()), 1


def _risk(event: Event) -> Told:
    yield ("risk", event.operator or NOBODY, RiskStep(event.fact("step")).name.lower()), 1


def _disclosure(event: Event) -> Told:
    yield ("disclosures", event.fact("authority"), "count"), 1


_TOLD: Final[Mapping[EventKind, Callable[[Event], Told]]] = {
    EventKind.LOAD: _load,
    EventKind.SETTLEMENT: _settlement,
    EventKind.POSTING: _counted("postings", "moved_fen"),
    EventKind.RETURN: _return,
    EventKind.CASE: _counted("cases", "face_fen"),
    EventKind.CERTIFICATE: _counted("certificates"),
    EventKind.REVOCATION: _counted("revocation_lists"),
    EventKind.ACCOUNT: _account,
    EventKind.FREEZE: _counted("freezes", "frozen_fen"),
    EventKind.POLICY: _counted("policies"),
    EventKind.REPORT: _counted("reports"),
    EventKind.DISCLOSURE: _disclosure,
    EventKind.TAKEN: _taken,
    EventKind.EPOCH: _epoch,
    EventKind.RISK: _risk,
    EventKind.EPOCH: _counted("epochs"),
}


def told(event: Event, *, central: bool) -> Told:
    """The figures that one entry of a log tells; of supply, only the centre's log tells all."""
    told = _TOLD[event.kind](event)
    return told if central else ((path, amount) for path, amount in told if path[0] != "supply")


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

    def stocks(self) -> dict[Path, int]:
        """The state at the end: all sums, and what follows from them.

        `supply.E.outstanding_fen` is what of an epoch is in wallets, `forked_open_fen` what nobody has handed
        in yet of further branches, `wallets.T.open` how many wallets of a tier there are.
        """
        found = dict(self.figures)
        for kind, name in sorted({path[:2] for path in found if path[0] in FOLLOWS}):
            for what, plus, minus in FOLLOWS[kind]:
                rest = sum(found.get((kind, name, part), 0) for part in plus)
                rest -= sum(found.get((kind, name, part), 0) for part in minus)
                found[kind, name, what] = rest
        return found


FOLLOWS: Final[Mapping[str, tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]]] = {
    "supply": (
        ("outstanding_fen", ("loaded_fen",), ("redeemed_fen", "returned_fen")),
        ("forked_open_fen", ("forked_fen",), ("fund_paid_fen", "void_fen")),
    ),
    "wallets": (("open", ("opened",), ("closed", "lost")),),
}
"""Figures that follow from others: the sum of some of the same group, less the sum of others."""


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
