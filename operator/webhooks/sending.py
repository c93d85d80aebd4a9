"""Events over HTTP, to whoever has asked for them. An edge file.

No redirect is followed, no proxy used, and an answer is not read beyond its status. All of it, from the
connection to the last header, has so many seconds: a receiver that sends a byte now and then holds nobody up.
"""

import asyncio
import socket
from typing import Final, NamedTuple

import httpx

from shuangli.operator.webhooks.addresses import Target, choose_address

ANSWER_WITHIN_S: Final = 5.0


class Answered(NamedTuple):
    """What came back: the HTTP status, 0 if nothing did, and what is wrong, or nothing."""

    status: int
    fault: str


class WebSender:
    """Sends events to addresses on the net; in a sandbox, also to this machine."""

    def __init__(self, *, sandbox: bool, within_s: float = ANSWER_WITHIN_S) -> None:
        """Send from now on; whoever has not answered `within_s` has not got it."""
        self._sandbox = sandbox
        self._within_s = within_s
        self._tls = httpx.create_ssl_context(trust_env=False)

    def send(self, target: Target, headers: dict[str, str], body: bytes) -> Answered:
        """Send an event; whatever goes wrong is told."""
        try:
            found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return Answered(0, "the host has no address")
        address = choose_address([str(each[4][0]) for each in found], sandbox=self._sandbox)
        if address is None:
            return Answered(0, "the host has no public address")
        try:
            status = asyncio.run(self._status(target, address, headers, body))
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            return Answered(0, f"no answer: {type(error).__name__}")
        return Answered(status, "" if 200 <= status < 300 else f"it answers with HTTP status {status}")

    async def _status(self, target: Target, address: str, headers: dict[str, str], body: bytes) -> int:
        """Send to an address over a connection of its own: two names may share an address."""
        shown = f"[{address}]" if ":" in address else address
        async with (
            asyncio.timeout(self._within_s),
            httpx.AsyncClient(
                verify=self._tls, timeout=self._within_s, trust_env=False, follow_redirects=False
            ) as client,
            client.stream(
                "POST",
                f"{target.scheme}://{shown}:{target.port}{target.path}",
                content=body,
                headers={**headers, "Host": target.authority},
                extensions={"sni_hostname": target.host},
            ) as answer,
        ):
            return answer.status_code
