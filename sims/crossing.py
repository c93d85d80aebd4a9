"""What crosses a border: an exchange that was begun with an operator here goes on with the same one there.

    here    SELL      the deposit is sold at the operator's rate; the answer says what was bought
    there   PAY_OUT   a window later, what was bought is credited to the buyer's deposit
    here    UNDO      a window later, if that was refused: the sale is undone, the fee included

The engine carries it: operators of the two sides are processes of one firm. No device is told; its next load
shows it.
"""

from collections.abc import Callable, Iterable
from typing import Any

from shuangli import codec
from shuangli.operator.exchange.rate import Quote
from shuangli.sims.uplink import Answer, Ask, AskKind


def sold(quote: Quote) -> bytes:
    """The answer to whoever has sold something."""
    return codec.encode([quote.sold_fen, quote.fee_fen, quote.bought_fen])


def quote_of(data: bytes) -> Quote:
    """What an answer of `sold` says."""
    told: Any = codec.decode(data)
    sold_fen, fee_fen, bought_fen = told
    return Quote(sold_fen=sold_fen, fee_fen=fee_fen, bought_fen=bought_fen)


def goes_on(asked: Iterable[tuple[Ask, Answer]], key_of: Callable[[int], bytes], *, at_s: int) -> list[Ask]:
    """What a window's asks here lead to there: payouts of what was sold, undoing of what was not paid out.

    `key_of` says the key of a device there by its number. A payout bears along whose sale it is and its
    quote, with which the sale is undone if need be.
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
                    data=codec.encode([ask.device, ask.key, answer.data]),
                    amount_fen=quote_of(answer.data).bought_fen,
                )
            )
        elif ask.kind is AskKind.PAY_OUT and not answer.data:
            told: Any = codec.decode(ask.data)
            device, key, quoted = told
            quote = quote_of(quoted)
            further.append(Ask(at_s, device, ask.operator, AskKind.UNDO, key, quoted, quote.sold_fen))
    return further
