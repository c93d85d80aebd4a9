"""A form is answered once: sent again, by a second click or a reload, it gets the same answer."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

MOST_KEPT: Final = 256
NONCE_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of a form: the page to go to, and the facts that it shows."""

    go: str
    act: str = ""
    facts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


class Once:
    """Remembers what came of the last forms, by the token that each form carries."""

    __slots__ = ("_done", "_random_bytes")

    def __init__(self, random_bytes: Callable[[int], bytes]) -> None:
        """No form was sent yet."""
        self._random_bytes = random_bytes
        self._done: dict[str, Done] = {}

    def token(self) -> str:
        """A token for a new form."""
        return base64.urlsafe_b64encode(self._random_bytes(NONCE_BYTES)).rstrip(b"=").decode()

    def done(self, token: str) -> Done | None:
        """What came of the form with this token; None if it was not sent yet."""
        return self._done.get(token)

    def answer(self, token: str, act: Callable[[], Done]) -> Done:
        """What came of a form: `act` does what it asks for, unless that was done before.

        What `act` raises is raised; it is not remembered, so the form may be sent again.
        """
        done = self._done.get(token)
        if done is None:
            done = self._done[token] = act()
            while len(self._done) > MOST_KEPT:
                del self._done[next(iter(self._done))]
        return done
