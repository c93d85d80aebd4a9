"""The tables of remittances in an operator's database.

remittances_sent      what customers have paid to those of other operators: the entry of the books that took
                      the money, the signed order, and what has become of it; `taken_s` says when the centre
                      had the order, `back_no` is the entry that gave the money back
remittances_received  orders of other operators by the centre's number, what was answered, and what has
                      become of them; `passed_on_s` says when the centre had the answer, `entry_no` is the
                      entry that credited the money. `wallet_no` is empty where the payee is no wallet here
outcomes_seen         the number of the last outcome that is booked: one row
"""

from typing import Final

from shuangli.database.tables import BYTES, NUMBER, TEXT, Index, Table

SENT: Final = Table(
    name="remittances_sent",
    columns={
        "entry_no": NUMBER,
        "order_id": BYTES,
        "wallet_no": NUMBER,
        "payee_operator": TEXT,
        "amount_fen": NUMBER,
        "data": BYTES,
        "taken_s": NUMBER,
        "outcome_no": NUMBER,
        "verdict": NUMBER,
        "decided_s": NUMBER,
        "answer": BYTES,
        "back_no": NUMBER,
    },
    key=("entry_no",),
    optional=("taken_s", "outcome_no", "verdict", "decided_s", "answer", "back_no"),
    unique=(("order_id",),),
    indexes=(
        Index("remittances_sent_by_wallet", ("wallet_no", "entry_no")),
        Index("remittances_sent_by_outcome", ("outcome_no",)),
        Index("remittances_back", ("back_no",), where="back_no IS NOT NULL"),
        Index("remittances_not_taken", ("entry_no",), where="taken_s IS NULL"),
    ),
)
RECEIVED: Final = Table(
    name="remittances_received",
    columns={
        "number": NUMBER,
        "order_id": BYTES,
        "wallet_no": NUMBER,
        "payer_operator": TEXT,
        "amount_fen": NUMBER,
        "data": BYTES,
        "verdict": NUMBER,
        "answer": BYTES,
        "passed_on_s": NUMBER,
        "outcome_no": NUMBER,
        "decided_s": NUMBER,
        "entry_no": NUMBER,
    },
    key=("number",),
    optional=("wallet_no", "passed_on_s", "outcome_no", "decided_s", "entry_no"),
    unique=(("order_id",), ("entry_no",)),
    indexes=(
        Index("remittances_received_by_wallet", ("wallet_no", "entry_no")),
        Index("remittances_received_by_outcome", ("outcome_no",)),
        Index("remittances_not_passed_on", ("number",), where="passed_on_s IS NULL"),
    ),
)
SEEN: Final = Table(name="outcomes_seen", columns={"outcome_no": NUMBER}, key=("outcome_no",))
OPERATOR_REMITTANCE_TABLES: Final = (SENT, RECEIVED, SEEN)
