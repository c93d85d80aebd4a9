"""Of which tiers the deposits are that an entry of the books moves: the audit log tells it with the entry."""

from collections.abc import Iterable
from typing import Final

from shuangli.messages.event_facts import NO_TIER
from shuangli.operator.store import OperatorStore, WalletRow

_DEPOSIT: Final = "deposit:"


def tier_of(store: OperatorStore, account: str) -> int:
    """The tier of the wallet whose deposit this account is, `NO_TIER` if it is none."""
    if not account.startswith(_DEPOSIT):
        return NO_TIER
    return store.wallet_by_no(int(account.removeprefix(_DEPOSIT))).tier


def tiers_of(store: OperatorStore, accounts: Iterable[str]) -> bytes:
    """The tiers of those of the accounts that are deposits, one byte each."""
    return bytes([tier_of(store, account) for account in accounts if account.startswith(_DEPOSIT)])


def moved_with(store: OperatorStore, row: WalletRow, tier: int) -> dict[str, int]:
    """What is told of a wallet that goes into another tier: where it was, and its deposit."""
    if tier == row.tier:
        return {}
    return {"tier_before": row.tier, "deposit_fen": -store.ledger.balance_fen(row.account)}
