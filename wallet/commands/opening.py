"""How a wallet file gets an open wallet: open, and recover; and how recovery is prepared: backup.

Each may be cut off anywhere and run again: the enrolment is stored before it leaves, so the same one is sent
again, and gets the same certificate.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from shuangli.api.models import NetworkDescription
from shuangli.api.operator_link import OperatorLink
from shuangli.crypto import KEY_BYTES
from shuangli.errors import BadInput
from shuangli.messages.certificates import WalletKind
from shuangli.messages.key_set import KeySet
from shuangli.money import format_yuan
from shuangli.wallet.commands.edges import Answer, Edges
from shuangli.wallet.commands.opened import (
    CARD,
    ENROLMENT,
    NETWORK,
    OPENING_CODE,
    OPERATOR,
    ROOT,
    OpenWallet,
    keep_key_set,
    trust_under,
    wallet_in,
)
from shuangli.wallet.element.card_file import make_card
from shuangli.wallet.recovery import SECRET_BYTES, RecoveryFile, recovery_key
from shuangli.wallet.wallet_file import WalletFile
from shuangli.wallet.wording import when

ANONYMOUS: Final = 4
"""The tier of wallets whose holders do not show who they are."""
LATE_S: Final = 86_400
"""What is due goes back once every operator has signed that all was passed on: within a day as a rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A simulated card that is to keep the key; `pin` is what it is made with where there is none yet."""

    path: Path
    pin: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a wallet is to be opened: its file, the operator, whom to trust, and perhaps a card."""

    path: Path
    passphrase: str = field(repr=False)
    operator_address: str
    root: bytes
    card: Card | None = None

    def __post_init__(self) -> None:
        if self.card is not None and self.card.path.resolve() == self.path.resolve():
            raise BadInput("bad-option", f"{self.path}: the card needs a file of its own")


def open_wallet(
    path: Path,
    *,
    passphrase: str,
    operator_address: str,
    root: bytes,
    tier: int,
    edges: Edges,
    code: str = "",
    card: Card | None = None,
) -> Answer:
    """Make a wallet file and open its wallet at an operator; what was cut off before is gone on with.

    The operator has identified its holder, and given them a `code`: that says of which `tier` it is. Without
    one, a wallet of tier 4 is anonymous, and in a sandbox any other is for a made-up person of its own. With
    a `card`, that keeps the key, and holds the coins.

    Raises:
        BadInput: the file holds an open wallet already, or cannot be made; a code is wanted (`bad-option`).
        Unverified: the operator's key set is not signed by `root`.
        Refused: the operator refuses, such as a code that is not for this (`not-identified`).
        StoreError: operator or file cannot be reached (`unavailable`).
    """

    def certify(opened: OpenWallet, operator: OperatorLink) -> bytes:
        if ENROLMENT not in opened.file.kept:
            _enrol(opened, operator, tier=tier, code=code, edges=edges)
        kept = opened.file.kept
        return operator.open_wallet(kept[ENROLMENT], code=code or kept.get(OPENING_CODE, b"").decode())

    place = Place(path=path, passphrase=passphrase, operator_address=operator_address, root=root, card=card)
    with edges.operator(operator_address, (), None) as operator:
        facts = _open(place, operator, certify, edges)
    return Answer(facts=facts, lines=(f"opened wallet {facts['wallet']} at {facts['operator']}",))


def recover(
    path: Path,
    *,
    passphrase: str,
    operator_address: str,
    root: bytes,
    secret: bytes,
    edges: Edges,
    card: Card | None = None,
) -> Answer:
    """Make a wallet file, and open in it a wallet for the person whose recovery secret this is.

    The lost wallet is closed. Its key is not needed, and nothing is ever signed with it again.

    Raises:
        BadInput, Unverified, StoreError: as for `open_wallet`.
        Refused: the operator knows no such recovery key (`not-found`), or does not close the lost wallet.
    """
    key = recovery_key(secret)
    place = Place(path=path, passphrase=passphrase, operator_address=operator_address, root=root, card=card)
    with edges.operator(operator_address, (), key) as operator:
        told, longest_s = operator.recovery(key.public), _longest_s(KeySet.parse(operator.key_set()))

        def certify(opened: OpenWallet, operator: OperatorLink) -> bytes:
            if ENROLMENT not in opened.file.kept:
                _keep_enrolment(opened, tier=told.tier, person=bytes.fromhex(told.person), edges=edges)
            return operator.recover(key.public, opened.file.kept[ENROLMENT])

        facts = _open(place, operator, certify, edges)
    back_by_s = edges.now_s() + longest_s + LATE_S
    lost = "" if told.wallet == facts["wallet"] else told.wallet
    facts |= {"lost": lost, "deposit_fen": told.balance_fen, "back_by_s": back_by_s}
    lines = (
        f"recovered to wallet {facts['wallet']} at {facts['operator']}; the lost one is closed",
        f"the deposit is {format_yuan(told.balance_fen)}",
        f"what was on the lost device and nobody has claimed comes to the deposit by {when(back_by_s)}",
    )
    return Answer(facts=facts, lines=lines)


def _longest_s(known: KeySet) -> int:
    """How long after its minting a coin of any epoch may come back at the latest."""
    return max((epoch.terms.coin_life_s + epoch.terms.grace_s for epoch in known.epochs), default=0)


