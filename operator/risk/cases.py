"""Cases of risk control: what was flagged, held or frozen for, until somebody has looked at it.

A case is open, or its movement was confirmed to be fraud, or cleared. A held movement that is cleared may be
asked for once more, and passes. Every method that writes is called inside `store.transaction()`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from shuangli.database.database import Database, Row, only
from shuangli.errors import BadInput, Refused
from shuangli.naming import word_for
from shuangli.operator.risk.events import Action, Decision, EventKind, Place, RiskEvent
from shuangli.operator.risk.tables import CASES, EVENTS

_CASES: Final = (
    "SELECT case_no, event_no, wallet_no, kind, amount_fen, at_s, action, explanation, score_permille,"
    " outcome, reviewed_by, note, reviewed_at_s FROM risk_cases JOIN risk_events USING (event_no)"
)


class Outcome(StrEnum):
    """What has become of a case."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    CLEARED = "cleared"
    PASSED = "passed"
    """Cleared, and the movement was asked for again and let through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An event, what was decided about it and why, and what a reviewer has said, if any has."""

    case_no: int
    event_no: int
    wallet_no: int
    kind: EventKind
    amount_fen: int
    at_s: int
    action: Action
    explanation: str
    score_permille: int
    outcome: Outcome
    reviewed_by: str
    note: str
    reviewed_at_s: int | None

    def as_json(self) -> dict[str, Any]:
        """The case as JSON."""
        return {
            "case_no": self.case_no,
            "wallet_no": self.wallet_no,
            "movement": word_for(self.kind),
            "amount_fen": self.amount_fen,
            "at_s": self.at_s,
            "action": word_for(self.action),
            "explanation": self.explanation,
            "score_permille": self.score_permille,
            "outcome": self.outcome.value,
            "reviewed_by": self.reviewed_by,
            "note": self.note,
            "reviewed_at_s": self.reviewed_at_s,
        }


class CaseBook:
    """Events that were decided on, and their cases, in an operator's database."""

    def __init__(self, database: Database) -> None:
        """Use the tables of risk control in `database`."""
        self._database = database

    def add_event(self, event: RiskEvent, decision: Decision) -> int:
        """Keep what was decided about an event; gives its number."""
        number = self._next("event_no", EVENTS.name)
        place = "" if event.place is None else f"{event.place.north},{event.place.east}"
        row = (
            *(number, event.wallet_no, event.person, int(event.kind), event.amount_fen, event.at_s),
            *(event.counterparty, place, int(decision.action), decision.score_permille, decision.explanation),
        )
        self._database.insert(EVENTS, [row])
        return number

    def open(self, event_no: int) -> int:
        """Open the case of an event; gives its number."""
        number = self._next("case_no", CASES.name)
        self._database.insert(CASES, [(number, event_no, Outcome.OPEN.value, "", "", None)])
        return number

    def _next(self, column: str, table: str) -> int:
        query = f"SELECT coalesce(max({column}), 0) + 1 FROM {table}"  # noqa: S608 - our own names
        return int(only(self._database.row(query)))

    def held(self, event: RiskEvent, outcome: Outcome) -> Case | None:
        """The newest case for which the same movement is held, with this outcome."""
        row = self._database.row(
            f"{_CASES} WHERE wallet_no = ? AND kind = ? AND amount_fen = ? AND counterparty = ?"
            " AND action >= ? AND outcome = ? ORDER BY case_no DESC LIMIT 1",
            *(event.wallet_no, int(event.kind), event.amount_fen, event.counterparty),
            *(int(Action.HOLD), outcome.value),
        )
        return None if row is None else _read(row)

    def place_of(self, person: bytes) -> tuple[Place, int] | None:
        """Where a person's device was last said to be, and when."""
        row = self._database.row(
            "SELECT place, at_s FROM risk_events WHERE person = ? AND place <> '' ORDER BY at_s DESC LIMIT 1",
            person,
        )
        if row is None:
            return None
        north, east = map(int, row[0].split(","))
        return Place(north, east), int(row[1])

    def case(self, case_no: int) -> Case:
        """A case.

        Raises:
            Refused: there is none of this number (`not-found`).
        """
        row = self._database.row(f"{_CASES} WHERE case_no = ?", case_no)
        if row is None:
            raise Refused("not-found", f"there is no case {case_no} of risk control")
        return _read(row)

    def queue(self, *, after: int, most: int, only_open: bool) -> list[Case]:
        """Cases by number after a number, the first so many; those that wait for a review, or all."""
        which = " AND reviewed_at_s IS NULL" if only_open else ""
        rows = self._database.rows(f"{_CASES} WHERE case_no > ?{which} ORDER BY case_no LIMIT ?", after, most)
        return [_read(row) for row in rows]

    def review(self, case_no: int, outcome: Outcome, *, by: str, note: str, at_s: int) -> None:
        """Note what a reviewer says.

        Raises:
            BadInput: it is neither confirmed nor cleared (`bad-value`).
            Refused: there is no such case (`not-found`), or it was reviewed before (`nothing-due`).
        """
        if outcome not in (Outcome.CONFIRMED, Outcome.CLEARED):
            raise BadInput("bad-value", f"{outcome.value} is no review: say confirmed or cleared")
        case = self.case(case_no)
        if case.outcome is not Outcome.OPEN:
            raise Refused("nothing-due", f"case {case_no} was {case.outcome.value} by {case.reviewed_by}")
        self._database.execute(
            "UPDATE risk_cases SET outcome = ?, reviewed_by = ?, note = ?, reviewed_at_s = ?"
            " WHERE case_no = ?",
            *(outcome.value, by, note, at_s, case_no),
        )

    def let_pass(self, case_no: int) -> None:
        """Note that the movement of a cleared case was let through."""
        self._database.execute(
            "UPDATE risk_cases SET outcome = ? WHERE case_no = ?", Outcome.PASSED.value, case_no
        )


def _read(row: Row) -> Case:
    values = dict(zip(Case.__slots__, row, strict=True))
    values |= {"kind": EventKind(row[3]), "action": Action(row[6]), "outcome": Outcome(row[9])}
    return Case(**values)
