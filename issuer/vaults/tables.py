"""The issuer's tables of vaults.

obligations   by day (since 1970): what was loaded out of one operator's vault and redeemed into another's,
              and is not netted yet
positions     what each operator got or paid (negative) when a day was netted; a day without any has one row
              with an empty name
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
VAULT_ORDERS: Final = Table(
    name="vault_orders",
    columns={"operator": TEXT, "nonce": BYTES, "order_id": BYTES, "done_s": NUMBER},
    key=("operator", "nonce"),
)
VAULT_TABLES: Final = (OBLIGATIONS, POSITIONS, VAULT_ORDERS)