def backup(
    opened: OpenWallet, *, edges: Edges, code: str = "", keep: Callable[[bytes], None] | None = None
) -> bytes:
    """Make a recovery secret, and let the operator know its public half; one made before no longer helps.

    A wallet that has a second factor wants its `code`. With `keep`, the secret is kept before the operator is
    told: one that cannot be kept must not take the place of one that was.

    Raises:
        Refused: the operator does not take it, for instance since the wallet is frozen.
        StoreError: the operator cannot be reached (`unavailable`); run it again.
    """
    secret = edges.device.random_bytes(SECRET_BYTES)
    if keep is not None:
        keep(secret)
    with opened.operator(edges) as operator:
        operator.name_recovery_key(opened.wallet.key.public, recovery_key(secret).public, code=code)
    return secret


def recovery_file(opened: OpenWallet, secret: bytes, *, passphrase: str, edges: Edges) -> bytes:
    """The recovery file of a wallet, sealed with a passphrase."""
    held = RecoveryFile(secret=secret, operator=opened.operator_address, root=opened.file.kept[ROOT])
    device = edges.device
    return held.encode(passphrase, cost=device.guard.cost, random_bytes=device.random_bytes)


def _open(
    place: Place, operator: OperatorLink, certify: Callable[[OpenWallet, OperatorLink], bytes], edges: Edges
) -> dict[str, object]:
    """Make a wallet file or go on with it, let `certify` get the certificate, and say what was opened."""
    network, key_set = operator.describe(), operator.key_set()
    trust_under(place.root, network, key_set)
    if place.card is not None and not place.card.path.exists():
        _make_card(place.card, network, place.root, edges)
    with _file_for(place, edges) as file:
        _keep_anchors(file, place, network, key_set)
        opened = wallet_in(file, edges)
        if opened.card is not None:
            opened.card.take_keys(key_set)
        purse = opened.wallet.purse
        if purse.certificate is not None and purse.revocations is not None:
            raise BadInput("bad-file", f"{place.path} holds an open wallet already")
        if purse.certificate is None:
            opened.wallet.install(certify(opened, operator))
        opened.wallet.update_revocations(operator.revocation_list())
        certificate = opened.wallet.certificate
    claims = certificate.claims
    return {
        "wallet": claims.key.hex(),
        "network": network.network,
        "operator": network.operator,
        "tier": certificate.tier,
        "expires_at_s": claims.expires_at_s,
    }


def _make_card(card: Card, network: NetworkDescription, root: bytes, edges: Edges) -> None:
    make_card(
        card.path,
        network=network.network,
        root=root,
        currency=network.currency,
        pin=card.pin,
        random_bytes=edges.device.random_bytes,
    )


def _file_for(place: Place, edges: Edges) -> WalletFile:
    path, passphrase, device = place.path, place.passphrase, edges.device
    if path.exists():
        return WalletFile.open(path, passphrase=passphrase, now_s=edges.now_s(), device=device)
    seed = device.random_bytes(KEY_BYTES) if place.card is None else None
    return WalletFile.create(path, passphrase=passphrase, seed=seed, device=device)


def _keep_anchors(file: WalletFile, place: Place, network: NetworkDescription, key_set: bytes) -> None:
    """Keep what everything else is checked with; once an enrolment has been sent, it is that one's."""
    card = b"" if place.card is None else os.fsencode(place.card.path.resolve())
    if ENROLMENT not in file.kept:
        file.keep(ROOT, place.root)
        file.keep(NETWORK, network.encode())
        file.keep(OPERATOR, place.operator_address.encode())
        if card:
            file.keep(CARD, card)
        keep_key_set(file, KeySet.parse(key_set))
    elif (file.kept[ROOT], file.kept[NETWORK]) != (place.root, network.encode()):
        raise BadInput("bad-file", f"{file.path} was begun at another operator: finish it there")
    elif file.kept.get(CARD, b"") != card:
        raise BadInput("bad-file", f"{file.path} was begun with another card, or none: finish it so")


def _enrol(opened: OpenWallet, operator: OperatorLink, *, tier: int, code: str, edges: Edges) -> None:
    """Find out who the holder is; keep the code that shows it, and the enrolment, before they are sent."""
    if code:
        told = operator.identified(code)
        person, tier = bytes.fromhex(told.person), told.tier
    elif tier == ANONYMOUS:
        person = edges.device.random_bytes(KEY_BYTES)
    elif opened.network.sandbox:
        told = operator.make_up_person(tier)
        person, code = bytes.fromhex(told.person), told.code
    else:
        raise BadInput(
            "bad-option",
            f"--code: ask {opened.network.operator} for one, or open a wallet of --tier {ANONYMOUS}",
        )
    opened.file.keep(OPENING_CODE, code.encode())
    _keep_enrolment(opened, tier=tier, person=person, edges=edges)


def _keep_enrolment(opened: OpenWallet, *, tier: int, person: bytes, edges: Edges) -> None:
    kind = WalletKind.SOFT if opened.card is None else WalletKind.HARD
    enrolment = opened.wallet.enrol(kind=kind, tier=tier, person=person, now_s=edges.now_s())
    opened.file.keep(ENROLMENT, enrolment)
