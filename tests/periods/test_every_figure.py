"""A report with every figure that there is: whichever one its author lies about is found and named."""

import re
from dataclasses import replace
from itertools import count
from typing import Any, Final

import pytest

from shuangli.books import Entry, Posting
from shuangli.crypto import sha256
from shuangli.days import DAY_S
from shuangli.errors import ProtocolError
from shuangli.messages.audit import CENTRE_ORIGIN
from shuangli.messages.event_facts import WAITS
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
from shuangli.messages.events import Event, digest_of_entries
from shuangli.messages.notices import Outcome
from shuangli.offline.periods.titles import TITLES
from tests.periods.making import made_from

NOW: Final = 20_000 * DAY_S + 3_600
TODAY: Final = 20_000
_NUMBERS: Final = count(1)


def an_id() -> bytes:
    return sha256(next(_NUMBERS).to_bytes(4, "big"))


def entry(kind: str, *postings: tuple[str, int], reference: bytes) -> Entry:
    return Entry(kind=kind, at_s=NOW, reference=reference, postings=tuple(Posting(*one) for one in postings))


def posted(number: int, one: Entry, tiers: bytes = b"") -> dict[str, Any]:
    moved_fen = sum(posting.amount_fen for posting in one.postings if posting.amount_fen > 0)
    numbers = {"first_entry_no": number, "last_entry_no": number}
    return {**numbers, "moved_fen": moved_fen, "digest": digest_of_entries([one]), "tiers": tiers}


def history(*, central: bool) -> tuple[list[Event], list[Entry]]:
    """Entries of every kind, and the books that they tell of."""
    load_id, upload_id, coin_id, taken_id = an_id(), an_id(), an_id(), an_id()
    vault, account = ("vault:OP01", "circulation:1") if central else ("vault", "deposit:000000001")
    tier = {} if central else {"tier": 3}
    netted = [("reserve:OP01", -9), ("reserve:OP02", 9)] if central else [("settlement", 9), ("vault", -9)]
    # A load takes value out of a vault at the centre; at the operator it takes a deposit.
    sign = 1 if central else -1
    books = [
        entry("load", (vault, 500 * sign), (account, -500 * sign), reference=load_id),
        entry("redemption", (account, 60 * sign), (vault, -60 * sign), reference=upload_id),
        entry("return", (account, 40 * sign), (vault, -40 * sign), reference=coin_id),
        entry("taken", (account, 30), ("frozen", -30), reference=taken_id),
        entry("netting", *netted, reference=an_id()),
        entry("payment", ("deposit:000000001", 5), ("deposit:000000002", -5), reference=an_id()),
    ]
    dates = {"since_day": TODAY, "due_day": TODAY + 20}
    left = [(1, 0, 0, 0, 0, 0, TODAY - 3, TODAY - 1, 10)] if central else []
    taking = {"coin_id": taken_id, "epoch": 1, "value_fen": 30, "void_fen": 0}
    returning = {"return_no": 1, "coin_id": coin_id, "epoch": 1, "value_fen": 40, "fund_paid_fen": 0}
    settled = {"upload_id": upload_id, "received_at_s": NOW, "credited_fen": 60, "refunded_fen": 0}
    settled |= {"outcomes": bytes(Outcome), "waits": bytes(range(len(WAITS)))}
    supplied = [(1, 60, 0, 7, 3, 2, TODAY, TODAY + 20, -70), *left] if central else []
    account_changes: list[dict[str, int]] = [{"change": change} for change in AccountChange]
    account_changes[AccountChange.RENEWED - 1] |= {"tier_before": 2, "deposit_fen": 8}
    kind = EventKind
    told: list[tuple[EventKind, dict[str, Any]]] = [
        (kind.LOAD, {"load_id": load_id, "epoch": 1, "value_fen": 500, **dates, **tier}),
        (kind.SETTLEMENT, {**settled, **tier, "each": supplied}),
        (kind.RETURN, {**returning, **tier, **dates}),
        *([(kind.TAKEN, {**taking, **dates})] if central else []),
        (kind.POSTING, posted(5, books[4])),
        (kind.POSTING, posted(6, books[5], b"" if central else bytes([3, 0]))),
        (kind.CERTIFICATE, {"certificate_id": an_id(), "expires_at_s": NOW}),
        (
            kind.REVOCATION,
            dict.fromkeys(("list_no", "wallets", "operators", "epochs"), 1) | {"list_id": an_id()},
        ),
        *((kind.ACCOUNT, {"enrolment_id": an_id(), "tier": 3, **change}) for change in account_changes),
        *((kind.FREEZE, {"record": an_id(), "frozen_fen": 5, "step": step}) for step in FreezeStep),
        (kind.POLICY, {"name": "loss-policy", "value": 1, "digest": an_id()}),
        *(
            (kind.REPORT, {"report_id": an_id(), "made_at_s": NOW, "about": about, "reported": 3})
            for about in ReportKind
        ),
        (kind.DISCLOSURE, {"authority": "court", "case_no": 1, "order": an_id(), "reason": Reason.FRAUD}),
        *((kind.EPOCH, {"epoch": 1, "change": change, "certificate_id": an_id()}) for change in EpochChange),
        *((kind.RISK, {"record": an_id(), "step": step}) for step in RiskStep),
        *(
            (kind.FINDING, {"upload_id": upload_id, "finding": finding, "found": 2, "value_fen": 11})
            for finding in Finding
        ),
        *(
            (kind.IDENTITY, {"request": an_id(), "step": step, "reason": Reason.COURT_ORDER})
            for step in IdentityStep
        ),
        (kind.ERASURE, {"wallets": 2, "closed_before_s": NOW}),
    ]
    if not central:
        del books[3]
        for _, facts in told[3:5]:
            facts["first_entry_no"] = facts["last_entry_no"] = facts["first_entry_no"] - 1
    events = [Event.of(kind, at_s=NOW, operator="OP01", **facts) for kind, facts in told]
    return events, books


