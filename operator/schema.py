"""The tables of an operator's database.

wallets       every wallet that was opened, with the enrolment that its holder signed
loads_by_day  what a person has loaded on a day (`shuangli.days`) over all wallets here
orders        the load that answered an order
uploads       what was handed in, with its acknowledgement once there is one
watermarks    as signed
returns       what the centre has given back, with the notice to its owner
done_once     requests that carried an idempotency key; the second step has `answered` in its place
reported      the number of the last certificate that the issuer knows of
"""

from typing import Final

from shuangli.database.tables import BYTES, NUMBER, TEXT, Index, Table

WALLETS: Final = Table(
    name="wallets",
    columns={
        "wallet_no": NUMBER,
        "key": BYTES,
        "person": BYTES,
        "tier": NUMBER,
        "enrolment": BYTES,
        "certificate": BYTES,
        "closed_at_s": NUMBER,
    },
    key=("wallet_no",),
    optional=("closed_at_s",),
    unique=(("key",),),
    indexes=(Index("wallets_by_person", ("person",)),),
)
LOADS_BY_DAY: Final = Table(
    name="loads_by_day",
    columns={"person": BYTES, "day": NUMBER, "loaded_fen": NUMBER},
    key=("person", "day"),
)
ORDERS: Final = Table(
    name="orders", columns={"order_id": BYTES, "load": BYTES}, key=("order_id",), clustered=False
)
UPLOADS: Final = Table(
    name="uploads",
    columns={
        "upload_no": NUMBER,
        "upload_id": BYTES,
        "received_s": NUMBER,
        "data": BYTES,
        "acknowledgement": BYTES,
    },
    key=("upload_no",),
    optional=("acknowledgement",),
    unique=(("upload_id",),),
    indexes=(Index("uploads_pending", ("received_s",), where="acknowledgement IS NULL"),),
)
WATERMARKS: Final = Table(name="watermarks", columns={"up_to_s": NUMBER, "data": BYTES}, key=("up_to_s",))
RETURNS: Final = Table(
    name="returns",
    columns={"number": NUMBER, "owner": BYTES, "notice": BYTES},
    key=("number",),
    indexes=(Index("returns_by_owner", ("owner", "number")),),
)
DONE_ONCE: Final = Table(
    name="done_once",
    columns={"idempotency_key": TEXT, "request_digest": BYTES},
    key=("idempotency_key",),
)
REPORTED: Final = Table(name="reported", columns={"wallet_no": NUMBER}, key=("wallet_no",))
OPERATOR_TABLES: Final = (WALLETS, LOADS_BY_DAY, ORDERS, UPLOADS, WATERMARKS, RETURNS, DONE_ONCE, REPORTED)
