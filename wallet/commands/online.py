"""The commands that talk to the operator: load and sync. Each may be cut off anywhere and run again.

What is asked for is stored before it leaves: the order, the upload. So asking again asks for the same, and
gets the same answer.
"""

from collections import Counter
from contextlib import suppress
from typing import Final

from shuangli.api.operator_link import OperatorLink
from shuangli.errors import Refused
from shuangli.messages.key_set import KeySet
from shuangli.messages.loads import LoadOrder
from shuangli.money import format_yuan
from shuangli.offline.trust import Trust
from shuangli.wallet.choice import denominate
from shuangli.wallet.commands.edges import Answer, Edges
from shuangli.wallet.commands.opened import (
    KEY_SET,
    OpenWallet,
)
from shuangli.wallet.filed_history import to_file

UNIT_FEN: Final = 10
"""A load is divided into coins that pay every multiple of a jiao."""
REMEMBER_S: Final = 7 * 86_400
"""How long settled payments stay in the journal after their request has expired."""


def load(opened: OpenWallet, amount_fen: int, *, deposit: bool, edges: Edges) -> Answer:
    """Load coins worth `amount_fen` from the deposit; with `deposit`, pay that in first (sandbox).

    An order of this amount that has not been answered yet is sent again, in place of a new one.

    Raises:
        Refused: over a limit, or the deposit is too small; the order is given up.
        StoreError: the operator cannot be reached (`unavailable`); run it again, or sync.
    """
    wallet = opened.wallet
    order = next(
        (order for order in wallet.purse.orders.values() if sum(order.values_fen) == amount_fen), None
    )
    if order is None:
        values_fen = denominate(amount_fen, unit_fen=UNIT_FEN)
        order = LoadOrder.parse(wallet.order_load(values_fen, now_s=edges.now_s()))
    with opened.operator(edges) as operator:
        if deposit:
            operator.deposit(order.owner, amount_fen, idempotency_key=order.nonce.hex())
        _send_order(opened, operator, order)
    balance_fen = wallet.purse.balance_fen
    facts: dict[str, object] = {
        "loaded_fen": amount_fen,
        "coins": len(order.values_fen),
        "balance_fen": balance_fen,
    }
    yuan = format_yuan(amount_fen)
    line = f"loaded {yuan} in {len(order.values_fen)} coins; the purse holds {format_yuan(balance_fen)}"
    return Answer(facts=facts, lines=(line,))


def _send_order(opened: OpenWallet, operator: OperatorLink, order: LoadOrder) -> None:
    try:
        load_data = operator.load(order.signed.data)
    except Refused:
        opened.wallet.drop_order(order.signed.data)
        raise
    opened.wallet.receive_load(load_data)


def sync(opened: OpenWallet, *, edges: Edges) -> Answer:
    """Fetch the newest key set, revocation list and ordered loads, and hand in everything there is.

    Raises:
        StoreError: the operator cannot be reached (`unavailable`); what was stored stands, run it again.
        ProtocolError, Refused: the operator does not accept what it is sent, or sends what does not hold.
    """
    wallet = opened.wallet
    with opened.operator(edges) as operator:
        _take_key_set(opened, operator.key_set())
        wallet.update_revocations(operator.revocation_list())
        loaded_fen = _fetch_loads(opened, operator)
        credited_fen, outcomes = _reconcile(opened, operator, edges)
        returned_fen = _take_returned(opened, operator)
        _take_certificate(opened, operator)
    wallet.note_sync(now_s=edges.now_s())
    _compact(opened, now_s=edges.now_s())
    facts: dict[str, object] = {
        "credited_fen": credited_fen,
        "loaded_fen": loaded_fen,
        "returned_fen": returned_fen,
        "spends": dict(sorted(outcomes.items())),
        "balance_fen": wallet.purse.balance_fen,
        "in_flight_fen": wallet.purse.in_flight_fen,
    }
    lines = [f"credited {format_yuan(credited_fen)} to the deposit"]
    if loaded_fen:
        lines.append(f"loaded {format_yuan(loaded_fen)} that was ordered before")
    if returned_fen:
        lines.append(f"came back unclaimed: {format_yuan(returned_fen)}, credited to the deposit")
    unusual = [
        f"{count} {name}" for name, count in sorted(outcomes.items()) if name not in ("settled", "repeat")
    ]
    if unusual:
        lines.append(f"not paid: {', '.join(unusual)}")
    lines.append(f"the purse holds {format_yuan(wallet.purse.balance_fen)}")
    return Answer(facts=facts, lines=tuple(lines))


def _compact(opened: OpenWallet, *, now_s: int) -> None:
    """Shorten the journal; what it drops of the wallet's history is filed before."""
    before_s = now_s - REMEMBER_S
    for name, page in to_file(opened.wallet.purse, opened.file.kept, before_s=before_s, now_s=now_s):
        opened.file.keep(name, page)
    opened.wallet.compact(forget_before_s=before_s)


def _take_returned(opened: OpenWallet, operator: OperatorLink) -> int:
    """Take the notices of what nobody has claimed; says how much has come back, in fen."""
    wallet = opened.wallet
    key = wallet.trust.operator_of(wallet.certificate).claims.key
    notices = operator.returns(wallet.key.public, after=wallet.purse.returned_no)
    return sum(wallet.take_returned(notice, operator_key=key).value_fen for notice in notices)


def _take_certificate(opened: OpenWallet, operator: OperatorLink) -> None:
    """Take over a newer certificate, such as one of another tier."""
    data = operator.certificate(opened.wallet.key.public)
    if data != opened.wallet.certificate.signed.data:
        opened.wallet.install(data)


def _take_key_set(opened: OpenWallet, data: bytes) -> None:
    known = KeySet.parse(opened.file.kept[KEY_SET])
    trust: Trust = opened.wallet.trust
    fresh = trust.add_key_set(data)
    if fresh.number > known.number:
        opened.keep_key_set(fresh)


def _fetch_loads(opened: OpenWallet, operator: OperatorLink) -> int:
    """Ask again for what was ordered and has not come: the operator's answer was lost, or it never heard."""
    loaded_fen = 0
    for order in list(opened.wallet.purse.orders.values()):
        with suppress(Refused):
            _send_order(opened, operator, order)
            loaded_fen += sum(order.values_fen)
    return loaded_fen


def _reconcile(opened: OpenWallet, operator: OperatorLink, edges: Edges) -> tuple[int, Counter[str]]:
    wallet = opened.wallet
    operator_key = wallet.trust.operator_of(wallet.certificate).claims.key
    credited_fen, outcomes = 0, Counter[str]()
    while (upload := wallet.hand_in(now_s=edges.now_s())) is not None:
        answer = wallet.acknowledge(operator.reconcile(upload), operator_key=operator_key)
        credited_fen += answer.credited_fen
        outcomes.update(outcome.name.lower().replace("_", "-") for outcome in answer.outcomes)
    return credited_fen, outcomes
