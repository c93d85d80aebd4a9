"""Events are sent to whoever has asked for them: signed, in order, and to be believed once."""

import pytest

from shuangli.api.signing import VALID_S
from shuangli.crypto import SigningKey
from shuangli.errors import Unverified
from shuangli.operator.webhooks.desk import MOST_WEBHOOKS
from tests.api.receivers import Told


def test_what_happens_is_sent_signed_and_in_order(told: Told) -> None:
    told.deposit(1)
    webhook = told.subscribe()
    for amount_fen in (500, 300, 200):
        told.deposit(amount_fen)
    assert told.deliver() == 3
    events = told.read()
    assert [event.amount_fen for event in events] == [500, 300, 200]
    assert {event.kind for event in events} == {"deposit"}
    assert {event.wallet for event in events} == {told.key.public.hex()}
    assert [told.receiver.got[0][0], events[-1].cursor] == ["/events?shop=1", told.shown()["cursor"]]
    assert told.deliver() == 0
    assert (webhook["state"], told.shown()["state"]) == ("working", "working")


def test_a_service_that_ends_sends_no_more(told: Told) -> None:
    told.subscribe()
    for amount_fen in (500, 300):
        told.deposit(amount_fen)
    ended = iter((False, True))
    assert told.service.desk.webhooks.deliver(told.sender, lambda: next(ended)) == 1
    assert told.deliver() == 1
    assert [event.amount_fen for event in told.read()] == [500, 300]


def test_from_a_cursor_of_the_feed_on(told: Told) -> None:
    told.deposit(500)
    told.subscribe(cursor="0.0")
    told.deliver()
    assert [event.amount_fen for event in told.read()] == [500]


def test_the_receiver_believes_only_its_operator_and_only_now_and_once(told: Told) -> None:
    told.subscribe()
    told.deposit(500)
    told.deliver()
    ((path, headers, body),) = told.receiver.got
    reader = told.reader()
    assert reader.read("POST", path, headers, body).amount_fen == 500
    for wrong, request in (
        (reader, (path, headers, body)),
        (told.reader(), ("/elsewhere", headers, body)),
        (told.reader(), (path, headers, body.replace(b"500", b"900"))),
        (told.reader(keys=[SigningKey(bytes(32)).public]), (path, headers, body)),
        (told.reader(operator="OP02"), (path, headers, body)),
        (told.reader(webhook=2), (path, headers, body)),
        (told.reader(now_s=lambda: told.service.clock.now_s() + VALID_S + 1), (path, headers, body)),
    ):
        with pytest.raises(Unverified) as fault:
            wrong.read("POST", *request)
        assert fault.value.code == "not-authenticated"


def test_what_is_removed_is_sent_no_more(told: Told) -> None:
    told.subscribe()
    told.deposit(500)
    assert told.service.ask("DELETE", f"{told.path}/1", token=told.token).json() == {"done": True}
    assert told.deliver() == 0
    gone = told.service.ask("GET", f"{told.path}/1/deliveries", token=told.token)
    assert (gone.status_code, gone.json()["code"]) == (404, "not-found")


def test_only_a_program_of_this_wallet_may_subscribe(told: Told) -> None:
    other = told.service.token("webhooks:manage", wallet=told.service.wallet("other", tier=0).public)
    asked = {"url": told.receiver.url}
    for proof in ({"token": other}, {"key": told.key}):
        assert told.service.ask("POST", told.path, json=asked, **proof).status_code == 403


def test_a_wallet_has_a_few_webhooks_at_most(told: Told) -> None:
    for number in range(MOST_WEBHOOKS):
        told.subscribe(url=f"{told.receiver.url}&number={number}")
    refused = told.service.ask("POST", told.path, json={"url": told.receiver.url}, token=told.token)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad-value")
