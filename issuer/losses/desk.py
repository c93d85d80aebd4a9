"""The desk of losses: receivables against culprits, set-off of what they still hold, recovery, write-off.

The guarantee fund pays when a claim comes in; what it pays becomes a receivable against the culprit of the
case (`issuer.losses.branches` says of which). A coin that only a culprit would get is taken once nobody else
can be on time for it: it leaves circulation, and is set off against what its holder owes. So it does not
matter in which order claims, frozen coins and runs of this desk come: in the end so much is set off as both
reach.

Books (debit positive): `guarantee-fund` is what the fund has paid and has no receivable for, `receivables`
what culprits owe it, `frozen` what was taken from culprits and not set off.
"""

from typing import Final

from shuangli.books import transfer_entry
from shuangli.errors import Refused, StoreError
from shuangli.issuer import logged
from shuangli.issuer.epochs.states import EpochState
from shuangli.issuer.facts import DATE_BYTES, OpenCoin, SupplyChange
from shuangli.issuer.losses.branches import claims_on_forks
from shuangli.issuer.losses.set_off import set_off, spread
from shuangli.issuer.minting import GUARANTEE_FUND, circulation, vault
from shuangli.issuer.returns.due import owed
from shuangli.issuer.store import IssuerStore
from shuangli.issuer.supply import check_supply, supply_by_epoch

RECEIVABLES: Final = "receivables"
FROZEN: Final = "frozen"
MOST_TAKEN: Final = 1_000


