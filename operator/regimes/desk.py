"""Regimes at a running bank: the change-over on its day, interest each quarter, and what is to be in reserve.

`keep_up` does what is due, and is called as often as one likes: each regime is noted once, and each wallet is
settled once for each period, a few wallets at a time. Interest is one entry a wallet: the bank's expense
`interest`, to the customer's account. A wallet is judged by its tier on the day on which it is settled.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from shuangli.codec import encode
from shuangli.crypto import sha256
from shuangli.days import date_of, day_no, day_of
from shuangli.messages.event_kinds import EventKind
from shuangli.operator.accounts import VAULT
from shuangli.operator.bank import Bank
from shuangli.operator.regimes.interest import Period, earned, first_unsettled, micro_fen, periods_until
from shuangli.operator.regimes.store import RegimeStore, Settled
from shuangli.operator.regimes.table import MILLION, Regime, RegimeTable, is_real_name
from shuangli.operator.store import WalletRow

INTEREST: Final = "interest"
"""The account of what the bank has paid in interest: its expense."""
WALLETS_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimeReport:
    """An operator under its regime at a moment; amounts in fen.

    Attributes:
        regime: what is in force
        online_fen: what all wallets hold online
        real_name_fen: the part of it in real-name wallets
        insured_fen: the part of that which is insured
        required_reserve_fen: what is to be kept against `online_fen`
        vault_fen: what is kept
        accrued_micro_fen: interest that has accrued since the last settlement, at today's rate
    """

    day: date
    regime: Regime
    online_fen: int
    real_name_fen: int
    insured_fen: int
    required_reserve_fen: int
    vault_fen: int
    accrued_micro_fen: int

    @property
    def short_fen(self) -> int:
        """What is missing in reserve."""
        return max(0, self.required_reserve_fen - self.vault_fen)

    def as_json(self) -> dict[str, Any]:
        """The report as JSON."""
        return {
            "day": self.day.isoformat(),
            "regime": self.regime.kind.value,
            "in_force_since": self.regime.since.isoformat(),
            "online_fen": self.online_fen,
            "real_name_fen": self.real_name_fen,
            "insured_fen": self.insured_fen,
            "required_reserve_fen": self.required_reserve_fen,
            "vault_fen": self.vault_fen,
            "short_fen": self.short_fen,
            "accrued_micro_fen": self.accrued_micro_fen,
        }


class RegimeDesk:
    """One bank under its regimes."""

    def __init__(
        self, bank: Bank, table: RegimeTable, transaction: Callable[[], AbstractContextManager[int]]
    ) -> None:
        """Keep `bank` by `table`; `transaction` is one of its database, and gives the time."""
        self._bank = bank
        self._table = table
        self._store = RegimeStore(bank.store)
        self._transaction = transaction

    def keep_up(self) -> int:
        """Note regimes that have come into force, and settle what is due; gives the interest paid, in fen."""
        with self._transaction() as now_s:
            today = date_of(day_of(now_s))
            for regime in self._table.regimes:
                if regime.since <= today and not self._store.is_noted(day_no(regime.since)):
                    self._change_over(regime, now_s)
        paid_fen = 0
        for period in periods_until(self._table, today):
            while (settled_fen := self._settle_some(period)) is not None:
                paid_fen += settled_fen
        return paid_fen

    def _change_over(self, regime: Regime, now_s: int) -> None:
        """From its day on the regime holds for every wallet that there is; no money moves."""
        day = day_no(regime.since)
        self._store.note(day, regime.kind.value, now_s)
        text = encode([regime.kind.value, day, regime.insured_fen, self._table.operator.value])
        name = f"regime/{regime.kind.value}"
        self._bank.log(EventKind.POLICY, now_s, name=name, value=day, digest=sha256(text))

    def _settle_some(self, period: Period) -> int | None:
        """Settle a period for some wallets; what they are paid, None if there are none left."""
        with self._transaction() as now_s:
            if self._store.is_settled(day_no(period.last)):
                return None
            wallets = self._store.unsettled(day_no(period.last), WALLETS_AT_ONCE)
            if not wallets:
                self._store.close(day_no(period.last), now_s)
                return None
            fen_days = self._store.fen_days(
                [wallet.account for wallet in wallets], day_no(period.first), day_no(period.last)
            )
            carried = self._store.carried([wallet.wallet_no for wallet in wallets])
            settled = [
                self._settle(wallet, fen_days.get(wallet.account, 0), carried, period, now_s)
                for wallet in wallets
            ]
            self._store.settle(day_no(period.last), settled)
            return sum(one.paid_fen for one in settled)

    def _settle(
        self, wallet: WalletRow, fen_days: int, carried: dict[int, int], period: Period, now_s: int
    ) -> Settled:
        number, before = wallet.wallet_no, carried.get(wallet.wallet_no, 0)
        if not is_real_name(wallet.tier):
            return Settled(number, fen_days, 0, 0, before)
        due = earned(fen_days, period.rate_ppm, before)
        if due.paid_fen:
            account = self._bank.heir(wallet).account
            reference = self._bank.enrolment_id(wallet.key)
            self._bank.book("interest", INTEREST, account, due.paid_fen, now_s, reference)
        return Settled(number, fen_days, period.rate_ppm, due.paid_fen, due.carried)

    def report(self) -> RegimeReport:
        """The bank as it is now."""
        with self._transaction() as now_s:
            today = day_of(now_s)
            wallets = self._store.wallets()
            owed = [(one, -self._bank.store.ledger.balance_fen(one.account)) for one in wallets]
            vault_fen = self._bank.store.ledger.balance_fen(VAULT)
            accrued_micro_fen = self._accrued_micro_fen(today)
        day = date_of(today)
        online_fen = sum(owed_fen for _, owed_fen in owed)
        named = [(one.person, owed_fen) for one, owed_fen in owed if is_real_name(one.tier)]
        return RegimeReport(
            day=day,
            regime=self._table.regime_on(day),
            online_fen=online_fen,
            real_name_fen=sum(owed_fen for _, owed_fen in named),
            insured_fen=_insured_fen(named, self._table.insured_fen(day)),
            required_reserve_fen=-(-online_fen * self._table.reserve_ppm(day) // MILLION),
            vault_fen=vault_fen,
            accrued_micro_fen=accrued_micro_fen,
        )

    def _accrued_micro_fen(self, today: int) -> int:
        """What has accrued at the end of yesterday and was not settled."""
        day = date_of(today)
        rate_ppm = self._table.interest_ppm(day)
        if not rate_ppm:
            return 0
        wallets = [wallet for wallet in self._store.wallets() if is_real_name(wallet.tier)]
        carried = self._store.carried([wallet.wallet_no for wallet in wallets])
        first_day = day_no(first_unsettled(self._table, day))
        fen_days = self._store.fen_days([wallet.account for wallet in wallets], first_day, today - 1)
        return sum(
            micro_fen(fen_days.get(wallet.account, 0), rate_ppm, carried.get(wallet.wallet_no, 0))
            for wallet in wallets
        )


def _insured_fen(owed: Sequence[tuple[bytes, int]], most_fen: int) -> int:
    """What is insured: of each person at most so much."""
    by_person: Counter[bytes] = Counter()
    for person, owed_fen in owed:
        by_person[person] += owed_fen
    return sum(min(owed_fen, most_fen) for owed_fen in by_person.values())
