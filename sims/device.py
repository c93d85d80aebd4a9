"""A simulated device: a real wallet, and what its holder does with it towards the operator.

The key of a soft wallet is in the program; that of a hard one is in an element, as in a real card. An
adversary's device may have a wrong clock, be deaf to revocation lists, or hold further wallets in other hands
(`adversaries`).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from shuangli import codec
from shuangli.crypto import SigningKey, sha256
from shuangli.messages.certificates import WalletKind
from shuangli.messages.conditions import NO_CLASS, Condition
from shuangli.messages.notices import Outcome
from shuangli.offline.conditions import is_given
from shuangli.sims.make import Make, Surroundings
from shuangli.sims.pocket import Pocket
from shuangli.sims.redeemed import UNPAID, Spent, Unpaid
from shuangli.sims.system import ELEMENT_RULES
from shuangli.sims.uplink import Answer, Ask, AskKind
from shuangli.wallet.choice import denominate
from shuangli.wallet.come_back import told_of_refusals
from shuangli.wallet.custody import Custody, KeyCustody
from shuangli.wallet.element.chip import Element, make_element
from shuangli.wallet.element.reader import ElementCustody
from shuangli.wallet.element.timing import Work
from shuangli.wallet.handing_in import is_outdated
from shuangli.wallet.journal import Journal, NoJournal
from shuangli.wallet.wallet import Wallet

ANSWERS_KEPT_S: Final = 3_600
"""How long after a request's expiry a payee still knows its answer."""

UPLOADED: Final = (AskKind.SYNC, AskKind.KEEP)
PIN: Final = "2580"
DEAF_S: Final = 50 * 365 * 86_400
"""The age of a list that a deaf device accepts."""
MERE_LOOK: Final = b""
"""In place of an upload's id: only the revocation list was asked for."""
NO_JOURNAL: Final = NoJournal()
NOTHING_UNPAID: Final[Mapping[Spent, Unpaid]] = {}
NOTHING_SPENT: Final[frozenset[Spent]] = frozenset()
NO_IDS: Final[frozenset[bytes]] = frozenset()
"""What hundreds of thousands of devices have in common, so that each need not have one of its own."""


