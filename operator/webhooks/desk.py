"""Webhooks of one operator: who is told of a wallet's events, and telling them.

Events are those of the wallet's feed, read from the books: nothing is queued that could be lost or could
disagree. Of each subscription only the cursor is kept, which moves on once a receiver has answered with a
2xx; so an event is delivered at least once, and in order. While one fails, those after it wait, and it is
tried again after 10 s, 20 s, 40 s and so on, at most 6 hours apart; after a week the subscription stops.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Final, Protocol

from shuangli.api.signing import NONCE_BYTES, sign_request
from shuangli.api.webhook_reader import tag_of
from shuangli.api.webhooks import EventSent
from shuangli.errors import BadInput, Refused
from shuangli.operator.bank import Bank
from shuangli.operator.customers.statements import Cursor, Happened, Statements
from shuangli.operator.webhooks.addresses import Target, read_url
from shuangli.operator.webhooks.sending import Answered
from shuangli.operator.webhooks.store import Webhook, WebhookStore

MOST_WEBHOOKS: Final = 10
"""For each wallet."""
FIRST_WAIT_S: Final = 10
LONGEST_WAIT_S: Final = 6 * 3_600
GIVE_UP_AFTER_S: Final = 7 * 86_400
KEPT_S: Final = 30 * 86_400
"""So long attempts can be read."""
MOST_AT_ONCE: Final = 50
"""So many events of a subscription are sent before others have their turn."""
SLOW_S: Final = 2
"""A receiver that takes so long for one has its next one when the others have had their turn."""
SENDERS: Final = 8
LABEL: Final = "operator"
_JSON: Final = "application/json"


class Sender(Protocol):
    """Sends events; whatever goes wrong is told, and not raised."""

    def send(self, target: Target, headers: dict[str, str], body: bytes) -> Answered:
        """Send one, and say what came back."""
        ...


class WebhookDesk:
    """The webhooks of one operator; threads may use it together, and one delivers.

    Attributes:
        kept: the subscriptions and deliveries
        sandbox: whether events may be sent to this machine, and there without TLS
    """

    def __init__(
        self,
        bank: Bank,
        statements: Statements,
        transaction: Callable[[], AbstractContextManager[int]],
    ) -> None:
        """Tell of what happens to wallets of `bank`; `transaction` is one of its database, with the time."""
        self._bank = bank
        self._statements = statements
        self._transaction = transaction
        self.sandbox = False
        self.kept = WebhookStore(bank.store.database)

    def subscribe(self, wallet: bytes, url: str, cursor: str, *, now_s: int) -> Webhook:
        """Send a wallet's events to a URL from now on, or from a cursor of its feed. In a transaction.

        The same URL again is the same subscription; if it was stopped, it goes on.

        Raises:
            BadInput: events are not sent there, or there is no such cursor, or too many (`bad-value`).
            Refused: an unknown wallet (`unknown-wallet`).
        """
        row = self._bank.wallet(wallet)
        read_url(url, sandbox=self.sandbox)
        since = Cursor.read(cursor) if cursor else self._statements.newest(row)
        mine = self.kept.of_wallet(row.wallet_no)
        for known in mine:
            if known.url == url:
                moved = known._replace(cursor=str(since) if cursor else known.cursor)
                return self._change(moved._replace(attempts=0, next_try_s=now_s, stopped_s=None))
        if len(mine) >= MOST_WEBHOOKS:
            raise BadInput("bad-value", f"a wallet has at most {MOST_WEBHOOKS} webhooks: remove one")
        return self.kept.add(row.wallet_no, url, str(since), now_s)

    def find(self, wallet: bytes, webhook_no: int) -> Webhook:
        """A subscription to a wallet's events. In a transaction.

        Raises:
            Refused: it has none of this number (`not-found`).
        """
        row, found = self._bank.row_of(wallet), self.kept.find(webhook_no)
        if found is None or found.wallet_no != row.wallet_no:
            raise Refused("not-found", f"this wallet has no webhook {webhook_no}")
        return found

    def deliver(self, sender: Sender, is_ended: Callable[[], bool] = lambda: False) -> int:
        """Send what has happened to all who are to be told and are not waited for; says how many events.

        Once `is_ended`, nothing more is sent.
        """
        with self._transaction() as now_s:
            self.kept.forget_deliveries(now_s - KEPT_S)
            due = self.kept.due(now_s)
        if not due:
            return 0
        with ThreadPoolExecutor(min(SENDERS, len(due)), thread_name_prefix="webhooks") as pool:
            return sum(pool.map(lambda webhook: self._deliver_to(webhook, sender, is_ended), due))

    def _deliver_to(self, webhook: Webhook, sender: Sender, is_ended: Callable[[], bool]) -> int:
        with self._transaction() as now_s:
            row = self._bank.store.wallet_by_no(webhook.wallet_no)
            found = self._statements.feed(row, Cursor.read(webhook.cursor), most=MOST_AT_ONCE)
        sent = 0
        for happened in found:
            if is_ended():
                break
            began_s, event = now_s, self._event(webhook, row.key, happened)
            answered = self._send(webhook, event, sender, now_s)
            with self._transaction() as now_s:
                self.kept.log(webhook.webhook_no, event.event_id, now_s, *answered)
                webhook = self._change(_after(webhook, answered, event.cursor, now_s))
            sent += not answered.fault
            if answered.fault or now_s - began_s >= SLOW_S:
                break
        return sent

    def _event(self, webhook: Webhook, wallet: bytes, happened: Happened) -> EventSent:
        return EventSent(
            event_id=f"{webhook.webhook_no}-{happened.cursor}",
            operator=self._bank.terms.name,
            webhook=webhook.webhook_no,
            wallet=wallet.hex(),
            kind=happened.kind,
            at_s=happened.at_s,
            amount_fen=happened.amount_fen,
            entry_no=happened.entry_no,
            cursor=str(happened.cursor),
        )

    def _send(self, webhook: Webhook, event: EventSent, sender: Sender, now_s: int) -> Answered:
        """Sign an event anew, and send it."""
        try:
            target = read_url(webhook.url, sandbox=self.sandbox)
        except BadInput as refused:
            # It may have been allowed in a sandbox, and is no longer.
            return Answered(0, str(refused))
        body = event.model_dump_json().encode()
        headers = {"Content-Type": _JSON}
        attempt = f"webhook/{event.event_id}/{webhook.attempts}/{now_s}"
        headers |= sign_request(
            self._bank.signer,
            method="POST",
            target=target.path,
            headers=headers,
            body=body,
            operator=tag_of(self._bank.terms.name, webhook.webhook_no),
            nonce=self._bank.secret_for(attempt.encode())[:NONCE_BYTES].hex(),
            now_s=now_s,
            label=LABEL,
        )
        return sender.send(target, headers, body)

    def _change(self, webhook: Webhook) -> Webhook:
        self.kept.change(webhook)
        return webhook


def _after(webhook: Webhook, answered: Answered, cursor: str, now_s: int) -> Webhook:
    """A subscription after an attempt at the event that ends at `cursor`."""
    if not answered.fault:
        return webhook._replace(cursor=cursor, attempts=0, next_try_s=now_s)
    since_s = webhook.failing_since_s if webhook.attempts else now_s
    wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S << min(webhook.attempts, 16))
    return webhook._replace(
        attempts=webhook.attempts + 1,
        failing_since_s=since_s,
        next_try_s=now_s + wait_s,
        stopped_s=now_s if now_s - since_s >= GIVE_UP_AFTER_S else None,
    )
