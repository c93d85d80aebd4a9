"""Events are sent to whoever has asked for them: signed, in order, at least once, and nowhere inside."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from shuangli.api.signing import VALID_S
from shuangli.api.webhook_reader import WebhookReader
from shuangli.api.webhooks import EventSent
from shuangli.crypto import SigningKey
from shuangli.errors import BadInput, Unverified
from shuangli.operator.webhooks.addresses import choose_address, read_url
from shuangli.operator.webhooks.desk import FIRST_WAIT_S, GIVE_UP_AFTER_S, LONGEST_WAIT_S, MOST_WEBHOOKS
from shuangli.operator.webhooks.sending import WebSender
from tests.api.service import OPERATOR, Service


class Receiver:
    """A server of somebody's, on this machine.

    Attributes:
        status: what it answers
        got: the requests that came: path, headers and body
    """

    def __init__(self) -> None:
        self.status = 204
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, dict(self.headers), body))
                self.send_response(receiver.status)
                self.send_header("Location", f"http://127.0.0.1:{receiver.port}/elsewhere")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events?shop=1"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Told:
    """A company that is told of its wallet's events."""

    def __init__(self, service: Service, receiver: Receiver) -> None:
        service.desk.webhooks.sandbox = True
        self.service, self.receiver = service, receiver
        self.key = service.wallet("works", tier=0)
        self.path = f"/v1/wallets/{self.key.public.hex()}/webhooks"
        self.sender = WebSender(sandbox=True)

    @property
    def token(self) -> str:
        return self.service.token("webhooks:manage", wallet=self.key.public)

    def subscribe(self, **asked: str) -> dict[str, Any]:
        asked = {"url": self.receiver.url} | asked
        told = self.service.ask("POST", self.path, json=asked, token=self.token)
        assert told.status_code == 200, told.text
        found: dict[str, Any] = told.json()
        return found

    def deposit(self, amount_fen: int) -> None:
        self.service.desk.deposit(self.key.public, amount_fen, idempotency_key=f"{amount_fen}")

    def deliver(self) -> int:
        return self.service.desk.webhooks.deliver(self.sender)

    def reader(self, **changed: Any) -> WebhookReader:
        fields: dict[str, Any] = {
            "keys": [self.service.desk.bank.public],
            "operator": OPERATOR,
            "webhook": 1,
            "now_s": self.service.clock.now_s,
        }
        return WebhookReader(**fields | changed)

    def read(self, reader: WebhookReader | None = None) -> list[EventSent]:
        reader = reader or self.reader()
        return [reader.read("POST", *each) for each in self.receiver.got]

    def shown(self) -> dict[str, Any]:
        (found,) = self.service.ask("GET", self.path, token=self.token).json()["items"]
        assert isinstance(found, dict)
        return found


@pytest.fixture
def told(service: Service) -> Iterator[Told]:
    with closing(Receiver()) as receiver:
        made = Told(service, receiver)
        with closing(made.sender):
            yield made


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


def test_what_fails_is_sent_again_later_and_those_after_it_wait(told: Told) -> None:
    told.subscribe()
    told.deposit(500)
    told.deposit(300)
    told.receiver.status = 503
    waits = [FIRST_WAIT_S << count for count in range(4)]
    for count, wait_s in enumerate(waits, 1):
        assert told.deliver() == 0
        assert (told.shown()["state"], told.shown()["attempts"]) == ("failing", count)
        told.service.clock.advance(wait_s - 1)
        told.deliver()
        assert len(told.receiver.got) == count
        told.service.clock.advance(1)
    told.receiver.status = 200
    assert told.deliver() == 2
    bodies = [json.loads(body)["event_id"] for _, _, body in told.receiver.got]
    assert len({*bodies[: len(waits) + 1]}) == 1
    assert len({*bodies}) == 2
    nonces = {headers["Signature-Input"].partition("nonce=")[2] for _, headers, _ in told.receiver.got}
    assert len(nonces) == len(bodies)
    log = told.service.ask("GET", f"{told.path}/1/deliveries?limit=4", token=told.token).json()
    assert [each["status"] for each in log["items"]] == [503] * 4
    assert log["items"][0]["fault"] == "it answers with HTTP status 503"
    rest = told.service.ask("GET", f"{told.path}/1/deliveries?cursor={log['next']}", token=told.token).json()
    assert [each["status"] for each in rest["items"]] == [200, 200]


def test_after_a_week_it_stops_and_the_same_url_goes_on(told: Told) -> None:
    told.subscribe()
    told.deposit(500)
    told.receiver.status = 500
    began_s = told.service.clock.now_s()
    while told.shown()["state"] != "stopped":
        told.deliver()
        told.service.clock.advance(LONGEST_WAIT_S)
    assert 0 <= told.service.clock.now_s() - began_s - GIVE_UP_AFTER_S <= 2 * LONGEST_WAIT_S
    told.receiver.status, told.receiver.got = 200, []
    assert told.deliver() == 0
    assert told.subscribe()["state"] == "working"
    assert told.deliver() == 1
    assert [event.amount_fen for event in told.read()] == [500]


def test_no_redirect_is_followed(told: Told) -> None:
    told.subscribe()
    told.deposit(500)
    told.receiver.status = 307
    told.deliver()
    assert [path for path, _, _ in told.receiver.got] == ["/events?shop=1"]
    assert told.shown()["state"] == "failing"


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


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/",
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "https://localhost.:0/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[fe80::1%25eth0]/",
        "https://224.0.0.1/",
        "https://0.0.0.0/",
        "https://user:word@shop.example/",
        "https://shop.example/#part",
        "https://shop.example\\@10.0.0.1/",
        "ftp://shop.example/",
        "https:///events",
    ],
)
def test_f40_no_url_leads_inside(url: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_url(url, sandbox=False)
    assert refused.value.code == "bad-value"
    assert str(refused.value).startswith("url:")


@pytest.mark.parametrize(
    ("found", "chosen"),
    [
        (["93.184.216.34"], "93.184.216.34"),
        (["93.184.216.34", "10.0.0.1"], None),
        (["127.0.0.1"], None),
        (["::1"], None),
        ([], None),
        (["2606:2800:220:1::1"], "2606:2800:220:1::1"),
    ],
)
def test_f40_no_name_leads_inside(found: list[str], chosen: str | None) -> None:
    assert choose_address(found, sandbox=False) == chosen


def test_this_machine_is_reached_in_a_sandbox_only(told: Told) -> None:
    with closing(WebSender(sandbox=False)) as sender:
        answered = sender.send(read_url(told.receiver.url, sandbox=True), {}, b"{}")
    assert (answered.status, told.receiver.got) == (0, [])
    assert answered.fault == "the host has no public address"
    told.service.desk.webhooks.sandbox = False
    refused = told.service.ask("POST", told.path, json={"url": told.receiver.url}, token=told.token)
    assert (refused.status_code, refused.json()["detail"]) == (400, "url: use https")