REPORTS: Final = {
    origin: made_from(origin, *history(central=origin == CENTRE_ORIGIN), around_s=NOW)
    for origin in (CENTRE_ORIGIN, "OP01")
}
FIGURES: Final = [
    (origin, what, name)
    for origin, made in REPORTS.items()
    for what, figures in (("flows", made.report.flows), ("stocks", made.report.stocks))
    for name in figures
]


def test_every_group_of_figures_is_there() -> None:
    found = {name.partition(".")[0] for _, _, name in FIGURES}
    assert found == {*TITLES} - {"cases"}, "cases need evidence: see test_corrupted.py"


@pytest.mark.parametrize("origin", REPORTS)
def test_it_holds(origin: str) -> None:
    REPORTS[origin].verify()


@pytest.mark.parametrize(("origin", "what", "name"), FIGURES)
def test_a_lie_about_any_figure_is_named(origin: str, what: str, name: str) -> None:
    made = REPORTS[origin]
    figures = dict(getattr(made.report, what))
    shown = {"flows": "period", "stocks": "end"}[what]
    said = f"{shown}.{name} is {figures[name] + 1}, the entries add up to {figures[name]}"
    with pytest.raises(ProtocolError, match=re.escape(said)):
        made.signed_anew(**{what: figures | {name: figures[name] + 1}}).verify()


def test_what_is_outstanding_by_its_dates() -> None:
    end = REPORTS[CENTRE_ORIGIN].report.stocks
    open_fen = 500 - 70 - 40 - 30
    assert end["since.2024-10-04.open_fen"] == open_fen == end["age.under-1-day.open_fen"]
    assert end["due.2024-10-24.open_fen"] == open_fen == end["left.under-30-days.open_fen"]
    assert (end["age.under-7-days.open_fen"], end["left.past.open_fen"]) == (10, 10)
    assert not [name for name in REPORTS["OP01"].report.stocks if name.startswith(("since", "age", "supply"))]


def test_balances_by_tier_add_up_to_the_books() -> None:
    end = REPORTS["OP01"].report.stocks
    by_tier = {name: value for name, value in end.items() if name.startswith("balances.")}
    assert sum(by_tier.values()) == -end["books.deposit.total"]
    assert by_tier == {
        "balances.0.deposit_fen": 5,
        "balances.2.deposit_fen": -8,
        "balances.3.deposit_fen": -500 + 60 + 40 - 5 + 8,
    }


def test_a_posting_that_hides_a_tier_is_named() -> None:
    made = REPORTS["OP01"]
    number = (
        next(n for n, data in enumerate(made.entries) if Event.decode(data).kind is EventKind.POSTING) + 1
    )
    event = Event.decode(made.entries[number])
    other = replace(event, facts=(*event.facts[:-1], b"\3")).encode()
    liar = made.with_log([*made.entries[:number], other, *made.entries[number + 1 :]])
    with pytest.raises(ProtocolError, match=f"entry {number} tells 1 tiers of 2 deposits"):
        liar.verify()
