"""The issuer's tables of what is open and what has gone back.

An open coin is found by where it came about, and says when it is due to go back; whom it goes back to
stands in the signed object that made it. There is no index by time: coins come and go with every
payment, and what is due is looked for once a day, by a scan in the order in which coins came about.
"""

from typing import Final

from shuangli.database.tables import BYTES, NUMBER, TEXT, Index, Table

OPEN_COINS: Final = Table(
    name="open_coins",
    columns={
        "parent_no": NUMBER,
        "position": NUMBER,
        "value_fen": NUMBER,
        "epoch": NUMBER,
        "forked": NUMBER,
        "due_s": NUMBER,
    },
    key=("parent_no", "position"),
)
GIVERS: Final = Table(
    name="givers",
    columns={"parent_no": NUMBER, "position": NUMBER, "giver": BYTES, "operator": TEXT},
    key=("parent_no", "position"),
)
RETURNS: Final = Table(
    name="returns",
    columns={
        "operator": TEXT,
        "number": NUMBER,
        "owner": BYTES,
        "parent_no": NUMBER,
        "position": NUMBER,
        "parent_id": BYTES,
        "coin_id": BYTES,
        "value_fen": NUMBER,
        "epoch": NUMBER,
        "from_fund": NUMBER,
        "paid_fen": NUMBER,
        "due_s": NUMBER,
        "returned_s": NUMBER,
    },
    key=("operator", "number"),
    unique=(("parent_no", "position"),),
    indexes=(Index("returns_by_due", ("due_s",)),),
)
WATERMARKS: Final = Table(
    name="watermarks", columns={"operator": TEXT, "up_to_s": NUMBER, "data": BYTES}, key=("operator",)
)
LOST_KEYS: Final = Table(
    name="lost_keys", columns={"key": BYTES, "operator": TEXT, "reported_s": NUMBER}, key=("key",)
)
DISPUTES: Final = Table(
    name="disputes",
    columns={"parent_no": NUMBER, "position": NUMBER, "due_s": NUMBER},
    key=("parent_no", "position"),
)
RETURNS_TABLES: Final = (OPEN_COINS, GIVERS, RETURNS, WATERMARKS, LOST_KEYS, DISPUTES)
