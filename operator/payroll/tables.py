"""Tables of payroll batches.

payroll_batches  a batch that was taken: whose, its name, the file's digest, and when
payroll_lines    its lines, each with what has become of it (`LineState`); `at_s` is when that was
"""

from typing import Final

from shuangli.database.tables import BYTES, NUMBER, TEXT, Index, Table

BATCHES: Final = Table(
    name="payroll_batches",
    columns={
        "batch_no": NUMBER,
        "debtor_no": NUMBER,
        "batch_id": TEXT,
        "digest": BYTES,
        "taken_at_s": NUMBER,
    },
    key=("batch_no",),
    unique=(("debtor_no", "batch_id"),),
)
LINES: Final = Table(
    name="payroll_lines",
    columns={
        "batch_no": NUMBER,
        "line": NUMBER,
        "wallet_no": NUMBER,
        "amount_fen": NUMBER,
        "reference": TEXT,
        "remittance": TEXT,
        "name": BYTES,
        "state": NUMBER,
        "at_s": NUMBER,
    },
    key=("batch_no", "line"),
    optional=("at_s",),
    indexes=(Index("payroll_lines_waiting", ("batch_no", "line"), where="state = 0"),),
)
PAYROLL_TABLES: Final = (BATCHES, LINES)
