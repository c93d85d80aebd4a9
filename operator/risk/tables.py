"""Tables of risk control.

risk_events    what customers did, as risk control saw it, and what it decided: what rules look back at
risk_cases     events that were flagged, held or frozen for, until somebody has reviewed them
risk_looked    the last entry of the books that was looked at for what came in
large_reports  reports of large values that were made, by the day (`shuangli.days`) that they are of
"""

from typing import Final

from shuangli.database.tables import BYTES, NUMBER, TEXT, Index, Table

EVENTS: Final = Table(
    name="risk_events",
    columns={
        "event_no": NUMBER,
        "wallet_no": NUMBER,
        "person": BYTES,
        "kind": NUMBER,
        "amount_fen": NUMBER,
        "at_s": NUMBER,
        "counterparty": BYTES,
        "place": TEXT,
        "action": NUMBER,
        "score_permille": NUMBER,
        "explanation": TEXT,
    },
    key=("event_no",),
    indexes=(
        Index("risk_events_by_person", ("person", "at_s")),
        Index("risk_events_by_time", ("at_s",)),
    ),
)
CASES: Final = Table(
    name="risk_cases",
    columns={
        "case_no": NUMBER,
        "event_no": NUMBER,
        "outcome": TEXT,
        "reviewed_by": TEXT,
        "note": TEXT,
        "reviewed_at_s": NUMBER,
    },
    key=("case_no",),
    optional=("reviewed_at_s",),
    unique=(("event_no",),),
    indexes=(Index("risk_cases_open", ("case_no",), where="reviewed_at_s IS NULL"),),
)
LARGE_REPORTS: Final = Table(
    name="large_reports",
    columns={"day": NUMBER, "digest": BYTES, "report": BYTES, "made_at_s": NUMBER},
    key=("day",),
)
LOOKED: Final = Table(name="risk_looked", columns={"entry_no": NUMBER}, key=("entry_no",))
RISK_TABLES: Final = (EVENTS, CASES, LARGE_REPORTS, LOOKED)
