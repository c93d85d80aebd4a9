"""The tables of cases in an operator's database.

own_cases   double spends by keys that the operator has certified, as the centre has told, with evidence;
            `named_s` says when it has shown the centre who holds the key
recoveries  what holders of such keys pay back to the guarantee fund: `state` says how far it has come
"""

from enum import IntEnum
from typing import Final

from shuangli.database.tables import BYTES, NUMBER, Index, Table


class RecoveryState(IntEnum):
    """How far a payment to the guarantee fund has come."""

    BOOKED = 0
    PASSED_ON = 1
    GIVEN_BACK = 2


OWN_CASES: Final = Table(
    name="own_cases",
    columns={
        "case_no": NUMBER,
        "culprit": BYTES,
        "found_s": NUMBER,
        "evidence": BYTES,
        "named_s": NUMBER,
    },
    key=("case_no",),
    optional=("named_s",),
    indexes=(Index("own_cases_unnamed", ("case_no",), where="named_s IS NULL"),),
)
RECOVERIES: Final = Table(
    name="recoveries",
    columns={"reference": BYTES, "culprit": BYTES, "amount_fen": NUMBER, "state": NUMBER},
    key=("reference",),
    indexes=(Index("recoveries_booked", ("reference",), where="state = 0"),),
)
CASE_TABLES: Final = (OWN_CASES, RECOVERIES)
