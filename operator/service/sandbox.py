"""A network of its own to try things out: root, centre, an epoch and one operator with a full vault.

network.cbor    all private keys, and the key set; readable by its owner only (`keys.py`)
root-key.txt    the public root key, as hex
issuer.sqlite   the mint log, facts, cases and the issuer's books
OP01.sqlite     the operator's wallets and books
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shuangli.api.models import NetworkDescription
from shuangli.crypto import SigningKey
from shuangli.issuer.centre import LossPolicy
from shuangli.issuer.issuer import Issuer
from shuangli.issuer.minting import RESERVES as SOLD
from shuangli.issuer.minting import MintingKey
from shuangli.issuer.store import IssuerStore
from shuangli.messages.key_set import KeySet
from shuangli.offline.limits import LIMITS_2022
from shuangli.offline.trust import Trust
from shuangli.operator.accounts import RESERVES, BankTerms
from shuangli.operator.bank import Bank
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.keys import DAY_S, NETWORK, OPERATOR, TERMS, RandomBytes, keys_in
from shuangli.operator.store import OperatorStore

CERTIFICATE_LIFE_S: Final = 365 * DAY_S
VAULT_FEN: Final = 10**12
CAP_PER_PERSON_FEN: Final = 1_000_000
OBJECTS_KEPT: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A running operator: its desk, and the root key that its wallets are opened under."""

    desk: Desk
    root: bytes


@contextmanager
def open_sandbox(
    directory: Path, *, random_bytes: RandomBytes, now_s: Callable[[], int]
) -> Iterator[Sandbox]:
    """Run the operator whose files lie in `directory`; the first time, found its network there.

    Raises:
        BadInput: the directory cannot be used, or holds something else (`bad-file`).
        StoreError: a database cannot be opened (`unavailable`, `corrupt`).
    """
    keys = keys_in(directory, random_bytes=random_bytes, now_s=now_s())
    root = SigningKey(keys.root).public
    with ExitStack() as stack:
        issuer_store = IssuerStore(directory / "issuer.sqlite")
        stack.callback(issuer_store.close)
        bank_store = OperatorStore(directory / f"{OPERATOR}.sqlite")
        stack.callback(bank_store.close)
        (epoch,) = KeySet.parse(keys.key_set).epochs
        issuer = Issuer(
            store=issuer_store,
            minting=MintingKey(epoch=epoch, key=SigningKey(keys.minting)),
            centre_key=SigningKey(keys.centre),
            trust=_trust(root, keys.key_set),
            policy=LossPolicy(cap_per_person_fen=CAP_PER_PERSON_FEN),
        )
        bank = Bank(
            terms=BankTerms(name=OPERATOR, limits=LIMITS_2022, certificate_life_s=CERTIFICATE_LIFE_S),
            key=SigningKey(keys.operator),
            trust=_trust(root, keys.key_set),
            store=bank_store,
            issuer=issuer,
        )
        _fill_vault(bank, issuer, now_s=now_s())
        description = NetworkDescription(
            network=NETWORK, operator=OPERATOR, currency=TERMS.currency, sandbox=True
        )
        desk = Desk(bank=bank, issuer=issuer, description=description, key_set=keys.key_set, now_s=now_s)
        yield Sandbox(desk=desk, root=root)


def _trust(root: bytes, key_set: bytes) -> Trust:
    trust = Trust(root=root, network=NETWORK, objects_kept=OBJECTS_KEPT)
    trust.add_key_set(key_set)
    return trust


def _fill_vault(bank: Bank, issuer: Issuer, *, now_s: int) -> None:
    """Let the operator buy value once, on both sides even if a first start was cut off in between."""
    with bank.store.transaction(), issuer.transaction():
        if not issuer.store.ledger.balance_fen(SOLD):
            issuer.fill_vault(OPERATOR, VAULT_FEN, now_s=now_s)
        if not bank.store.ledger.balance_fen(RESERVES):
            bank.fill_vault(VAULT_FEN, now_s=now_s)
