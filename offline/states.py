"""The session's states and messages, and the two tables that say what may follow what.

One payment between two devices, payee on the left:

    REQUESTED --request-->  IDLE
              <--payment--  SIGNED      the payer has written "spent" and the signed bytes, then sent
    RECEIVED  --receipt-->  PAID        the payee has stored the coins, then sent
    (same)    --refusal-->  REFUSED     instead of a receipt; the request stays open for a good payment

The tables name the action for every legal (state, message); whatever is not in them is out of turn
and changes nothing. The identical repeat of a message gets the stored answer. When the payment is over,
the devices compare their revocation lists (`offline.gossip`), which changes neither's state.
"""

from enum import Enum, IntEnum
from typing import Final, NamedTuple, NoReturn

from shuangli import codec
from shuangli.errors import Malformed


class Kind(IntEnum):
    """The kinds of session messages, as numbered on the wire."""

    REQUEST = 1
    PAYMENT = 2
    RECEIPT = 3
    REFUSAL = 4
    LIST_NUMBER = 5
    LIST = 6


_ARRAY_OF_TWO: Final = b"\x82"
_HEADS: Final = {kind: _ARRAY_OF_TWO + codec.head(codec.UNSIGNED, kind) for kind in Kind}
_KINDS: Final = {head: kind for kind, head in _HEADS.items()}
"""How a message of a kind begins, and back: two bytes, since there are few kinds."""


class Message(NamedTuple):
    """A session message: its kind and the encoded object."""

    kind: Kind
    body: bytes

    def encode(self) -> bytes:
        """Encode as [kind, body]."""
        return _HEADS[self.kind] + codec.head(codec.BYTES, len(self.body)) + self.body

    @classmethod
    def decode(cls, data: bytes, *, max_bytes: int = codec.MAX_BYTES) -> "Message":
        """Read a received message; its body is not yet looked at.

        Raises:
            Malformed: it is not [kind, body] with a known kind.
        """
        if len(data) > max_bytes:
            raise Malformed("too-large", f"{len(data)} bytes, at most {max_bytes} are accepted")
        kind = _KINDS.get(data[:2])
        if kind is None:
            _refuse_head(data)
        length, start = codec.read_head(data, 2, codec.BYTES)
        if start + length != len(data):
            raise Malformed("cbor", "the body does not end where the message ends")
        return cls(kind, data[start:])


def _refuse_head(data: bytes) -> NoReturn:
    """Say what is wrong with how a message begins."""
    if not data.startswith(_ARRAY_OF_TWO):
        raise Malformed("shape", "a message is an array of its kind and its body")
    codec.read_head(data, 1, codec.UNSIGNED)
    raise Malformed("range", "not a known kind of message")


class PayerState(Enum):
    """Where a payer's side of one payment stands."""

    IDLE = "idle"
    SIGNED = "signed"
    PAID = "paid"
    REFUSED = "refused"
    RETURNED = "returned"


class PayeeState(Enum):
    """Where a payee's side of one payment stands."""

    REQUESTED = "requested"
    RECEIVED = "received"


class PayerAction(Enum):
    """What a payer does with a message."""

    PAY = "verify the request, choose coins, sign, store, send"
    RESEND = "send the stored payment"
    KEEP_RECEIPT = "verify and store the receipt"
    KEEP_REFUSAL = "verify and store the refusal"
    IGNORE = "nothing: the stored answer is repeated"


class PayeeAction(Enum):
    """What a payee does with a message."""

    RECEIVE = "verify the payment, store it with its receipt or refusal, send that"
    REPEAT = "send the stored receipt, if the payment is the stored one; refuse another"


PAYER: Final[dict[tuple[PayerState, Kind], PayerAction]] = {
    (PayerState.IDLE, Kind.REQUEST): PayerAction.PAY,
    (PayerState.SIGNED, Kind.REQUEST): PayerAction.RESEND,
    (PayerState.SIGNED, Kind.RECEIPT): PayerAction.KEEP_RECEIPT,
    (PayerState.SIGNED, Kind.REFUSAL): PayerAction.KEEP_REFUSAL,
    (PayerState.PAID, Kind.REQUEST): PayerAction.RESEND,
    (PayerState.PAID, Kind.RECEIPT): PayerAction.IGNORE,
    (PayerState.REFUSED, Kind.REFUSAL): PayerAction.IGNORE,
    (PayerState.RETURNED, Kind.REFUSAL): PayerAction.IGNORE,
}

PAYEE: Final[dict[tuple[PayeeState, Kind], PayeeAction]] = {
    (PayeeState.REQUESTED, Kind.PAYMENT): PayeeAction.RECEIVE,
    (PayeeState.RECEIVED, Kind.PAYMENT): PayeeAction.REPEAT,
}
