"""What operators and the issuer say to each other about remittances, as deterministic CBOR. Pure.

    waiting    [ [ number, order ], ... ]
    outcomes   [ [ outcome_no, order_id, verdict, answer ], ... ]

Orders and answers travel as they were signed (`issuer.remittances.messages`); an answer is empty where the
centre has decided by itself.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from shuangli import codec
from shuangli.api.models import MAX_ANSWER_BYTES
from shuangli.issuer.remittances.desk import MOST_OUTCOMES, MOST_WAITING
from shuangli.issuer.remittances.messages import Verdict
from shuangli.issuer.remittances.store import Outcome, Waiting
from shuangli.messages.fields import check_amount, check_id, read_choice, read_list, require

Item = TypeVar("Item", bound=NamedTuple)


def encode_waiting(found: Sequence[Waiting]) -> bytes:
    """Encode orders that wait for an operator."""
    return codec.encode([[*each] for each in found])


def decode_waiting(data: bytes) -> list[Waiting]:
    """Read orders that wait for an answer; they are not yet looked at.

    Raises:
        Malformed: it is something else, or the numbers do not increase.
    """
    return _decode(data, _read_waiting, most=MOST_WAITING, fields=len(Waiting._fields))


def _read_waiting(fields: list[Any]) -> Waiting:
    require(type(fields[1]) is bytes, "shape", "an order is a byte string")
    return Waiting(*fields)


def encode_outcomes(found: Sequence[Outcome]) -> bytes:
    """Encode what has become of orders."""
    return codec.encode([[each.outcome_no, each.order_id, int(each.verdict), each.answer] for each in found])


def decode_outcomes(data: bytes) -> list[Outcome]:
    """Read what has become of orders; the answers in it are not yet looked at.

    Raises:
        Malformed: it is something else, or the numbers do not increase.
    """
    return _decode(data, _read_outcome, most=MOST_OUTCOMES, fields=len(Outcome._fields))


def _read_outcome(fields: list[Any]) -> Outcome:
    number, order_id, verdict, answer = fields
    check_id(order_id, "id of the order")
    require(type(answer) is bytes, "shape", "an answer is a byte string")
    return Outcome(number, order_id, read_choice(Verdict, verdict, "verdict"), answer)


def _decode(data: bytes, read: Callable[[list[Any]], Item], *, most: int, fields: int) -> list[Item]:
    """Read a list of so many numbered items at most, each an array of so many fields."""
    parts = read_list(codec.decode(data, max_bytes=MAX_ANSWER_BYTES), "a list")
    require(len(parts) <= most, "shape", f"more than {most} items")
    found: list[Item] = []
    last = 0
    for part in parts:
        read_fields = read_list(part, "an item")
        require(len(read_fields) == fields, "shape", f"an item is an array of {fields} fields")
        check_amount(read_fields[0], "number")
        require(read_fields[0] > last, "shape", "numbers do not increase")
        last = read_fields[0]
        found.append(read(read_fields))
    return found
