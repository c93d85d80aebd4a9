"""The tables of netting in an operator's database.

credited            by day of receipt (since 1970): what customers were credited with for their uploads
redeemed            the same by the operator that loaded, as far as outcomes tell: what was settled, and what
                    was forked, of which only the centre knows whether it was paid
netting_statements  what the centre has told, as signed; `fault` says why it is not booked, empty if it is
"""

from typing import Final

from shuangli.database.tables import BYTES, NUMBER, TEXT, Table

CREDITED: Final = Table(name="credited", columns={"day": NUMBER, "credited_fen": NUMBER}, key=("day",))
REDEEMED: Final = Table(
    name="redeemed",
    columns={"day": NUMBER, "loader": TEXT, "settled_fen": NUMBER, "forked_fen": NUMBER},
    key=("day", "loader"),
)
STATEMENTS: Final = Table(
    name="netting_statements",
    columns={
        "number": NUMBER,
        "counted_day": NUMBER,
        "drawn_fen": NUMBER,
        "data": BYTES,
        "fault": TEXT,
    },
    key=("number",),
)
NETTING_TABLES: Final = (CREDITED, REDEEMED, STATEMENTS)
