"""The commands that talk to the operator: open, load, sync. Each may be cut off anywhere and run again.

What is asked for is stored before it leaves: the enrolment, the order, the upload. So asking again asks for
the same, and gets the same answer.
"""

from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Final

from shuangli.api.models import NetworkDescription
from shuangli.api.operator_link import OperatorLink
from shuangli.crypto import KEY_BYTES
from shuangli.errors import BadInput, Refused
from shuangli.messages.certificates import WalletKind
from shuangli.messages.key_set import KeySet
from shuangli.messages.loads import LoadOrder
from shuangli.money import format_yuan
from shuangli.offline.trust import Trust
from shuangli.wallet.choice import denominate
from shuangli.wallet.commands.edges import Answer, Edges
from shuangli.wallet.commands.opened import (
    ENROLMENT,
    KEY_SET,
    NETWORK,
    OPERATOR,
    ROOT,
    OpenWallet,
    keep_key_set,
    trust_under,
    wallet_in,
)
from shuangli.wallet.wallet_file import WalletFile

UNIT_FEN: Final = 10
"""A load is divided into coins that pay every multiple of a jiao."""
REMEMBER_S: Final = 7 * 86_400
"""How long settled payments stay in the journal after their request has expired."""


def open_wallet(
    path: Path, *, passphrase: str, operator_address: str, root: bytes, tier: int, edges: Edges
) -> Answer:
    """Make a wallet file and open its wallet at an operator; what was cut off before is gone on with.

    Raises:
        BadInput: the file holds an open wallet already, or cannot be made.
        Unverified: the operator's key set is not signed by `root`.
        Refused: the operator refuses.
        StoreError: operator or file cannot be reached (`unavailable`).
    """
    with edges.operator(operator_address, (), None) as operator:
        network, key_set = operator.describe(), operator.key_set()
        trust_under(root, network, key_set)
        with _file_for(path, passphrase, edges) as file:
            _keep_anchors(file, operator_address, root, network, key_set)
            opened = wallet_in(file, edges)
            purse = opened.wallet.purse
            if purse.certificate is not None and purse.revocations is not None:
                raise BadInput("bad-file", f"{path} holds an open wallet already")
            if purse.certificate is None:
                _enrol(opened, operator, tier=tier, edges=edges)
            opened.wallet.update_revocations(operator.revocation_list())
            certificate = opened.wallet.certificate
    claims = certificate.claims
    facts: dict[str, object] = {
        "wallet": claims.key.hex(),
        "network": network.network,
        "operator": network.operator,
        "tier": certificate.tier,
        "expires_at_s": claims.expires_at_s,
    }
    return Answer(facts=facts, lines=(f"opened wallet {claims.key.hex()} at {network.operator}",))


def _file_for(path: Path, passphrase: str, edges: Edges) -> WalletFile:
    if path.exists():
        return WalletFile.open(path, passphrase=passphrase, now_s=edges.now_s(), device=edges.device)
    seed = edges.device.random_bytes(KEY_BYTES)
    return WalletFile.create(path, passphrase=passphrase, seed=seed, device=edges.device)


def _keep_anchors(
    file: WalletFile, operator_address: str, root: bytes, network: NetworkDescription, key_set: bytes
) -> None:
    """Keep what everything else is checked with; once an enrolment has been sent, it is that one's."""
    if ENROLMENT not in file.kept:
        file.keep(ROOT, root)
        file.keep(NETWORK, network.encode())
        file.keep(OPERATOR, operator_address.encode())
        keep_key_set(file, KeySet.parse(key_set))
    elif (file.kept[ROOT], file.kept[NETWORK]) != (root, network.encode()):
        raise BadInput("bad-file", f"{file.path} was begun at another operator: finish it there")


def _enrol(opened: OpenWallet, operator: OperatorLink, *, tier: int, edges: Edges) -> None:
    """Send the enrolment, the same one however often. In a sandbox, each wallet is a person of its own."""
    if ENROLMENT not in opened.file.kept:
        person = edges.device.random_bytes(KEY_BYTES)
        enrolment = opened.wallet.enrol(kind=WalletKind.SOFT, tier=tier, person=person, now_s=edges.now_s())
        opened.file.keep(ENROLMENT, enrolment)
    opened.wallet.install(operator.open_wallet(opened.file.kept[ENROLMENT]))


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
    wallet.compact(forget_before_s=edges.now_s() - REMEMBER_S)
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
        keep_key_set(opened.file, fresh)


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
