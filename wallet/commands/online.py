"""The commands that talk to the operator: load and sync. Each may be cut off anywhere and run again.

What is asked for is stored before it leaves: the order, the upload. So asking again asks for the same, and
gets the same answer.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from shuangli.api.operator_link import OperatorLink
from shuangli.cose import Signed
from shuangli.errors import Refused, StoreError
from shuangli.messages.key_set import KeySet
from shuangli.messages.loads import LoadOrder
from shuangli.messages.notices import Acknowledgement
from shuangli.messages.returns import Returned
from shuangli.money import format_yuan
from shuangli.naming import word_for
from shuangli.offline.trust import Trust
from shuangli.wallet.apart import balance_of
from shuangli.wallet.choice import denominate
from shuangli.wallet.commands.edges import Answer, Edges
from shuangli.wallet.commands.opened import (
    KEY_SET,
    OpenWallet,
)
from shuangli.wallet.filed_history import to_file

UNIT_FEN: Final = 10
"""A load is divided into coins that pay every multiple of a jiao."""
WAITING: Final = ("second-factor", "locked", "held")
"""Refusals after which the same order may be asked for again: with a code, or once it was reviewed."""
REMEMBER_S: Final = 7 * 86_400
"""How long settled payments stay in the journal after their request has expired."""


def load(opened: OpenWallet, amount_fen: int, *, deposit: bool, code: str = "", edges: Edges) -> Answer:
    """Load coins worth `amount_fen` from the deposit; with `deposit`, pay that in first (sandbox).

    An order of this amount that has not been answered yet is sent again, in place of a new one. From an
    amount on the operator wants a `code` of the second factor.

    Raises:
        Refused: over a limit, or the deposit is too small; the order is given up. It is kept where only a
            code is missing (`second-factor`, `locked`) or a reviewer's word (`held`): what was paid in for it
            is not paid in twice.
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
        _send_order(opened, operator, order, code=code, keep_if=WAITING)
    balance_fen = balance_of(wallet.purse, now_s=edges.now_s())
    facts: dict[str, object] = {
        "loaded_fen": amount_fen,
        "coins": len(order.values_fen),
        "balance_fen": balance_fen,
    }
    yuan = format_yuan(amount_fen)
    line = f"loaded {yuan} in {len(order.values_fen)} coins; the purse holds {format_yuan(balance_fen)}"
    return Answer(facts=facts, lines=(line,))


def _send_order(
    opened: OpenWallet,
    operator: OperatorLink,
    order: LoadOrder,
    *,
    code: str = "",
    keep_if: tuple[str, ...] = (),
) -> None:
    """Get the load that answers an order; refused, it is given up, but for refusals of these codes."""
    try:
        load_data = operator.load(order.signed.data, code=code)
    except Refused as refused:
        if refused.code not in keep_if:
            opened.wallet.drop_order(order.signed.data)
        raise
    opened.wallet.receive_load(load_data)


