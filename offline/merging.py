"""Bundles that stand on their own, every object once, parents before children: joined, or a part of one."""

from collections.abc import Collection, Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush

from shuangli.errors import Unverified
from shuangli.messages.bundle import Bundle
from shuangli.messages.loads import Load
from shuangli.messages.transfers import (
    CENTRE,
    CHANGE_OUTPUT,
    PAYEE_OUTPUT,
    Transfer,
    load_coin_id,
    output_coin_id,
)


def merge(bundles: Sequence[Bundle]) -> Bundle:
    """Join bundles that each stand on their own.

    Two bundles may show one transfer with different coins' chains before it; put one after the other,
    the second chain would come too late. So transfers that occur twice call for a sort by what spends
    what.

    Raises:
        Malformed, Unverified: a transfer is none, or transfers spend each other's outputs.
    """
    joined = Bundle.join(bundles)
    if len(joined.transfers) == sum(len(bundle.transfers) for bundle in bundles):
        return joined
    return Bundle(loads=joined.loads, transfers=in_order(joined.transfers))


def leading_to(transfer_ids: Collection[bytes], bundle: Bundle) -> Bundle:
    """These transfers of a bundle and what they build on, with its loads: nothing that it shows besides.

    Whoever made the bundle may have put in anything, such as a redemption of its own; nothing builds on one.

    Raises:
        Malformed: a transfer is none.
    """
    transfers = [Transfer.parse(data) for data in bundle.transfers]
    made_by = {
        output_coin_id(transfer.signed.id, spend.coin_id, output): transfer.signed.id
        for transfer in transfers
        for spend in (transfer.spends if transfer.payee != CENTRE else ())
        for output in (PAYEE_OUTPUT, CHANGE_OUTPUT)
    }
    wanted = set(transfer_ids)
    for transfer in reversed(transfers):
        if transfer.signed.id in wanted:
            wanted.update(made_by[spend.coin_id] for spend in transfer.spends if spend.coin_id in made_by)
    kept = [transfer.signed.data for transfer in transfers if transfer.signed.id in wanted]
    return Bundle(loads=bundle.loads, transfers=tuple(kept))


def descended_from(loads: Iterable[Load], bundle: Bundle) -> set[bytes]:
    """The ids of all coins in a bundle that descend from these loads; nothing is verified.

    Raises:
        Malformed: a transfer is none.
    """
    found = {load_coin_id(load.signed.id, index) for load in loads for index in range(len(load.values_fen))}
    for data in bundle.transfers if found else ():
        transfer = Transfer.parse(data)
        for spend in transfer.spends:
            if spend.coin_id in found:
                outputs = PAYEE_OUTPUT, CHANGE_OUTPUT
                found.update(output_coin_id(transfer.signed.id, spend.coin_id, each) for each in outputs)
    return found


def in_order(transfers: Sequence[bytes]) -> tuple[bytes, ...]:
    """Sort transfers so that each comes after those whose outputs it spends, and else in the order given."""
    parsed = {data: Transfer.parse(data) for data in transfers}
    made_by = {
        output_coin_id(transfer.signed.id, spend.coin_id, output): data
        for data, transfer in parsed.items()
        for spend in transfer.spends
        for output in (PAYEE_OUTPUT, CHANGE_OUTPUT)
    }
    order: TopologicalSorter[bytes] = TopologicalSorter()
    for data, transfer in parsed.items():
        order.add(data, *(made_by[spend.coin_id] for spend in transfer.spends if spend.coin_id in made_by))
    try:
        order.prepare()
    except CycleError as error:
        raise Unverified("time-order", "transfers spend each other's outputs") from error
    given = {data: number for number, data in enumerate(parsed)}
    ready: list[tuple[int, bytes]] = []
    found: list[bytes] = []
    while order.is_active():
        for data in order.get_ready():
            heappush(ready, (given[data], data))
        _, first = heappop(ready)
        found.append(first)
        order.done(first)
    return tuple(found)
