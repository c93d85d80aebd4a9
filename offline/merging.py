"""Joining bundles so that the result stands on its own: every object once, parents before children."""

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter

from shuangli.errors import Unverified
from shuangli.messages.bundle import Bundle
from shuangli.messages.transfers import CHANGE_OUTPUT, PAYEE_OUTPUT, Transfer, output_coin_id


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


def in_order(transfers: Sequence[bytes]) -> tuple[bytes, ...]:
    """Sort transfers so that each comes after those whose outputs it spends."""
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
        return tuple(order.static_order())
    except CycleError as error:
        raise Unverified("time-order", "transfers spend each other's outputs") from error
