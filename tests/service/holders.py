"""Wallets in this process, open at operators that are processes of their own."""

import random
import secrets
import time
from collections.abc import Sequence

from shuangli.api.http_client import HttpOperator
from shuangli.api.signing import RequestSigner
from shuangli.crypto import SigningKey, sha256
from shuangli.messages.certificates import WalletKind
from shuangli.messages.key_set import KeySet
from shuangli.messages.notices import Acknowledgement
from shuangli.offline.policy import PayeePolicy, PayerPolicy
from shuangli.offline.trust import Trust
from shuangli.wallet.custody import KeyCustody
from shuangli.wallet.journal import MemoryJournal
from shuangli.wallet.rules import WalletRules
from shuangli.wallet.wallet import Wallet
from tests.devices.processes import Operator
from tests.paying import Paid, pay


def clock() -> int:
    return int(time.time())


class Holder:
    """A wallet that is open at an operator; its holder is a person of its own.

    Attributes:
        wallet: the wallet
        enrolment: what it was opened with
        http: its operator
    """

    def __init__(self, operator: Operator, name: str) -> None:
        self._seed = sha256(name.encode())
        self.find(operator)
        self.name = self.http.describe().operator
        self._root = bytes.fromhex(operator.root)
        self._journal = MemoryJournal()
        self.wallet = self._open(self._journal)
        told = self.http.make_up_person(2)
        person = bytes.fromhex(told.person)
        self.enrolment = self.wallet.enrol(kind=WalletKind.SOFT, tier=2, person=person, now_s=clock())
        self.wallet.install(self.http.open_wallet(self.enrolment, code=told.code))

    def find(self, operator: Operator) -> None:
        """Ask the operator where it is now: after a new start it has another address."""
        signer = RequestSigner(key=SigningKey(self._seed), random_bytes=secrets.token_bytes, now_s=clock)
        self.http = HttpOperator(operator.address, signer=signer)

    def _open(self, journal: MemoryJournal) -> Wallet:
        trust = Trust(root=self._root, network="sandbox", objects_kept=4_096)
        trust.add_key_set(self.http.key_set())
        trust.update_revocations(self.http.revocation_list())
        rules = WalletRules(operator=self.name, currency="CNY", payer=PayerPolicy(), payee=PayeePolicy())
        custody = KeyCustody(SigningKey(self._seed), random.Random(self._seed).randbytes)
        return Wallet(key=custody, trust=trust, journal=journal, rules=rules)

    def copy(self) -> Wallet:
        """A copy of the wallet as it is now."""
        return self._open(MemoryJournal(self._journal))

    def load(self, values_fen: Sequence[int]) -> bytes:
        """Pay a deposit in, and load it; gives the order."""
        order = self.order(values_fen)
        self.wallet.receive_load(self.http.load(order))
        return order

    def order(self, values_fen: Sequence[int]) -> bytes:
        """Pay a deposit in, and order a load of it."""
        order = self.wallet.order_load(values_fen, now_s=clock())
        self.http.deposit(self.wallet.key.public, sum(values_fen), idempotency_key=sha256(order).hex())
        return order

    def upload(self) -> bytes:
        """What the wallet has to hand in; what waits for an answer first."""
        upload = next(iter(self.wallet.unanswered), None) or self.wallet.hand_in(now_s=clock())
        assert upload is not None
        return upload

    def acknowledged(self, data: bytes) -> Acknowledgement:
        """Take an answer to an upload, signed by this wallet's operator."""
        key_set = KeySet.parse(self.http.key_set())
        (key,) = (each.claims.key for each in key_set.operators if each.claims.subject == self.name)
        return self.wallet.acknowledge(data, operator_key=key)

    def hand_in(self) -> Acknowledgement:
        """Reconcile."""
        return self.acknowledged(self.http.reconcile(self.upload()))


def paid(payer: Wallet, payee: Holder, amount_fen: int) -> Paid:
    """One payment between two wallets, offline."""
    return pay(payer, payee.wallet, amount_fen, clock())