class Device(Pocket):
    """One device; `wallet` is None until it is opened.

    Attributes:
        element: the secure element of a hard wallet, once it is open
        key: the device's key; a secret copy has the same one
        number: the device's number in the whole simulation
        paid: what it has redeemed and was paid for; known only if its key may be in other hands as well
        unpaid: what it has redeemed and was not paid for, at least not here
        given_back: what came back to it because a payee had refused it
    """

    __slots__ = (
        *("_around", "_awaits", "_custody", "_drawn", "_gives_back", "_kept", "_make"),
        *("element", "given_back", "key", "number", "paid", "unpaid"),
    )

    def __init__(self, number: int, key: SigningKey, make: Make, *, around: Surroundings) -> None:
        """Make a device; nothing is open on it yet."""
        super().__init__()
        self.number = number
        self.element: Element | None = None
        self.paid = NOTHING_SPENT
        self.unpaid = NOTHING_UNPAID
        self.given_back = NOTHING_SPENT
        self.key = key
        self._custody: ElementCustody | None = None
        self._make = make
        self._around = around
        self._awaits: bytes | None = None
        self._kept = NO_IDS
        self._gives_back = False
        self._drawn = 0

    @property
    def hard(self) -> bool:
        """Say whether its key is in a secure element."""
        return bool(self._make.element)

    @property
    def hand(self) -> int:
        """Which of the wallets of its number it holds."""
        return self._make.hand

    @property
    def clock_off_s(self) -> int:
        """Seconds by which its clock is ahead."""
        return self._make.clock_off_s

    @property
    def operator(self) -> int:
        """The position of its operator."""
        return self._make.operator

    @property
    def quiet(self) -> bool:
        """Say whether it waits for no answer."""
        if self.idle or self._wallet is None:
            return self.idle and self._awaits is None
        purse = self._wallet.purse
        return not (self._awaits is not None or purse.orders or purse.uploads)

    @property
    def signatures(self) -> tuple[int, int]:
        """Signatures made and checked on it, in its element too."""
        checked = self._wallet.trust.verifier.checked if self._wallet is not None else 0
        work = self.element.work if self.element is not None else Work()
        return self.key.made + work.signatures, checked + work.verifications

    def random_bytes(self, size: int) -> bytes:
        """At most 32 bytes: the device's own source of chance, so that no device disturbs another's."""
        self._drawn += 1
        return sha256(f"{self._nonces}/{self._drawn}".encode())[:size]

    @property
    def _nonces(self) -> str:
        hand = f"/hand {self._make.hand}" if self._make.hand else ""
        return f"shuangli-sim/{self._around.seed}/nonce/{self.number}{hand}"

    def start_wallet(self, journal: Journal) -> Wallet:
        """Put a wallet on the device, with what its journal says. The device checks the key set itself."""
        anchors, make = self._around.anchors, self._make
        trust = anchors.place(objects_kept=make.remembers)
        rules = (self._around.hard_rules if self.hard else self._around.rules)[make.operator]
        if make.deaf:
            accepts = replace(rules.payee.accepts, list_age_s=DEAF_S)
            rules = replace(rules, payee=replace(rules.payee, accepts=accepts))
        if make.purposes:
            accepts = replace(rules.payee.accepts, purposes=make.purposes)
            rules = replace(rules, payee=replace(rules.payee, accepts=accepts))
        self.wallet = wallet = Wallet(key=self._keep_key(), trust=trust, journal=journal, rules=rules)
        return wallet

    def _keep_key(self) -> Custody:
        if not self.hard:
            return KeyCustody(self.key, self.random_bytes)
        if self._custody is None:
            anchors = self._around.anchors
            made = make_element(
                WalletKind.HARD,
                seed=self._make.element,
                nonce_key=sha256(self._nonces.encode()),
                network=anchors.network,
                root=anchors.root,
                currency=anchors.currency,
                pin=PIN,
                policy=ELEMENT_RULES,
            )
            self.element = anchors.scheme.element(made.memory, made.power)
            self._custody = ElementCustody(self.element.process)
            self._custody.take_keys(anchors.key_set)
        return self._custody

    def show_pin(self) -> None:
        """Give the element the PIN for the next payment."""
        if self._custody is not None:
            self._custody.verify_pin(PIN)

    def _ask(self, kind: AskKind, data: bytes, at_s: int, amount_fen: int = 0) -> None:
        listed = self._wallet.trust.revocations if self._wallet else None
        self._around.send(
            Ask(
                at_s=at_s,
                device=self.number,
                operator=self._make.operator,
                kind=kind,
                key=self.key.public,
                data=data,
                amount_fen=amount_fen,
                list_number=listed.number if listed else 0,
                hand=self._make.hand,
            )
        )

    def open(
        self, *, tier: int, person: bytes, deposit_fen: int, at_s: int, payee_class: int = NO_CLASS
    ) -> None:
        """Enrol at the operator, as a payee of a class, and pay a deposit in."""
        wallet = self.start_wallet(NO_JOURNAL)
        kind = WalletKind.HARD if self.hard else WalletKind.SOFT
        enrolment = wallet.enrol(kind=kind, tier=tier, person=person, now_s=at_s, payee_class=payee_class)
        self._ask(AskKind.OPEN, enrolment, at_s, deposit_fen)

    def order_load(
        self,
        amount_fen: int,
        *,
        unit_fen: int,
        deposit_fen: int,
        at_s: int,
        condition: Condition | None = None,
    ) -> None:
        """Order a load, and pay the money for it in if `deposit_fen` is given.

        With a condition it is ordered out of what was granted under it.
        """
        wallet = self.wallet
        if wallet is not None:
            order = wallet.order_load(
                denominate(amount_fen, unit_fen=unit_fen),
                now_s=at_s + self._make.clock_off_s,
                condition=condition,
            )
            self._ask(AskKind.LOAD, order, at_s, deposit_fen)

    def give(self, receiver: bytes, condition: Condition, amount_fen: int, *, at_s: int) -> None:
        """Grant somebody money under a condition."""
        self._ask(AskKind.GIVE, receiver + codec.encode(condition.fields), at_s, amount_fen)

    def tell(self, kind: AskKind, data: bytes = b"", amount_fen: int = 0, *, at_s: int) -> None:
        """Say something to the operator to which no answer is told, such as whom to pay a wage."""
        self._ask(kind, data, at_s, amount_fen)

    def sync(self, *, at_s: int, give_back: bool = False) -> None:
        """Hand in what is new, and look at the revocation list; not while an upload is under way (not kept).

        With `give_back`, what it holds under a condition goes back to its giver, now or when next online.
        """
        self._gives_back |= give_back
        if self.idle:
            if self._awaits is None:
                # Nothing is to be handed in, so it need not wake up.
                self._awaits, self._gives_back = MERE_LOOK, False
                self._ask(AskKind.SYNC, b"", at_s)
            return
        wallet = self.wallet
        if wallet is not None and wallet.purse.certificate is not None and self._awaits is None:
            wallet.hand_in(now_s=at_s + self._make.clock_off_s, give_back=self._gives_back)
            self._gives_back, uploads = False, wallet.purse.uploads
            self._awaits = next((sent for sent in uploads if sent not in self._kept), MERE_LOOK)
            self._ask(AskKind.SYNC, uploads[self._awaits].upload if self._awaits else b"", at_s)

    @property
    def has_more(self) -> bool:
        """Say whether there is something to hand in, or to hand in again."""
        if self.idle or self._wallet is None:
            return False
        purse = self._wallet.purse
        to_say = purse.to_show or purse.to_report or purse.uploads
        return bool(to_say) or any(
            coin.hops or is_given(coin) or is_outdated(coin, purse) for coin in purse.coins.values()
        )

    def receive(self, answer: Answer, *, now_s: int) -> None:
        """Take an operator's answer."""
        # Who sleeps has ordered and handed in nothing: it need not wake up to hear that it was reached.
        takes = answer.data or answer.kind is AskKind.LOAD
        wallet = self.wallet if takes else self._wallet
        if wallet is None:
            return
        if answer.kind in UPLOADED and answer.about == self._awaits:
            self._awaits = None
        if answer.kind is AskKind.KEEP:
            self._kept |= {answer.about}
        if answer.revocations and not (self._make.deaf and wallet.trust.revocations):
            self.hear(answer.revocations)
        if answer.data and answer.kind is AskKind.OPEN:
            wallet.install(answer.data)
        elif answer.data and answer.kind is AskKind.LOAD:
            wallet.receive_load(answer.data)
        elif answer.kind is AskKind.LOAD:
            wallet.drop_order(answer.about)
        elif answer.data:
            self._acknowledge(wallet, answer.data)
        if answer.kind is AskKind.SYNC:
            self.note_sync(now_s=now_s)
        self.forget(wallet, before_s=now_s + min(0, self._make.clock_off_s) - ANSWERS_KEPT_S)

    def _acknowledge(self, wallet: Wallet, data: bytes) -> None:
        open_uploads = dict(wallet.purse.uploads)
        operator_key = self._around.anchors.operator_keys[self._make.operator]
        acknowledgement = wallet.acknowledge(data, operator_key=operator_key)
        handed_in, outcomes = open_uploads[acknowledgement.upload_id], acknowledgement.outcomes
        told = told_of_refusals(handed_in, outcomes, payments=wallet.purse.paying)
        self.given_back |= {(said.transfer_id, said.spend.coin_id) for said in told if said.came_back}
        # The redemption is the last transfer of an upload; what is said of refusals comes after it.
        outcomes = outcomes[: len(outcomes) - len(told)]
        redeemed_by = handed_in.redemption.signed.id if handed_in.redemption is not None else b""
        for coin, outcome in zip(reversed(handed_in.coins), reversed(outcomes), strict=False):
            spent = redeemed_by, coin.coin_id
            if outcome in UNPAID:
                found = Unpaid(coin.value_fen, coin.load.signed.id, outcome)
                self.unpaid = {**self.unpaid, spent: found}
            elif outcome is Outcome.SETTLED and self._make.shared:
                self.paid |= {spent}
