"""The exchange desk: an operator sells one currency for another, out of deposits and into deposits.

    here    deposit:N --sold, less the fee--> exchange      deposit:N --fee--> exchange-fees
    there   exchange --bought--> deposit:M

An operator that works in two currencies keeps books of its own in each, with the issuer of each. No entry
holds two currencies. `exchange` is its position: what it has taken in and not paid out, debit negative in one
currency and positive in the other. Customers who sell and customers who buy are the same firm's.

Selling comes first. Where the other side cannot pay out, the sale is undone, the fee included.
"""

from typing import Final

from shuangli.operator.accounts import Accounts
from shuangli.operator.exchange.rate import Quote

EXCHANGE: Final = "exchange"
FEES: Final = "exchange-fees"


class ExchangeDesk:
    """An operator's exchange in one currency. Every method is called inside `store.transaction()`."""

    def __init__(self, accounts: Accounts) -> None:
        """Exchange the deposits of an operator's customers."""
        self._accounts = accounts

    def sell(self, key: bytes, quote: Quote, *, now_s: int) -> None:
        """Take what a customer sells, and the fee.

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

    def undo(self, key: bytes, quote: Quote, *, now_s: int) -> None:
        """Give back what `sell` has taken.

        Raises:
            Refused: an unknown wallet.
        """
        accounts = self._accounts
        account = accounts.heir(accounts.row_of(key)).account
        reference = accounts.enrolment_id(key)
        accounts.book("exchange-undone", EXCHANGE, account, quote.sold_fen - quote.fee_fen, now_s, reference)
        if quote.fee_fen:
            accounts.book("exchange-fee-undone", FEES, account, quote.fee_fen, now_s, reference)

    def pay_out(self, key: bytes, amount_fen: int, *, now_s: int) -> None:
        """Credit what a customer has bought elsewhere with money of another currency.

        Raises:
            BadInput: the amount is not at least 1 fen.
            Refused: an unknown wallet.
        """
        account = self._accounts.wallet(key).account
        reference = self._accounts.enrolment_id(key)
        self._accounts.book("exchange-bought", EXCHANGE, account, amount_fen, now_s, reference)

    @property
    def position_fen(self) -> int:
        """What it has taken in and not paid out in this currency; negative where it has paid out more."""
        return -self._accounts.store.ledger.balance_fen(EXCHANGE)

    @property
    def fees_fen(self) -> int:
        """What it has earned in this currency."""
        return -self._accounts.store.ledger.balance_fen(FEES)
