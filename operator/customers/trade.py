"""Merchants: what they want to be paid, what they were paid, and objections of those who have paid.

Every method is called inside `store.transaction()`.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from shuangli.database.database import only
from shuangli.days import DAY_S, OFFSET_S, start_of
from shuangli.errors import BadInput, Refused
from shuangli.operator.accounts import Accounts
from shuangli.operator.customers.payments import Payments, Receipt
from shuangli.operator.customers.tables import DISPUTES, MERCHANTS, SALES

DISPUTE_WITHIN_S: Final = 180 * DAY_S
_DISPUTES: Final = (
    "SELECT dispute_no, receipt_no, opened_by, reason, opened_at_s, outcome, resolved_at_s FROM disputes"
)
OPEN: Final = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """Who takes payments into the wallet with this key; `category` is an ISO 18245 code."""

    wallet: bytes
    name: str
    category: str
    since_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """An order that a merchant wants to be paid; `receipt_no` is of the payment, once there is one."""

    merchant: bytes
    order_id: str
    amount_fen: int
    description: str
    expires_at_s: int
    receipt_no: int | None


class SettledDay(NamedTuple):
    """What a merchant took on one day (days since 1970, in Beijing), in fen."""

    day: int
    payments: int
    paid_fen: int
    refunds: int
    refunded_fen: int

    @property
    def net_fen(self) -> int:
        """What remains."""
        return self.paid_fen - self.refunded_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A payer's objection to a payment; `outcome` is `open`, `refunded` or `rejected`."""

    dispute_no: int
    receipt_no: int
    opened_by: bytes
    reason: str
    opened_at_s: int
    outcome: str
    resolved_at_s: int | None


