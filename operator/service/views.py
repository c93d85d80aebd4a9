"""What an operator keeps, as its API shows it. Pure."""

import csv
import datetime
import io
from collections.abc import Callable
from typing import Final, NamedTuple

from shuangli.api.told import (
    DisputeView,
    LimitsTables,
    LimitsTableView,
    LineView,
    MerchantView,
    ReceiptView,
    SaleView,
    SettledDayView,
    StatementView,
    TierView,
    WalletView,
)
from shuangli.days import date_of
from shuangli.offline.limits import TABLES
from shuangli.operator.customers.payments import Receipt
from shuangli.operator.customers.statements import Line, Period, Statement
from shuangli.operator.customers.trade import Dispute, Merchant, Sale, SettledDay
from shuangli.operator.customers.wallets import WalletState
from shuangli.operator.iso20022.camt053 import write_camt053


def wallet_view(found: WalletState, *, operator: str) -> WalletView:
    """A wallet."""
    return WalletView(
        wallet=found.row.key.hex(),
        wallet_no=found.row.wallet_no,
        operator=operator,
        kind=found.kind,
        custody=found.certificate.kind.name.lower(),
        tier=found.row.tier,
        state=found.state,
        balance_fen=found.balance_fen,
        parent=None if found.parent is None else found.parent.hex(),
        certificate_expires_at_s=found.certificate.claims.expires_at_s,
    )


def receipt_view(receipt: Receipt) -> ReceiptView:
    """A receipt."""
    return ReceiptView(
        receipt_no=receipt.receipt_no,
        kind=receipt.kind,
        payer=receipt.payer.hex(),
        payee=receipt.payee.hex(),
        amount_fen=receipt.amount_fen,
        at_s=receipt.at_s,
        note=receipt.note,
        refunds_no=receipt.refunds_no,
        refunded_fen=receipt.refunded_fen,
    )


def dispute_view(dispute: Dispute) -> DisputeView:
    """A dispute."""
    return DisputeView(
        dispute_no=dispute.dispute_no,
        receipt_no=dispute.receipt_no,
        opened_by=dispute.opened_by.hex(),
        reason=dispute.reason,
        opened_at_s=dispute.opened_at_s,
        outcome=dispute.outcome,
        resolved_at_s=dispute.resolved_at_s,
    )


def merchant_view(merchant: Merchant) -> MerchantView:
    """A merchant."""
    return MerchantView(
        wallet=merchant.wallet.hex(),
        name=merchant.name,
        category=merchant.category,
        since_s=merchant.since_s,
    )


def sale_view(sale: Sale) -> SaleView:
    """A merchant's order."""
    return SaleView(
        merchant=sale.merchant.hex(),
        order_id=sale.order_id,
        amount_fen=sale.amount_fen,
        description=sale.description,
        expires_at_s=sale.expires_at_s,
        receipt_no=sale.receipt_no,
    )


def settled_day_view(settled: SettledDay) -> SettledDayView:
    """A day of a merchant's."""
    return SettledDayView(
        day=date_of(settled.day).isoformat(),
        payments=settled.payments,
        paid_fen=settled.paid_fen,
        refunds=settled.refunds,
        refunded_fen=settled.refunded_fen,
        net_fen=settled.net_fen,
    )


def statement_view(statement: Statement) -> StatementView:
    """A statement, or a page of it."""
    return StatementView(
        wallet=statement.wallet.hex(),
        operator=statement.operator,
        currency=statement.currency,
        opening_fen=statement.opening_fen,
        closing_fen=statement.closing_fen,
        lines=[_line_view(line) for line in statement.lines],
        next=str(statement.lines[-1].entry_no) if statement.more else None,
    )


def _line_view(line: Line) -> LineView:
    return LineView(
        entry_no=line.entry_no,
        at_s=line.at_s,
        kind=line.kind,
        amount_fen=line.amount_fen,
        balance_fen=line.balance_fen,
        counterparty=None if line.counterparty is None else line.counterparty.hex(),
        note=line.note,
    )


def limits_tables(in_force: int) -> LimitsTables:
    """All dated tables of limits; `in_force` is the number of the operator's."""
    return LimitsTables(
        in_force=in_force,
        tables=[
            LimitsTableView(
                profile=table.profile,
                since=table.since,
                tiers=[
                    TierView(
                        tier=tier,
                        balance_fen=limits.balance_fen,
                        payment_fen=limits.payment_fen,
                        day_fen=limits.day_fen,
                    )
                    for tier, limits in enumerate(table.tiers)
                ],
            )
            for table in TABLES.values()
        ],
    )


def utc_of(time_s: int) -> str:
    """A time as RFC 3339 writes it, in UTC."""
    return datetime.datetime.fromtimestamp(time_s, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Asked(NamedTuple):
    """What a statement was asked for: whose number, over which time, and when."""

    wallet_no: int
    period: Period
    at_s: int


def _camt053(statement: Statement, asked: Asked) -> bytes:
    """A statement as ISO 20022 camt.053."""
    return write_camt053(statement, wallet_no=asked.wallet_no, period=asked.period, made_at_s=asked.at_s)


def _csv(statement: Statement, _: Asked) -> bytes:
    """A statement as CSV (RFC 4180), one line an entry; a note that begins like a formula gets a ' first."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["entry", "time", "kind", "amount_fen", "balance_fen", "counterparty", "note"])
    for line in statement.lines:
        other = "" if line.counterparty is None else line.counterparty.hex()
        note = f"'{line.note}" if line.note.startswith(("=", "+", "-", "@")) else line.note
        writer.writerow(
            [
                line.entry_no,
                utc_of(line.at_s),
                line.kind,
                line.amount_fen,
                line.balance_fen,
                other,
                note,
            ]
        )
    return out.getvalue().encode()


class Format(NamedTuple):
    """A form of statements besides JSON: its media type, and how one is written."""

    media_type: str
    write: Callable[[Statement, Asked], bytes]
    example: str


FORMATS: Final[dict[str, Format]] = {
    "csv": Format("text/csv; charset=utf-8", _csv, "entry,time,kind,amount_fen\r\n"),
    "camt.053": Format("application/xml", _camt053, "<Document>…</Document>"),
}
"""By the name that a request gives."""
