"""`/merchants` and `/disputes`: acquiring, what was settled, and the operator's decisions."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from shuangli.api.asked import Decision, MerchantEntry, SaleOrder
from shuangli.api.bodies import NAME_PATTERN, Page
from shuangli.api.told import DisputeView, MerchantView, SaleView, SettlementStatement
from shuangli.days import day_of
from shuangli.operator.customers.trade import Sale
from shuangli.operator.risk.events import Place
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.resources.common import (
    PREFIX,
    Cursor,
    Limit,
    NumberPath,
    WalletPath,
    shows,
    told,
)
from shuangli.operator.service.resources.money import dispute_page
from shuangli.operator.service.views import dispute_view, merchant_view, sale_view, settled_day_view

MOST_DAYS = 366
OrderPath = Annotated[str, Path(pattern=NAME_PATTERN, examples=["A-1042"])]


def routes(desk: Desk) -> APIRouter:
    """The resources of `desk`."""
    router = APIRouter(prefix=PREFIX, tags=["merchants"])
    _add_merchants(router, desk)
    _add_disputes(router, desk)
    return router


def _add_merchants(router: APIRouter, desk: Desk) -> None:
    @router.get("/merchants/{wallet}", **shows(MerchantView))
    def merchant(wallet: WalletPath) -> Response:
        """A merchant by its wallet: whom a payer is about to pay."""
        with desk.transaction():
            return told(merchant_view(desk.trade.merchant(wallet)))

    @router.put("/merchants/{wallet}", **shows(MerchantView))
    def enlist(wallet: WalletPath, asked: MerchantEntry) -> Response:
        """Let a company's wallet take payments for orders.

        A merchant with a counter may say about where: what is paid there was not paid far away just before.
        """
        place = None if asked.place is None else Place(asked.place.north * 10, asked.place.east * 10)
        with desk.transaction() as now_s:
            desk.risk.places.set(wallet, place)
            found = desk.trade.enlist(wallet, name=asked.name, category=asked.category, now_s=now_s)
        return told(merchant_view(found))

    @router.post("/merchants/{wallet}/sales", **shows(SaleView))
    def offer(wallet: WalletPath, asked: SaleOrder) -> Response:
        """Make out an order that is to be paid; the same order again is the same."""
        with desk.transaction() as now_s:
            sale = Sale(
                merchant=wallet,
                order_id=asked.order_id,
                amount_fen=asked.amount_fen,
                description=asked.description,
                expires_at_s=now_s + asked.expires_in_s,
                receipt_no=None,
            )
            return told(sale_view(desk.trade.offer(sale)))

    @router.get("/merchants/{wallet}/sales/{order_id}", **shows(SaleView))
    def sale(wallet: WalletPath, order_id: OrderPath) -> Response:
        """An order: what is to be paid for it, and whether it was."""
        with desk.transaction():
            return told(sale_view(desk.trade.sale(wallet, order_id)))

    @router.get("/merchants/{wallet}/settlement", **shows(SettlementStatement))
    def settlement(
        wallet: WalletPath,
        first_day: Annotated[int, Query(ge=0, le=10**6, description="days since 1970, in Beijing")] = 0,
        days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = MOST_DAYS,
    ) -> Response:
        """What a merchant was paid and has refunded, by day; without `first_day`, the last `days` days."""
        with desk.transaction() as now_s:
            first = first_day or max(0, day_of(now_s) + 1 - days)
            found = desk.trade.settled(wallet, first_day=first, end_day=first + days)
        return told(
            SettlementStatement(merchant=wallet.hex(), items=[settled_day_view(each) for each in found])
        )


def _add_disputes(router: APIRouter, desk: Desk) -> None:
    @router.get("/disputes", **shows(Page[DisputeView]))
    def disputes(cursor: Cursor = "", limit: Limit = 100) -> Response:
        """All disputes, in order."""
        return told(dispute_page(desk, cursor, limit))

    @router.put("/disputes/{dispute}", **shows(DisputeView))
    def decide(dispute: NumberPath, asked: Decision) -> Response:
        """Decide a dispute: refund what is left of the payment, or reject it. Decided again, it stays so."""
        with desk.transaction() as now_s:
            return told(dispute_view(desk.trade.resolve(dispute, asked.outcome, now_s=now_s)))
