"""A link that a person carries: messages are shown as codes or text, and taken in from pictures or pasted.

The session is the same as on any other link; whatever is cut off is finished by showing the same request
again. Only the comparison of revocation lists after the receipt is left out: it is worth no further turns.
"""

from collections.abc import Callable, Collection
from typing import Final

from shuangli.offline.states import Kind, Message

ANSWERS: Final = frozenset((Kind.RECEIPT, Kind.REFUSAL))
Show = Callable[[Message], None]
"""Shows a message to the person, who lets the other device take it in."""
Take = Callable[[Collection[Kind]], Message | None]
"""Asks the person for the other device's message of one of these kinds; None if they have none."""


class HandLink:
    """One device's end of such a link: of the payee, who shows a request first, or of the payer."""

    __slots__ = ("_over", "_show", "_take", "_wanted")

    def __init__(self, *, is_payee: bool, show: Show, take: Take) -> None:
        """Show and take messages by way of these."""
        self._show = show
        self._take = take
        self._wanted: frozenset[Kind] = frozenset((Kind.PAYMENT if is_payee else Kind.REQUEST,))
        self._over = False

    def send(self, message: Message) -> None:
        """Show a message of the payment; others are not carried."""
        if message.kind in (Kind.LIST_NUMBER, Kind.LIST):
            return
        self._show(message)
        if message.kind is Kind.RECEIPT:
            self._over = True
        if message.kind is Kind.PAYMENT:
            self._wanted = ANSWERS

    def receive(self) -> Message | None:
        """The message that the person has of the other device; None if they have none, or want no more."""
        message = None if self._over else self._take(self._wanted)
        self._over = message is None or message.kind in ANSWERS
        return message
