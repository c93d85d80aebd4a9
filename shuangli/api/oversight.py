"""What an operator answers as JSON about wages, risk control, large values and its regime."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from shuangli.api.bodies import MAX_NOTE, TEXT_PATTERN, Asked, Told, example


class PayLineView(Told):
    """A line of a payroll batch, and what has become of it."""

    line: int
    wallet: int
    amount_fen: int
    reference: str
    status: Literal["waiting", "paid", "given-back"]
    at_s: int | None


class BatchView(Told):
    """A payroll batch that was taken, with what has become of every line."""

    model_config = example(
        batch_id="2026-11",
        status="done",
        taken_at_s=1_800_000_000,
        paid_fen=500_000,
        given_back_fen=0,
        waiting_fen=0,
        lines=[
            {
                "line": 2,
                "wallet": 12,
                "amount_fen": 500_000,
                "reference": "2026-11/0001",
                "status": "paid",
                "at_s": 1_800_000_000,
            }
        ],
    )
    batch_id: str
    status: Literal["waiting", "done"]
    taken_at_s: int
    paid_fen: int
    given_back_fen: int
    waiting_fen: int
    lines: list[PayLineView]


class RiskCaseView(Told):
    """A movement that was flagged, held or frozen for, why, and what a reviewer has said."""

    model_config = example(
        case_no=3,
        wallet_no=12,
        movement="paid-out",
        amount_fen=480_000,
        at_s=1_800_000_000,
        action="hold",
        explanation="many-to-one: 14 people paid within a day, and 95 % of what came goes on",
        score_permille=997,
        outcome="cleared",
        reviewed_by="client/desk-1",
        note="the customer has sold a car",
        reviewed_at_s=1_800_003_600,
    )
    case_no: int
    wallet_no: int
    movement: str
    amount_fen: int
    at_s: int
    action: str
    explanation: str
    score_permille: int
    outcome: str
    reviewed_by: str
    note: str
    reviewed_at_s: int | None


class Review(Asked):
    """What a reviewer says of a case of risk control."""

    model_config = example(outcome="cleared", note="the customer has sold a car")
    outcome: Literal["confirmed", "cleared"]
    note: Annotated[str, StringConstraints(max_length=MAX_NOTE, pattern=TEXT_PATTERN)] = ""


class LargeValueView(Told):
    """What a customer moved in a day that is to be reported."""

    customer: str
    category: str
    direction: Literal["in", "out"]
    total_fen: int
    largest_fen: int
    movements: int


class LargeReportView(Told):
    """The report of large values of a day in Beijing; `report_id` is as in the audit log, in hex."""

    model_config = example(day="2026-11-28", report_id="5f" * 32, made_at_s=1_800_000_000, entries=[])
    day: str
    report_id: str
    made_at_s: int
    entries: list[LargeValueView]


class RegimeView(Told):
    """The regime that the operator is under, and what it must keep and has insured."""

    model_config = example(
        day="2026-11-28",
        regime="deposit-money",
        in_force_since="2026-01-01",
        online_fen=1_000_000,
        real_name_fen=900_000,
        insured_fen=900_000,
        required_reserve_fen=75_000,
        vault_fen=1_000_000_000,
        short_fen=0,
        accrued_micro_fen=86_250_000,
    )
    day: str
    regime: Literal["digital-cash", "deposit-money"]
    in_force_since: str
    online_fen: int
    real_name_fen: int
    insured_fen: int
    required_reserve_fen: int
    vault_fen: int
    short_fen: int
    accrued_micro_fen: int
