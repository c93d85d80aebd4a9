"""The life of a wallet at its operator: its state, freezing and release, tiers, and sub-wallets.

Every method is called inside `store.transaction()`.
"""

from dataclasses import dataclass
from typing import Final

from shuangli.database.database import only
from shuangli.errors import BadInput, Refused
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.event_kinds import EventKind, FreezeStep
from shuangli.offline.limits import COMPANY
from shuangli.operator.bank import Bank
from shuangli.operator.certifying import is_due
from shuangli.operator.customers.tables import FREEZES, SUB_WALLETS, TIDINGS
from shuangli.operator.pseudonyms import is_same
from shuangli.operator.store import WalletRow

MOST_SUB_WALLETS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletState:
    """A wallet, as its holder is shown it; `parent` is the key of the wallet that it is under."""

    row: WalletRow
    certificate: WalletCertificate
    balance_fen: int
    parent: bytes | None

    @property
    def state(self) -> str:
        """`open`, `frozen` or `closed`."""
        if self.row.closed_at_s is not None:
            return "closed"
        return "open" if self.row.frozen_at_s is None else "frozen"

    @property
    def kind(self) -> str:
        """`company` or `personal`."""
        return "company" if self.row.tier == COMPANY else "personal"


class Wallets:
    """The wallets of one operator's customers."""

    def __init__(self, bank: Bank) -> None:
        """Keep the wallets of `bank`."""
        self._bank = bank
        self._store = bank.store
        self._database = bank.store.database

    def row(self, key: bytes) -> WalletRow:
        """The wallet with this key, open or not.

        Raises:
            Refused: there is none here (`unknown-wallet`).
        """
        row = self._store.wallet(key)
        if row is None:
            raise Refused(
                "unknown-wallet", f"{self._bank.terms.name} has opened no wallet with key {key.hex()}"
            )
        return row

    def state(self, key: bytes) -> WalletState:
        """A wallet as it is now.

        Raises:
            Refused: there is none here (`unknown-wallet`).
        """
        row = self.row(key)
        return WalletState(
            row=row,
            certificate=WalletCertificate.parse(row.certificate),
            balance_fen=-self._store.ledger.balance_fen(row.account),
            parent=self.parent_of(row),
        )

    def certificate(self, key: bytes, *, now_s: int) -> bytes:
        """The newest certificate of a wallet, which is made anew where that is due.

        It is when it expires soon, and when a key has signed it that is the operator's no more: if that was
        revoked, nobody takes the old one any longer (F30). A frozen or closed wallet's stays as it is.

        Raises:
            Refused: there is none here (`unknown-wallet`).
        """
        row, bank = self.row(key), self._bank
        certificate = WalletCertificate.parse(row.certificate)
        of_today = bank.trust.operator_of(certificate).claims.key == bank.public
        if of_today and not is_due(certificate, terms=bank.terms, now_s=now_s):
            return row.certificate
        if row.closed_at_s is not None or row.frozen_at_s is not None:
            return row.certificate
        data = bank.renew_certificate(key, tier=row.tier, now_s=now_s)
        self.tell(row, "certificate-renewed", now_s)
        return data

    def parent_of(self, row: WalletRow) -> bytes | None:
        """The key of the wallet that this one is under."""
        found = self._database.row("SELECT parent_no FROM sub_wallets WHERE wallet_no = ?", row.wallet_no)
        return None if found is None else self._store.wallet_by_no(int(only(found))).key

    def freeze(self, key: bytes, *, asked_by: str, reason: str, now_s: int) -> None:
        """Let nothing leave a wallet from now on, and load nothing into it. Frozen again, it stays as it is.

        Raises:
            Refused: there is none open with this key (`unknown-wallet`).
        """
        row = self._bank.wallet(key)
        if row.frozen_at_s is None:
            self._database.insert(FREEZES, [(row.wallet_no, now_s, asked_by, reason)])
            self._log_freeze(row, 1, now_s)
            self.tell(row, "frozen", now_s)

    def release(self, key: bytes, *, now_s: int) -> None:
        """Undo a freeze; where there is none, nothing changes.

        Raises:
            Refused: there is none open with this key (`unknown-wallet`).
        """
        row = self._bank.wallet(key)
        if row.frozen_at_s is not None:
            self._database.execute("DELETE FROM freezes WHERE wallet_no = ?", row.wallet_no)
            self._log_freeze(row, -1, now_s)
            self.tell(row, "released", now_s)

    def _log_freeze(self, row: WalletRow, sign: int, now_s: int) -> None:
        frozen_fen = -sign * self._store.ledger.balance_fen(row.account)
        record = self._bank.enrolment_id(row.key)
        step = FreezeStep.FROZEN if sign > 0 else FreezeStep.RELEASED
        self._bank.log(EventKind.FREEZE, now_s, record=record, frozen_fen=frozen_fen, step=step)

    def upgrade(self, key: bytes, tier: int, *, now_s: int) -> bytes:
        """Give a personal wallet another tier, after its holder has shown who they are: its new certificate.

        Raises:
            BadInput: it has this tier already, or company and person are exchanged (`bad-value`).
            Refused: unknown or frozen.
        """
        row = self._bank.active(key)
        if row.tier == tier or COMPANY in (row.tier, tier):
            raise BadInput("bad-value", f"a wallet of tier {row.tier} cannot become one of tier {tier}")
        certificate = self._bank.renew_certificate(key, tier=tier, now_s=now_s)
        self.tell(row, "certificate-renewed", now_s)
        return certificate

    def close(self, key: bytes, *, lost: bool, by_operator: bool, now_s: int) -> None:
        """Close a wallet; what its holder is owed goes to their newest open one.

        Only the operator closes a frozen wallet, and releases it with that. If it is `lost`, the issuer has
        been told so: payments to it no longer go back to their payers unasked.

        Raises:
            Refused: there is none with this key (`unknown-wallet`), or it is frozen (`frozen`).
        """
        row = self.check_closing(key, by_operator=by_operator)
        if row.frozen_at_s is not None:
            self.release(key, now_s=now_s)
        self._bank.close_wallet(key, lost=lost, now_s=now_s)
        if row.closed_at_s is None:
            self.tell(row, "closed", now_s)

    def check_closing(self, key: bytes, *, by_operator: bool) -> WalletRow:
        """Make sure that a wallet may be closed; gives it.

        Raises:
            Refused: as `close`.
        """
        row = self.row(key)
        if row.frozen_at_s is not None and not by_operator:
            raise Refused("frozen", "the wallet is frozen: ask the operator to release it")
        return row

    def take_under(self, parent: bytes, child: bytes, *, payment_fen: int, day_fen: int, now_s: int) -> None:
        """Make a wallet of the same person a sub-wallet; again, with other limits, those hold from now on.

        Raises:
            BadInput: parent and child are one, or one of them is both (`bad-value`).
            Refused: unknown or frozen, or the child is somebody else's (`not-allowed`).
        """
        above, below = self._bank.active(parent), self.of_same_person(parent, child)
        known = self.parent_of(below)
        if known is None:
            self._check_tree(above, below)
        elif known != parent:
            raise BadInput("bad-value", "the wallet is under another one: let it go there first")
        self._database.execute("DELETE FROM sub_wallets WHERE wallet_no = ?", below.wallet_no)
        row = (below.wallet_no, above.wallet_no, payment_fen, day_fen)
        self._database.insert(SUB_WALLETS, [row])
        self.tell(below, "sub-wallet", now_s)

    def of_same_person(self, parent: bytes, child: bytes) -> WalletRow:
        """Make sure that a wallet may be put under another one, as far as persons go; gives it.

        Raises:
            Refused: as `take_under`.
        """
        above, below = self._bank.active(parent), self._bank.wallet(child)
        if not is_same(above.person, below.person):
            raise Refused("not-allowed", "a sub-wallet is opened by the same person as its parent")
        return below

    def _check_tree(self, above: WalletRow, below: WalletRow) -> None:
        if above.wallet_no == below.wallet_no:
            raise BadInput("bad-value", "a wallet is not under itself: name another one")
        if self.parent_of(above) is not None:
            raise BadInput("bad-value", "a sub-wallet has no sub-wallets: name its parent")
        if self.children(below):
            raise BadInput("bad-value", "a wallet with sub-wallets is not put under another one")
        if len(self.children(above)) >= MOST_SUB_WALLETS:
            raise BadInput("bad-value", f"a wallet has at most {MOST_SUB_WALLETS} sub-wallets")

    def let_go(self, parent: bytes, child: bytes, *, now_s: int) -> None:
        """Make a sub-wallet a wallet of its own again.

        Raises:
            Refused: it is not under this parent (`not-found`).
        """
        row = self.check_under(parent, child)
        self._database.execute("DELETE FROM sub_wallets WHERE wallet_no = ?", row.wallet_no)
        self.tell(row, "own-wallet", now_s)

    def check_under(self, parent: bytes, child: bytes) -> WalletRow:
        """Make sure that a wallet is under another one; gives it.

        Raises:
            Refused: it is not (`not-found`).
        """
        row = self._store.wallet(child)
        if row is None or self.parent_of(row) != parent:
            raise Refused("not-found", "this wallet has no such sub-wallet")
        return row

    def children(self, row: WalletRow) -> list[bytes]:
        """The keys of a wallet's sub-wallets."""
        found = self._database.rows(
            "SELECT wallet_no FROM sub_wallets WHERE parent_no = ? ORDER BY wallet_no", row.wallet_no
        )
        return [self._store.wallet_by_no(int(number)).key for (number,) in found]

    def tell(self, row: WalletRow, kind: str, now_s: int) -> None:
        """Put something into the wallet's feed that is no entry of the books."""
        number = only(self._database.row("SELECT coalesce(max(number), 0) + 1 FROM tidings"))
        after_no = self._store.ledger.next_no() - 1
        self._database.insert(TIDINGS, [(number, row.wallet_no, after_no, kind, now_s)])
