"""Recovery of a lost wallet: whoever holds its recovery key gets a new wallet for the same person (ADR 0071).

A recovery key signs requests to the operator and nothing else: no payment, no hand-in. While the device is
whole, its wallet names the public half here. When the device is gone, the recovery key asks for a new wallet:
that is opened for the same person, the old one is closed as lost, and what its holder is owed, now and later,
goes to the new one. The recovery key belongs to the new wallet from then on.

Every method is called inside `store.transaction()`.
"""

from shuangli.errors import BadInput, Refused
from shuangli.messages.enrolment import Enrolment
from shuangli.operator.bank import Bank
from shuangli.operator.customers.tables import RECOVERY_KEYS
from shuangli.operator.customers.wallets import Wallets
from shuangli.operator.pseudonyms import is_same
from shuangli.operator.store import WalletRow


class Recoveries:
    """The recovery keys of one operator's customers."""

    def __init__(self, bank: Bank, wallets: Wallets) -> None:
        """Keep them for the wallets of `bank`."""
        self._bank = bank
        self._wallets = wallets
        self._database = bank.store.database

    def name_key(self, wallet: bytes, recovery_key: bytes, *, now_s: int) -> None:
        """Let this key recover the wallet from now on, in place of the one before.

        Raises:
            BadInput: the key is a wallet's, or recovers another wallet (`bad-value`).
            Refused: there is no open wallet with this key (`unknown-wallet`), or it is frozen (`frozen`).
        """
        row = self._bank.active(wallet)
        known = self._find(recovery_key)
        if known == row.wallet_no:
            return
        if known is not None or self._bank.store.wallet(recovery_key) is not None:
            raise BadInput("bad-value", "this key is used for something else: make a new one")
        self._database.execute("DELETE FROM recovery_keys WHERE wallet_no = ?", row.wallet_no)
        self._database.insert(RECOVERY_KEYS, [(row.wallet_no, recovery_key, now_s)])
        self._wallets.tell(row, "recovery-key", now_s)

    def wallet_of(self, recovery_key: bytes) -> WalletRow:
        """The wallet that a key recovers.

        Raises:
            Refused: it recovers none here (`not-found`).
        """
        wallet_no = self._find(recovery_key)
        if wallet_no is None:
            raise Refused("not-found", "this recovery key belongs to no wallet here")
        return self._bank.store.wallet_by_no(wallet_no)

    def recover(self, recovery_key: bytes, enrolment_data: bytes, *, now_s: int) -> bytes:
        """Open a new wallet for the person of the lost one, and close that; the certificate of the new one.

        1. The key recovers a wallet here, and the enrolment is for the same person and tier.
        2. The new wallet's key was never a wallet. The same enrolment again gets the same certificate.
        3. The new wallet is opened first, so that what is owed for the old one has where to go.

        The issuer has been told that the old one is lost (`lost`).

        Raises:
            Malformed, Unverified: the enrolment does not hold.
            Refused: it is another person's or tier's (`not-allowed`), its key is a wallet already
                (`already-open`), or the lost wallet is frozen (`frozen`).
        """
        lost = self.lost(recovery_key, enrolment_data)
        certificate = self._bank.open_wallet(enrolment_data, now_s=now_s)
        if lost is None:
            return certificate
        enrolment = Enrolment.parse(enrolment_data)
        self._wallets.close(lost.key, lost=True, by_operator=False, now_s=now_s)
        new = self._bank.wallet(enrolment.key)
        self._database.execute(
            "UPDATE recovery_keys SET wallet_no = ? WHERE wallet_no = ?", new.wallet_no, lost.wallet_no
        )
        self._wallets.tell(new, "recovered", now_s)
        return certificate

    def lost(self, recovery_key: bytes, enrolment_data: bytes) -> WalletRow | None:
        """The wallet that `recover` would close; None if it has done so for this enrolment before.

        Raises:
            Malformed, Refused: as `recover`.
        """
        lost, enrolment = self.wallet_of(recovery_key), Enrolment.parse(enrolment_data)
        if not is_same(lost.person, enrolment.person) or lost.tier != enrolment.tier:
            raise Refused("not-allowed", "the enrolment is not for the person and tier of the lost wallet")
        if enrolment.key == lost.key:
            return None
        if self._bank.store.wallet(enrolment.key) is not None:
            raise Refused("already-open", "a wallet is recovered to a new key")
        return self._wallets.check_closing(lost.key, by_operator=False)

    def _find(self, recovery_key: bytes) -> int | None:
        found = self._database.row("SELECT wallet_no FROM recovery_keys WHERE key = ?", recovery_key)
        return None if found is None else int(found[0])
