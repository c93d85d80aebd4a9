"""Payments that the journal has dropped, kept in the wallet file beside it: `history/0`, `history/1`, ...

    page    array of entries, oldest first, at most `PAGE` of them
    entry   [paying, request id, transfer id, other key, amount, time, state, answer, what came back]

What is filed was settled: it changes no more, and is shown with the receipt that proves it. It is filed
before the journal drops it; what is in both is shown once.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from shuangli import codec
from shuangli.days import day_of
from shuangli.errors import Malformed
from shuangli.messages.fields import check_amount, check_id, check_key, check_text, check_time, read_list
from shuangli.offline.trust import Trust
from shuangli.wallet.history import Entry, entries
from shuangli.wallet.purse import Purse
from shuangli.wallet.record_codec import MAX_RECORD_BYTES

NAME: Final = "history/{number}"
PAGE: Final = 256
_FIELDS: Final = 9
_MAX_STATE: Final = 16


def filed(kept: Mapping[str, bytes]) -> Iterator[Entry]:
    """The payments that were filed among what a wallet file keeps, oldest first.

    Raises:
        Malformed: a page is none.
    """
    number = 0
    while (page := kept.get(NAME.format(number=number))) is not None:
        yield from _read(page)
        number += 1


def to_file(
    purse: Purse, kept: Mapping[str, bytes], *, trust: Trust, before_s: int, now_s: int
) -> Iterator[tuple[str, bytes]]:
    """The pages to keep, by name, before the journal drops what was settled before `before_s`.

    `trust` is the wallet's, by which it judges that. Requests that nobody has paid are not worth a line.
    """
    staying = _staying(purse, before_s, trust)
    known = {entry.request_id for entry in filed(kept)}
    going = [
        entry
        for entry in reversed(entries(purse, now_s=now_s))
        if entry.request_id not in staying | known and entry.transfer_id
    ]
    if not going:
        return
    number = 0
    while NAME.format(number=number + 1) in kept:
        number += 1
    page = list(_read(kept.get(NAME.format(number=number), codec.encode([]))))
    while going:
        room = PAGE - len(page)
        page, going = page + going[:room], going[room:]
        yield NAME.format(number=number), codec.encode([_fields(entry) for entry in page])
        number, page = number + 1, []


def _staying(purse: Purse, before_s: int, trust: Trust) -> set[bytes]:
    """The payments that stay in the journal when it forgets what was settled before a time."""
    copy = Purse(day_of=day_of)
    copy.apply(purse.checkpoint())
    copy.forget_before(before_s, trust)
    return {*copy.paying, *copy.asking}


def _fields(entry: Entry) -> list[codec.Item]:
    return [
        int(entry.paying),
        entry.request_id,
        entry.transfer_id,
        entry.other,
        entry.amount_fen,
        entry.at_s,
        entry.state,
        entry.answer,
        entry.returned_fen,
    ]


def _read(page: bytes) -> Iterable[Entry]:
    items = read_list(codec.decode(page, max_bytes=MAX_RECORD_BYTES), "history")
    return [_entry(read_list(item, "entry of a history")) for item in items]


def _entry(fields: list[Any]) -> Entry:
    if len(fields) != _FIELDS:
        raise Malformed("shape", f"an entry of a history has {_FIELDS} fields")
    paying, request_id, transfer_id, other, amount_fen, at_s, state, answer, returned_fen = fields
    check_id(request_id, "request id")
    check_id(transfer_id, "transfer id")
    check_key(other, "key")
    check_amount(amount_fen, "amount")
    check_time(at_s, "time")
    check_text(state, _MAX_STATE, "state")
    if paying not in (0, 1) or type(answer) is not bytes or type(returned_fen) is not int:
        raise Malformed("shape", "not an entry of a history")
    return Entry(
        paying=bool(paying),
        request_id=request_id,
        transfer_id=transfer_id,
        other=other,
        amount_fen=amount_fen,
        at_s=at_s,
        state=state,
        answer=answer,
        returned_fen=returned_fen,
    )
