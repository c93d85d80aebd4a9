"""Who may come in: only the browser that was given the link, and only from this wallet's own pages. Pure.

A page on the same machine is reached by every program there and, through the person's browser, by every page
of the web. Four checks, each against one way in:

1. Host names this address: a foreign name that was made to point here (DNS rebinding) is refused.
2. Origin, and what the browser says of where a request comes from, is this address: a form or a script of
   another page (CSRF), also of one at another port, is refused.
3. Everything but the style needs the session's cookie. It is given once, for the link that was printed in the
   terminal; HttpOnly, so that no script reads it, and SameSite=Strict.
4. The link works once: who finds it later, in a history or a log, finds nothing. A new one ends the session
   before it.
"""

import base64
import hmac
from collections.abc import Callable, Mapping
from enum import Enum
from http import HTTPStatus
from typing import Final

TOKEN_BYTES: Final = 32
LAUNCH: Final = "/launch"
"""Where the link leads: it has its own token, and may stand on any page."""
STYLE, ICON = "/wallet.css", "/icon.svg"
"""What needs no session, since the page that says no needs it."""


class Closed(Enum):
    """Why a request is not let in."""

    WRONG_HOST = "wrong-host"
    WRONG_ORIGIN = "wrong-origin"
    NO_SESSION = "no-session"

    @property
    def status(self) -> HTTPStatus:
        """How it is said over HTTP."""
        misdirected = self is Closed.WRONG_HOST
        return HTTPStatus.MISDIRECTED_REQUEST if misdirected else HTTPStatus.FORBIDDEN


class Door:
    """The door of one wallet at one address, such as `http://127.0.0.1:8100`.

    Attributes:
        origin: the address
        cookie: the name of the session's cookie; cookies know no ports, so the port is in it
    """

    __slots__ = ("_launch", "_random_bytes", "_session", "cookie", "origin")

    def __init__(self, origin: str, random_bytes: Callable[[int], bytes]) -> None:
        """Nobody is inside yet."""
        self.origin = origin
        self.cookie = f"shuangli-wallet-{origin.rpartition(':')[2]}"
        self._random_bytes = random_bytes
        self._launch = self._token()
        self._session = ""

    def __repr__(self) -> str:
        return f"Door({self.origin!r})"

    @property
    def link(self) -> str:
        """The link that lets one browser in, once."""
        return f"{self.origin}{LAUNCH}?token={self._launch}"

    def enter(self, token: str) -> str | None:
        """The session that a link's token begins; None if the token is none, or was used before.

        The session before it ends, and there is a new link.
        """
        if not _same(token, self._launch):
            return None
        self._launch, self._session = self._token(), self._token()
        return self._session

    def leave(self) -> None:
        """End the session."""
        self._session = ""

    def why_closed(
        self, method: str, path: str, *, headers: Mapping[str, str], cookies: Mapping[str, str]
    ) -> Closed | None:
        """Why a request is not let in; None if it is. What changes anything must say where it comes from."""
        if headers.get("host", "") != self.origin.removeprefix("http://"):
            return Closed.WRONG_HOST
        if path == LAUNCH:
            return None
        unsaid = self.origin if method in ("GET", "HEAD") else ""
        if headers.get("origin", unsaid) != self.origin:
            return Closed.WRONG_ORIGIN
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return Closed.WRONG_ORIGIN
        if path in (STYLE, ICON):
            return None
        let_in = bool(self._session) and _same(cookies.get(self.cookie, ""), self._session)
        return None if let_in else Closed.NO_SESSION

    def _token(self) -> str:
        return base64.urlsafe_b64encode(self._random_bytes(TOKEN_BYTES)).rstrip(b"=").decode()


def _same(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode(), secret.encode())
