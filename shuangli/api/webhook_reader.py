"""The receiver's side of webhooks: whether an event is really from the operator, and new.

reader = WebhookReader(keys=[key], operator="OP01", webhook=3, now_s=clock)
event = reader.read("POST", "/events", headers, body)
"""

from collections.abc import Callable, Iterable, Mapping

from shuangli.api.signed_client import read_model
from shuangli.api.signing import VALID_S, Message, verify_request
from shuangli.api.webhooks import EventSent
from shuangli.errors import Unverified


def tag_of(operator: str, webhook: int) -> str:
    """What a signature names besides the key: so an event of one subscription is none of another."""
    return f"{operator}/webhooks/{webhook}"


class WebhookReader:
    """Reads the events of one subscription; not for several threads at once."""

    def __init__(
        self, *, keys: Iterable[bytes], operator: str, webhook: int, now_s: Callable[[], int]
    ) -> None:
        """Believe `keys`, which the key set certifies for `operator`; `now_s` is the clock."""
        self._keys = frozenset(keys)
        self._operator = operator
        self._webhook = webhook
        self._now_s = now_s
        self._nonces: dict[str, int] = {}

    def read(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> EventSent:
        """The event in a request that came for `target`, its path and query.

        The operator sends an event until it is answered by a 2xx, so the same may come again, newly signed:
        know it by its `event_id`. A request that was overheard and comes again is refused.

        Raises:
            Unverified: the operator has not signed it for this subscription, or not now, or it came before
                (`not-authenticated`).
            Malformed: it is no event (`shape`).
        """
        now_s = self._now_s()
        sent = {name.lower(): value for name, value in headers.items()}
        message = Message(method=method, target=target, headers=sent)
        signed = verify_request(message, body, operator=tag_of(self._operator, self._webhook), now_s=now_s)
        if signed.wallet not in self._keys:
            raise Unverified("not-authenticated", f"the event is not signed by {self._operator}")
        self._nonces = {nonce: until_s for nonce, until_s in self._nonces.items() if until_s >= now_s}
        if signed.nonce in self._nonces:
            raise Unverified("not-authenticated", "the request came before")
        self._nonces[signed.nonce] = signed.created_at_s + VALID_S
        return read_model(EventSent, body)
