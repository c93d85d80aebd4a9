"""The issuer's tables of vaults.

obligations   by day (since 1970): what was loaded out of one operator's vault and redeemed into another's,
              or into the same, or paid by the guarantee fund (no loader), and is not netted yet
positions     what each operator got or paid (negative) when a day was netted; a day without any has one row
              with an empty name
statements    what each operator was told of each netting, as signed
vault_orders  the orders that were carried out, by operator and nonce
"""

from typing import Final

from shuangli.database.tables import BYTES, NUMBER, TEXT, Table

OBLIGATIONS: Final = Table(
    name="obligations",
    columns={"day": NUMBER, "loader": TEXT, "redeemer": TEXT, "amount_fen": NUMBER},
    key=("day", "loader", "redeemer"),
)
POSITIONS: Final = Table(
    name="positions",
    columns={"day": NUMBER, "operator": TEXT, "position_fen": NUMBER},
    key=("day", "operator"),
)
STATEMENTS: Final = Table(
    name="statements",
    columns={"operator": TEXT, "number": NUMBER, "counted_day": NUMBER, "data": BYTES},
    key=("operator", "number"),
)
VAULT_ORDERS: Final = Table(
    name="vault_orders",
    columns={"operator": TEXT, "nonce": BYTES, "order_id": BYTES, "done_s": NUMBER},
    key=("operator", "nonce"),
)
VAULT_TABLES: Final = (OBLIGATIONS, POSITIONS, VAULT_ORDERS)
