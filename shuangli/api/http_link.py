"""One line to a service over HTTP, on httpx. An edge file: it touches the network.

Nothing that comes back is trusted for having come from there: signatures are checked by whoever asked.
"""

import ssl
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Final, Self

import httpx

from shuangli.api.addresses import socket_path_of
from shuangli.api.models import MAX_ANSWER_BYTES, etag_of
from shuangli.api.problems import error_of
from shuangli.errors import BadInput, Malformed, StoreError

ANSWER_WITHIN_S: Final = 60.0
"""For each step of a request; a large reconciliation takes a while to be settled."""
CONNECT_WITHIN_S: Final = 10.0
_SUCCESS: Final = (200, 204)
_NOT_MODIFIED: Final = 304


Prove = Callable[[str, str, Mapping[str, str], bytes], Mapping[str, str]]
"""From method, path with query, headers and body of a request to the headers that show who asks."""


class NotHeard(StoreError):
    """Nothing was sent, since no connection could be made: the other side has not heard."""


class HttpLink:
    """Requests to one service; its errors are raised here again.

    Attributes:
        address: where the service is
    """

    def __init__(
        self,
        address: str,
        *,
        who: str,
        known: Iterable[bytes] = (),
        tls: ssl.SSLContext | None = None,
        tls_name: str = "",
        connect_within_s: float = CONNECT_WITHIN_S,
        most_connections: int | None = None,
        again: int = 0,
    ) -> None:
        """Talk to the service at `address`, which messages call `who`; nothing is sent yet.

        `known` are bodies that were received before: while one is the newest it does not travel again.
        `tls_name` is the name that its certificate must have, if not that of the address. A request that a
        broken connection may have swallowed is made so many times `again`, over new ones: use it only where
        everything may be asked twice.

        Raises:
            BadInput: the address names no host, such as 999.1.1.1 (`bad-option`).
        """
        self.address = address
        self._who = who
        self._again = again
        self._extensions = {"sni_hostname": tls_name} if tls_name else {}
        self._known = {etag_of(data): data for data in known}
        self._newest: dict[str, str] = {}
        socket_path = socket_path_of(address)
        # Settings for web browsing (proxies, password files) do not apply to money.
        self._client = httpx.Client(
            base_url=f"http://{who}" if socket_path else _checked(address),
            transport=httpx.HTTPTransport(
                uds=socket_path,
                verify=tls or True,
                limits=httpx.Limits(max_connections=most_connections, max_keepalive_connections=20),
            ),
            timeout=httpx.Timeout(ANSWER_WITHIN_S, connect=connect_within_s),
            trust_env=False,
        )

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        media_type: str = "",
        once: str = "",
        more: Mapping[str, str] | None = None,
        prove: Prove | None = None,
    ) -> bytes:
        """The body of the answer to a request; `once` is its idempotency key.

        `more` are further headers, and `prove` gives those that show who asks.

        Raises:
            ShuangliError: what the service says went wrong.
            NotHeard, StoreError: it cannot be reached, or did not answer (`unavailable`).
            Malformed: it answers too much (`too-large`).
        """
        headers = {"Content-Type": media_type} if media_type else {}
        headers |= more or {}
        if once:
            headers["Idempotency-Key"] = f'"{once}"'
        if prove is not None:
            headers |= prove(method, path, headers, body)
        return self._request(method, path, body, headers)[0]

    def newest(self, path: str) -> bytes:
        """A body that changes rarely: it travels only if it is another than the last one."""
        headers = {"If-None-Match": ", ".join(self._known)} if self._known else {}
        data, tag = self._request("GET", path, b"", headers)
        if tag and tag != self._newest.get(path):
            self._known.pop(self._newest.get(path, ""), None)
            self._newest[path] = tag
            self._known[tag] = data
        return data

    def _request(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[bytes, str]:
        for left in range(self._again, -1, -1):
            try:
                return self._try(method, path, body, headers)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
                kind = NotHeard if left == self._again else StoreError
                raise kind("unavailable", self._cannot_reach(error)) from error
            except (httpx.NetworkError, httpx.ProtocolError) as error:
                if not left:
                    raise StoreError("unavailable", self._cannot_reach(error)) from error
            except httpx.HTTPError as error:
                raise StoreError("unavailable", self._cannot_reach(error)) from error
        raise AssertionError("a request ends with an answer or an error")

    def _try(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[bytes, str]:
        with self._client.stream(
            method, path, content=body or None, headers=headers, extensions=self._extensions
        ) as answer:
            data = self._read(answer)
        tag = answer.headers.get("ETag", "")
        known = self._known.get(tag)
        if answer.status_code == _NOT_MODIFIED and known is not None:
            return known, tag
        if answer.status_code not in _SUCCESS:
            raise error_of(answer.status_code, data, address=self.address)
        return data, tag

    def _cannot_reach(self, error: httpx.HTTPError) -> str:
        why = " ".join(str(error).split()) or type(error).__name__
        return f"the {self._who} at {self.address} cannot be reached: {why}"

    def _read(self, answer: httpx.Response) -> bytes:
        data = bytearray()
        for piece in answer.iter_bytes():
            data += piece
            if len(data) > MAX_ANSWER_BYTES:
                raise Malformed("too-large", f"{self.address} answers more than {MAX_ANSWER_BYTES} bytes")
        return bytes(data)


def _checked(address: str) -> str:
    """The address, if httpx can make a request of it; it reads some names of hosts only then."""
    try:
        httpx.Request("GET", address)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise BadInput("bad-option", f"{address!r} names no host: {error}") from error
    return address


class ServiceClient:
    """What every client of a service does: it has a line, and asks for what all services publish.

    Attributes:
        address: where the service is
    """

    def __init__(self, link: HttpLink) -> None:
        """Ask over `link`."""
        self.address = link.address
        self._link = link

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._link.close()

    def key_set(self) -> bytes:
        """The newest key set."""
        return self._link.newest("/v1/key-set")

    def revocation_list(self) -> bytes:
        """The newest revocation list."""
        return self._link.newest("/v1/revocation-list")
