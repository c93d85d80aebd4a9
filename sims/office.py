"""An operator's exchange office in a simulation: sells and pays out as asked, and counts what it has done."""

from typing import Final, NamedTuple

from shuangli.errors import Refused
from shuangli.operator.accounts import Accounts
from shuangli.operator.exchange.desk import ExchangeDesk, Sale
from shuangli.operator.exchange.rate import Quote, Rate
from shuangli.sims.crossing import sale_of, sold, sold_by
from shuangli.sims.uplink import Ask, AskKind

TRADES: Final = frozenset((AskKind.SELL, AskKind.PAY_OUT, AskKind.UNDO, AskKind.PAID))
DONE: Final = b"\x01"
"""The answer to what was done, where there is nothing else to say."""


class Exchanged(NamedTuple):
    """What was exchanged in one currency.

    sold_fen contains fees_fen; both are without what was undone. promised_fen: what all sales have bought, in
    the other currency; unpaid_fen: what of it was not paid out, since the sale was undone. position_fen and
    earned_fen stand in the books, and `difference_fen` says by how much they differ from what was done.
    """

    sales: int = 0
    sold_fen: int = 0
    fees_fen: int = 0
    promised_fen: int = 0
    payouts: int = 0
    paid_out_fen: int = 0
    undone: int = 0
    unpaid_fen: int = 0
    position_fen: int = 0
    earned_fen: int = 0

    def plus(self, other: "Exchanged") -> "Exchanged":
        """Both together."""
        return Exchanged(*map(sum, zip(self, other, strict=True)))

    @property
    def difference_fen(self) -> int:
        """What the books of the exchange are off by, in this currency."""
        position_fen = self.sold_fen - self.fees_fen - self.paid_out_fen
        return abs(self.position_fen - position_fen) + abs(self.earned_fen - self.fees_fen)


class Office:
    """The exchange of one operator in one currency."""

    def __init__(self, accounts: Accounts, rate: Rate | None) -> None:
        """Exchange at `rate`; without one, nothing."""
        self._desk = ExchangeDesk(accounts)
        self._rate = rate
        self._done = Exchanged()

    def restart(self, accounts: Accounts) -> None:
        """Go on with accounts that were made anew on their database."""
        self._desk = ExchangeDesk(accounts)

    def answer(self, ask: Ask) -> bytes:
        """Do what is asked.

        Raises:
            Refused: an unknown wallet (or nothing is exchanged here), or too small a deposit.
        """
        if self._rate is None:
            raise Refused("unknown-wallet", "nothing is exchanged here")
        if ask.kind is AskKind.PAY_OUT:
            _, told = sold_by(ask.data)
            if not self._desk.pay_out(sale_of(told), ask.key, now_s=ask.at_s):
                raise Refused("unknown-wallet", "there is no wallet to pay what was bought to")
            self._done = self._done.plus(Exchanged(payouts=1, paid_out_fen=ask.amount_fen))
            return DONE
        if ask.kind in (AskKind.PAID, AskKind.UNDO):
            self._close(sale_of(ask.data), paid=ask.kind is AskKind.PAID, at_s=ask.at_s)
            return DONE
        rate = self._rate
        quote = rate.quote(ask.amount_fen)
        sale = self._desk.sell(ask.key, ask.data, quote, currency=rate.sold, now_s=ask.at_s)
        self._count(quote, 1)
        return sold(sale)

    def _close(self, sale: Sale, *, paid: bool, at_s: int) -> None:
        self._desk.close(sale.sale_no, paid=paid, now_s=at_s)
        if not paid:
            self._count(sale.quote, -1)
            self._done = self._done.plus(Exchanged(undone=1, unpaid_fen=sale.quote.bought_fen))

    def _count(self, quote: Quote, sign: int) -> None:
        done = Exchanged(
            sales=max(0, sign),
            sold_fen=sign * quote.sold_fen,
            fees_fen=sign * quote.fee_fen,
            promised_fen=max(0, sign) * quote.bought_fen,
        )
        self._done = self._done.plus(done)

    def report(self) -> Exchanged | None:
        """What was exchanged; None where nothing is."""
        if self._rate is None:
            return None
        return self._done._replace(position_fen=self._desk.position_fen, earned_fen=self._desk.fees_fen)
