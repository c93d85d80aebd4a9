"""The revocation list: all wallets, operators' keys and epochs that are revoked, numbered and signed."""

from typing import Final

from shuangli.crypto import Signer
from shuangli.issuer.logged import listed
from shuangli.issuer.store import IssuerStore
from shuangli.messages.notices import RevocationList

RENEW_LIST_S: Final = 86_400
"""A revocation list is signed anew after a day; devices accept one for a week (`offline.policy`)."""


def newest_list(store: IssuerStore, key: Signer, *, now_s: int) -> bytes:
    """The newest list: a new one when something is new on it, or once a day. Call it outside a transaction.

    Devices refuse a list that is too old, also while nobody is revoked. One that a clock has dated far ahead
    is replaced as well: some devices would call it fresh for as long, and others refuse it.
    """
    wallets, operators = frozenset(store.culprits()), store.epochs.revoked_operators()
    epochs = store.epochs.revoked()
    latest_data = store.epochs.latest_list()
    latest = RevocationList.parse(latest_data) if latest_data is not None else None
    if (
        latest is not None
        and (latest.wallets, latest.operators, latest.epochs) == (wallets, operators, epochs)
        and abs(now_s - latest.issued_at_s) < RENEW_LIST_S
    ):
        return latest.signed.data
    fresh = RevocationList.sign(
        key,
        number=latest.number + 1 if latest is not None else 1,
        issued_at_s=now_s,
        wallets=sorted(wallets),
        operators=sorted(operators),
        epochs=sorted(epochs),
    )
    with store.transaction():
        store.epochs.add_list(fresh.number, fresh.signed.data)
        store.audit.append([listed(fresh)])
    return fresh.signed.data
