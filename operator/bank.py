"""An operator: an authorised bank that opens wallets, sells and buys value, and reconciles.

Its books (debit positive): `cash` is the customers' money at other banks, `vault` the digital value
that the issuer keeps for it, `deposit:N` what it owes the holder of wallet N, `reserves` what it paid
for its vault.
"""

from collections import Counter
from dataclasses import dataclass

from shuangli.books import transfer_entry
from shuangli.crypto import Signer, sha256
from shuangli.errors import BadInput, Malformed, Refused
from shuangli.issuer.centre import Settled, Submission
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import SERIAL_BYTES, Claims, WalletCertificate
from shuangli.messages.loads import LoadOrder
from shuangli.messages.notices import Acknowledgement, Enrolment
from shuangli.messages.transfers import CENTRE
from shuangli.money import fen
from shuangli.offline.chain import Walk, verify_load, walk
from shuangli.offline.limits import LimitsTable
from shuangli.offline.trust import Trust
from shuangli.operator.flow import Flow, IssuerLink, MintRequest, drive
from shuangli.operator.store import OperatorStore, WalletRow

CASH = "cash"
VAULT = "vault"
RESERVES = "reserves"
DAY_S = 86_400
NOBODY = bytes(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class BankTerms:
    """How an operator certifies: its name, limits table, and how long a certificate is valid."""

    name: str
    limits: LimitsTable
    certificate_life_s: int


class Bank:
    """One operator. Every method that writes is called inside `store.transaction()`."""

    def __init__(
        self, *, terms: BankTerms, key: Signer, trust: Trust, store: OperatorStore, issuer: IssuerLink
    ) -> None:
        """Run the operator that `key` certifies wallets for; `trust` is its own place."""
        self.terms = terms
        self.trust = trust
        self.store = store
        self._key = key
        self._issuer = issuer
        # What is ordered and not minted yet counts by person against limits, by wallet against deposits.
        self._ordered_fen: Counter[bytes] = Counter()

    @property
    def public(self) -> bytes:
        """The key that signs certificates and acknowledgements."""
        return self._key.public

    def fill_vault(self, amount_fen: int, *, now_s: int) -> None:
        """Book value bought from the issuer."""
        self._book("vault-filled", VAULT, RESERVES, amount_fen, now_s, self.terms.name.encode())

    def _book(self, kind: str, debit: str, credit: str, amount_fen: int, at_s: int, reference: bytes) -> None:
        if not fen(amount_fen):
            raise BadInput("bad-value", f"a {kind} of 0 fen moves nothing: give at least 1 fen")
        entry = transfer_entry(
            kind=kind, debit=debit, credit=credit, amount_fen=amount_fen, at_s=at_s, reference=reference
        )
        self.store.ledger.post(entry)

    def open_wallet(self, enrolment_data: bytes, *, now_s: int) -> bytes:
        """Open a wallet and certify its key; opening it again gives the same certificate.

        Raises:
            Malformed, Unverified: the enrolment does not hold.
            Refused: it is made to another operator or network (`unknown-wallet`), or the key is open
                for somebody else (`already-open`).
        """
        enrolment = Enrolment.parse(enrolment_data)
        if (enrolment.operator, enrolment.network) != (self.terms.name, self.trust.network):
            raise Refused("unknown-wallet", f"the enrolment is made to {enrolment.operator}")
        self.trust.verifier.check_once(enrolment.signed, enrolment.key, "enrolment")
        known = self.store.wallet(enrolment.key)
        if known is not None:
            if known.person != enrolment.person:
                raise Refused("already-open", "a wallet with this key is open for somebody else")
            return known.certificate
        wallet_no = self.store.next_wallet_no()
        certificate = WalletCertificate.sign(
            self._key,
            Claims(
                issuer=self.terms.name,
                subject=None,
                not_before_s=now_s,
                expires_at_s=now_s + self.terms.certificate_life_s,
                serial=wallet_no.to_bytes(SERIAL_BYTES, "big"),
                key=enrolment.key,
            ),
            kind=enrolment.kind,
            tier=enrolment.tier,
            profile=self.terms.limits.profile,
        )
        self.trust.verifier.remember(certificate.signed, self._key.public)
        self.store.add_wallet(
            wallet_no,
            enrolment.key,
            enrolment.person,
            enrolment.tier,
            enrolment_data,
            certificate.signed.data,
        )
        return certificate.signed.data

    def wallet(self, key: bytes) -> WalletRow:
        """The wallet with this key.

        Raises:
            Refused: there is none here (`unknown-wallet`).
        """
        row = self.store.wallet(key)
        if row is None:
            raise Refused("unknown-wallet", f"{self.terms.name} has opened no wallet with key {key.hex()}")
        return row

    def deposit(self, key: bytes, amount_fen: int, *, now_s: int) -> None:
        """Credit money that a customer paid in from a bank account.

        Raises:
            BadInput: the amount is not at least 1 fen.
            Refused: an unknown wallet (`unknown-wallet`).
        """
        self._book("deposit", CASH, self.wallet(key).account, amount_fen, now_s, key)

    def pay(self, debtor: bytes, creditor: bytes, amount_fen: int, *, now_s: int) -> None:
        """Move money from one customer's account to another's, such as an employer's wages.

        Raises:
            BadInput: the amount is not at least 1 fen.
            Refused: an unknown wallet, or the debtor's deposit is too small (`insufficient-funds`).
        """
        account = self.wallet(debtor).account
        short_fen = amount_fen + self.store.ledger.balance_fen(account)
        if short_fen > 0:
            raise Refused("insufficient-funds", f"the deposit is {short_fen} fen short of {amount_fen} fen")
        self._book("payment", account, self.wallet(creditor).account, amount_fen, now_s, creditor)

    def order_load(self, order_data: bytes, *, now_s: int) -> bytes:
        """Turn deposits into a load for the wallet; the same order gives the same load.

        Raises:
            Malformed, Unverified: the order does not hold.
            Refused: unknown or revoked wallet, over a limit, deposits or vault too small.
        """
        return drive(self.load_flow(order_data, now_s=now_s), self._issuer)

    def load_flow(self, order_data: bytes, *, now_s: int) -> Flow:
        """`order_load`, stopping where the issuer must mint. What is ordered counts until it has."""
        order = LoadOrder.parse(order_data)
        known = self.store.load_of(order.signed.id)
        if known is not None:
            return known
        wallet = self.wallet(order.owner)
        self.trust.verifier.check_once(order.signed, order.owner, "load order")
        if self.trust.is_revoked(WalletCertificate.parse(wallet.certificate)):
            raise Refused("frozen", "the wallet's key is revoked: it has spent a coin twice")
        amount_fen, day = sum(order.values_fen), now_s // DAY_S
        under_way = (wallet.person, order.owner)
        ordered_by_person_fen, ordered_by_wallet_fen = (self._ordered_fen[holder] for holder in under_way)
        self.terms.limits.check_load(
            wallet.tier,
            amount_fen=amount_fen,
            loaded_today_fen=self.store.loaded_fen(wallet.person, day) + ordered_by_person_fen,
        )
        short_fen = amount_fen + ordered_by_wallet_fen + self.store.ledger.balance_fen(wallet.account)
        if short_fen > 0:
            raise Refused("insufficient-funds", f"the deposit is {short_fen} fen short of {amount_fen} fen")
        self._ordered_fen.update(dict.fromkeys(under_way, amount_fen))
        try:
            load_data = yield MintRequest(operator=self.terms.name, order=order_data, now_s=now_s)
        finally:
            for holder in under_way:
                self._ordered_fen[holder] -= amount_fen
                if not self._ordered_fen[holder]:
                    del self._ordered_fen[holder]
        if not isinstance(load_data, bytes):
            raise TypeError("a mint request is answered by a load")
        known = self.store.load_of(order.signed.id)
        if known is not None:
            # The same order was under way twice, and the other one has been booked.
            return known
        load, _ = verify_load(load_data, self.trust)
        self.store.add_load(order.signed.id, load_data, person=wallet.person, day=day, amount_fen=amount_fen)
        self._book("load", wallet.account, VAULT, amount_fen, now_s, load.signed.id)
        return load_data

    def reconcile(self, upload: bytes, *, now_s: int) -> bytes:
        """Reconcile an upload and return the signed acknowledgement; a repeat gets the stored one.

        Raises:
            Malformed: it is no bundle, or redeems for two wallets.
            Refused: it redeems for a wallet that is not open here (`unknown-wallet`).
        """
        return drive(self.reconcile_flow(upload, now_s=now_s), self._issuer)

    def reconcile_flow(self, upload: bytes, *, now_s: int) -> Flow:
        """`reconcile`, stopping where the centre must settle."""
        upload_id = sha256(upload)
        known = self.store.acknowledgement(upload_id)
        if known is not None:
            return known
        redeemer = redeemer_of(walk(Bundle.decode(upload), self.trust))
        wallet = self.wallet(redeemer) if redeemer is not None else None
        received_s = self.store.add_upload(upload_id, upload, now_s)
        settled = yield Submission(
            operator=self.terms.name,
            bundle=upload,
            person=wallet.person if wallet else NOBODY,
            received_s=received_s,
        )
        if not isinstance(settled, Settled):
            raise TypeError("a submission is answered by a settlement")
        known = self.store.acknowledgement(upload_id)
        if known is not None:
            # The same upload was under way twice, and the other one has been booked.
            return known
        if settled.credited_fen and wallet is not None:
            self._book("redemption", VAULT, wallet.account, settled.credited_fen, received_s, upload_id)
        acknowledgement = Acknowledgement.sign(
            self._key,
            operator=self.terms.name,
            upload_id=upload_id,
            received_at_s=received_s,
            credited_fen=settled.credited_fen,
            outcomes=settled.outcomes,
        ).signed.data
        self.store.acknowledge(upload_id, acknowledgement)
        return acknowledgement


def redeemer_of(seen: Walk) -> bytes | None:
    """The one key whose redemption an upload holds; None if it redeems nothing that holds.

    Raises:
        Malformed: two keys redeem in one upload.
    """
    keys = {
        step.transfer.payer
        for step in seen.steps
        if step.transfer is not None and step.fault is None and step.transfer.payee == CENTRE
    }
    if len(keys) > 1:
        raise Malformed("shape", "an upload redeems for one wallet only")
    return next(iter(keys), None)
