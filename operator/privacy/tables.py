"""Tables of what is kept of people, and who may know it. Added by a step of their own.

identity_requests  who holds a key: who asks, why, on whose order, and what became of it
listed_keys        keys of wallets that are revoked, and when the first list came out that says so
"""

from typing import Final

from shuangli.database.tables import BYTES, NUMBER, TEXT, Table

IDENTITY_REQUESTS: Final = Table(
    name="identity_requests",
    columns={
        "request_no": NUMBER,
        "digest": BYTES,
        "wallet_no": NUMBER,
        "reason": NUMBER,
        "authority": TEXT,
        "order_text": TEXT,
        "asked_by": TEXT,
        "asked_at_s": NUMBER,
        "step": NUMBER,
        "answered_by": TEXT,
        "answered_at_s": NUMBER,
    },
    key=("request_no",),
    optional=("answered_at_s",),
)
LISTED_KEYS: Final = Table(name="listed_keys", columns={"key": BYTES, "listed_s": NUMBER}, key=("key",))
PRIVACY_TABLES: Final = (IDENTITY_REQUESTS, LISTED_KEYS)
ERASURE_STEP: Final = ("CREATE INDEX risk_events_by_counterparty ON risk_events (counterparty)",)
"""A later step: who was paid is found when it is erased."""
