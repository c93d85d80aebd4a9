"""A small world for tests: root, two operators, one epoch, wallets, the issuer and its banks.

Everything is real (keys, signatures, databases), and the same every time: keys and nonces come from a
seed, and the time is an argument. Databases are files in a directory, or schemas at a server's address.
"""

import random
import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

from shuangli.crypto import SigningKey, sha256
from shuangli.issuer import store as issuer_store
from shuangli.issuer.authority import Authority
from shuangli.issuer.cases import Case, list_cases
from shuangli.issuer.facts import Fact
from shuangli.issuer.issuer import Issuer
from shuangli.issuer.losses.policy import LossPolicy
from shuangli.issuer.minting import MintingKey, vault
from shuangli.issuer.persons.limits import Customer
from shuangli.issuer.returns.open_coins import FIRST
from shuangli.issuer.store import IssuerStore
from shuangli.issuer.supply import Supply, supply_by_epoch
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import Mode, Terms, WalletKind
from shuangli.messages.enrolment import Enrolment
from shuangli.messages.hand_in import HandIn
from shuangli.messages.notices import Acknowledgement, RevocationList
from shuangli.messages.returns import Returned, Watermark
from shuangli.messages.transfers import Transfer
from shuangli.offline.chain import Coin
from shuangli.offline.limits import LIMITS_2022
from shuangli.offline.policy import PayeePolicy, PayerPolicy
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Message
from shuangli.offline.trust import Trust
from shuangli.operator import store as operator_store
from shuangli.operator.accounts import VAULT
from shuangli.operator.bank import Bank
from shuangli.operator.certifying import BankTerms
from shuangli.operator.pseudonyms import PseudonymKey, Pseudonyms
from shuangli.operator.store import OperatorStore
from shuangli.wallet.custody import KeyCustody
from shuangli.wallet.journal import MemoryJournal
from shuangli.wallet.rules import WalletRules
from shuangli.wallet.wallet import Wallet
from tests.database.places import Place, copy_rows, place_of

NETWORK: Final = "test"
NOW: Final = 1_760_000_000
DAY_S: Final = 86_400
YEAR_S: Final = 365 * DAY_S
NAMES: Final = ("OP01", "OP02")
VAULT_FEN: Final = 10**9
PSEUDONYMS: Final = Pseudonyms(
    PseudonymKey(number=2025, since_s=0, secret=sha256(b"what the operators share"))
)
COMPANY: Final = Customer(person=bytes(32), tier=0, profile=LIMITS_2022.profile)
"""A customer without limits."""
_BUNDLE: Final = b"\x82"
"""How a bundle starts: an array of two."""

STAGED: Final = Terms(
    currency="CNY",
    mode=Mode.STAGED,
    hop_cap=1,
    coin_life_s=30 * DAY_S,
    claim_window_s=2 * DAY_S,
    grace_s=DAY_S,
)
TRANSFERABLE: Final = Terms(
    currency="CNY",
    mode=Mode.TRANSFERABLE,
    hop_cap=3,
    coin_life_s=30 * DAY_S,
    claim_window_s=2 * DAY_S,
    grace_s=DAY_S,
)


class Paid(NamedTuple):
    """The three messages of a payment."""

    request: Message
    payment: Message
    answer: Message

    @property
    def request_id(self) -> bytes:
        """The session's id."""
        return request_id_of(self.request)

    @property
    def transfer(self) -> Transfer:
        """The payer's transfer, which ends the bundle."""
        return Transfer.parse(Bundle.decode(self.payment.body).transfers[-1])


