"""An operator's wallets and deposits: who is its customer, and what it owes them.

Its books (debit positive): `cash` is the customers' money at other banks, `vault` the digital value
that the issuer keeps for it, `deposit:N` what it owes the holder of wallet N, `reserves` what it paid
for its vault, `unknown-owners` what has gone back to keys that it does not know, `clearing` what customers
have sent to those of other operators, a credit, or received, until it is netted, `borrowed` what the issuer
has lent it for a netting.

A key is a wallet once. A closed wallet gets nothing more to spend; what it hands in, and what comes back
to it, is still its holder's: it goes to the holder's newest open wallet here.
"""

from typing import Any, Final

from shuangli.books import transfer_entry
from shuangli.crypto import Signer, sha256
from shuangli.database.audit import post_and_log
from shuangli.errors import BadInput, Refused
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.enrolment import Enrolment
from shuangli.messages.event_kinds import AccountChange, EventKind
from shuangli.messages.events import Event
from shuangli.money import fen
from shuangli.offline.trust import Trust
from shuangli.operator.certifying import BankTerms, certify
from shuangli.operator.pseudonyms import Pseudonyms, is_same
from shuangli.operator.store import OperatorStore, WalletRow
from shuangli.operator.tiers import moved_with, tiers_of
from shuangli.operator.under_way import OrdersUnderWay

CASH: Final = "cash"
VAULT: Final = "vault"
RESERVES: Final = "reserves"
UNKNOWN_OWNERS: Final = "unknown-owners"
CLEARING: Final = "clearing"
BORROWED: Final = "borrowed"
NOBODY: Final = bytes(32)
"""Named to the issuer where an upload is to be paid to nobody; whose wallets are whose records are erased."""
TOLD_OTHERWISE: Final = frozenset(("load", "redemption", "return"))
"""Entries of the books of which an event of their own tells in the audit log; of all others, a posting."""


