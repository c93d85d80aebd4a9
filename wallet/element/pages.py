"""An element's state as pages of memory, both ways. Pure.

Parts stand one after the other in the order of `PARTS`, each with its places, each place with its pages. A
place holds two bytes of length, then that many bytes of CBOR; length 0 is a free place, and what stands
behind the length is left over. The element reads only what it has written itself.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, NamedTuple

from shuangli import codec
from shuangli.crypto import SigningKey
from shuangli.errors import Refused
from shuangli.messages.certificates import Mode, Terms, WalletKind
from shuangli.offline.policy import PayerPolicy, Usage
from shuangli.wallet.element.memory import EMPTY, PAGE_BYTES
from shuangli.wallet.element.state import (
    MAX_REQUEST_BYTES,
    MAX_TRANSFER_BYTES,
    Capacity,
    Counters,
    HeldCoin,
    Issued,
    Logged,
    OpenOrder,
    OpenRequest,
    State,
)

LENGTH_BYTES: Final = 2
MAX_KEYS_BYTES: Final = 4_096 - LENGTH_BYTES


def _pack(value: Any) -> list[object]:
    """The fields of a dataclass, in order."""
    return [getattr(value, part.name) for part in fields(value)]


def _unpack(kind: Any, values: Sequence[object]) -> Any:
    """The dataclass of this kind with these fields."""
    return kind(**{part.name: value for part, value in zip(fields(kind), values, strict=True)})


def _write_issued(issued: Issued) -> object:
    *plain, kind, policy, capacity = _pack(issued)
    return [*plain, kind, _pack(policy), _pack(capacity)]


def _read_issued(values: list[Any]) -> Any:
    *plain, kind, policy, capacity = values
    # A card that was made before rules named their days has those that its holder's limits are published for.
    named = {part.name: value for part, value in zip(fields(PayerPolicy), policy, strict=False)}
    return _unpack(Issued, [*plain, WalletKind(kind), PayerPolicy(**named), _unpack(Capacity, capacity)])


def _write_counters(counters: Counters) -> object:
    *plain, usage = _pack(counters)
    return [*plain, _pack(usage)]


def _read_counters(values: list[Any]) -> object:
    *plain, usage = values
    return _unpack(Counters, [*plain, _unpack(Usage, usage)])


def _write_coin(coin: HeldCoin) -> object:
    coin_id, _, *numbers, terms = _pack(coin)
    return [coin_id, *numbers, _pack(terms)]


def _read_coin(values: list[Any], owner: bytes) -> object:
    coin_id, *numbers, (currency, mode, *rest) = values
    return _unpack(HeldCoin, [coin_id, owner, *numbers, _unpack(Terms, [currency, Mode(mode), *rest])])


def _read_request(values: list[Any]) -> object:
    *plain, received, refused = values
    return _unpack(OpenRequest, [*plain, tuple(received), tuple(refused)])


class Part(NamedTuple):
    """One part of the state: the field's name, how many bytes a place needs, and how a value is written.

    `many`: the field is a tuple with as many places as the capacity's field of this name says.
    """

    name: str
    many: bool
    most_bytes: int
    write: Callable[[Any], object]
    read: Callable[[Any, bytes], object]

    @property
    def pages(self) -> int:
        """Pages of one place."""
        return -(-(LENGTH_BYTES + self.most_bytes) // PAGE_BYTES)


PARTS: Final = (
    Part("issued", False, 254, _write_issued, lambda values, _: _read_issued(values)),
    Part("keys", False, MAX_KEYS_BYTES, bytes, lambda value, _: value),
    Part("certificate", False, 254, bytes, lambda value, _: value),
    Part("counters", False, 126, _write_counters, lambda values, _: _read_counters(values)),
    Part("coins", True, 126, _write_coin, _read_coin),
    Part("orders", True, 126, list, lambda values, _: OpenOrder(*values)),
    Part("requests", True, 254, _pack, lambda values, _: _read_request(values)),
    Part("log", True, MAX_REQUEST_BYTES + MAX_TRANSFER_BYTES, list, lambda values, _: Logged(*values)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Where a part is: its first page, and its places."""

    part: Part
    first: int
    places: int


def layout(capacity: Capacity) -> list[Range]:
    """Where all parts are."""
    ranges: list[Range] = []
    first = 0
    for part in PARTS:
        places = getattr(capacity, part.name) if part.many else 1
        ranges.append(Range(part=part, first=first, places=places))
        first += places * part.pages
    return ranges


def page_count(capacity: Capacity) -> int:
    """Pages of a whole memory, without its journal."""
    last = layout(capacity)[-1]
    return last.first + last.places * last.part.pages


def journal_size(capacity: Capacity) -> int:
    """The most pages that one command writes: all coins, a request, an entry of the log, the key set."""
    return capacity.coins + sum(part.pages for part in PARTS if not part.many or part.name != "coins")


def _values(state: State, part: Part) -> Sequence[object]:
    value = getattr(state, part.name)
    return value if part.many else (value,)


def _write_place(part: Part, value: object) -> Iterator[bytes]:
    """The pages of one place, as many as its value needs.

    Raises:
        Refused: it needs more than the place has (`element-full`).
    """
    data = b"" if value is None else codec.encode(part.write(value))
    if len(data) > part.pages * PAGE_BYTES - LENGTH_BYTES:
        raise Refused("element-full", f"{len(data)} bytes do not fit into a place for {part.name}")
    data = len(data).to_bytes(LENGTH_BYTES, "big") + data
    for at in range(0, len(data), PAGE_BYTES):
        yield data[at : at + PAGE_BYTES].ljust(PAGE_BYTES, b"\0")


def changes(old: State, new: State) -> dict[int, bytes]:
    """The pages that a change of state writes, by their numbers."""
    written: dict[int, bytes] = {}
    for where in layout(new.issued.capacity):
        part = where.part
        pairs = zip(_values(old, part), _values(new, part), strict=True)
        for place, (before, after) in enumerate(pairs):
            if before is not after and before != after:
                written.update(enumerate(_write_place(part, after), where.first + place * part.pages))
    return written


def write_state(state: State) -> list[bytes]:
    """All pages of a state."""
    pages = [EMPTY] * page_count(state.issued.capacity)
    for where in layout(state.issued.capacity):
        for place, value in enumerate(_values(state, where.part)):
            first = where.first + place * where.part.pages
            for number, page in enumerate(_write_place(where.part, value), first):
                pages[number] = page
    return pages


def read_state(pages: Sequence[bytes]) -> State:
    """The state that was written."""
    issued: Issued = _read_issued(_read_place(PARTS[0], pages, 0))
    owner = SigningKey(issued.seed).public
    found: dict[str, Any] = {}
    for where in layout(issued.capacity):
        part = where.part
        values = [_read_place(part, pages, where.first + place * part.pages) for place in range(where.places)]
        read = tuple(None if value is None else part.read(value, owner) for value in values)
        found[part.name] = read if part.many else read[0]
    return State(**found)


def _read_place(part: Part, pages: Sequence[bytes], first: int) -> Any:
    head = pages[first]
    length = int.from_bytes(head[:LENGTH_BYTES], "big")
    if not length:
        return None
    data = b"".join(pages[first : first + part.pages])
    return codec.decode(data[LENGTH_BYTES : LENGTH_BYTES + length])
