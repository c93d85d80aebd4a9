"""Events over HTTP, to whoever has asked for them. An edge file.

No redirect is followed, no proxy used, and an answer is not read beyond its status.
"""

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

    def __init__(self, *, sandbox: bool) -> None:
        """Send from now on."""
        self._sandbox = sandbox
        self._client = httpx.Client(
            timeout=ANSWER_WITHIN_S,
            trust_env=False,
            follow_redirects=False,
            # Two names may share an address: a connection that was verified for one is not used for another.
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def send(self, target: Target, headers: dict[str, str], body: bytes) -> Answered:
        """Send an event; whatever goes wrong is told."""
        try:
            found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return Answered(0, "the host has no address")
        address = choose_address([str(each[4][0]) for each in found], sandbox=self._sandbox)
        if address is None:
            return Answered(0, "the host has no public address")
        shown = f"[{address}]" if ":" in address else address
        try:
            with self._client.stream(
                "POST",
                f"{target.scheme}://{shown}:{target.port}{target.path}",
                content=body,
                headers={**headers, "Host": target.authority},
                extensions={"sni_hostname": target.host},
            ) as answer:
                status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return Answered(0, f"no answer: {type(error).__name__}")
        return Answered(status, "" if 200 <= status < 300 else f"it answers with HTTP status {status}")
