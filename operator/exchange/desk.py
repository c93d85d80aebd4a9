"""The exchange desk: an operator sells one currency for another, out of deposits and into deposits.

    here    deposit:N --sold, less the fee--> exchange      deposit:N --fee--> exchange-fees
    there   exchange --bought--> deposit:M

An operator that works in two currencies keeps books of its own in each, with the issuer of each. No entry
holds two currencies. `exchange` is its position: what it has taken in and not paid out, debit negative in one
currency and positive in the other. Customers who sell and customers who buy are the same firm's.

Selling comes first, and is written down with the money that it takes. Then the other side pays out, or
cannot, and writes down which: asked again, it does nothing more and says the same. Then the sale is closed
here, or undone, the fee included. Whatever is killed in between, the sale is open here, and is taken up again
(`shuangli.operator.exchange.crossing`).
"""

from dataclasses import dataclass
from typing import Final

from shuangli.database.database import only
from shuangli.errors import Refused
from shuangli.operator.accounts import Accounts
from shuangli.operator.exchange.rate import Quote
from shuangli.operator.exchange.tables import PAYOUTS, SALES

EXCHANGE: Final = "exchange"
FEES: Final = "exchange-fees"
_SALES: Final = (
    "SELECT sale_no, currency, seller, buyer, sold_fen, fee_fen, bought_fen, paid FROM exchange_sales"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """What a customer has sold here.

    Attributes:
        sale_no: its number here
        currency: what is sold
        seller: the key of their wallet here
        buyer: who is to be paid there, as that side knows them
        quote: what it comes to
        paid: whether it was paid out; None until the other side has said so
    """

    sale_no: int
    currency: str
    seller: bytes
    buyer: bytes
    quote: Quote
    paid: bool | None = None


class ExchangeDesk:
    """An operator's exchange in one currency. Every method is called inside `store.transaction()`."""

    def __init__(self, accounts: Accounts) -> None:
        """Exchange the deposits of an operator's customers."""
        self._accounts = accounts
        self._database = accounts.store.database

    def sell(self, key: bytes, buyer: bytes, quote: Quote, *, currency: str, now_s: int) -> Sale:
        """Take what a customer sells, and the fee; open until the other side has said what became of it.

        Raises:
            Refused: an unknown wallet, a frozen one (`frozen`), or too small a deposit
                (`insufficient-funds`).
        """
        accounts = self._accounts
        account = accounts.active(key).account
        accounts.check_funds(account, quote.sold_fen, of=key)
        reference = accounts.enrolment_id(key)
        accounts.book("exchange-sold", account, EXCHANGE, quote.sold_fen - quote.fee_fen, now_s, reference)
        if quote.fee_fen:
            accounts.book("exchange-fee", account, FEES, quote.fee_fen, now_s, reference)
        last_no = int(only(self._database.row("SELECT coalesce(max(sale_no), 0) FROM exchange_sales")))
        sale = Sale(sale_no=last_no + 1, currency=currency, seller=key, buyer=buyer, quote=quote)
        row = (
            *(sale.sale_no, currency, key, buyer, quote.sold_fen, quote.fee_fen, quote.bought_fen),
            *(now_s, None),
        )
        self._database.insert(SALES, [row])
        return sale

    def pay_out(self, sale: Sale, key: bytes, *, now_s: int) -> bool:
        """Credit what was bought with money of another currency; says whether that could be done.

        It is done once, and what was said of a sale once is said again: its other side acts on it.

        Raises:
            BadInput: the amount is not at least 1 fen.
            Refused: the sale of this number was another one (`nonce-used`).
        """
        amount_fen, number = sale.quote.bought_fen, (sale.currency, sale.sale_no)
        known = self._database.row(
            "SELECT buyer, amount_fen, paid FROM exchange_payouts WHERE currency = ? AND sale_no = ?", *number
        )
        if known is not None:
            if (bytes(known[0]), known[1]) != (key, amount_fen):
                raise Refused("nonce-used", f"sale {sale.sale_no} in {sale.currency} was another one")
            return bool(known[2])
        paid = self._pay_out(key, amount_fen, now_s)
        self._database.insert(PAYOUTS, [(*number, key, amount_fen, int(paid), now_s)])
        return paid

    def _pay_out(self, key: bytes, amount_fen: int, now_s: int) -> bool:
        try:
            account = self._accounts.wallet(key).account
        except Refused:
            return False
        reference = self._accounts.enrolment_id(key)
        self._accounts.book("exchange-bought", EXCHANGE, account, amount_fen, now_s, reference)
        return True

    def close(self, sale_no: int, *, paid: bool, now_s: int) -> None:
        """Note that a sale was paid out; or undo it, and give back what it has taken. Once is enough.

        Raises:
            Refused: there is no such sale (`not-found`), it was closed otherwise (`nothing-due`), or it is to
                be undone for a wallet whose records are erased (`unknown-wallet`).
        """
        sale = self.sale(sale_no)
        if sale.paid is not None:
            if sale.paid != paid:
                raise Refused("nothing-due", f"sale {sale_no} was closed otherwise before")
            return
        if not paid:
            self._undo(sale, now_s)
        self._database.execute("UPDATE exchange_sales SET paid = ? WHERE sale_no = ?", int(paid), sale_no)

    def _undo(self, sale: Sale, now_s: int) -> None:
        accounts, quote = self._accounts, sale.quote
        account = accounts.heir(accounts.row_of(sale.seller)).account
        reference = accounts.enrolment_id(sale.seller)
        accounts.book("exchange-undone", EXCHANGE, account, quote.sold_fen - quote.fee_fen, now_s, reference)
        if quote.fee_fen:
            accounts.book("exchange-fee-undone", FEES, account, quote.fee_fen, now_s, reference)

    def sale(self, sale_no: int) -> Sale:
        """The sale of this number.

        Raises:
            Refused: there is none (`not-found`).
        """
        found = self._found("sale_no = ?", sale_no)
        if not found:
            raise Refused("not-found", f"there is no sale {sale_no} of the exchange")
        return found[0]

    def open_sales(self, *, after: int = 0, most: int) -> list[Sale]:
        """The first so many sales after a number of which nobody here knows what became of them."""
        return self._found("sale_no > ? AND paid IS NULL ORDER BY sale_no LIMIT ?", after, most)

    def _found(self, where: str, *values: int) -> list[Sale]:
        return [
            Sale(
                sale_no=sale_no,
                currency=currency,
                seller=bytes(seller),
                buyer=bytes(buyer),
                quote=Quote(sold_fen=sold_fen, fee_fen=fee_fen, bought_fen=bought_fen),
                paid=None if paid is None else bool(paid),
            )
            for sale_no, currency, seller, buyer, sold_fen, fee_fen, bought_fen, paid in self._database.rows(
                f"{_SALES} WHERE {where}", *values
            )
        ]

    @property
    def position_fen(self) -> int:
        """What it has taken in and not paid out in this currency; negative where it has paid out more."""
        return -self._accounts.store.ledger.balance_fen(EXCHANGE)

    @property
    def fees_fen(self) -> int:
        """What it has earned in this currency."""
        return -self._accounts.store.ledger.balance_fen(FEES)
