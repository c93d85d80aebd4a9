"""`/risk/…`, `/large-value-reports`, `/regime`: what reviewers and regulators read and decide."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from shuangli.api.bodies import Page
from shuangli.api.oversight import LargeReportView, LargeValueView, RegimeView, Review, RiskCaseView
from shuangli.days import day_no
from shuangli.operator.risk.cases import Case, Outcome
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.resources.common import (
    PREFIX,
    CallerOf,
    Cursor,
    Limit,
    NumberPath,
    number_of,
    shows,
    told,
)

DayQuery = Annotated[
    date,
    Query(ge=date(1971, 1, 1), le=date(9000, 1, 1), description="a day in Beijing", examples=["2026-11-28"]),
]


def routes(desk: Desk) -> APIRouter:
    """The resources of `desk`."""
    router = APIRouter(prefix=PREFIX, tags=["oversight"])

    @router.get("/risk/cases", **shows(Page[RiskCaseView]))
    def cases(
        cursor: Cursor = "",
        limit: Limit = 100,
        waiting: Annotated[bool, Query(description="only those that nobody has reviewed")] = True,
    ) -> Response:
        """The queue of risk control: what was flagged, held or frozen for, and why."""
        with desk.transaction():
            found = desk.risk.cases.queue(after=number_of(cursor), most=limit + 1, only_open=waiting)
        more = str(found[limit - 1].case_no) if len(found) > limit else None
        return told(Page(items=[_view(case) for case in found[:limit]], next=more))

    @router.get("/risk/cases/{case}", **shows(RiskCaseView))
    def case(case: NumberPath) -> Response:
        """One case."""
        with desk.transaction():
            return told(_view(desk.risk.cases.case(case)))

    @router.put("/risk/cases/{case}", **shows(RiskCaseView))
    def review(case: NumberPath, asked: Review, caller: CallerOf) -> Response:
        """Confirm a case, which freezes the wallet; or clear it: what was held passes the next time."""
        with desk.transaction() as now_s:
            outcome = Outcome(asked.outcome)
            done = desk.risk.review(case, outcome, by=caller.name, note=asked.note, now_s=now_s)
        return told(_view(done))

    @router.get("/large-value-reports", **shows(LargeReportView))
    def large_values(day: DayQuery) -> Response:
        """The report of a day that is over, by the central bank's thresholds."""
        with desk.transaction():
            number = day_no(day)
            report_id, made_at_s = desk.risk.report_of(number)
            entries: list[dict[str, Any]] = [one.as_json() for one in desk.risk.large_values(number)]
        return told(
            LargeReportView(
                day=day.isoformat(),
                report_id=report_id.hex(),
                made_at_s=made_at_s,
                entries=[LargeValueView(**entry) for entry in entries],
            )
        )

    @router.get("/regime", **shows(RegimeView))
    def regime() -> Response:
        """What value in wallets is now, and what is insured and to be kept in reserve."""
        return told(RegimeView(**desk.regimes.report().as_json()))

    return router


def _view(case: Case) -> RiskCaseView:
    return RiskCaseView(**case.as_json())