class World:
    """One network; every wallet made here is open at its operator.

    Attributes:
        keys: every private key by name: root, centre, minting, OP01, OP02
        journals: the journal of every wallet that was made here
    """

    def __init__(
        self,
        place: Place,
        *,
        terms: Terms = STAGED,
        seed: int = 1,
        cap_fen: int = 10**9,
        policy: LossPolicy | None = None,
        fresh: bool = True,
    ) -> None:
        self.place = place
        self.terms = terms
        self._seed = seed
        self._policy = policy or LossPolicy(cap_per_person_fen=cap_fen)
        self.random = random.Random(seed)
        self.keys = {name: self.key(name) for name in ("root", "centre", "minting", *NAMES)}
        self.authority = Authority(self.keys["root"], network=NETWORK)
        span = {"not_before_s": NOW - 2 * DAY_S, "expires_at_s": NOW + YEAR_S}
        self.operators = [
            self.authority.certify_operator(name, self.keys[name].public, **span) for name in NAMES
        ]
        self.centre = self.authority.certify_centre("centre", self.keys["centre"].public, **span)
        self.epoch = self.authority.open_epoch(1, self.keys["minting"].public, terms, **span)
        self.epochs = [self.epoch]
        self.nobody_revoked = RevocationList.sign(
            self.keys["centre"], number=0, issued_at_s=NOW - DAY_S, wallets=(), operators=(), epochs=()
        ).signed.data
        self.journals: dict[Wallet, MemoryJournal] = {}
        self.issuer = Issuer(
            store=IssuerStore(place_of(place, "issuer")),
            minting=MintingKey(epoch=self.epoch, key=self.keys["minting"]),
            centre_key=self.keys["centre"],
            trust=self.trust(),
            policy=self._policy,
        )
        self.banks = {
            name: Bank(
                terms=BankTerms(name=name, limits=LIMITS_2022, certificate_life_s=YEAR_S // 2),
                key=self.keys[name],
                trust=self.trust(),
                store=OperatorStore(place_of(place, name), name=name),
                issuer=self.issuer,
                pseudonyms=PSEUDONYMS,
            )
            for name in NAMES
        }
        if fresh:
            with self.transaction():
                for name, bank in self.banks.items():
                    self.issuer.fill_vault(name, VAULT_FEN, now_s=NOW)
                    bank.fill_vault(VAULT_FEN, now_s=NOW)

    def copy(self, place: Place) -> "World":
        """A world with the same keys and the same past, at an empty place of the same kind."""
        if isinstance(self.place, Path) and isinstance(place, Path):
            place.mkdir(parents=True, exist_ok=True)
            for path in self.place.glob("*.sqlite"):
                source, target = sqlite3.connect(path), sqlite3.connect(place / path.name)
                with target:
                    source.backup(target)
                source.close()
                target.close()
            return self.opened_again(place)
        # Whoever opens an issuer writes down its epoch: the past comes first.
        stores = {"issuer": IssuerStore(place_of(place, "issuer"))} | {
            name: OperatorStore(place_of(place, name), name=name) for name in NAMES
        }
        copy_rows(self.issuer.store.database, stores["issuer"].database, issuer_store.STEPS)
        for name, bank in self.banks.items():
            copy_rows(bank.store.database, stores[name].database, operator_store.STEPS)
        for store in stores.values():
            store.close()
        return self.opened_again(place)

    def opened_again(self, place: Place | None = None) -> "World":
        """The same world as another process sees it, or this one after it was killed."""
        return World(place or self.place, terms=self.terms, seed=self._seed, policy=self._policy, fresh=False)

    def close(self) -> None:
        self.issuer.store.close()
        for bank in self.banks.values():
            bank.store.close()

    def key(self, name: str) -> SigningKey:
        """The key of this name: the same in every world of the same seed."""
        return SigningKey(sha256(f"{self._seed}/{name}".encode()))

    def transaction(self) -> ExitStack:
        """One transaction in every database; the issuer's commits first."""
        stack = ExitStack()
        for bank in self.banks.values():
            stack.enter_context(bank.store.transaction())
        stack.enter_context(self.issuer.transaction())
        return stack

    def trust(self, *, objects_kept: int = 4_096) -> Trust:
        """A place that trusts what the root has certified, and has checked nothing else yet."""
        trust = Trust(root=self.keys["root"].public, network=NETWORK, objects_kept=objects_kept)
        for operator in self.operators:
            trust.add_operator(operator.signed.data)
        trust.add_centre(self.centre.signed.data)
        for epoch in self.epochs:
            trust.add_epoch(epoch.signed.data)
        trust.update_revocations(self.nobody_revoked)
        return trust

    def change_terms(self, terms: Terms) -> None:
        """Mint under other terms from now on, in an epoch that every place hears of."""
        number = len(self.epochs) + 1
        key = self.key(f"minting/{number}")
        epoch = self.authority.open_epoch(
            number, key.public, terms, not_before_s=NOW - DAY_S, expires_at_s=NOW + YEAR_S
        )
        self.epochs.append(epoch)
        minting = MintingKey(epoch=epoch, key=key)
        with self.issuer.transaction():
            self.issuer.open_epoch(minting, now_s=NOW)
        places = [self.issuer.trust, *(bank.trust for bank in self.banks.values())]
        for trust in (*places, *(wallet.trust for wallet in self.journals)):
            trust.add_epoch(epoch.signed.data)

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
            network=NETWORK,
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
        """Let a wallet reconcile, by default at its own operator."""
        upload = wallet.hand_in(now_s=now_s)
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


def signing_key(wallet: Wallet) -> SigningKey:
    """The private key of a wallet made here."""
    assert isinstance(wallet.key, KeyCustody)
    return wallet.key.key


def person_of(wallet: Wallet) -> bytes:
    """The digest of the person who holds a wallet: in tests, one person a key."""
    return sha256(b"person/" + wallet.key.public)


def pay(payer: Wallet, payee: Wallet, amount_fen: int, now_s: int = NOW) -> Paid:
    """One payment from request to answer."""
    request = payee.request(amount_fen, now_s=now_s)
    request_id = request_id_of(request)
    (payment,) = payer.receive(request_id, request, now_s=now_s, pin=payer.needs_pin(amount_fen))
    (answer,) = payee.receive(request_id, payment, now_s=now_s)
    payer.receive(request_id, answer, now_s=now_s)
    return Paid(request, payment, answer)


def as_upload(data: bytes, *refusals: bytes) -> bytes:
    """An upload as it is; or one that shows a bare bundle, with refusals."""
    if data.startswith(_BUNDLE):
        return HandIn(bundle=Bundle.decode(data), refusals=refusals).encode()
    return data


def read_bundle(data: bytes) -> Bundle:
    """The bundle that a payment is, or that an upload holds."""
    return Bundle.decode(data) if data.startswith(_BUNDLE) else HandIn.decode(data).bundle


def coins_of(wallet: Wallet) -> list[Coin]:
    """The wallet's coins, largest first."""
    return sorted(wallet.purse.coins.values(), key=lambda coin: (-coin.value_fen, coin.coin_id))
