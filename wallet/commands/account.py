"""The commands about the account at the operator: its statement, paying another customer, and codes."""

from typing import TYPE_CHECKING

from shuangli import codec
from shuangli.errors import Refused
from shuangli.money import format_yuan
from shuangli.wallet.commands.edges import Answer, Edges
from shuangli.wallet.commands.opened import TRANSFER, OpenWallet
from shuangli.wallet.wording import when

if TYPE_CHECKING:  # pydantic comes with the extra `api`
    from shuangli.api.told import LineView

NONCE_BYTES = 16


def statement(opened: OpenWallet, *, most: int, edges: Edges) -> Answer:
    """The last `most` lines of the account's statement.

    Raises:
        StoreError: the operator cannot be reached (`unavailable`).
    """
    lines: list[LineView] = []
    after = 0
    with opened.operator(edges) as operator:
        while True:
            page = operator.statement(opened.wallet.key.public, after=after, most=500)
            lines = [*lines, *page.lines][-most:]
            if page.next is None:
                break
            after = int(page.next)
    facts: dict[str, object] = {
        "operator": page.operator,
        "currency": page.currency,
        "deposit_fen": page.closing_fen,
        "lines": [line.model_dump() for line in lines],
    }
    shown = [
        f"{when(line.at_s)}  {line.kind:<14}{format_yuan(abs(line.amount_fen)):>12}"
        f" {'in ' if line.amount_fen > 0 else 'out'}  {line.note}".rstrip()
        for line in lines
    ]
    shown.append(f"the deposit at {page.operator} is {page.currency} {format_yuan(page.closing_fen)}")
    return Answer(facts=facts, lines=tuple(shown))


def transfer(
    opened: OpenWallet, payee: bytes, amount_fen: int, *, note: str, code: str, edges: Edges
) -> Answer:
    """Pay another customer of the operator out of the account; if it was cut off, the same is finished.

    What is asked for is stored before it leaves, with its idempotency key: so asking again pays once.

    Raises:
        Refused: the operator does not do it; nothing was paid.
        StoreError: the operator cannot be reached (`unavailable`); run it again.
    """
    from shuangli.api.asked import TransferOrder

    fields: list[codec.Item] = [payee, amount_fen, note]
    pending = codec.decode(opened.file.kept.get(TRANSFER, codec.encode([])))
    nonce = pending[3] if isinstance(pending, list) and pending[:3] == fields else None
    if not isinstance(nonce, bytes):
        nonce = edges.device.random_bytes(NONCE_BYTES)
        opened.file.keep(TRANSFER, codec.encode([*fields, nonce]))
    asked = TransferOrder(payee=payee.hex(), amount_fen=amount_fen, note=note)
    with opened.operator(edges) as operator:
        try:
            receipt = operator.transfer(
                opened.wallet.key.public, asked, idempotency_key=nonce.hex(), code=code
            )
        except Refused as refused:
            if refused.code != "second-factor":
                opened.file.keep(TRANSFER, codec.encode([]))
            raise
    opened.file.keep(TRANSFER, codec.encode([]))
    line = f"paid {format_yuan(amount_fen)} to wallet {receipt.payee[:16]}, receipt {receipt.receipt_no}"
    return Answer(facts=receipt.model_dump(), lines=(line,))


def second_factor(opened: OpenWallet, *, code: str, edges: Edges) -> Answer:
    """Get the secret of a second factor; or, with a `code` of it, put it into use.

    Raises:
        Refused: one is in use, or the code is none of this secret's (`second-factor`, `locked`).
        StoreError: the operator cannot be reached (`unavailable`).
    """
    key = opened.wallet.key.public
    with opened.operator(edges) as operator:
        if code:
            operator.confirm_second_factor(key, code)
            line = "large amounts need a code from now on, online and to be loaded: give it with --code"
            return Answer(facts={"in_use": True}, lines=(line,))
        told = operator.start_second_factor(key)
    facts: dict[str, object] = {"in_use": False, "secret": told.secret, "uri": told.uri}
    lines = (
        f"secret    {told.secret}",
        f"address   {told.uri}",
        "give it to an app that makes codes, and show a code of it with --code: then it is in use",
    )
    return Answer(facts=facts, lines=lines)
