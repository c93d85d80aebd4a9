"""Paying wages: a batch is taken as a whole, and its lines are paid a few at a time, each once.

1. The batch is checked. If one line is wrong, nothing happens.
2. In one transaction the batch is kept, and its total goes from the employer's account to `payroll`. From
   here on every line is covered, and the batch's name is taken.
3. In further transactions, some lines each: from `payroll` to the payees, and they are marked. A
   payee whose wallet was closed, frozen or filled meanwhile is not paid: the employer has the money back.

A crash leaves a prefix of the lines marked, with exactly these in the books. Handing the batch in again, or
`finish` after a start, goes on with the rest. `payroll` is zero when no line waits.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from shuangli.days import date_of, day_of
from shuangli.errors import Refused
from shuangli.operator.bank import Bank
from shuangli.operator.payroll.batch import Batch, Payee, Payees, Rejection, check_batch
from shuangli.operator.payroll.report import BatchReport, LineReport, LineState
from shuangli.operator.payroll.store import PayrollStore
from shuangli.operator.store import WalletRow

PAYROLL: Final = "payroll"
"""The account of wages that employers have paid in and payees have not got yet."""
LINES_AT_ONCE: Final = 500


class PayrollDesk:
    """The payroll batches of one bank's customers."""

    def __init__(
        self,
        bank: Bank,
        transaction: Callable[[], AbstractContextManager[int]],
        *,
        lines_at_once: int = LINES_AT_ONCE,
    ) -> None:
        """Pay the customers of `bank`; `transaction` is one of its database, and gives the time."""
        self._bank = bank
        self._store = PayrollStore(bank.store.database)
        self._transaction = transaction
        self._lines_at_once = lines_at_once

    def submit(self, batch: Batch, *, debtor: bytes) -> BatchReport | Rejection:
        """Pay a batch from the account of the wallet with the key `debtor`; the same again pays no more.

        Raises:
            Refused: there is no such wallet (`unknown-wallet`), it is frozen (`frozen`), it has handed in
                another batch under this name (`nonce-used`), or loads that it has ordered use up what is on
                its account (`insufficient-funds`).
        """
        with self._transaction() as now_s:
            taken = self._take(batch, debtor, now_s)
        if isinstance(taken, Rejection):
            return taken
        self._pay(taken)
        return self.report(taken)

    def find(self, batch_id: str, *, debtor: bytes) -> BatchReport:
        """What has become of a batch of this employer's so far.

        Raises:
            Refused: there is no such wallet, or it has handed in no batch under this name (`not-found`).
        """
        with self._transaction():
            known = self._store.find(self._bank.wallet(debtor).wallet_no, batch_id)
        if known is None:
            raise Refused("not-found", f"this employer has handed in no batch {batch_id!a}")
        return self.report(known[0])

    def finish(self) -> int:
        """Pay what waits, after a start; says how many batches there were."""
        with self._transaction():
            waiting = self._store.unfinished()
        for batch_no in waiting:
            self._pay(batch_no)
        return len(waiting)

    def report(self, batch_no: int) -> BatchReport:
        """What has become of a batch so far.

        Raises:
            LookupError: there is none of this number.
        """
        with self._transaction():
            return self._store.report(batch_no)

    def _take(self, batch: Batch, debtor: bytes, now_s: int) -> int | Rejection:
        row = self._bank.active(debtor)
        known = self._store.find(row.wallet_no, batch.batch_id)
        if known is not None:
            batch_no, digest = known
            if digest != batch.digest:
                raise Refused("nonce-used", f"another batch was handed in as {batch.batch_id!a} before")
            return batch_no
        wallets = self._bank.store.wallets_by_no(sorted({line.wallet_no for line in batch.lines}))
        rejection = check_batch(
            batch,
            Payees(
                debtor_no=row.wallet_no,
                funds_fen=-self._bank.store.ledger.balance_fen(row.account),
                wallets={number: self._payee(wallet) for number, wallet in wallets.items()},
                today=date_of(day_of(now_s)),
            ),
        )
        if rejection is not None:
            return rejection
        # What the employer has ordered for its purse and not got yet is not there for wages.
        self._bank.check_funds(row.account, batch.total_fen, of=debtor)
        batch_no = self._store.add(batch, debtor_no=row.wallet_no, taken_at_s=now_s)
        self._bank.book("wages", row.account, PAYROLL, batch.total_fen, now_s, batch.digest)
        return batch_no

    def _payee(self, row: WalletRow) -> Payee:
        """What a wallet can be paid now."""
        most_fen = self._bank.terms.limits.limits(row.tier).balance_fen
        held_fen = -self._bank.store.ledger.balance_fen(row.account)
        return Payee(is_active=row.is_active, room_fen=most_fen - held_fen)

    def _pay(self, batch_no: int) -> None:
        while True:
            with self._transaction() as now_s:
                lines = self._store.waiting(batch_no, self._lines_at_once)
                if not lines:
                    return
                self._pay_lines(batch_no, lines, now_s)

    def _pay_lines(self, batch_no: int, lines: list[LineReport], now_s: int) -> None:
        store = self._bank.store
        debtor_no = self._store.debtor_no(batch_no)
        wallets = store.wallets_by_no(sorted({debtor_no, *(line.wallet_no for line in lines)}))
        for line in lines:
            row = wallets[line.wallet_no]
            payee = self._payee(row)
            if payee.is_active and line.amount_fen <= payee.room_fen:
                state, kind, account = LineState.PAID, "wage", row.account
            else:
                state, kind = LineState.GIVEN_BACK, "wage-back"
                account = self._bank.account_of(wallets[debtor_no])
            self._bank.book(kind, PAYROLL, account, line.amount_fen, now_s, line.name)
            self._store.settle(batch_no, [line.line], state, now_s)