class LossDesk:
    """Books the losses of one network. What writes is called inside the issuer's transaction."""

    def __init__(self, *, store: IssuerStore) -> None:
        """Use `store`."""
        self._store = store

    def culprits_of(self, operator: str) -> list[bytes]:
        """The keys that an operator has certified and a case names."""
        return self._store.told_cases.culprits_of(operator)

    def name_holder(self, key: bytes, person: bytes, *, operator: str) -> None:
        """Take an operator's word on who holds the key of a case, by pseudonym; the newest word counts.

        Raises:
            Refused: no case names a key of this operator's like that (`unknown-wallet`).
        """
        if key not in self.culprits_of(operator):
            raise Refused("unknown-wallet", f"no case names this key as one that {operator} has certified")
        self._store.losses.name_holders([(key, person)])

    def run(self, *, now_s: int, up_to_s: int) -> bool:
        """Take what is due, claim what the fund has paid, and set off; says whether there is more to take.

        `up_to_s` is up to when all that operators received is known here (`ReturnDesk.complete_up_to_s`). At
        most 1,000 coins are taken at once, and none of an epoch that is suspended. Broken off, it starts
        again where it was.

        Raises:
            StoreError: the supply does not add up (`corrupt`).
        """
        suspended = self._store.epochs.in_states((EpochState.SUSPENDED,))
        taken = self._store.losses.due(up_to_s, most=MOST_TAKEN, left=suspended)
        for coin in taken:
            self._take(coin, now_s)
        self._claim(now_s)
        self._set_off(now_s)
        check_supply(self._store)
        return len(taken) == MOST_TAKEN

    def _take(self, coin: OpenCoin, now_s: int) -> None:
        store, value_fen = self._store, coin.value_fen
        kind, data = store.objects.get(coin.place.parent_no)
        goes_to = owed(kind, data, coin.place.position)
        coin_id = goes_to.coin_id
        store.open_coins.close([coin.place[:2]])
        store.audit.append([logged.taken(coin, coin_id=coin_id, since_s=goes_to.since_s, at_s=now_s)])
        if coin.place.forked:
            # It is worth nothing in the supply, so there is nothing to take.
            store.losses.take(coin.place, 0, now_s=now_s)
            store.add_supply(coin.epoch, SupplyChange(void_fen=value_fen, forked_open_fen=-value_fen))
            return
        store.losses.take(coin.place, value_fen, now_s=now_s)
        store.add_supply(coin.epoch, SupplyChange(returned_fen=value_fen, outstanding_fen=-value_fen))
        entry = transfer_entry(
            kind="taken",
            debit=circulation(coin.epoch),
            credit=FROZEN,
            amount_fen=value_fen,
            at_s=now_s,
            reference=coin_id,
        )
        store.ledger.post(entry)

    def _claim(self, now_s: int) -> None:
        """Book what the fund has paid on each case since the last time as owed by its culprit."""
        losses = self._store.losses
        claimed_fen = {one.coin_key: one.claimed_fen for one in losses.receivables()}
        figures = claims_on_forks(self._store).figures
        for case in self._store.cases():
            more_fen = figures[case.coin_key].fund_paid_fen - claimed_fen.get(case.coin_key, 0)
            if more_fen < 0:
                raise StoreError("corrupt", "the guarantee fund has paid less on a case than it had before")
            if more_fen:
                losses.claim(case.coin_key, case.culprit, more_fen)
                self._post("receivable", RECEIVABLES, GUARANTEE_FUND, more_fen, now_s, case.coin_id)

    def _set_off(self, now_s: int) -> None:
        losses = self._store.losses
        covered = set_off(losses.debts(), losses.holdings())
        losses.set_off(covered)
        for one in covered:
            coin_id = one.debt.coin_key[DATE_BYTES:]
            self._post("set-off", FROZEN, RECEIVABLES, one.amount_fen, now_s, coin_id)

    def recover(self, debtor: bytes, amount_fen: int, *, operator: str, reference: bytes, now_s: int) -> None:
        """Take what a culprit has paid back, out of the vault of the operator that passes it on.

        The same payment again, by its operator's reference, changes nothing.

        Raises:
            BadInput: it is not at least 1 fen, or more than this person owes (`bad-value`).
            Refused: the reference came with another payment before (`nonce-used`), or the vault does not hold
                enough (`vault-empty`).
        """
        losses = self._store.losses
        known_fen = losses.recovered_fen(operator, reference)
        if known_fen is not None:
            # Not by the debtor: an operator may have named who that is in between, or by a newer pseudonym.
            if known_fen != amount_fen:
                raise Refused("nonce-used", "the reference came with another payment before")
            return
        shares = spread(losses.debts(debtor), amount_fen)
        short_fen = amount_fen + self._store.ledger.balance_fen(vault(operator))
        if short_fen > 0:
            raise Refused("vault-empty", f"the vault of {operator} is {short_fen} fen short")
        losses.add_recovery(operator, reference, debtor, amount_fen)
        losses.recover(shares)
        self._post("recovery", vault(operator), RECEIVABLES, amount_fen, now_s, reference)

    def write_off(self, debtor: bytes, *, now_s: int) -> int:
        """Let the fund bear for good what a person still owes; returns how much that is, in fen."""
        debts = self._store.losses.debts(debtor)
        self._store.losses.write_off(debts)
        for debt in debts:
            coin_id = debt.coin_key[DATE_BYTES:]
            self._post("write-off", GUARANTEE_FUND, RECEIVABLES, debt.open_fen, now_s, coin_id)
        return sum(debt.open_fen for debt in debts)

    def _post(
        self, kind: str, debit: str, credit: str, amount_fen: int, now_s: int, reference: bytes
    ) -> None:
        entry = transfer_entry(
            kind=kind, debit=debit, credit=credit, amount_fen=amount_fen, at_s=now_s, reference=reference
        )
        logged.post(self._store, entry)


def outlay_fen(store: IssuerStore) -> int:
    """What the guarantee fund has paid and not got back, whether it is owed or written off, in fen."""
    return store.ledger.balance_fen(GUARANTEE_FUND) + store.ledger.balance_fen(RECEIVABLES)


def check_losses(store: IssuerStore) -> None:
    """Compare the accounts of losses with the rows behind them, and with what the supply says was paid.

    Raises:
        StoreError: they differ (`corrupt`).
    """
    totals = store.losses.totals()
    fund_paid_fen = sum(supply.fund_paid_fen for supply in supply_by_epoch(store))
    for account, in_rows_fen in (
        (RECEIVABLES, totals.open_fen),
        (FROZEN, -totals.left_fen),
        (GUARANTEE_FUND, fund_paid_fen - totals.claimed_fen + totals.written_off_fen),
    ):
        if store.ledger.balance_fen(account) != in_rows_fen:
            raise StoreError("corrupt", f"account {account} and the rows behind it differ")
    if any(one.open_fen < 0 for one in store.losses.receivables()):
        raise StoreError("corrupt", "more has come back on a case than the guarantee fund paid")