def sync(opened: OpenWallet, *, edges: Edges) -> Answer:
    """Fetch the newest key set, revocation list and ordered loads, and hand in everything there is.

    The certificate comes before what is handed in under it: the old one may be nobody's any more, if its
    operator's key was revoked (F30). Then goes what has a deadline, and loads come last. An operator that
    cannot reach the registration centre takes uploads in, and answers them later: they are on time, and the
    wallet counts as reconciled only once they are answered.

    Raises:
        StoreError: the operator cannot be reached (`unavailable`); what was stored stands, run it again.
        ProtocolError, Refused: the operator does not accept what it is sent, or sends what does not hold.
    """
    wallet = opened.wallet
    with opened.operator(edges) as operator:
        _take_key_set(opened, operator.key_set())
        wallet.update_revocations(operator.revocation_list())
        _take_certificate(opened, operator)
        said = _reconcile(opened, operator, edges)
        returned_fen = _take_returned(opened, operator)
        loaded_fen = _fetch_loads(opened, operator)
    if not said.queued:
        wallet.note_sync(now_s=edges.now_s())
    _compact(opened, now_s=edges.now_s())
    balance_fen = balance_of(wallet.purse, now_s=edges.now_s())
    facts: dict[str, object] = {
        "acknowledgements": [data.hex() for data in said.acknowledgements],
        "credited_fen": said.credited_fen,
        "loaded_fen": loaded_fen,
        "returned_fen": returned_fen,
        "queued": said.queued,
        "spends": dict(sorted(said.outcomes.items())),
        "balance_fen": balance_fen,
        "in_flight_fen": wallet.purse.in_flight_fen,
    }
    lines = [f"credited {format_yuan(said.credited_fen)} to the deposit"]
    if said.queued:
        lines.append(f"uploads that the operator has, and answers later: {said.queued}; sync again then")
    if loaded_fen:
        lines.append(f"loaded {format_yuan(loaded_fen)} that was ordered before")
    if returned_fen:
        lines.append(f"came back unclaimed: {format_yuan(returned_fen)}, credited to the deposit")
    unusual = [
        f"{count} {name}"
        for name, count in sorted(said.outcomes.items())
        if name not in ("settled", "repeat")
    ]
    if unusual:
        lines.append(f"not paid: {', '.join(unusual)}")
    lines.append(f"the purse holds {format_yuan(balance_fen)}")
    return Answer(facts=facts, lines=tuple(lines))


def _compact(opened: OpenWallet, *, now_s: int) -> None:
    """Shorten the journal; what it drops of the wallet's history is filed before."""
    before_s = now_s - REMEMBER_S
    wallet, kept = opened.wallet, opened.file.kept
    for name, page in to_file(wallet.purse, kept, trust=wallet.trust, before_s=before_s, now_s=now_s):
        opened.file.keep(name, page)
    wallet.compact(forget_before_s=before_s)


def _take_returned(opened: OpenWallet, operator: OperatorLink) -> int:
    """Take the notices of what nobody has claimed; says how much has come back, in fen."""
    wallet = opened.wallet
    returned_fen = 0
    for data in operator.returns(wallet.key.public, after=wallet.purse.returned_no):
        key = _signer(opened, Returned.parse(data).signed, "notice")
        returned_fen += wallet.take_returned(data, operator_key=key).value_fen
    return returned_fen


def _signer(opened: OpenWallet, signed: Signed, what: str) -> bytes:
    """The key of this wallet's operator that has signed something."""
    return opened.wallet.trust.key_of_operator(opened.network.operator, signed, what)


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
    """Ask again for what was ordered and has not come: the operator's answer was lost, or it never heard.

    What the operator refuses is given up, also where it wants a code: nobody is here to give one.
    """
    loaded_fen = 0
    for order in list(opened.wallet.purse.orders.values()):
        with suppress(Refused):
            _send_order(opened, operator, order)
            loaded_fen += sum(order.values_fen)
    return loaded_fen


@dataclass(slots=True, kw_only=True)
class _Said:
    """What an operator has said of uploads; `queued` are those that it has taken in and not answered."""

    acknowledgements: list[bytes] = field(default_factory=list)
    credited_fen: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    queued: int = 0


def _reconcile(opened: OpenWallet, operator: OperatorLink, edges: Edges) -> _Said:
    wallet, said = opened.wallet, _Said()
    for upload in _to_send(opened, edges):
        try:
            data = operator.reconcile(upload)
        except StoreError as error:
            if error.code != "queued":
                raise
            said.queued += 1
            continue
        key = _signer(opened, Acknowledgement.parse(data).signed, "acknowledgement")
        answer = wallet.acknowledge(data, operator_key=key)
        said.acknowledgements.append(data)
        said.credited_fen += answer.credited_fen
        said.outcomes.update(map(word_for, answer.outcomes))
    return said


def _to_send(opened: OpenWallet, edges: Edges) -> Iterator[bytes]:
    """New uploads first, which nobody has received yet; then those without an answer, the newest first."""
    wallet, new = opened.wallet, set[bytes]()
    while (upload := wallet.hand_in(now_s=edges.now_s())) is not None:
        new.add(upload)
        yield upload
    for upload in reversed(wallet.unanswered):
        if upload not in new:
            yield upload