class Trade:
    """The merchants of one operator."""

    def __init__(self, bank: Accounts) -> None:
        """Settle for the merchants among the customers of `bank`."""
        self._bank = bank
        self._store = bank.store
        self._database = bank.store.database
        self._payments = Payments(bank)

    def enlist(self, wallet: bytes, *, name: str, category: str, now_s: int) -> Merchant:
        """Let a company take payments for orders; again, under another name, that holds from now on.

        Raises:
            BadInput: it is a person's wallet (`bad-value`).
            Refused: unknown or frozen.
        """
        row = self._bank.active(wallet)
        if row.tier:
            raise BadInput("bad-value", f"a wallet of tier {row.tier} is a person's: open one of tier 0")
        self._database.execute("DELETE FROM merchants WHERE wallet_no = ?", row.wallet_no)
        self._database.insert(MERCHANTS, [(row.wallet_no, name, category, now_s)])
        return Merchant(wallet=wallet, name=name, category=category, since_s=now_s)

    def merchant(self, wallet: bytes) -> Merchant:
        """The merchant with this wallet.

        Raises:
            Refused: there is none (`not-found`).
        """
        row = self._database.row(
            "SELECT name, category, since_s FROM merchants JOIN wallets USING (wallet_no) WHERE key = ?",
            wallet,
        )
        if row is None:
            raise Refused("not-found", "no merchant has this wallet")
        return Merchant(wallet=wallet, name=row[0], category=row[1], since_s=row[2])

    def offer(self, sale: Sale) -> Sale:
        """Note an order that is to be paid; the same order again is the same.

        Raises:
            Refused: no merchant (`not-found`), or another order has this id (`nonce-used`).
        """
        self.merchant(sale.merchant)
        row = self._bank.active(sale.merchant)
        try:
            known = self.sale(sale.merchant, sale.order_id)
        except Refused:
            values = (sale.order_id, sale.amount_fen, sale.description, sale.expires_at_s, None)
            self._database.insert(SALES, [(row.wallet_no, *values)])
            return sale
        if (known.amount_fen, known.description) != (sale.amount_fen, sale.description):
            raise Refused("nonce-used", f"the order {sale.order_id} was made out before, and otherwise")
        return known

    def sale(self, merchant: bytes, order_id: str) -> Sale:
        """An order of a merchant.

        Raises:
            Refused: there is none of this id (`not-found`).
        """
        row = self._database.row(
            "SELECT order_id, amount_fen, description, expires_at_s, receipt_no FROM sales"
            " JOIN wallets USING (wallet_no) WHERE key = ? AND order_id = ?",
            *(merchant, order_id),
        )
        if row is None:
            raise Refused("not-found", f"the merchant has no order {order_id}")
        values = dict(zip(Sale.__slots__[1:], row, strict=True))
        return Sale(merchant=merchant, **values)

    def buy(self, payer: bytes, merchant: bytes, order_id: str, *, now_s: int) -> Receipt:
        """Pay a merchant's order, once.

        Raises:
            Refused: no such order (`not-found`), paid already (`nothing-due`), too late (`too-late`), or as
                `Payments.transfer`.
        """
        sale = self.sale(merchant, order_id)
        if sale.receipt_no is not None:
            raise Refused("nothing-due", f"the order {order_id} has been paid")
        if now_s >= sale.expires_at_s:
            raise Refused("too-late", f"the order {order_id} expired {now_s - sale.expires_at_s} s ago")
        receipt = self._payments.transfer(
            payer, merchant, sale.amount_fen, note=f"order {order_id}", now_s=now_s, kind="purchase"
        )
        self._database.execute(
            "UPDATE sales SET receipt_no = ? WHERE order_id = ? AND wallet_no ="
            " (SELECT wallet_no FROM wallets WHERE key = ?)",
            *(receipt.receipt_no, order_id, merchant),
        )
        return receipt

    def settled(self, merchant: bytes, *, first_day: int, end_day: int) -> list[SettledDay]:
        """What a merchant was paid and has refunded, by day, from one day up to and without another.

        Raises:
            Refused: no merchant (`not-found`).
        """
        self.merchant(merchant)
        number = self._bank.wallet(merchant).wallet_no
        days: dict[int, SettledDay] = {}
        rows = self._database.rows(
            "SELECT (at_s + ?) / ?, kind, count(*), sum(amount_fen) FROM transfers"
            " WHERE ((payee_no = ? AND kind = 'purchase') OR (payer_no = ? AND kind = 'refund'))"
            " AND at_s >= ? AND at_s < ? GROUP BY 1, 2 ORDER BY 1",
            *(OFFSET_S, DAY_S, number, number, start_of(first_day), start_of(end_day)),
        )
        for day, kind, count, amount_fen in rows:
            known = days.get(int(day), SettledDay(int(day), 0, 0, 0, 0))
            if kind == "purchase":
                known = known._replace(payments=int(count), paid_fen=int(amount_fen))
            else:
                known = known._replace(refunds=int(count), refunded_fen=int(amount_fen))
            days[int(day)] = known
        return list(days.values())

    def object_to(self, receipt_no: int, reason: str, *, by: bytes, now_s: int) -> Dispute:
        """Object to a payment that this wallet has made; once.

        Raises:
            Refused: no such payment (`not-found`), too long ago (`too-late`), or objected to before or
                refunded already (`nothing-due`).
        """
        paid = self._payments.receipt(receipt_no, of=by)
        if paid.payer != by or paid.refunds_no is not None:
            raise Refused("not-found", f"receipt {receipt_no} is no payment of this wallet")
        if now_s - paid.at_s > DISPUTE_WITHIN_S:
            raise Refused("too-late", f"a payment can be disputed for {DISPUTE_WITHIN_S // DAY_S} days")
        known = self._database.row("SELECT 1 FROM disputes WHERE receipt_no = ?", receipt_no)
        if known is not None or paid.refunded_fen == paid.amount_fen:
            raise Refused("nothing-due", f"receipt {receipt_no} was disputed or refunded before")
        number = int(only(self._database.row("SELECT coalesce(max(dispute_no), 0) + 1 FROM disputes")))
        opened_by = self._bank.wallet(by).wallet_no
        row = (number, receipt_no, opened_by, reason, now_s, OPEN, None)
        self._database.insert(DISPUTES, [row])
        return self._read(row)

    def resolve(self, dispute_no: int, outcome: str, *, now_s: int) -> Dispute:
        """Decide a dispute; if it is `refunded`, what is left of the payment goes back to its payer.

        The same decision again changes nothing.

        Raises:
            Refused: none of this number (`not-found`), decided otherwise (`nothing-due`), or the payee's
                account holds too little (`insufficient-funds`).
        """
        dispute = self.dispute(dispute_no)
        if dispute.outcome == outcome:
            return dispute
        if dispute.outcome != OPEN:
            raise Refused("nothing-due", f"dispute {dispute_no} has been decided: {dispute.outcome}")
        if outcome == "refunded":
            paid = self._payments.receipt(dispute.receipt_no, of=dispute.opened_by)
            # The payee may have given all of it back meanwhile.
            if left_fen := paid.amount_fen - paid.refunded_fen:
                note = f"dispute {dispute_no}"
                self._payments.refund(
                    paid.receipt_no, left_fen, by=paid.payee, note=note, now_s=now_s, forced=True
                )
        self._database.execute(
            "UPDATE disputes SET outcome = ?, resolved_at_s = ? WHERE dispute_no = ?",
            *(outcome, now_s, dispute_no),
        )
        return self.dispute(dispute_no)

    def dispute(self, dispute_no: int) -> Dispute:
        """A dispute.

        Raises:
            Refused: there is none of this number (`not-found`).
        """
        row = self._database.row(f"{_DISPUTES} WHERE dispute_no = ?", dispute_no)
        if row is None:
            raise Refused("not-found", f"there is no dispute {dispute_no}")
        return self._read(row)

    def disputes(self, *, after: int, most: int, of: bytes | None = None) -> list[Dispute]:
        """Disputes by number, after a number: the first so many; only what a wallet has opened, if named."""
        where, values = "dispute_no > ?", [after]
        if of is not None:
            where += " AND opened_by = ?"
            values.append(self._bank.wallet(of).wallet_no)
        rows = self._database.rows(f"{_DISPUTES} WHERE {where} ORDER BY dispute_no LIMIT ?", *values, most)
        return [self._read(row) for row in rows]

    def _read(self, row: tuple[object, ...]) -> Dispute:
        values = dict(zip(Dispute.__slots__, row, strict=True))
        values["opened_by"] = self._store.wallet_by_no(int(str(values["opened_by"]))).key
        return Dispute(**values)  # type: ignore[arg-type]
