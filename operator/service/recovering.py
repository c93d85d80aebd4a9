"""The desk's part for whoever has lost a wallet, in transactions of the bank's (`customers.recovery`).

The issuer is told of a lost wallet before that is closed, and while nobody holds the bank's database: so who
loses wallets while the issuer is slow or away holds up nobody else.
"""

from collections.abc import Callable

from shuangli.api.told_service import RecoveryTold
from shuangli.operator.bank import Bank
from shuangli.operator.customers.recovery import Recoveries
from shuangli.operator.flow import ServiceLink
from shuangli.operator.service.online import OnlineDesk
from shuangli.operator.store import WalletRow


class RecoveringDesk(OnlineDesk):
    """An online desk that gives lost wallets back; whoever calls it has made sure of who asks.

    Attributes:
        recoveries: the recovery keys, used inside `transaction`
    """

    def __init__(self, bank: Bank, issuer: ServiceLink, *, currency: str, now_s: Callable[[], int]) -> None:
        """Serve the customers of `bank`, of whose lost wallets `issuer` is told."""
        super().__init__(bank, currency=currency, now_s=now_s)
        self._issuer = issuer
        self.recoveries = Recoveries(bank, self.wallets)

    def check_holder(self, wallet: bytes, code: str) -> None:
        """Make sure that who asks has more than the key of a wallet that has a second factor.

        That is asked for before a wallet's money goes to another one of its holder's, at once or later: else
        whoever has stolen the key would open that one, and give it a second factor of their own.

        Raises:
            Refused: unknown (`unknown-wallet`), or the code is missing or wrong (`second-factor`, `locked`).
        """
        with self.transaction() as now_s:
            row = self.bank.row_of(wallet)
            refused = self.codes.check(row, code, now_s=now_s) if self.codes.has(row) else None
        if refused is not None:
            raise refused

    def name_recovery_key(self, wallet: bytes, recovery_key: bytes, *, code: str = "") -> RecoveryTold:
        """Let a key recover a wallet from now on."""
        self.check_holder(wallet, code)
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
        """The certificate of the wallet that takes the place of the lost one.

        Raises:
            StoreError: the issuer cannot be reached (`unavailable`).
        """
        with self.transaction():
            lost = self.recoveries.lost(recovery_key, enrolment)
        if lost is not None:
            self._tell_lost(lost)
        with self.transaction() as now_s:
            return self.recoveries.recover(recovery_key, enrolment, now_s=now_s)

    def close(self, wallet: bytes, *, lost: bool, by_operator: bool, code: str = "") -> None:
        """Close a wallet; closed again, it stays as it is.

        Raises:
            Refused: there is none with this key (`unknown-wallet`), it is frozen (`frozen`), or as
                `check_holder`.
            StoreError: it is lost, and the issuer cannot be reached (`unavailable`).
        """
        if not by_operator:
            self.check_holder(wallet, code)
        if lost:
            with self.transaction():
                row = self.wallets.check_closing(wallet, by_operator=by_operator)
            self._tell_lost(row)
        with self.transaction() as now_s:
            self.wallets.close(wallet, lost=lost, by_operator=by_operator, now_s=now_s)

    def _tell_lost(self, row: WalletRow) -> None:
        with self.transaction() as now_s:
            enrolment = self.bank.store.enrolment(self.bank.row_of(row.key).key)
        self._issuer.report_lost(enrolment, operator=self.bank.terms.name, now_s=now_s)
