"""An exchange from one side to the other: sold here, paid out there, closed here. Each is a transaction.

    here    sell      the sale is open
    there   pay out   once, whatever is asked again; or not
    here    close     paid, or undone

Each side commits before the other is asked to act on it. So a crash between any two of them leaves the sale
open here, and `settle_open` takes it up: it asks the other side again, which says the same.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from shuangli.operator.exchange.desk import ExchangeDesk, Sale

_AT_ONCE: Final = 100
PayOut = Callable[[Sale], bool]
"""Lets the other side pay out a sale, in a transaction of its own; says whether it has."""


def settle(
    desk: ExchangeDesk, sale: Sale, pay_out: PayOut, transaction: Callable[[], AbstractContextManager[int]]
) -> bool:
    """Have a sale paid out there, and close it here; says whether it was paid out.

    `transaction` is one of the database here, and gives the time; none is open while the other side is asked.

    Raises:
        StoreError: the other side cannot be reached (`unavailable`): the sale stays open.
    """
    paid = pay_out(sale)
    with transaction() as now_s:
        desk.close(sale.sale_no, paid=paid, now_s=now_s)
    return paid


def settle_open(
    desk: ExchangeDesk, pay_out: PayOut, transaction: Callable[[], AbstractContextManager[int]]
) -> int:
    """Take up every sale that is open; says how many there were.

    Raises:
        StoreError: the other side cannot be reached (`unavailable`): the rest is taken up the next time.
    """
    last_no, settled = 0, 0
    while True:
        with transaction():
            found = desk.open_sales(after=last_no, most=_AT_ONCE)
        if not found:
            return settled
        for sale in found:
            settle(desk, sale, pay_out, transaction)
        last_no, settled = found[-1].sale_no, settled + len(found)