class Accounts:
    """One operator's customers. Every method that writes is called inside `store.transaction()`."""

    def __init__(
        self, *, terms: BankTerms, key: Signer, trust: Trust, store: OperatorStore, pseudonyms: Pseudonyms
    ) -> None:
        """Keep the accounts of the operator that `key` certifies wallets for; `trust` is its own place.

        Under `pseudonyms`, whose keys all operators share, the issuer is told of persons.
        """
        self.terms = terms
        self.trust = trust
        self.store = store
        self.pseudonyms = pseudonyms
        self._key = key
        # What is ordered and not minted yet counts by person against limits, by wallet against deposits.
        self.under_way = OrdersUnderWay(store.database)

    @property
    def public(self) -> bytes:
        """The key that signs certificates and acknowledgements."""
        return self._key.public

    @property
    def signer(self) -> Signer:
        """The same key, for what the operator's service signs in its name."""
        return self._key

    def fill_vault(self, amount_fen: int, *, now_s: int) -> None:
        """Book value bought from the issuer."""
        self.book("vault-filled", VAULT, RESERVES, amount_fen, now_s, self.terms.name.encode())

    def book(self, kind: str, debit: str, credit: str, amount_fen: int, at_s: int, reference: bytes) -> None:
        """Post an entry to the books, and log it unless an event of its own tells of it.

        `reference` names what it is about; where that is a wallet, it is something that cannot be guessed.

        Raises:
            BadInput: the amount is not at least 1 fen.
        """
        if not fen(amount_fen):
            raise BadInput("bad-value", f"a {kind} of 0 fen moves nothing: give at least 1 fen")
        entry = transfer_entry(
            kind=kind, debit=debit, credit=credit, amount_fen=amount_fen, at_s=at_s, reference=reference
        )
        if kind in TOLD_OTHERWISE:
            self.store.ledger.post(entry)
        else:
            tiers = tiers_of(self.store, (debit, credit))
            post_and_log(self.store.ledger, self.store.audit, entry, operator=self.terms.name, tiers=tiers)

    def log(self, kind: EventKind, now_s: int, **facts: Any) -> int:
        """Enter into the audit log what has happened, with what it changes; gives the entry's number."""
        return self.store.audit.append([Event.of(kind, at_s=now_s, operator=self.terms.name, **facts)])

    def enrolment_id(self, key: bytes) -> bytes:
        """What names a wallet in books and log, which nobody can guess; another once it is erased."""
        data = self.store.enrolment(key)
        return Enrolment.parse(data).signed.id if data else self.secret_for(b"erased wallet/" + key)

    def open_wallet(self, enrolment_data: bytes, *, now_s: int) -> bytes:
        """Open a wallet and certify its key; opening it again gives the same certificate.

        Raises:
            Malformed, Unverified: the enrolment does not hold.
            Refused: it is made elsewhere, names nobody, or the wallet has been closed (`unknown-wallet`); the
                key is open for somebody else (`already-open`).
        """
        enrolment = Enrolment.parse(enrolment_data)
        if (enrolment.operator, enrolment.network) != (self.terms.name, self.trust.network):
            raise Refused("unknown-wallet", f"the enrolment is made to {enrolment.operator}")
        if enrolment.person == NOBODY:
            raise Refused("unknown-wallet", "the enrolment names nobody")
        self.trust.verifier.check_once(enrolment.signed, enrolment.key, "enrolment")
        known = self.store.wallet(enrolment.key)
        if known is not None:
            if not is_same(known.person, enrolment.person):
                raise Refused("already-open", "a wallet with this key is open for somebody else")
            return self.wallet(enrolment.key).certificate
        wallet_no = self.store.next_wallet_no()
        certificate = self._certify(wallet_no, enrolment, enrolment.tier, now_s)
        self.store.add_wallet(
            wallet_no,
            enrolment.key,
            enrolment.person,
            enrolment.tier,
            enrolment_data,
            certificate.signed.data,
        )
        told = {"enrolment_id": enrolment.signed.id, "tier": enrolment.tier}
        self.log(EventKind.ACCOUNT, now_s, **told, change=AccountChange.OPENED)
        self._log_certificate(certificate, now_s)
        self.gather(enrolment.person, now_s)
        return certificate.signed.data

    def renew_certificate(self, key: bytes, *, tier: int, now_s: int) -> bytes:
        """Certify an open wallet anew, from now on with another tier.

        Raises:
            Refused: there is none with this key (`unknown-wallet`), or it is frozen (`frozen`).
        """
        row = self.active(key)
        enrolment = Enrolment.parse(self.store.enrolment(key))
        certificate = self._certify(row.wallet_no, enrolment, tier, now_s)
        self.store.renew_wallet(row.wallet_no, tier, certificate.signed.data)
        told = {"enrolment_id": enrolment.signed.id, "tier": tier, **moved_with(self.store, row, tier)}
        self.log(EventKind.ACCOUNT, now_s, **told, change=AccountChange.RENEWED)
        self._log_certificate(certificate, now_s)
        return certificate.signed.data

    def _certify(self, wallet_no: int, enrolment: Enrolment, tier: int, now_s: int) -> WalletCertificate:
        certificate = certify(self._key, self.terms, enrolment, wallet_no=wallet_no, tier=tier, now_s=now_s)
        self.trust.verifier.remember(certificate.signed, self._key.public)
        return certificate

    def _log_certificate(self, certificate: WalletCertificate, now_s: int) -> None:
        told = {"certificate_id": certificate.signed.id, "expires_at_s": certificate.claims.expires_at_s}
        self.log(EventKind.CERTIFICATE, now_s, **told)

    def close_wallet(self, key: bytes, *, now_s: int, lost: bool = False) -> None:
        """Close a wallet that was lost or replaced; what its holder is owed goes to their next one here.

        Closing it again changes nothing. What it holds unspent comes back after expiry, grace and watermark.

        Raises:
            Refused: there is none with this key (`unknown-wallet`).
        """
        known, change = self.row_of(key), AccountChange.LOST if lost else AccountChange.CLOSED
        if known.closed_at_s is not None and change is AccountChange.LOST:
            change = AccountChange.LOST_AFTER_CLOSING
        if known.closed_at_s is None or change is AccountChange.LOST_AFTER_CLOSING:
            told = {"enrolment_id": self.enrolment_id(key), "tier": known.tier}
            self.log(EventKind.ACCOUNT, now_s, **told, change=change)
        self.store.close_wallet(key, now_s)
        self.gather(known.person, now_s)

    def gather(self, person: bytes, now_s: int) -> None:
        """Move what a person is owed for closed wallets, and has not ordered, to their newest open one."""
        newest = self.store.newest_open(person)
        if newest is None:
            return
        for closed in self.store.closed_of(person):
            held_fen = -self.store.ledger.balance_fen(closed.account)
            owed_fen = held_fen - self.under_way.by_wallet_fen(closed.key)
            if owed_fen > 0:
                reference = self.enrolment_id(closed.key)
                self.book("account-moved", closed.account, newest.account, owed_fen, now_s, reference)

    def row_of(self, key: bytes) -> WalletRow:
        """The wallet with this key, open or not.

        Raises:
            Refused: none was ever opened here, or its records are erased (`unknown-wallet`).
        """
        row = self.store.wallet(key)
        if row is None or row.person == NOBODY:
            raise Refused("unknown-wallet", f"{self.terms.name} has opened no wallet with key {key.hex()}")
        return row

    def person_of(self, key: bytes, *, at_s: int) -> bytes:
        """Who holds a wallet that was ever open here, by pseudonym.

        Raises:
            Refused: none was (`unknown-wallet`).
        """
        return self.pseudonym_of(self.row_of(key), at_s)

    def pseudonym_of(self, row: WalletRow | None, at_s: int) -> bytes:
        """The same of a wallet that is known here; `NOBODY` if it is not."""
        return NOBODY if row is None else self.pseudonyms.of(row.person, at_s=at_s)

    def wallet(self, key: bytes) -> WalletRow:
        """The open wallet with this key.

        Raises:
            Refused: there is none here, or it has been closed (`unknown-wallet`).
        """
        row = self.row_of(key)
        if row.closed_at_s is not None:
            raise Refused("unknown-wallet", f"the wallet with key {key.hex()} has been closed")
        return row

    def active(self, key: bytes) -> WalletRow:
        """The wallet with this key, which is open and not frozen.

        Raises:
            Refused: there is none here, or it has been closed (`unknown-wallet`), or it is frozen (`frozen`).
        """
        row = self.wallet(key)
        if row.frozen_at_s is not None:
            raise Refused("frozen", "the wallet is frozen: ask the operator to release it")
        return row

    def secret_for(self, purpose: bytes) -> bytes:
        """A secret of 32 bytes that only this operator can make again, such as for a wallet's codes.

        It is the hash of a signature that is never shown; nothing that is signed elsewhere begins like this.
        """
        return sha256(self._key.sign(b"shuangli/operator secret/v1/" + purpose))

    def account_of(self, row: WalletRow | None) -> str:
        """The account to which what a wallet is owed is credited; nobody's, if nobody knows whose it is."""
        return UNKNOWN_OWNERS if row is None or row.person == NOBODY else self.heir(row).account

    def heir(self, row: WalletRow) -> WalletRow:
        """The wallet to which what this one is owed goes: itself, or its holder's newest if it is closed."""
        newest = self.store.newest_open(row.person) if row.closed_at_s is not None else None
        return newest or row

    def deposit(self, key: bytes, amount_fen: int, *, now_s: int) -> None:
        """Credit money that a customer paid in from a bank account.

        Raises:
            BadInput, Refused: less than 1 fen; an unknown wallet (`unknown-wallet`).
        """
        self.book("deposit", CASH, self.wallet(key).account, amount_fen, now_s, self.enrolment_id(key))

    def pay_back(self, key: bytes, amount_fen: int, *, now_s: int, reference: bytes) -> None:
        """Book what the holder of a wallet, open or not, pays to the guarantee fund: out of the vault.

        The issuer books the same under this reference (`issuer.losses.desk.LossDesk.recover`). Its hash is
        logged: it must be one that nobody can guess.

        Raises:
            BadInput: the amount is not at least 1 fen.
            Refused: an unknown wallet, or the deposit is too small (`insufficient-funds`).
        """
        payer = self.heir(self.row_of(key))
        self.check_funds(payer.account, amount_fen, of=payer.key)
        self.book("recovery", payer.account, VAULT, amount_fen, now_s, reference)

    def give_back(self, key: bytes, amount_fen: int, *, now_s: int, reference: bytes) -> None:
        """Undo `pay_back`: the issuer has not taken it."""
        account = self.account_of(self.store.wallet(key))
        self.book("recovery-undone", VAULT, account, amount_fen, now_s, reference)

    def check_funds(self, account: str, amount_fen: int, *, of: bytes = b"") -> None:
        """Make sure that a customer's account holds so much, besides what the wallet `of` has ordered.

        Raises:
            Refused: by how much it is short (`insufficient-funds`).
        """
        ordered_fen = self.under_way.by_wallet_fen(of) if of else 0
        short_fen = amount_fen + ordered_fen + self.store.ledger.balance_fen(account)
        if short_fen > 0:
            raise Refused("insufficient-funds", f"the deposit is {short_fen} fen short of {amount_fen} fen")

    def pay(self, debtor: bytes, creditor: bytes, amount_fen: int, *, now_s: int) -> None:
        """Move money from one customer's account to another's, such as an employer's wages.

        Raises:
            BadInput: the amount is not at least 1 fen.
            Refused: as `active`, or too small a deposit (`insufficient-funds`).
        """
        account, credited = self.active(debtor).account, self.wallet(creditor).account
        self.check_funds(account, amount_fen, of=debtor)
        self.book("payment", account, credited, amount_fen, now_s, self.enrolment_id(creditor))
