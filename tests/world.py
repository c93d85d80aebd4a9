"""A small world for tests: wallets that are opened, loaded and handed in at the places of `tests.setting`."""

from collections.abc import Sequence

from shuangli.crypto import SigningKey
from shuangli.issuer.cases import Case, list_cases
from shuangli.issuer.facts import Fact
from shuangli.issuer.minting import vault
from shuangli.issuer.returns.open_coins import FIRST
from shuangli.issuer.supply import Supply, supply_by_epoch
from shuangli.messages.certificates import WalletKind
from shuangli.messages.enrolment import Enrolment
from shuangli.messages.notices import Acknowledgement
from shuangli.messages.returns import Returned, Watermark
from shuangli.offline.policy import PayeePolicy, PayerPolicy
from shuangli.operator.accounts import VAULT
from shuangli.wallet.custody import KeyCustody
from shuangli.wallet.journal import MemoryJournal
from shuangli.wallet.rules import WalletRules
from shuangli.wallet.wallet import Wallet
from tests.paying import as_upload, person_of, signing_key
from tests.setting import DAY_S, NAMES, NOW, Setting


class World(Setting):
    """A setting with people in it; every wallet made here is open at its operator."""

    # --- wallets --------------------------------------------------------------------------------

    def wallet(
        self,
        values_fen: Sequence[int] = (),
        *,
        operator: str = "OP01",
        tier: int = 2,
        name: str = "",
        person: bytes = b"",
        payee: PayeePolicy | None = None,
        payer: PayerPolicy | None = None,
        payee_class: int = 0,
    ) -> Wallet:
        """An open wallet, loaded with coins of these values."""
        key = self.key(name or f"wallet/{len(self.journals)}")
        rules = WalletRules(
            operator=operator, currency="CNY", payer=payer or PayerPolicy(), payee=payee or PayeePolicy()
        )
        wallet = self._open(key, MemoryJournal(), rules)
        self.enrol(wallet, operator, tier=tier, person=person, payee_class=payee_class)
        if values_fen:
            self.load(wallet, values_fen)
        return wallet

    def _open(self, key: SigningKey, journal: MemoryJournal, rules: WalletRules) -> Wallet:
        wallet = Wallet(
            key=KeyCustody(key, self.random.randbytes), trust=self.trust(), journal=journal, rules=rules
        )
        self.journals[wallet] = journal
        return wallet

    def enrolment(
        self,
        wallet: Wallet,
        operator: str = "OP01",
        *,
        tier: int = 2,
        person: bytes = b"",
        now_s: int = NOW - DAY_S,
        payee_class: int = 0,
    ) -> bytes:
        """The enrolment of a wallet's key, by default for a person of its own."""
        return Enrolment.sign(
            wallet.key,
            network=self.network,
            operator=operator,
            kind=WalletKind.SOFT,
            tier=tier,
            person=person or person_of(wallet),
            enrolled_at_s=now_s,
            payee_class=payee_class,
        ).signed.data

    def enrol(
        self,
        wallet: Wallet,
        operator: str,
        *,
        tier: int = 2,
        person: bytes = b"",
        now_s: int = NOW - DAY_S,
        payee_class: int = 0,
    ) -> bytes:
        """Open a wallet's key at an operator; returns its certificate, which the wallet uses from now on."""
        enrolment = self.enrolment(
            wallet, operator, tier=tier, person=person, now_s=now_s, payee_class=payee_class
        )
        with self.transaction():
            certificate = self.banks[operator].open_wallet(enrolment, now_s=now_s)
        wallet.install(certificate)
        return certificate

    def load(self, wallet: Wallet, values_fen: Sequence[int], *, now_s: int = NOW) -> bytes:
        """Pay a deposit in and load it; returns the load."""
        bank = self.banks[wallet.certificate.claims.issuer]
        order = wallet.order_load(values_fen, now_s=now_s)
        with self.transaction():
            bank.deposit(wallet.key.public, sum(values_fen), now_s=now_s)
            load = bank.order_load(order, now_s=now_s)
        wallet.receive_load(load)
        return load

    def clone(self, wallet: Wallet) -> Wallet:
        """A copy of a soft wallet as it is now: the same key, a journal of its own."""
        return self._open_again(wallet, MemoryJournal(self.journals[wallet]))

    def restart(self, wallet: Wallet) -> Wallet:
        """The same wallet after its process was killed: what is in the journal has happened."""
        return self._open_again(wallet, self.journals[wallet])

    def _open_again(self, wallet: Wallet, journal: MemoryJournal) -> Wallet:
        return self._open(signing_key(wallet), journal, wallet._rules)

    # --- online ---------------------------------------------------------------------------------

    def submit(self, upload: bytes, operator: str = "OP01", *, now_s: int = NOW) -> Acknowledgement:
        """Hand an upload to an operator; a bare bundle, such as a payment, goes in one without refusals."""
        bank = self.banks[operator]
        with bank.store.transaction(), self.issuer.transaction():
            answer = bank.reconcile(as_upload(upload), now_s=now_s)
        return Acknowledgement.parse(answer)

    def hand_in(self, wallet: Wallet, operator: str = "", *, now_s: int = NOW) -> Acknowledgement:
        """Let a wallet reconcile, by default at its own operator: what waits for an answer first."""
        upload = next(iter(wallet.unanswered), None) or wallet.hand_in(now_s=now_s)
        assert upload is not None, "the wallet has nothing to hand in"
        name = operator or wallet.certificate.claims.issuer
        acknowledgement = self.submit(upload, name, now_s=now_s)
        wallet.acknowledge(acknowledgement.signed.data, operator_key=self.keys[name].public)
        return acknowledgement

    def sign_watermark(self, operator: str = "OP01", *, now_s: int) -> int:
        """Let an operator tell the centre up to when it has passed everything on; returns that time."""
        bank = self.banks[operator]
        with bank.store.transaction(), self.issuer.transaction():
            data = bank.watermark(now_s=now_s)
            self.issuer.take_watermark(data, now_s=now_s)
        return Watermark.parse(data).up_to_s

    def return_due(
        self,
        *,
        now_s: int,
        operators: Sequence[str] = NAMES,
        told: Sequence[str] = NAMES,
        most: int = 1_000,
    ) -> None:
        """Give back what is due, so many coins at a time, once some operators have signed watermarks.

        Those in `told` are told, and credit it.
        """
        for operator in operators:
            self.sign_watermark(operator, now_s=now_s)
        after: tuple[int, int] | None = FIRST
        while after is not None:
            with self.issuer.transaction():
                after = self.issuer.return_desk.return_due(now_s=now_s, after=after, most=most)
        for operator in told:
            bank = self.banks[operator]
            with bank.store.transaction(), self.issuer.transaction():
                bank.take_returns(now_s=now_s)

    def tell_returns(self, wallet: Wallet, operator: str = "OP01") -> list[Returned]:
        """Let an operator tell a wallet what has come back to it."""
        notices = self.banks[operator].returned_to(wallet.key.public, after=wallet.purse.returned_no)
        key = self.keys[operator].public
        return [wallet.take_returned(data, operator_key=key) for data in notices]

    def deposit_fen(self, wallet: Wallet, operator: str = "OP01") -> int:
        """What an operator owes the wallet's holder."""
        bank = self.banks[operator]
        row = bank.store.wallet(wallet.key.public)
        return -bank.store.ledger.balance_fen(row.account) if row else 0

    def cases(self) -> list[Case]:
        """All cases."""
        return list_cases(self.issuer.store, trust=self.issuer.trust)

    def fact(self, coin_id: bytes) -> Fact | None:
        """What the centre knows to have spent a coin."""
        keys = self.issuer.store.database.rows(
            "SELECT coin_key FROM facts WHERE substr(coin_key, 6) = ?", coin_id
        )
        return next(iter(self.issuer.store.facts([key for (key,) in keys]).values()), None)

    def supply(self) -> Supply:
        """The epoch's supply."""
        (supply,) = supply_by_epoch(self.issuer.store)
        return supply

    def check_books(self) -> None:
        """The issuer's books and counts, every bank's books, and the vaults on both sides agree."""
        self.issuer.centre.check_books()
        for name, bank in self.banks.items():
            bank.store.ledger.check()
            held_fen = bank.store.ledger.balance_fen(VAULT)
            untold = self.issuer.returns_to(name, after=bank.store.last_return_no())
            untold_fen = sum(back.value_fen for back in untold if not back.from_fund)
            assert held_fen + untold_fen == -self.issuer.store.ledger.balance_fen(vault(name))
