"""A wallet file that was opened with its passphrase, and the wallet in it.

Beside the journal the file keeps what the wallet must know while it is offline: the root key, what the root
has certified, and where its operator is. It learns them once, when it is opened, and the newest key set at
each sync.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from shuangli.api.models import NetworkDescription
from shuangli.api.operator_link import OperatorLink
from shuangli.errors import BadInput, Unverified
from shuangli.messages.key_set import KeySet
from shuangli.offline.policy import STANDARD_ACCEPTS, PayeePolicy
from shuangli.offline.trust import Trust
from shuangli.wallet.commands.edges import Edges
from shuangli.wallet.custody import Custody, KeyCustody
from shuangli.wallet.element.card_file import card_at
from shuangli.wallet.element.reader import ElementCustody
from shuangli.wallet.filed_history import filed
from shuangli.wallet.history import Entry, entries
from shuangli.wallet.rules import WalletRules
from shuangli.wallet.wallet import Wallet
from shuangli.wallet.wallet_file import EPOCH, WalletFile

ROOT: Final = "root"
OPERATOR: Final = "operator"
NETWORK: Final = "network"
KEY_SET: Final = "key-set"
ENROLMENT: Final = "enrolment"
OPENING_CODE: Final = "opening-code"
TRANSFER: Final = "transfer"
CARD: Final = "card"
"""The names of what is kept; an enrolment and a transfer are kept before they are sent."""
OBJECTS_KEPT: Final = 4_096
CARD_PAYEE: Final = PayeePolicy(accepts=replace(STANDARD_ACCEPTS, bundle_bytes=8_192, coins=16))
"""What a card asks for: it has room for so much, and verifies it all by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWallet:
    """A wallet and its file."""

    file: WalletFile
    wallet: Wallet
    network: NetworkDescription

    @property
    def operator_address(self) -> str:
        """Where its operator is."""
        return self.file.kept[OPERATOR].decode()

    def operator(self, edges: Edges) -> AbstractContextManager[OperatorLink]:
        """Its operator, to whom requests are signed with the wallet's key."""
        return edges.operator(self.operator_address, self.received, self.wallet.key)

    def history(self, *, now_s: int) -> list[Entry]:
        """All its payments, newest first, also those that its journal has dropped."""
        return entries(self.wallet.purse, now_s=now_s, filed=filed(self.file.kept))

    @property
    def card(self) -> ElementCustody | None:
        """The card that keeps its key; None if the file does."""
        key = self.wallet.key
        return key if isinstance(key, ElementCustody) else None

    def keep_key_set(self, key_set: KeySet) -> None:
        """Keep what the root has certified, here and on the card."""
        if self.card is not None:
            self.card.take_keys(key_set.signed.data)
        keep_key_set(self.file, key_set)

    @property
    def received(self) -> tuple[bytes, ...]:
        """What need not travel again from the operator."""
        listed = self.wallet.trust.revocations
        return (self.file.kept[KEY_SET], *([] if listed is None else [listed.signed.data]))


@contextmanager
def opened(path: Path, *, passphrase: str, edges: Edges) -> Iterator[OpenWallet]:
    """The open wallet in a file.

    Raises:
        BadInput: there is no wallet file, it was never opened at an operator (`bad-file`), or the passphrase
            is wrong (`wrong-passphrase`).
        Refused: too many passphrases were wrong (`locked`).
        StoreError: the file was changed (`corrupt`), or cannot be reached (`unavailable`).
    """
    with WalletFile.open(path, passphrase=passphrase, now_s=edges.now_s(), device=edges.device) as file:
        if ENROLMENT in file.kept:
            found = wallet_in(file, edges)
            if found.wallet.purse.certificate is not None:
                yield found
                return
    raise BadInput("bad-file", f"{path} was never opened at an operator: finish `shuangli wallet open`")


def wallet_in(file: WalletFile, edges: Edges) -> OpenWallet:
    """The wallet in a file that knows its operator."""
    network = NetworkDescription.decode(file.kept[NETWORK])
    trust = trust_under(file.kept[ROOT], network, file.kept[KEY_SET])
    payee = CARD_PAYEE if CARD in file.kept else PayeePolicy()
    rules = WalletRules(operator=network.operator, currency=network.currency, payee=payee)
    wallet = Wallet(
        key=_custody(file, edges),
        trust=trust,
        journal=file,
        rules=rules,
    )
    return OpenWallet(file=file, wallet=wallet, network=network)


def _custody(file: WalletFile, edges: Edges) -> Custody:
    """The key in the file, or on the card that it names."""
    card = file.kept.get(CARD)
    if card is None:
        return KeyCustody(file.signing_key(), edges.device.random_bytes)
    return ElementCustody(card_at(Path(os.fsdecode(card))).process, extended=True)


def trust_under(root: bytes, network: NetworkDescription, key_set: bytes) -> Trust:
    """A device's trust in what the root has certified.

    Raises:
        Malformed, Unverified: the root did not sign the key set, or it is another network's.
    """
    trust = Trust(root=root, network=network.network, objects_kept=OBJECTS_KEPT)
    certified = trust.add_key_set(key_set)
    if network.operator not in {operator.claims.subject for operator in certified.operators}:
        raise Unverified("unknown-signer", f"the root has certified no operator {network.operator}")
    return trust


def keep_key_set(file: WalletFile, key_set: KeySet) -> None:
    """Keep what the root has certified, each epoch also by itself: its coins live by its terms."""
    for epoch in key_set.epochs:
        name = EPOCH.format(number=epoch.number)
        if file.kept.get(name) != epoch.signed.data:
            file.keep(name, epoch.signed.data)
    file.keep(KEY_SET, key_set.signed.data)
