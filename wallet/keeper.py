"""What every wallet is: key, trust, purse and journal, and the order in which it acts.

Every act follows one order: verify, write the records to the journal, apply them to the purse, and
only then return what is to be sent. Nothing here reads a clock or makes randomness: `now_s` is an
argument, and nonces come from the key's custody.

A secure element may have signed what the journal does not know, since the power may end between the two. So
a wallet catches up with its custody when it is opened, and whenever that says that it is ahead.
"""

from collections.abc import Callable
from typing import TypeVar

from shuangli.errors import OutOfTurn, StoreError
from shuangli.messages.certificates import WalletCertificate
from shuangli.offline.evidence import culprit_of
from shuangli.offline.trust import Trust
from shuangli.wallet.catching_up import missed
from shuangli.wallet.custody import Custody
from shuangli.wallet.journal import Journal
from shuangli.wallet.purse import Purse
from shuangli.wallet.records import Record
from shuangli.wallet.rules import WalletRules

T = TypeVar("T")


class Keeper:
    """Keeps a wallet: what has happened is in its journal, what it holds is in its purse.

    Attributes:
        key: has custody of the key; the private half stays inside
        trust: what this device has checked
        purse: what it holds; read it, change it only through this class
    """

    __slots__ = ("_journal", "_rules", "key", "purse", "trust")

    def __init__(self, *, key: Custody, trust: Trust, journal: Journal, rules: WalletRules) -> None:
        """Open a wallet; what its journal or its custody says has happened, has happened.

        Raises:
            StoreError: the journal is not the one of this custody (`out-of-step`).
            LinkError: the custody is a secure element that cannot be reached.
        """
        self.key = key
        self.trust = trust
        self.purse = Purse(day_of=rules.payer.day_of)
        self._journal = journal
        self._rules = rules
        for record in journal:
            self.purse.apply(record)
        if self.purse.revocations is not None:
            trust.update_revocations(self.purse.revocations.signed.data)
        for evidence in self.purse.evidence.values():
            trust.distrust(culprit_of(evidence))
        self._catch_up()

    def _catch_up(self) -> bool:
        """Note what the custody has signed and the journal does not know; say whether there was anything."""
        behind = False
        for signed in self.key.signed_before():
            record = missed(self.purse, signed)
            if record is not None:
                self._store(record)
                behind = True
        return behind

    def _in_step(self, act: Callable[[], T]) -> T:
        """Do something, once more after catching up if the custody is ahead."""
        try:
            return act()
        except StoreError as error:
            if error.code != "out-of-step" or not self._catch_up():
                raise
        return act()

    def _store(self, *records: Record) -> None:
        if records:
            self._journal.append(records)
        for record in records:
            self.purse.apply(record)

    @property
    def rules(self) -> WalletRules:
        """What it was told when it was made: its operator, its currency, its own caution."""
        return self._rules

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
        self.forget(before_s=forget_before_s)
        self._journal.compact(self.purse.checkpoint())

    def forget(self, *, before_s: int) -> None:
        """Drop settled sessions whose request expired before; the journal keeps them until compacted."""
        self.purse.forget_before(before_s, self.trust)
