"""The desk's part for whoever has lost a wallet, in transactions of the bank's (`customers.recovery`)."""

from collections.abc import Callable

from shuangli.api.told_service import RecoveryTold
from shuangli.operator.bank import Bank
from shuangli.operator.customers.recovery import Recoveries
from shuangli.operator.service.online import OnlineDesk


class RecoveringDesk(OnlineDesk):
    """An online desk that gives lost wallets back; whoever calls it has made sure of who asks.

    Attributes:
        recoveries: the recovery keys, used inside `transaction`
    """

    def __init__(self, bank: Bank, *, currency: str, now_s: Callable[[], int]) -> None:
        """Serve the customers of `bank`."""
        super().__init__(bank, currency=currency, now_s=now_s)
        self.recoveries = Recoveries(bank, self.wallets)

    def name_recovery_key(self, wallet: bytes, recovery_key: bytes) -> RecoveryTold:
        """Let a key recover a wallet from now on."""
        with self.transaction() as now_s:
            self.recoveries.name_key(wallet, recovery_key, now_s=now_s)
            return self._recovery(recovery_key)

    def recovery(self, recovery_key: bytes) -> RecoveryTold:
        """What a recovery key gives back."""
        with self.transaction():
            return self._recovery(recovery_key)

    def _recovery(self, recovery_key: bytes) -> RecoveryTold:
        row = self.recoveries.wallet_of(recovery_key)
        state = self.wallets.state(row.key)
        return RecoveryTold(
            wallet=row.key.hex(),
            person=row.person.hex(),
            tier=row.tier,
            state=state.state,
            balance_fen=state.balance_fen,
        )

    def recover(self, recovery_key: bytes, enrolment: bytes) -> bytes:
        """The certificate of the wallet that takes the place of the lost one."""
        with self.transaction() as now_s:
            return self.recoveries.recover(recovery_key, enrolment, now_s=now_s)
