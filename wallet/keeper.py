"""What every wallet is: key, trust, purse and journal, and the order in which it acts.

Every act follows one order: verify, write the records to the journal, apply them to the purse, and
only then return what is to be sent. Nothing here reads a clock or makes randomness: `now_s` is an
argument, and `random_bytes` comes in at the start.
"""

from collections.abc import Callable

from shuangli.crypto import Signer
from shuangli.errors import OutOfTurn
from shuangli.messages.certificates import WalletCertificate
from shuangli.offline.evidence import culprit_of
from shuangli.offline.trust import Trust
from shuangli.wallet.journal import Journal
from shuangli.wallet.purse import Purse
from shuangli.wallet.records import Record
from shuangli.wallet.rules import WalletRules


class Keeper:
    """Keeps a wallet: what has happened is in its journal, what it holds is in its purse.

    Attributes:
        key: signs; the private half stays inside
        trust: what this device has checked
        purse: what it holds; read it, change it only through this class
    """

    __slots__ = ("_journal", "_random_bytes", "_rules", "key", "purse", "trust")

    def __init__(
        self,
        *,
        key: Signer,
        trust: Trust,
        journal: Journal,
        rules: WalletRules,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        """Open a wallet; what its journal says has happened, has happened."""
        self.key = key
        self.trust = trust
        self.purse = Purse()
        self._journal = journal
        self._rules = rules
        self._random_bytes = random_bytes
        for record in journal:
            self.purse.apply(record)
        if self.purse.revocations is not None:
            trust.update_revocations(self.purse.revocations.signed.data)
        for evidence in self.purse.evidence.values():
            trust.distrust(culprit_of(evidence))

    def _store(self, *records: Record) -> None:
        if records:
            self._journal.append(records)
        for record in records:
            self.purse.apply(record)

    @property
    def certificate(self) -> WalletCertificate:
        """The wallet's certificate.

        Raises:
            OutOfTurn: it has none yet.
        """
        if self.purse.certificate is None:
            raise OutOfTurn("out-of-turn", "this wallet has not been opened")
        return self.purse.certificate

    def compact(self, *, forget_before_s: int = 0) -> None:
        """Shorten the journal to one checkpoint, without settled sessions whose request expired before.

        A forgotten request is answered no more; give a time at least the clock tolerance ago.
        """
        self.purse.forget_before(forget_before_s)
        self._journal.compact(self.purse.checkpoint())
