"""What goes back to an operator's wallets: fetched from the issuer, and credited, each once.

The issuer is asked between two transactions, so who waits for it holds up nobody. It gives the same answer to
the same question, and what it gives has numbers: broken off anywhere, it is asked again after the last number
that is in the books.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

from shuangli.errors import ShuangliError
from shuangli.issuer.returns.due import Return
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.returns import Returned
from shuangli.operator.accounts import VAULT, Accounts
from shuangli.operator.flow import IssuerLink
from shuangli.operator.tiers import tier_of


def take_returns(
    bank: Accounts, issuer: IssuerLink, *, transaction: Callable[[], AbstractContextManager[int]]
) -> int:
    """Credit what the centre has given back since the last time; says how many there were.

    `transaction` is one of the operator's database, and gives the time.

    Raises:
        StoreError: the issuer cannot be reached (`unavailable`); what it has said until then is credited.
    """
    taken = 0
    while True:
        with transaction():
            after = bank.store.last_return_no()
        found = issuer.returns_to(bank.terms.name, after=after)
        if not found:
            return taken
        paid_fen, fault = _claim(bank, issuer, found, transaction)
        with transaction() as now_s:
            last_no = bank.store.last_return_no()
            # What somebody else has credited meanwhile was the same.
            due = [back for back in found[: len(paid_fen)] if back.number > last_no]
            for back in due:
                _credit(bank, back, paid_fen[back.number], now_s)
        taken += len(due)
        if fault is not None:
            raise fault


def _claim(
    bank: Accounts,
    issuer: IssuerLink,
    found: list[Return],
    transaction: Callable[[], AbstractContextManager[int]],
) -> tuple[dict[int, int], ShuangliError | None]:
    """What each return comes to, in fen, by its number, up to the first of which the issuer cannot say it.

    What the guarantee fund is to pay it pays to a person, once.
    """
    with transaction() as now_s:
        persons = {
            back.number: bank.pseudonym_of(bank.store.wallet(back.owner), now_s)
            for back in found
            if back.from_fund
        }
    paid_fen: dict[int, int] = {}
    for back in found:
        value_fen = back.value_fen
        if back.from_fund:
            try:
                value_fen = issuer.claim_return(
                    bank.terms.name, back.number, person=persons[back.number], now_s=now_s
                )
            except ShuangliError as error:
                return paid_fen, error
        paid_fen[back.number] = value_fen
    return paid_fen, None


def _credit(bank: Accounts, back: Return, value_fen: int, now_s: int) -> None:
    notice = b""
    if value_fen:
        account = bank.account_of(bank.store.wallet(back.owner))
        bank.book("return", VAULT, account, value_fen, back.returned_at_s, back.coin_id)
        bank.log(
            EventKind.RETURN,
            now_s,
            return_no=back.number,
            coin_id=back.coin_id,
            epoch=0,
            value_fen=value_fen,
            fund_paid_fen=value_fen if back.from_fund else 0,
            tier=tier_of(bank.store, account),
        )
        notice = Returned.sign(
            bank.signer,
            operator=bank.terms.name,
            number=back.number,
            owner=back.owner,
            parent_id=back.parent_id,
            coin_id=back.coin_id,
            value_fen=value_fen,
            returned_at_s=back.returned_at_s,
        ).signed.data
    bank.store.add_return(back.number, back.owner, notice)
