"""The issuer's tables of remittances.

remittances  orders of payers' operators, as signed, by the number in which they came; `outcome_no` counts
             what has become of them, over all operators, in the order in which it was decided
clearing     what is paid and not netted yet, in fen by (payer's operator, payee's operator)
"""

from typing import Final

from shuangli.database.tables import BYTES, NUMBER, TEXT, Index, Table

REMITTANCES: Final = Table(
    name="remittances",
    columns={
        "number": NUMBER,
        "order_id": BYTES,
        "payer_operator": TEXT,
        "payee_operator": TEXT,
        "amount_fen": NUMBER,
        "expires_at_s": NUMBER,
        "data": BYTES,
        "outcome_no": NUMBER,
        "verdict": NUMBER,
        "answer": BYTES,
    },
    key=("number",),
    optional=("outcome_no", "verdict", "answer"),
    unique=(("order_id",), ("outcome_no",)),
    indexes=(
        Index("remittances_waiting", ("payee_operator", "number"), where="outcome_no IS NULL"),
        Index("remittances_by_end", ("expires_at_s",), where="outcome_no IS NULL"),
        Index("remittances_under_way", ("payer_operator",), where="outcome_no IS NULL"),
        Index("remittances_of_payers", ("payer_operator", "outcome_no")),
        Index("remittances_of_payees", ("payee_operator", "outcome_no")),
    ),
)
CLEARING: Final = Table(
    name="clearing",
    columns={"payer_operator": TEXT, "payee_operator": TEXT, "amount_fen": NUMBER},
    key=("payer_operator", "payee_operator"),
)
REMITTANCE_TABLES: Final = (REMITTANCES, CLEARING)
