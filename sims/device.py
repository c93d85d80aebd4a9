"""A simulated device: a real wallet, and what its holder does with it towards the operator."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shuangli.crypto import SigningKey, sha256
from shuangli.messages.certificates import WalletKind
from shuangli.messages.notices import Outcome
from shuangli.offline.trust import Trust
from shuangli.sims.system import NETWORK, Anchors
from shuangli.sims.uplink import Answer, Ask, AskKind
from shuangli.wallet.choice import denominate
from shuangli.wallet.come_back import told_of_refusals
from shuangli.wallet.custody import KeyCustody
from shuangli.wallet.journal import MemoryJournal
from shuangli.wallet.rules import WalletRules
from shuangli.wallet.wallet import Wallet

ANSWERS_KEPT_S: Final = 3_600
"""How long after a request's expiry a payee still knows its answer."""

UNPAID: Final = (Outcome.LATE, Outcome.CAPPED, Outcome.FROZEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the devices of a cell have in common."""

    anchors: Anchors
    rules: tuple[WalletRules, ...]
    seed: int
    send: Callable[[Ask], None]


class Device:
    """One device; `wallet` is None until it is opened.

    Attributes:
        key: the device's key; a secret copy has the same one
        number: the device's number in the whole simulation
        wallet: the wallet on it
        unpaid: coins whose redemption was recorded and not paid, with their values in fen and why
        given_back: what came back to it because a payee had refused it: (transfer, spent coin)
    """

    __slots__ = (
        *("_around", "_awaits", "_drawn", "_operator", "_remembers"),
        *("given_back", "key", "number", "unpaid", "wallet"),
    )

    def __init__(
        self, number: int, key: SigningKey, operator: int, *, remembers: int, around: Surroundings
    ) -> None:
        """Make a device of the operator at position `operator`; it remembers so many checked objects."""
        self.number = number
        self.wallet: Wallet | None = None
        self.unpaid: dict[bytes, tuple[int, Outcome]] = {}
        self.given_back: set[tuple[bytes, bytes]] = set()
        self.key = key
        self._operator = operator
        self._remembers = remembers
        self._around = around
        self._awaits = False
        self._drawn = 0

    def random_bytes(self, size: int) -> bytes:
        """At most 32 bytes: the device's own source of chance, so that no device disturbs another's."""
        self._drawn += 1
        return sha256(f"shuangli-sim/{self._around.seed}/nonce/{self.number}/{self._drawn}".encode())[:size]

    def start_wallet(self, journal: MemoryJournal) -> Wallet:
        """Put a wallet on the device, with what its journal says. The device checks the key set itself."""
        anchors = self._around.anchors
        trust = Trust(root=anchors.root, network=NETWORK, objects_kept=self._remembers)
        trust.add_key_set(anchors.key_set)
        self.wallet = Wallet(
            key=KeyCustody(self.key, self.random_bytes),
            trust=trust,
            journal=journal,
            rules=self._around.rules[self._operator],
        )
        return self.wallet

    def _ask(self, kind: AskKind, data: bytes, at_s: int, amount_fen: int = 0) -> None:
        listed = self.wallet.trust.revocations if self.wallet else None
        self._around.send(
            Ask(
                at_s=at_s,
                device=self.number,
                operator=self._operator,
                kind=kind,
                key=self.key.public,
                data=data,
                amount_fen=amount_fen,
                list_number=listed.number if listed else 0,
            )
        )

    def open(self, *, tier: int, person: bytes, deposit_fen: int, at_s: int) -> None:
        """Enrol at the operator, and pay a deposit in."""
        wallet = self.start_wallet(MemoryJournal())
        enrolment = wallet.enrol(kind=WalletKind.SOFT, tier=tier, person=person, now_s=at_s)
        self._ask(AskKind.OPEN, enrolment, at_s, deposit_fen)

    def order_load(self, amount_fen: int, *, unit_fen: int, deposit_fen: int, at_s: int) -> None:
        """Order a load, and pay the money for it in if `deposit_fen` is given."""
        if self.wallet is not None:
            order = self.wallet.order_load(denominate(amount_fen, unit_fen=unit_fen), now_s=at_s)
            self._ask(AskKind.LOAD, order, at_s, deposit_fen)

    def pay_wage(self, worker: bytes, amount_fen: int, *, at_s: int) -> None:
        """As an employer, pay a worker's account."""
        self._ask(AskKind.WAGE, worker, at_s, amount_fen)

    def sync(self, *, at_s: int) -> None:
        """Hand in what there is, and look at the revocation list; not while an upload is under way."""
        wallet = self.wallet
        if wallet is not None and wallet.purse.certificate is not None and not self._awaits:
            self._awaits = True
            self._ask(AskKind.SYNC, wallet.hand_in(now_s=at_s) or b"", at_s)

    @property
    def has_more(self) -> bool:
        """Say whether there is something to hand in, or to hand in again."""
        purse = self.wallet.purse if self.wallet is not None else None
        if purse is None:
            return False
        to_say = purse.to_show or purse.to_report or purse.uploads
        return bool(to_say) or any(coin.hops for coin in purse.coins.values())

    def receive(self, answer: Answer, *, now_s: int) -> None:
        """Take an operator's answer."""
        wallet = self.wallet
        if wallet is None:
            return
        if answer.kind is AskKind.SYNC:
            self._awaits = False
        if answer.revocations:
            wallet.update_revocations(answer.revocations)
        if answer.data and answer.kind is AskKind.OPEN:
            wallet.install(answer.data)
        elif answer.data and answer.kind is AskKind.LOAD:
            wallet.receive_load(answer.data)
        elif answer.kind is AskKind.LOAD:
            wallet.drop_order(answer.order)
        elif answer.data:
            self._acknowledge(wallet, answer.data)
        if answer.kind is AskKind.SYNC:
            wallet.note_sync(now_s=now_s)
        wallet.compact(forget_before_s=now_s - ANSWERS_KEPT_S)

    def _acknowledge(self, wallet: Wallet, data: bytes) -> None:
        open_uploads = dict(wallet.purse.uploads)
        operator_key = self._around.anchors.operator_keys[self._operator]
        acknowledgement = wallet.acknowledge(data, operator_key=operator_key)
        handed_in, outcomes = open_uploads[acknowledgement.upload_id], acknowledgement.outcomes
        told = told_of_refusals(handed_in, outcomes, payments=wallet.purse.paying)
        self.given_back |= {(said.transfer_id, said.spend.coin_id) for said in told if said.came_back}
        # The redemption is the last transfer of an upload; what is said of refusals comes after it.
        outcomes = outcomes[: len(outcomes) - len(told)]
        for coin, outcome in zip(reversed(handed_in.coins), reversed(outcomes), strict=False):
            if outcome in UNPAID:
                self.unpaid[coin.coin_id] = (coin.value_fen, outcome)
