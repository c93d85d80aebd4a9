"""Grants: money that one customer gives another under a condition, such as a subsidy or a prepaid card.

    giver's account --give--> the receiver's grant --load with the condition--> vault
    what was not ordered in time --end--> giver's account

A grant is an account of its own for each receiver and condition: its money leaves it as conditional value, or
goes back to the giver, and in no other way. What was loaded and not spent goes back to the giver as well:
handed in by its receiver, or returned by the centre (`offline.conditions`, `issuer.returns`).
"""

from typing import Final

from shuangli.errors import Refused
from shuangli.messages.conditions import Condition
from shuangli.operator.accounts import Accounts
from shuangli.operator.store import WalletRow

NAMED_BYTES: Final = 8
"""How much of a condition's digest names the account of a grant."""


def paid_from(row: WalletRow, condition: Condition | None) -> str:
    """The account out of which a wallet's load is paid: its deposit, or a grant under a condition."""
    if condition is None:
        return row.account
    return f"grant:{row.wallet_no}:{condition.digest[:NAMED_BYTES].hex()}"


class GrantDesk:
    """An operator's grants. Every method is called inside `store.transaction()`."""

    def __init__(self, accounts: Accounts) -> None:
        """Keep grants between the customers of an operator."""
        self._accounts = accounts

    def give(
        self, giver: bytes, receiver: bytes, condition: Condition, amount_fen: int, *, now_s: int
    ) -> None:
        """Move money from a customer's account into another one's grant under a condition.

        Raises:
            BadInput: the amount is not at least 1 fen.
            Refused: an unknown wallet, a frozen giver, too small a deposit; the condition names another
                giver, or its time is over (`condition`).
        """
        if condition.giver != giver or now_s >= condition.spend_by_s:
            raise Refused("condition", "a grant is made by the giver that it names, before its time is over")
        accounts = self._accounts
        account = accounts.active(giver).account
        accounts.check_funds(account, amount_fen, of=giver)
        granted = paid_from(accounts.wallet(receiver), condition)
        accounts.book("grant", account, granted, amount_fen, now_s, accounts.enrolment_id(receiver))

    def left_fen(self, receiver: bytes, condition: Condition) -> int:
        """What a wallet may still order under a condition."""
        return -self._accounts.store.ledger.balance_fen(paid_from(self._accounts.row_of(receiver), condition))

    def end(self, receiver: bytes, condition: Condition, *, now_s: int) -> int:
        """Give back what was not ordered in time; says how much that was, 0 if there is nothing left.

        Raises:
            Refused: its time is not over (`condition`), or a wallet that was never opened here.
        """
        if now_s < condition.spend_by_s:
            raise Refused("condition", "a grant ends when its time is over")
        accounts = self._accounts
        left_fen = self.left_fen(receiver, condition)
        if left_fen:
            granted = paid_from(accounts.row_of(receiver), condition)
            account = accounts.account_of(accounts.row_of(condition.giver))
            accounts.book(
                "grant-ended", granted, account, left_fen, now_s, accounts.enrolment_id(condition.giver)
            )
        return left_fen
