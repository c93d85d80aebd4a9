"""`/wallets/{wallet}/webhooks`: programs that are told of a wallet's events."""

from typing import Literal

from fastapi import APIRouter, Response

from shuangli.api.bodies import Page
from shuangli.api.told_service import Done
from shuangli.api.webhooks import DeliveryView, WebhookOrder, Webhooks, WebhookView
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.resources.common import (
    PREFIX,
    Cursor,
    Limit,
    NumberPath,
    WalletPath,
    number_of,
    shows,
    told,
)
from shuangli.operator.webhooks.store import Webhook


def routes(desk: Desk) -> APIRouter:
    """The resources of `desk`."""
    router = APIRouter(prefix=PREFIX, tags=["webhooks"])

    @router.post("/wallets/{wallet}/webhooks", **shows(WebhookView))
    def subscribe(wallet: WalletPath, asked: WebhookOrder) -> Response:
        """Send the wallet's events to a URL, signed; the same URL again is the same webhook, and goes on."""
        with desk.transaction() as now_s:
            found = desk.webhooks.subscribe(wallet, asked.url, asked.cursor, now_s=now_s)
        return told(_view(found, wallet))

    @router.get("/wallets/{wallet}/webhooks", **shows(Webhooks))
    def webhooks(wallet: WalletPath) -> Response:
        """Who is told of the wallet's events, and how that goes."""
        with desk.transaction():
            found = desk.webhooks.kept.of_wallet(desk.wallets.row(wallet).wallet_no)
        return told(Webhooks(items=[_view(each, wallet) for each in found]))

    @router.delete("/wallets/{wallet}/webhooks/{webhook}", **shows(Done))
    def unsubscribe(wallet: WalletPath, webhook: NumberPath) -> Response:
        """Send no more, and forget the webhook."""
        with desk.transaction():
            desk.webhooks.kept.remove(desk.webhooks.find(wallet, webhook).webhook_no)
        return told(Done())

    @router.get("/wallets/{wallet}/webhooks/{webhook}/deliveries", **shows(Page[DeliveryView]))
    def deliveries(
        wallet: WalletPath, webhook: NumberPath, cursor: Cursor = "", limit: Limit = 100
    ) -> Response:
        """Every attempt to deliver an event in the last 30 days, in order."""
        with desk.transaction():
            number = desk.webhooks.find(wallet, webhook).webhook_no
            found = desk.webhooks.kept.deliveries(number, after=number_of(cursor), most=limit + 1)
        items = [
            DeliveryView(
                delivery=each.delivery_no,
                event_id=each.event_id,
                at_s=each.at_s,
                status=each.status,
                fault=each.fault,
            )
            for each in found[:limit]
        ]
        return told(Page(items=items, next=str(items[-1].delivery) if len(found) > limit else None))

    return router


def _view(webhook: Webhook, wallet: bytes) -> WebhookView:
    state: Literal["working", "failing", "stopped"] = "failing" if webhook.attempts else "working"
    return WebhookView(
        webhook=webhook.webhook_no,
        wallet=wallet.hex(),
        url=webhook.url,
        since_s=webhook.since_s,
        cursor=webhook.cursor,
        state=state if webhook.stopped_s is None else "stopped",
        attempts=webhook.attempts,
        next_try_at_s=webhook.next_try_s if webhook.attempts else 0,
    )
