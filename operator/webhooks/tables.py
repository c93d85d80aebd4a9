"""The tables of webhooks in an operator's database.

webhooks    where events of a wallet go, the cursor of its feed up to which all are delivered, and how many
            attempts at the next one have failed, since when, and when it is tried again; `stopped_s` says
            when that was given up
deliveries  every attempt: the status that came back, 0 for none, and what was wrong, or nothing
"""

from typing import Final

from shuangli.database.tables import NUMBER, TEXT, Index, Table

WEBHOOKS: Final = Table(
    name="webhooks",
    columns={
        "webhook_no": NUMBER,
        "wallet_no": NUMBER,
        "url": TEXT,
        "since_s": NUMBER,
        "cursor": TEXT,
        "attempts": NUMBER,
        "failing_since_s": NUMBER,
        "next_try_s": NUMBER,
        "stopped_s": NUMBER,
    },
    key=("webhook_no",),
    optional=("stopped_s",),
    indexes=(
        Index("webhooks_by_wallet", ("wallet_no", "webhook_no")),
        Index("webhooks_due", ("next_try_s",), where="stopped_s IS NULL"),
    ),
)
DELIVERIES: Final = Table(
    name="deliveries",
    columns={
        "delivery_no": NUMBER,
        "webhook_no": NUMBER,
        "event_id": TEXT,
        "at_s": NUMBER,
        "status": NUMBER,
        "fault": TEXT,
    },
    key=("delivery_no",),
    indexes=(
        Index("deliveries_by_webhook", ("webhook_no", "delivery_no")),
        Index("deliveries_by_time", ("at_s",)),
    ),
)
WEBHOOK_TABLES: Final = (WEBHOOKS, DELIVERIES)
