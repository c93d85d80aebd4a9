"""Webhooks in an operator's database; what writes is called inside its transaction."""

from typing import Final, NamedTuple

from shuangli.database.database import Database, only
from shuangli.operator.webhooks.tables import DELIVERIES, WEBHOOKS

_WEBHOOKS: Final = (
    "SELECT webhook_no, wallet_no, url, since_s, cursor, attempts, failing_since_s, next_try_s, stopped_s"
    " FROM webhooks"
)


class Webhook(NamedTuple):
    """A subscription; `cursor` is where in the wallet's feed it is."""

    webhook_no: int
    wallet_no: int
    url: str
    since_s: int
    cursor: str
    attempts: int
    failing_since_s: int
    next_try_s: int
    stopped_s: int | None


class Delivery(NamedTuple):
    """One attempt to deliver an event."""

    delivery_no: int
    event_id: str
    at_s: int
    status: int
    fault: str


class WebhookStore:
    """The tables of `operator.webhooks.tables`."""

    def __init__(self, database: Database) -> None:
        """Use the tables in `database`."""
        self._database = database

    def add(self, wallet_no: int, url: str, cursor: str, now_s: int) -> Webhook:
        """Keep a subscription."""
        number = only(self._database.row("SELECT coalesce(max(webhook_no), 0) + 1 FROM webhooks"))
        row = Webhook(number, wallet_no, url, now_s, cursor, 0, 0, now_s, None)
        self._database.insert(WEBHOOKS, [row])
        return row

    def find(self, webhook_no: int) -> Webhook | None:
        """The subscription of this number."""
        row = self._database.row(f"{_WEBHOOKS} WHERE webhook_no = ?", webhook_no)
        return None if row is None else Webhook(*row)

    def of_wallet(self, wallet_no: int) -> list[Webhook]:
        """A wallet's subscriptions, in order."""
        rows = self._database.rows(f"{_WEBHOOKS} WHERE wallet_no = ? ORDER BY webhook_no", wallet_no)
        return [Webhook(*row) for row in rows]

    def due(self, now_s: int) -> list[Webhook]:
        """Subscriptions that are not waiting after a failure, and not stopped."""
        rows = self._database.rows(
            f"{_WEBHOOKS} WHERE stopped_s IS NULL AND next_try_s <= ? ORDER BY webhook_no", now_s
        )
        return [Webhook(*row) for row in rows]

    def remove(self, webhook_no: int) -> None:
        """Forget a subscription, and its deliveries."""
        self._database.execute("DELETE FROM deliveries WHERE webhook_no = ?", webhook_no)
        self._database.delete(WEBHOOKS, [(webhook_no,)])

    def change(self, webhook: Webhook) -> None:
        """Keep what has become of a subscription; one that was removed meanwhile stays so."""
        self._database.execute(
            "UPDATE webhooks SET cursor = ?, attempts = ?, failing_since_s = ?, next_try_s = ?, stopped_s = ?"
            " WHERE webhook_no = ?",
            *(webhook.cursor, webhook.attempts, webhook.failing_since_s, webhook.next_try_s),
            *(webhook.stopped_s, webhook.webhook_no),
        )

    def log(self, webhook_no: int, event_id: str, at_s: int, status: int, fault: str) -> None:
        """Keep an attempt."""
        number = only(self._database.row("SELECT coalesce(max(delivery_no), 0) + 1 FROM deliveries"))
        self._database.insert(DELIVERIES, [(number, webhook_no, event_id, at_s, status, fault)])

    def forget_deliveries(self, before_s: int) -> None:
        """Drop attempts that were made before a time."""
        self._database.execute("DELETE FROM deliveries WHERE at_s < ?", before_s)

    def deliveries(self, webhook_no: int, *, after: int, most: int) -> list[Delivery]:
        """The first so many attempts for a subscription after a number."""
        rows = self._database.rows(
            "SELECT delivery_no, event_id, at_s, status, fault FROM deliveries"
            " WHERE webhook_no = ? AND delivery_no > ? ORDER BY delivery_no LIMIT ?",
            *(webhook_no, after, most),
        )
        return [Delivery(*row) for row in rows]
