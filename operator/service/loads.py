"""Loads: an order goes to the issuer, and what it mints is booked.

While the issuer mints, nothing here is locked. Where nobody knows whether it has minted, because its answer
was lost, the order stays under way: its amount counts against the deposit until it is asked again, by the
wallet or by `finish`, and the issuer gives the same load.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

from shuangli.api.http_link import NotHeard
from shuangli.errors import ShuangliError, StoreError
from shuangli.operator.bank import Bank
from shuangli.operator.flow import Flow, MintRequest, ServiceLink


class _Ordered(NamedTuple):
    """An order that the bank has accepted, and the flow that waits for its load."""

    flow: Flow
    request: MintRequest


class LoadDesk:
    """The orders of one operator's wallets; threads may use it together."""

    def __init__(
        self, bank: Bank, issuer: ServiceLink, transaction: Callable[[], AbstractContextManager[int]]
    ) -> None:
        """Order for the wallets of `bank`; `transaction` is one of its database, and gives the time."""
        self._bank = bank
        self._issuer = issuer
        self._transaction = transaction
        self._guard = threading.Lock()
        self._unknown: dict[bytes, _Ordered] = {}

    @property
    def under_way(self) -> bool:
        """Whether it is not known of some order whether it was minted."""
        return bool(self._unknown)

    def load(self, order: bytes, *, stale: ShuangliError | None = None) -> bytes:
        """The load that answers an order; the same order again gets the same load.

        `stale` says why it is not known whom the newest revocation list revokes: then nothing is minted.

        Raises:
            ShuangliError: the order is refused, or the issuer cannot be reached.
        """
        with self._guard:
            ordered = self._unknown.pop(order, None)
        if ordered is None:
            with self._transaction() as now_s:
                flow = self._bank.load_flow(order, now_s=now_s)
                try:
                    request = next(flow)
                except StopIteration as done:
                    return bytes(done.value)
                if stale is not None:
                    flow.close()
                    raise stale
            if not isinstance(request, MintRequest):
                raise TypeError("an order asks for a load")
            ordered = _Ordered(flow, request)
        return self._mint(ordered)

    def finish(self) -> None:
        """Ask again for every order of which it is not known whether it was minted.

        Raises:
            StoreError: the issuer cannot be reached (`unavailable`).
        """
        while self._unknown:
            with self._guard:
                _, ordered = self._unknown.popitem()
            try:
                self._mint(ordered)
            except StoreError:
                raise
            except ShuangliError:
                # The issuer refuses it: nothing was minted, and the order is under way no more.
                continue

    def _mint(self, ordered: _Ordered) -> bytes:
        flow, request = ordered
        try:
            load = self._issuer.mint(
                request.order, operator=request.operator, customer=request.customer, now_s=request.now_s
            )
        except StoreError as error:
            if isinstance(error, NotHeard):
                self._close(flow)
            else:
                with self._guard:
                    self._unknown[request.order] = ordered
            raise
        except ShuangliError:
            self._close(flow)
            raise
        with self._transaction():
            try:
                flow.send(load)
            except StopIteration as done:
                return bytes(done.value)
        raise TypeError("an order asks once")

    def _close(self, flow: Flow) -> None:
        """The order is under way no more."""
        with self._transaction():
            flow.close()
