"""Revocation gossip: after a payment the two devices compare their lists, and the newer one wins. Pure.

    payer --LIST_NUMBER--> payee      the number of its list, 0 for none
          <------LIST-----            if the payee's is newer
          <--LIST_NUMBER--            otherwise: the payee's number,
          ------LIST----->            which the payer answers if its own is newer

The centre signs and numbers the lists, so it does not matter from whom one comes. Nothing here changes a
payment: whoever cuts it short only stays with the older list.
"""

from dataclasses import dataclass
from typing import Final

from shuangli import codec
from shuangli.errors import Malformed, OutOfTurn
from shuangli.offline.states import Kind, Message
from shuangli.offline.trust import Trust

MAX_GOSSIP_BYTES: Final = 262_144
"""A longer list is left to the operators: it would hold up the next person at the gate."""
MAX_NUMBER_BYTES: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What follows from a message: what to send, and a list to look at (empty if there is none)."""

    messages: tuple[Message, ...] = ()
    revocations: bytes = b""


def list_number(trust: Trust) -> Message:
    """The number of this device's list: how the payer starts."""
    number = trust.revocations.number if trust.revocations is not None else 0
    return Message(Kind.LIST_NUMBER, codec.encode(number))


def hear(message: Message, *, trust: Trust, as_payee: bool) -> Heard:
    """Answer a number, or take a list; the payee always answers a number, so that nobody waits in vain.

    Raises:
        OutOfTurn: the message belongs to a payment.
        Malformed: it is not a number.
    """
    if message.kind is Kind.LIST:
        return Heard(revocations=message.body)
    if message.kind is not Kind.LIST_NUMBER:
        raise OutOfTurn("out-of-turn", f"a {message.kind.name.lower()} while lists are compared")
    number = codec.decode(message.body, max_bytes=MAX_NUMBER_BYTES)
    if type(number) is not int or number < 0:
        raise Malformed("shape", "the number of a list is not an integer from 0")
    own = trust.revocations
    if own is not None and own.number > number and len(own.signed.data) <= MAX_GOSSIP_BYTES:
        return Heard(messages=(Message(Kind.LIST, own.signed.data),))
    return Heard(messages=(list_number(trust),) if as_payee else ())
