"""What crosses a border: an exchange that was begun with an operator here goes on with the same one there.

    here    SELL      the deposit is sold at the operator's rate; the answer says what was bought
    there   PAY_OUT   a window later, what was bought is credited to the buyer's deposit
    here    PAID      a window later: the sale is closed
    here    UNDO      instead, if that was refused: the sale is undone, the fee included

The engine carries it: operators of the two sides are processes of one firm. No device is told; its next load
shows it.
"""

from collections.abc import Callable, Iterable
from typing import Any

from shuangli import codec
from shuangli.operator.exchange.desk import Sale
from shuangli.operator.exchange.rate import Quote
from shuangli.sims.uplink import Answer, Ask, AskKind


def sold(sale: Sale) -> bytes:
    """The answer to whoever has sold something."""
    quote = sale.quote
    numbers = [sale.sale_no, quote.sold_fen, quote.fee_fen, quote.bought_fen]
    return codec.encode([sale.currency, sale.seller, sale.buyer, *numbers])


def sale_of(data: bytes) -> Sale:
    """What an answer of `sold` says."""
    told: Any = codec.decode(data)
    currency, seller, buyer, sale_no, sold_fen, fee_fen, bought_fen = told
    return Sale(
        sale_no=sale_no,
        currency=currency,
        seller=seller,
        buyer=buyer,
        quote=Quote(sold_fen=sold_fen, fee_fen=fee_fen, bought_fen=bought_fen),
    )


def sold_by(data: bytes) -> tuple[int, bytes]:
    """Whose sale a payout is for, by the number of their device, and what `sold` said of it."""
    told: Any = codec.decode(data)
    device, sale = told
    return device, sale


def goes_on(asked: Iterable[tuple[Ask, Answer]], key_of: Callable[[int], bytes], *, at_s: int) -> list[Ask]:
    """What a window's asks here lead to there: payouts of what was sold, and word of what became of them.

    `key_of` says the key of a device there by its number. A payout bears along whose sale it is, which is
    closed or undone with it.
    """
    further: list[Ask] = []
    for ask, answer in asked:
        if ask.kind is AskKind.SELL and answer.data:
            buyer = int.from_bytes(ask.data)
            further.append(
                Ask(
                    at_s=at_s,
                    device=buyer,
                    operator=ask.operator,
                    kind=AskKind.PAY_OUT,
                    key=key_of(buyer),
                    data=codec.encode([ask.device, answer.data]),
                    amount_fen=sale_of(answer.data).quote.bought_fen,
                )
            )
        elif ask.kind is AskKind.PAY_OUT:
            device, told = sold_by(ask.data)
            sale, kind = sale_of(told), AskKind.PAID if answer.data else AskKind.UNDO
            further.append(Ask(at_s, device, ask.operator, kind, sale.seller, told, sale.quote.sold_fen))
    return further
