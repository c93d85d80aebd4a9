"""Webhooks: an operator tells a program of a wallet's events by itself. What is asked, told and sent.

Every event is a `POST` of an `EventSent`, signed by the operator (`shuangli.api.webhook_reader` verifies it).
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shuangli.api.bodies import EXAMPLE_KEY, Asked, Told, example

URL_PATTERN = r"^https?://[!-~]{1,500}$"
CURSOR_PATTERN = r"^([0-9]{1,16}\.[0-9]{1,16})?$"


class WebhookOrder(Asked):
    """Where events are to be sent, from which cursor of the feed on; without one, from now on."""

    model_config = example(url="https://shop.example/events", cursor="16.0")
    url: Annotated[str, StringConstraints(pattern=URL_PATTERN)]
    cursor: Annotated[str, StringConstraints(pattern=CURSOR_PATTERN)] = ""


class WebhookView(Told):
    """A subscription: all events up to `cursor` have been delivered.

    It is `failing` while a delivery is tried again (`next_try_at_s`), and `stopped` when that was given up.
    """

    model_config = example(
        webhook=3,
        wallet=EXAMPLE_KEY,
        url="https://shop.example/events",
        since_s=1_800_000_000,
        cursor="16.0",
        state="failing",
        attempts=2,
        next_try_at_s=1_800_000_040,
    )
    webhook: int
    wallet: str
    url: str
    since_s: int
    cursor: str
    state: Literal["working", "failing", "stopped"]
    attempts: int
    next_try_at_s: int


class Webhooks(Told):
    """The subscriptions to a wallet's events."""

    model_config = example(
        items=[
            {
                "webhook": 3,
                "wallet": EXAMPLE_KEY,
                "url": "https://shop.example/events",
                "since_s": 1_800_000_000,
                "cursor": "16.0",
                "state": "working",
                "attempts": 0,
                "next_try_at_s": 0,
            }
        ]
    )
    items: list[WebhookView]


class DeliveryView(Told):
    """One attempt to deliver an event: the HTTP status that came back, 0 for none, and what went wrong."""

    model_config = example(
        delivery=41,
        event_id="3-17.0",
        at_s=1_800_000_010,
        status=503,
        fault="it answers with HTTP status 503",
    )
    delivery: int
    event_id: str
    at_s: int
    status: int
    fault: str


class EventSent(Told):
    """An event as it is sent; sent again, it has the same `event_id`. `cursor` is after it."""

    model_config = example(
        event_id="3-17.0",
        operator="OP01",
        webhook=3,
        wallet=EXAMPLE_KEY,
        kind="payment",
        at_s=1_800_000_000,
        amount_fen=3_600,
        entry_no=17,
        cursor="17.0",
    )
    event_id: str
    operator: str
    webhook: Annotated[int, Field(ge=1)]
    wallet: str
    kind: str
    at_s: int
    amount_fen: int
    entry_no: int | None
    cursor: str
