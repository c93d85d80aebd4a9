"""The issuer's tables of what persons load and pay, in the order of days, so that old ones can be dropped.

loaded_by_day   what a person has loaded on a day, over all operators
paid_by_day     what was paid offline under a key on a day, and the limit that its certificates name
redeemed        what was handed in to be redeemed under a key
counted         up to which signed object payments have been counted
counted_parts   payments of several coins that were counted: they may be handed in in parts
"""

from typing import Final

from shuangli.database.tables import BYTES, NUMBER, TEXT, Table

LOADED: Final = Table(
    name="loaded_by_day",
    columns={"day": NUMBER, "person": BYTES, "loaded_fen": NUMBER},
    key=("day", "person"),
)
PAID: Final = Table(
    name="paid_by_day",
    columns={"day": NUMBER, "key": BYTES, "paid_fen": NUMBER, "limit_fen": NUMBER},
    key=("day", "key"),
)
REDEEMED: Final = Table(name="redeemed", columns={"key": BYTES, "redeemed_fen": NUMBER}, key=("key",))
COUNTED: Final = Table(name="counted", columns={"what": TEXT, "last_no": NUMBER}, key=("what",))
COUNTED_PARTS: Final = Table(
    name="counted_parts", columns={"day": NUMBER, "transfer_id": BYTES}, key=("day", "transfer_id")
)
PERSON_TABLES: Final = (LOADED, PAID, REDEEMED, COUNTED, COUNTED_PARTS)
