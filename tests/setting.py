"""Where tests take place: root, two operators, one epoch, the issuer and its banks.

Everything is real (keys, signatures, databases), and the same every time: keys and nonces come from a
seed, and the time is an argument. Databases are files in a directory, or schemas at a server's address.
"""

import random
import sqlite3
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Self

from shuangli.crypto import SigningKey, sha256
from shuangli.issuer import store as issuer_store
from shuangli.issuer.authority import Authority
from shuangli.issuer.issuer import Issuer
from shuangli.issuer.losses.policy import LossPolicy
from shuangli.issuer.minting import MintingKey
from shuangli.issuer.store import IssuerStore
from shuangli.messages.certificates import Mode, Terms
from shuangli.messages.notices import RevocationList
from shuangli.offline.limits import LIMITS_2022
from shuangli.offline.trust import Trust
from shuangli.operator.bank import Bank
from shuangli.operator.certifying import BankTerms
from shuangli.operator.pseudonyms import PseudonymKey, Pseudonyms
from shuangli.operator.steps import STEPS as OPERATOR_STEPS
from shuangli.operator.store import OperatorStore
from shuangli.wallet.journal import MemoryJournal
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


class Setting:
    """One network before anybody has a wallet.

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
        network: str = NETWORK,
        fresh: bool = True,
    ) -> None:
        self.place = place
        self.terms = terms
        self._seed = seed
        self._policy = policy or LossPolicy(cap_per_person_fen=cap_fen)
        self.random = random.Random(seed)
        self.keys = {name: self.key(name) for name in ("root", "centre", "minting", *NAMES)}
        self.network = network
        self.authority = Authority(self.keys["root"], network=network)
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

    def copy(self, place: Place) -> Self:
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
            copy_rows(bank.store.database, stores[name].database, OPERATOR_STEPS)
        for store in stores.values():
            store.close()
        return self.opened_again(place)

    def opened_again(self, place: Place | None = None) -> Self:
        """The same world as another process sees it, or this one after it was killed."""
        return type(self)(
            place or self.place,
            terms=self.terms,
            seed=self._seed,
            policy=self._policy,
            network=self.network,
            fresh=False,
        )

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
        trust = Trust(root=self.keys["root"].public, network=self.network, objects_kept=objects_kept)
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
