"""Risk control at a running bank: a screen in front of what leaves, and a look at all that has come in.

`judge` is asked before money leaves, in a transaction that is kept whatever it says. First it
looks at everything that has come in since, for anybody: no money leaves before its arrival was judged. Then:

allow    nothing happens but that the decision is stored
flag     it is let through, and a case waits for a reviewer
hold     it is refused until a reviewer has cleared the case; asked for again, it then passes once
freeze   the wallet is frozen besides, until the case is cleared

The customer is told the number of the case, and not why: who is suspected must not learn by what. The reasons
stand in the case. Decisions other than to allow, and reviews, go into the audit log.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from shuangli.codec import encode
from shuangli.crypto import sha256
from shuangli.database.database import only
from shuangli.days import DAY_S, date_of, day_of
from shuangli.errors import Refused
from shuangli.messages.event_kinds import EventKind as LogKind
from shuangli.messages.event_kinds import ReportKind, RiskStep
from shuangli.offline.limits import COMPANY
from shuangli.operator.bank import Bank
from shuangli.operator.customers.movements import Movement
from shuangli.operator.customers.wallets import Wallets
from shuangli.operator.risk.cases import Case, CaseBook, Outcome
from shuangli.operator.risk.deciding import RiskPolicy, decide
from shuangli.operator.risk.events import Action, Decision, EventKind, History, RiskEvent
from shuangli.operator.risk.history import Books, Past
from shuangli.operator.risk.large_values import LargeValue, encode_report, large_values
from shuangli.operator.risk.places import KNOWN_FOR_S, Places
from shuangli.operator.risk.tables import LARGE_REPORTS, LOOKED
from shuangli.operator.store import WalletRow

ASKED_BY: Final = "risk control"
AT_ONCE: Final = 1_000
LOOKED_AT_ONCE: Final = 50
LOOKS: Final = 200
"""So many movements a service looks at in one transaction, some ten milliseconds; so many times in a turn."""
_STEPS: Final = {Action.FLAG: RiskStep.FLAGGED, Action.HOLD: RiskStep.HELD, Action.FREEZE: RiskStep.FROZEN}
_LEAVES_AS: Final = {"redemption": EventKind.REDEEMED, "load": EventKind.LOADED}
"""What a movement is that pays nobody."""
_REVIEWS: Final = {Outcome.CLEARED: RiskStep.CLEARED, Outcome.CONFIRMED: RiskStep.CONFIRMED}


class RiskControl:
    """The risk control of one bank: a `shuangli.operator.customers.movements.Screen`.

    Every method is called inside `store.transaction()`.
    """

    def __init__(self, bank: Bank, policy: RiskPolicy) -> None:
        """Watch over the customers of `bank` by `policy`."""
        self._bank = bank
        self._policy = policy
        self._database = bank.store.database
        self._books = Books(bank.store)
        self._wallets = Wallets(bank)
        self.cases = CaseBook(self._database)
        self.places = Places(self._database)

    def judge(self, movement: Movement) -> Refused | None:
        """Why money must not leave now, if so."""
        row = self._bank.store.wallet(movement.payer)
        if row is None:
            return None
        self.look(now_s=movement.at_s)
        payee = None if movement.payee is None else self._bank.store.wallet(movement.payee)
        event = RiskEvent(
            wallet_no=row.wallet_no,
            person=row.person,
            kind=_LEAVES_AS.get(movement.kind, EventKind.PAID_OUT),
            amount_fen=movement.amount_fen,
            at_s=movement.at_s,
            counterparty=(movement.payee or b"") if payee is None else payee.person,
            place=None if movement.payee is None else self.places.of(movement.payee),
            is_company=row.tier == COMPANY,
        )
        if (cleared := self.cases.held(event, Outcome.CLEARED)) is not None:
            self.cases.let_pass(cleared.case_no)
            return None
        if (waiting := self.cases.held(event, Outcome.OPEN)) is not None:
            return _held(waiting.case_no)
        decision, case_no = self.assess(event, row, before_no=self._books.last_no() + 1)
        return _held(case_no) if decision.action >= Action.HOLD else None

    def look(self, *, now_s: int, most: int | None = None) -> int:
        """Look at what has come in since the last time, at so many movements at most; says how many it were.

        Less than `most` are all that there were.
        """
        self.places.forget(now_s=now_s)
        after_no = self._looked_at()
        looked, is_all = 0, False
        while not is_all and (most is None or looked < most):
            at_once = AT_ONCE if most is None else min(AT_ONCE, most - looked)
            found = self._books.came_in(after_no, at_once)
            self._look_at(found, now_s)
            looked += len(found)
            is_all = len(found) < at_once
            after_no = self._books.last_no() if is_all else found[-1][0]
        self._database.execute("DELETE FROM risk_looked")
        self._database.insert(LOOKED, [(after_no,)])
        return looked

    def _look_at(self, found: Sequence[tuple[int, RiskEvent]], now_s: int) -> None:
        """Look at movements that have come in; what each person did before is read once for all of theirs."""
        pasts: dict[bytes, Past] = {}
        for entry_no, event in found:
            past = pasts.get(event.person)
            if past is None:
                past = self._books.past(event.person, first_no=entry_no, last_no=found[-1][0])
                pasts[event.person] = past
            row = self._bank.store.wallet_by_no(event.wallet_no)
            history = past.before(entry_no, at_s=event.at_s)
            self._judge(event, history, row, now_s)
            if event.kind is EventKind.RECONCILED:
                self._look_at_counter(entry_no, row, now_s)

    def _look_at_counter(self, entry_no: int, merchant: WalletRow, now_s: int) -> None:
        """Look where customers have paid offline, if it was at a counter: nothing else is judged of that."""
        reference = self._books.reference(entry_no)
        for paid in self.places.paid_at(merchant.key, reference):
            row = self._bank.store.wallet(paid.payer)
            if row is None or paid.at_s < now_s - KNOWN_FOR_S:
                continue
            event = RiskEvent(
                wallet_no=row.wallet_no,
                person=row.person,
                kind=EventKind.PAID_OFFLINE,
                amount_fen=paid.amount_fen,
                at_s=paid.at_s,
                counterparty=merchant.person,
                place=paid.place,
                is_company=row.tier == COMPANY,
            )
            history = History(last_place=self.cases.place_of(row.person))
            self._decided(event, decide(event, history, RiskPolicy(model=None)), row, now_s)

    def _looked_at(self) -> int:
        row = self._database.row("SELECT entry_no FROM risk_looked")
        return 0 if row is None else int(row[0])

    def assess(self, event: RiskEvent, row: WalletRow, *, before_no: int) -> tuple[Decision, int]:
        """Decide about an event, store that, and do it; gives the decision and its case, 0 for none."""
        history = self._books.history(event.person, before_no=before_no, at_s=event.at_s)
        history = self._with_loads(history, event)
        return self._judge(event, history, row, event.at_s)

    def _with_loads(self, history: History, event: RiskEvent) -> History:
        """A history that tells what has gone into purses; to load after a load is no waking up."""
        loads = self._books.loads(event.person)
        loaded_fen = sum(fen for at_s, fen in loads if at_s >= event.at_s - DAY_S)
        ordered_fen = self._bank.under_way.by_person_fen(event.person)
        last_at_s = history.last_at_s
        if event.kind is EventKind.LOADED:
            # What is judged is under way itself.
            ordered_fen -= event.amount_fen
            before = [at_s for at_s, _ in loads] + ([] if last_at_s is None else [last_at_s])
            last_at_s = max(before, default=None)
        return replace(history, loaded_fen=loaded_fen + ordered_fen, last_at_s=last_at_s)

    def _judge(self, event: RiskEvent, history: History, row: WalletRow, now_s: int) -> tuple[Decision, int]:
        history = replace(history, last_place=self.cases.place_of(event.person))
        # No load was among the events that the model has learned from: it knows nothing of them.
        is_known = event.kind is not EventKind.LOADED
        decision = decide(event, history, self._policy if is_known else replace(self._policy, model=None))
        return decision, self._decided(event, decision, row, now_s)

    def _decided(self, event: RiskEvent, decision: Decision, row: WalletRow, at_s: int) -> int:
        """Store what is decided, and do it; gives the case, 0 for none."""
        event_no = self.cases.add_event(event, decision)
        if decision.action is Action.ALLOW:
            return 0
        case_no = self.cases.open(event_no)
        self._log(self.cases.case(case_no), row, _STEPS[decision.action], at_s)
        if decision.action is Action.FREEZE and row.closed_at_s is None:
            self._wallets.freeze(row.key, asked_by=ASKED_BY, reason=f"case {case_no}", now_s=at_s)
        return case_no

    def review(self, case_no: int, outcome: Outcome, *, by: str, note: str, now_s: int) -> Case:
        """A reviewer's word on a case: fraud freezes the wallet, and what was frozen for nothing is released.

        Raises:
            BadInput: it is neither confirmed nor cleared (`bad-value`).
            Refused: there is no such case (`not-found`), or it was reviewed before (`nothing-due`).
        """
        self.cases.review(case_no, outcome, by=by, note=note, at_s=now_s)
        case = self.cases.case(case_no)
        row = self._bank.store.wallet_by_no(case.wallet_no)
        self._log(case, row, _REVIEWS[outcome], now_s)
        if row.closed_at_s is None:
            if outcome is Outcome.CONFIRMED:
                self._wallets.freeze(row.key, asked_by=ASKED_BY, reason=f"case {case_no}", now_s=now_s)
            elif case.action is Action.FREEZE and self._is_frozen_for(row, case_no):
                self._wallets.release(row.key, now_s=now_s)
        return case

    def _is_frozen_for(self, row: WalletRow, case_no: int) -> bool:
        """Whether a wallet is frozen for this case, and for nothing else."""
        found = self._database.row("SELECT reason FROM freezes WHERE wallet_no = ?", row.wallet_no)
        return found is not None and found[0] == f"case {case_no}"

    def _log(self, case: Case, row: WalletRow, step: RiskStep, now_s: int) -> None:
        """Log a step of a case, by the hash of what is stored; the enrolment's id in it cannot be guessed."""
        told = [self._bank.enrolment_id(row.key), case.case_no, int(case.kind), case.amount_fen, case.at_s]
        record = sha256(encode([*told, case.explanation, case.score_permille, case.note]))
        self._bank.log(LogKind.RISK, now_s, record=record, step=step)

    # --- large values -------------------------------------------------------------------------

    def report_large_values(self, *, now_s: int) -> list[int]:
        """Make the reports of all days that are over and have none, since the first entry; gives the days."""
        begin = self._first_unreported()
        if begin is None:
            return []
        days = [*range(begin, day_of(now_s))]
        for day in days:
            found = self.large_values(day)
            report = encode_report(self._bank.terms.name, day, found)
            self._database.insert(LARGE_REPORTS, [(day, sha256(report), report, now_s)])
            filed = {"report_id": sha256(report), "made_at_s": now_s, "about": ReportKind.LARGE_VALUES}
            self._bank.log(LogKind.REPORT, now_s, **filed, reported=len(found))
        return days

    def _first_unreported(self) -> int | None:
        """The first day that has no report; None if nothing was ever booked."""
        last = self._database.row("SELECT day FROM large_reports ORDER BY day DESC LIMIT 1")
        if last is not None:
            return int(last[0]) + 1
        first_s = only(self._database.row("SELECT min(at_s) FROM entries"))
        return None if first_s is None else day_of(first_s)

    def report_of(self, day: int) -> tuple[bytes, int]:
        """The id of a day's report, and when it was made.

        Raises:
            Refused: there is none (`not-found`).
        """
        row = self._database.row("SELECT digest, made_at_s FROM large_reports WHERE day = ?", day)
        if row is None:
            raise Refused("not-found", f"there is no report of large values of {date_of(day)}")
        return bytes(row[0]), int(row[1])

    def large_values(self, day: int) -> list[LargeValue]:
        """What is to be reported of a day."""
        return large_values(self._books.moved_on(day))


def _held(case_no: int) -> Refused:
    return Refused(
        "held", f"held for review as case {case_no}: the operator will look at it; ask again later"
    )
