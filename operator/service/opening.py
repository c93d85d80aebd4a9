"""Opening an operator on its database, wherever its issuer is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from shuangli.api.models import NetworkDescription
from shuangli.crypto import SigningKey
from shuangli.days import DAY_S, date_of, day_of
from shuangli.issuer.readers import Readers
from shuangli.issuer.service.network import NETWORK, RESERVES_FEN, TERMS, VAULT_FEN, trust_in
from shuangli.offline.limits import limits_on
from shuangli.operator.accounts import RESERVES
from shuangli.operator.bank import Bank
from shuangli.operator.certifying import BankTerms
from shuangli.operator.flow import ServiceLink
from shuangli.operator.pseudonyms import PseudonymKey, Pseudonyms
from shuangli.operator.regimes.table import CHINA, RegimeTable
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.published import Keep
from shuangli.operator.store import OperatorStore

CERTIFICATE_LIFE_S: Final = 365 * DAY_S


@contextmanager
def opened_store(place: Path | str, name: str) -> Iterator[OperatorStore]:
    """The database of the operator of this name: in a directory, or on the server at an address.

    Raises:
        StoreError: it cannot be opened (`unavailable`, `corrupt`).
    """
    store = OperatorStore(place / f"{name}.sqlite" if isinstance(place, Path) else place, name=name)
    try:
        yield store
    finally:
        store.close()


def make_desk(
    store: OperatorStore,
    issuer: ServiceLink,
    *,
    name: str,
    key: SigningKey,
    root: bytes,
    key_set: bytes,
    pseudonyms: bytes,
    now_s: Callable[[], int],
    keep: Keep | None = None,
    regimes: RegimeTable = CHINA,
    readers: Readers | None = None,
) -> Desk:
    """The desk of an operator; the first time, it books the value that the issuer has sold to it.

    Its customers' limits are those of the table that is in force now, until it is opened again.

    `pseudonyms` is the secret that all operators of the network share, 32 bytes. Uploads are read by
    `readers`, if there are any.
    """
    bank = Bank(
        terms=BankTerms(
            name=name, limits=limits_on(date_of(day_of(now_s()))), certificate_life_s=CERTIFICATE_LIFE_S
        ),
        key=key,
        trust=trust_in(root, key_set),
        store=store,
        issuer=issuer,
        pseudonyms=Pseudonyms(PseudonymKey(number=0, since_s=0, secret=pseudonyms)),
    )
    with store.transaction():
        if not store.ledger.balance_fen(RESERVES):
            bank.fill_vault(VAULT_FEN, now_s=now_s())
            bank.netting.pay_in(RESERVES_FEN, now_s=now_s())
    description = NetworkDescription(network=NETWORK, operator=name, currency=TERMS.currency, sandbox=True)
    return Desk(
        bank=bank,
        issuer=issuer,
        description=description,
        key_set=key_set,
        now_s=now_s,
        keep=keep,
        regimes=regimes,
        readers=readers,
    )
