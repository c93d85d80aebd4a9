"""What belongs to an epoch, found from its loads on: every spend of its coins, in the order of the objects.

Nothing but a load names its epoch. So the coins of the epoch's loads are followed: who spends them, what they
are split into, who spends that. An object that spends coins has a higher number than the one that made them;
so one pass in the order of numbers meets every object once, and holds only the spends that are still to come.
"""

import heapq
from array import array
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from shuangli.issuer.facts import DATE_BYTES, ObjectKind, dated_key
from shuangli.issuer.store import IssuerStore
from shuangli.messages.certificates import Epoch
from shuangli.messages.loads import Load
from shuangli.messages.transfers import (
    CENTRE,
    CHANGE_OUTPUT,
    PAYEE_OUTPUT,
    Transfer,
    load_coin_id,
    output_coin_id,
)

_LOADS_AT_ONCE: Final = 10_000


class Spend(NamedTuple):
    """One spend of a coin: by which object, and the coin's value once settled; `further` if it is a fork."""

    object_no: int
    coin_key: bytes
    object_id: bytes
    settled_fen: int
    further: int


class Member(NamedTuple):
    """An object that belongs to an epoch, with the epoch's coins that it spends."""

    number: int
    kind: ObjectKind
    data: bytes
    operator: str
    received_s: int
    spends: tuple[Spend, ...]


def loads_of(store: IssuerStore, epoch: Epoch) -> Iterator[tuple[bytes, int, Load]]:
    """The mint log of an epoch in the order of time: key, number, load."""
    claims = epoch.claims
    after, end = dated_key(claims.not_before_s, b""), dated_key(claims.expires_at_s, b"")
    while rows := store.database.rows(
        "SELECT load_key, load_no FROM mint_log WHERE load_key > ? AND load_key < ?"
        " ORDER BY load_key LIMIT ?",
        after,
        end,
        _LOADS_AT_ONCE,
    ):
        for key, number in rows:
            load = Load.parse(store.objects.get(number)[1])
            if load.epoch == epoch.number:
                yield key, number, load
        after = rows[-1][0]


def members_of(store: IssuerStore, epoch: Epoch) -> Iterator[Member]:
    """The objects of an epoch in the order of their numbers; in memory, 8 bytes a load and spends to come."""
    loads = array("q", sorted(number for _, number, _ in loads_of(store, epoch)))
    to_come: dict[int, list[Spend]] = {}
    numbers: list[int] = []
    at = 0
    while at < len(loads) or numbers:
        if numbers and (at == len(loads) or numbers[0] < loads[at]):
            number = heapq.heappop(numbers)
        else:
            number, at = loads[at], at + 1
        spends = tuple(to_come.pop(number, ()))
        pack = store.objects.pack_of(number)
        kind, data = ObjectKind(pack.kinds[number - pack.first_no]), pack.objects[number - pack.first_no]
        yield Member(number, kind, data, pack.operator, pack.received_s, spends)
        for spend in _spends_of(store, _coins_made(kind, data, spends)):
            if spend.object_no not in to_come:
                heapq.heappush(numbers, spend.object_no)
            to_come.setdefault(spend.object_no, []).append(spend)


def _coins_made(kind: ObjectKind, data: bytes, spends: Sequence[Spend]) -> list[bytes]:
    """The keys of the coins that an object makes out of nothing, or out of the coins of `spends`."""
    if kind is ObjectKind.LOAD:
        load = Load.parse(data)
        load_id = load.signed.id
        return [
            dated_key(load.issued_at_s, load_coin_id(load_id, index)) for index in range(len(load.values_fen))
        ]
    if kind is ObjectKind.REFUSAL:
        return []
    transfer = Transfer.parse(data)
    if transfer.payee == CENTRE:
        return []
    spent = {spend.coin_key[DATE_BYTES:] for spend in spends}
    return [
        dated_key(transfer.signed_at_s, output_coin_id(transfer.signed.id, spend.coin_id, output))
        for spend in transfer.spends
        if spend.coin_id in spent
        for output, value_fen in ((PAYEE_OUTPUT, spend.pay_fen), (CHANGE_OUTPUT, spend.change_fen))
        if value_fen
    ]


def positions_of(member: Member) -> set[int]:
    """The positions of an object's outputs that belong to the epoch (`issuer.facts.Place`)."""
    if member.kind is ObjectKind.LOAD:
        return {*range(len(Load.parse(member.data).values_fen))}
    if member.kind is ObjectKind.REFUSAL:
        return set()
    spent = {spend.coin_key[DATE_BYTES:] for spend in member.spends}
    spends = enumerate(Transfer.parse(member.data).spends)
    return {2 * at + output for at, spend in spends if spend.coin_id in spent for output in (0, 1)}


def _spends_of(store: IssuerStore, coin_keys: Sequence[bytes]) -> list[Spend]:
    """All known spends of coins."""
    if not coin_keys:
        return []
    lookup = store.database.lookup
    facts = lookup("SELECT coin_key, object_no, object_id, settled_fen FROM facts WHERE coin_key", coin_keys)
    if not facts:
        return []
    forks = lookup(
        "SELECT coin_key, object_no, object_id, settled_fen FROM forks WHERE coin_key",
        [row[0] for row in facts],
    )
    return [
        Spend(number, key, object_id, settled_fen, further)
        for rows, further in ((facts, 0), (forks, 1))
        for key, number, object_id, settled_fen in rows
    ]
