"""Servers of somebody's on this machine that an operator's events are sent to, and a company that is told."""

import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from shuangli.api.webhook_reader import WebhookReader
from shuangli.api.webhooks import EventSent
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


class Dripping:
    """A server that answers every request with a header that hardly ever ends: a byte now and then."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._drip)
        self._thread.start()

    def _drip(self) -> None:
        with suppress(OSError), self._listening.accept()[0] as connection:
            connection.sendall(b"HTTP/1.1 204 No Content\r\nX: ")
            for _ in range(100):
                if self._ended.wait(0.02):
                    return
                connection.sendall(b"x")
            connection.sendall(b"\r\n\r\n")

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        self._listening.close()
