"""A story: people, the payments that may be made, and every object that may come of them, really signed.

Ed25519 always signs alike and each time is the story's, so what is signed does not depend on when the search
gets there: a state can name a transfer by the number of its offer.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from shuangli.crypto import sha256
from shuangli.errors import ProtocolError
from shuangli.issuer.authority import Authority
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import WalletCertificate, WalletKind
from shuangli.messages.claims import SERIAL_BYTES, Claims
from shuangli.messages.hand_in import HandIn
from shuangli.messages.loads import Load, LoadOrder
from shuangli.messages.session import Refusal, RefusalReason
from shuangli.messages.transfers import CENTRE, NO_REQUEST, Spend, Transfer
from shuangli.offline.branches import chain_spends
from shuangli.offline.chain import Coin, Walk, chains, load_coins, spend_outputs, walk
from shuangli.offline.merging import merge
from shuangli.offline.refusals import VerifiedRefusal, verify_refusals
from shuangli.offline.trust import Trust
from tests.search.plan import (
    DAY_S,
    MINTING_KEY,
    NETWORK,
    NOW,
    OPERATOR_KEYS,
    OPERATORS,
    ROOT_KEY,
    TERMS,
    TIME_LEFT_S,
    Item,
    Offer,
    Person,
    Ref,
    Upload,
    change,
    loaded,
    named,
    paid,
    signing_key,
)

Walker = Callable[[Bundle, Trust], Walk]
Outputs = Callable[[Transfer, Spend, Coin], tuple[Coin, ...]]


@dataclass(kw_only=True)
class Story:
    """All that may be said in a scenario. `times_s` are counted from the start."""

    people: Sequence[Person]
    times_s: Sequence[int]
    offers: Sequence[Offer] = ()
    outputs: Outputs = spend_outputs
    walker: Walker = walk
    redeems_at_one_operator: bool = False
    uploads: list[Upload] = field(default_factory=list)
    _numbers: dict[tuple[int, frozenset[Item]], int] = field(default_factory=dict)
    _shown: dict[tuple[int, int], tuple[Walk, list[VerifiedRefusal | ProtocolError]]] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        self.keys = [signing_key(person.name) for person in self.people]
        authority = Authority(ROOT_KEY, network=NETWORK)
        span = {"not_before_s": NOW - DAY_S, "expires_at_s": NOW + 365 * DAY_S}
        self.operators = [
            authority.certify_operator(name, key.public, **span)
            for name, key in zip(OPERATORS, OPERATOR_KEYS, strict=True)
        ]
        self.epoch = authority.open_epoch(1, MINTING_KEY.public, TERMS, **span)
        self.trust = self.place()
        self.orders: dict[int, LoadOrder] = {}
        self.loads: dict[int, Load] = {}
        self.coins: dict[Ref, Coin] = {}
        self.transfers: list[Transfer] = []
        self.refusals: list[Refusal] = []
        for number, person in enumerate(self.people):
            if person.values_fen:
                self._load(number, person)
        planned, self.offers = self.offers, []
        for offer in planned:
            self.add(offer)

    # --- keys and value -------------------------------------------------------------------------

    def place(self) -> Trust:
        """What somebody trusts who has checked nothing yet."""
        trust = Trust(root=ROOT_KEY.public, network=NETWORK, objects_kept=2**16)
        for operator in self.operators:
            trust.add_operator(operator.signed.data)
        trust.add_epoch(self.epoch.signed.data)
        return trust

    def home(self, who: int) -> int:
        """The operator that has opened somebody's wallet."""
        return who % len(OPERATORS)

    @cached_property
    def certificates(self) -> list[WalletCertificate]:
        """Everybody's certificate."""
        return [
            WalletCertificate.sign(
                OPERATOR_KEYS[self.home(who)],
                Claims(
                    issuer=OPERATORS[self.home(who)],
                    subject=None,
                    not_before_s=NOW - DAY_S,
                    expires_at_s=NOW + 100 * DAY_S,
                    serial=bytes([who]) * SERIAL_BYTES,
                    key=key.public,
                ),
                kind=WalletKind.SOFT,
                tier=2,
                profile=1,
            )
            for who, key in enumerate(self.keys)
        ]

    def _load(self, number: int, person: Person) -> None:
        order = self.orders[number] = LoadOrder.sign(
            self.keys[number],
            operator=OPERATORS[self.home(number)],
            values_fen=person.values_fen,
            nonce=bytes([number]) * 16,
            ordered_at_s=NOW,
        )
        self.loads[number] = Load.sign(
            MINTING_KEY,
            network=NETWORK,
            currency=TERMS.currency,
            order=order,
            epoch=1,
            issued_at_s=NOW,
            expires_at_s=NOW + TERMS.coin_life_s,
        )
        for index, coin in enumerate(load_coins(self.loads[number], TERMS)):
            self.coins[loaded(number, index)] = coin

    def add(self, offer: Offer) -> int:
        """Add an offer to the story before it begins; returns its number."""
        number = len(self.offers)
        self.offers = [*self.offers, offer]
        coins = [self.coins[ref] for ref, _ in offer.spends]
        signed_at_s = NOW + self.times_s[offer.slot]
        request_id = sha256(b"request" + number.to_bytes(2, "big"))
        transfer = Transfer.sign(
            self.keys[offer.payer],
            request_id=request_id,
            certificate=self.certificates[offer.payer],
            signed_at_s=signed_at_s,
            claim_by_s=min(min(coin.claim_by_s, signed_at_s + TERMS.claim_window_s) for coin in coins),
            payee=self.keys[offer.payee].public,
            spends=[
                Spend(coin.coin_id, pay_fen, coin.value_fen - pay_fen)
                for coin, (_, pay_fen) in zip(coins, offer.spends, strict=True)
            ],
        )
        self.transfers.append(transfer)
        self.refusals.append(
            Refusal.sign(
                self.keys[offer.payee],
                request_id=request_id,
                transfer_ids=[transfer.signed.id],
                refused_at_s=signed_at_s,
                reason=RefusalReason.REVOKED,
            )
        )
        for index, (spend, coin) in enumerate(zip(transfer.spends, coins, strict=True)):
            outputs = self.outputs(transfer, spend, coin)
            self.coins.update(zip((paid(number, index), change(number, index)), outputs, strict=False))
        return number

    def told(self) -> str:
        """Who has what, and which payments may be made, in words."""
        said = []
        for person in self.people:
            values = " and ".join(f"{value_fen} fen" for value_fen in person.values_fen) or "nothing"
            said.append(f"{person.name}{'' if person.honest else ', dishonest,'} has {values}")
        for number, (payer, payee, spends, _) in enumerate(self.offers, 1):
            parts = " and ".join(f"{pay_fen} fen of {named(ref)}" for ref, pay_fen in spends)
            said.append(
                f"payment {number} is from {self.people[payer].name} to {self.people[payee].name}: {parts}"
            )
        return "; ".join(said) + "."

    @cached_property
    def offer_of(self) -> Mapping[bytes, int]:
        """The number of each transfer's offer."""
        return {transfer.signed.id: number for number, transfer in enumerate(self.transfers)}

    @cached_property
    def valid(self) -> list[bool]:
        """Whether the payment of each offer holds, and shows one branch of everything."""
        return [self._is_valid(number) for number in range(len(self.offers))]

    def _is_valid(self, number: int) -> bool:
        seen = walk(self._shows(number), self.trust)
        transfer_id = self.transfers[number].signed.id
        # Another coin's chain need not be shown: that makes no coin here (`offline.payee`).
        good = [step for step in seen.steps if step.fault is None]
        broken = [step for step in seen.steps if step.fault is not None]
        if seen.faults or any(step.transfer and step.transfer.signed.id == transfer_id for step in broken):
            return False
        spent = [step.spend.coin_id for step in good if step.spend is not None]
        return len({*spent}) == len(spent)

    def conflict(self, one: Ref, other: Ref) -> bool:
        """Say whether two coins lie on two branches of a fork."""
        spent = dict(self._spends(one))
        return any(spent.get(coin_id, data) != data for coin_id, data in self._spends(other))

    def _spends(self, ref: Ref) -> list[tuple[bytes, bytes]]:
        return [(coin_id, transfer.signed.id) for coin_id, transfer in chain_spends(self.coins[ref])]

    def is_open(self, number: int, now_s: int) -> bool:
        """Say whether its payee has enough time left to accept an offer."""
        return self.transfers[number].claim_by_s - now_s >= TIME_LEFT_S

    def due_s(self, item: Item) -> int | None:
        """By when something is to be handed in, lest its owner loses by it; None if nothing presses.

        A received coin, by its own deadline; a payment without a receipt, by the deadlines of the received
        coins that it has passed on; a refusal, by the payment's own, since its payee may claim all the same.
        """
        if item.kind != "payment":
            return self.coins[item.ref].due_s
        sources = [self.coins[ref] for ref, _ in self.offers[item.ref.number].spends]
        return min((coin.due_s for coin in sources if coin.hops), default=None)

    # --- uploads --------------------------------------------------------------------------------

    def upload(self, who: int, items: Iterable[Item]) -> int:
        """The number of an upload."""
        key = (who, frozenset(items))
        if key not in self._numbers:
            self._numbers[key] = len(self.uploads)
            found = map(self.due_s, key[1])
            dues_s = frozenset(due_s for due_s in found if due_s is not None)
            self.uploads.append(Upload(who=who, items=key[1], dues_s=dues_s))
        return self._numbers[key]

    def shown(self, upload: int, operator: int) -> tuple[Walk, list[VerifiedRefusal | ProtocolError]]:
        """What an upload shows to those who verify it; the same wherever it is handed in."""
        at = operator if self.redeems_at_one_operator else 0
        if (upload, at) not in self._shown:
            hand_in = HandIn.decode(self.encoded(self.uploads[upload], at).encode())
            seen = self.walker(hand_in.bundle, self.trust)
            self._shown[(upload, at)] = seen, verify_refusals(hand_in.refusals, seen, self.trust)
        return self._shown[(upload, at)]

    def encoded(self, upload: Upload, at: int = 0) -> HandIn:
        """An upload as it is sent."""
        items = sorted(upload.items)
        coins = [self.coins[item.ref] for item in items if item.kind == "coin"]
        parts = [self._shows(item.ref.number) for item in items if item.kind != "coin"]
        parts += [chains(coins)] if coins else []
        bundle = merge(parts)
        if coins:
            redemption = self._redemption(upload.who, coins, at)
            bundle = Bundle(loads=bundle.loads, transfers=(*bundle.transfers, redemption.signed.data))
        refusals = [self.refusals[item.ref.number].signed.data for item in items if item.kind == "refusal"]
        return HandIn(bundle=bundle, refusals=tuple(refusals))

    def part(self, upload: Upload, item: Item) -> HandIn:
        """One thing in an upload by itself, as whoever wants to split it could hand it in."""
        if item.kind != "coin":
            refusals = (self.refusals[item.ref.number].signed.data,) if item.kind == "refusal" else ()
            return HandIn(bundle=self._shows(item.ref.number), refusals=refusals)
        shown, redemption = chains([self.coins[item.ref]]), self.encoded(upload).bundle.transfers[-1]
        return HandIn(bundle=Bundle(loads=shown.loads, transfers=(*shown.transfers, redemption)))

    def _redemption(self, who: int, coins: Sequence[Coin], at: int) -> Transfer:
        by_clock_s = NOW + self.people[who].clock_s
        signed_at_s = max(by_clock_s, *(coin.since_s for coin in coins))
        return Transfer.sign(
            self.keys[who],
            request_id=NO_REQUEST,
            certificate=self.certificates[who],
            signed_at_s=signed_at_s,
            claim_by_s=signed_at_s + at,
            payee=CENTRE,
            spends=[Spend(coin.coin_id, coin.value_fen) for coin in coins],
        )

    def _shows(self, number: int) -> Bundle:
        """The bundle of a payment."""
        shown = chains([self.coins[ref] for ref, _ in self.offers[number].spends])
        return Bundle(loads=shown.loads, transfers=(*shown.transfers, self.transfers[number].signed.data))
