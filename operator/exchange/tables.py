"""What an operator keeps of exchanges, in the books of each of its currencies.

exchange_sales    what customers have sold here, to be paid out there; `paid` is empty until the other side
                  has said whether it has paid out, and 0 where the sale was undone
exchange_payouts  what the other side has asked for by its number of the sale, and whether it was paid out:
                  it is told the same each time
"""

from typing import Final

from shuangli.database.tables import BYTES, NUMBER, TEXT, Index, Table

SALES: Final = Table(
    name="exchange_sales",
    columns={
        "sale_no": NUMBER,
        "currency": TEXT,
        "seller": BYTES,
        "buyer": BYTES,
        "sold_fen": NUMBER,
        "fee_fen": NUMBER,
        "bought_fen": NUMBER,
        "sold_at_s": NUMBER,
        "paid": NUMBER,
    },
    key=("sale_no",),
    optional=("paid",),
    indexes=(Index("exchange_sales_open", ("sale_no",), where="paid IS NULL"),),
)
PAYOUTS: Final = Table(
    name="exchange_payouts",
    columns={
        "currency": TEXT,
        "sale_no": NUMBER,
        "buyer": BYTES,
        "amount_fen": NUMBER,
        "paid": NUMBER,
        "at_s": NUMBER,
    },
    key=("currency", "sale_no"),
)
EXCHANGE_TABLES: Final = (SALES, PAYOUTS)
