"""Elements for tests, wallets on them, and what must hold whatever was torn."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from shuangli.crypto import sha256
from shuangli.messages.certificates import WalletKind
from shuangli.messages.key_set import KeySet
from shuangli.offline.policy import STANDARD_ACCEPTS, PayeePolicy, PayerPolicy
from shuangli.wallet.element.chip import ELEMENT_POLICY, Element, make_element
from shuangli.wallet.element.memory import SecureMemory
from shuangli.wallet.element.pages import read_state
from shuangli.wallet.element.power import Power
from shuangli.wallet.element.reader import ElementCustody
from shuangli.wallet.element.state import Capacity, State
from shuangli.wallet.journal import MemoryJournal
from shuangli.wallet.rules import WalletRules
from shuangli.wallet.wallet import Wallet
from tests.paying import person_of
from tests.setting import DAY_S, NETWORK, NOW
from tests.world import World

PIN: Final = "2580"
SMALL: Final = Capacity(coins=12, orders=2, requests=3, log=2)
PAYEE: Final = PayeePolicy(accepts=replace(STANDARD_ACCEPTS, bundle_bytes=8_192, coins=4))


def key_set_of(world: World, number: int = 1) -> bytes:
    """All that the root of a world has certified."""
    return KeySet.sign(
        world.keys["root"],
        network=NETWORK,
        number=number,
        issued_at_s=NOW - DAY_S,
        operators=world.operators,
        centres=[world.centre],
        epochs=[world.epoch],
    ).signed.data


def element_in(
    world: World,
    name: str,
    *,
    kind: WalletKind = WalletKind.HARD,
    policy: PayerPolicy = ELEMENT_POLICY,
    capacity: Capacity = SMALL,
) -> Element:
    """A fresh element of a world, with its key set."""
    element = make_element(
        kind,
        seed=sha256(f"seed/{name}".encode()),
        nonce_key=sha256(f"nonces/{name}".encode()),
        network=NETWORK,
        root=world.keys["root"].public,
        currency="CNY",
        pin=PIN,
        policy=policy,
        capacity=capacity,
    )
    ElementCustody(element.process).take_keys(key_set_of(world))
    return element


@dataclass
class Held:
    """A wallet whose key and coins are in an element, and the journal of the phone it is on."""

    world: World
    element: Element
    journal: MemoryJournal
    wallet: Wallet

    @property
    def custody(self) -> ElementCustody:
        """The phone's way to the element."""
        assert isinstance(self.wallet.key, ElementCustody)
        return self.wallet.key

    @property
    def state(self) -> State:
        """What the element remembers, as only a test can see."""
        return read_state(self.element.memory.read(Power()))

    def restart(self) -> "Held":
        """The same after the phone was switched off: it opens its journal again, and asks the element."""
        self.element.power = Power()
        self.element.power_off()
        return open_held(self.world, self.element, self.journal)


def open_held(world: World, element: Element, journal: MemoryJournal) -> Held:
    """A wallet on an element, with what its journal says."""
    rules = WalletRules(operator="OP01", currency="CNY", payee=PAYEE)
    custody = ElementCustody(element.process)
    wallet = Wallet(key=custody, trust=world.trust(), journal=journal, rules=rules)
    return Held(world, element, journal, wallet)


def held_in(
    world: World,
    values_fen: Sequence[int] = (),
    *,
    name: str = "hard",
    kind: WalletKind = WalletKind.HARD,
    tier: int = 2,
    policy: PayerPolicy = ELEMENT_POLICY,
    capacity: Capacity = SMALL,
) -> Held:
    """An open wallet on a fresh element, loaded with coins of these values."""
    element = element_in(world, name, kind=kind, policy=policy, capacity=capacity)
    held = open_held(world, element, MemoryJournal())
    person = person_of(held.wallet)
    enrolment = held.wallet.enrol(kind=kind, tier=tier, person=person, now_s=NOW - DAY_S)
    with world.transaction():
        certificate = world.banks["OP01"].open_wallet(enrolment, now_s=NOW - DAY_S)
    held.wallet.install(certificate)
    if values_fen:
        world.load(held.wallet, values_fen)
    return held


def twin(element: Element) -> Element:
    """Another element in the same state, as no element can be made: so that one can be torn many times."""
    memory = element.memory
    assert isinstance(memory, SecureMemory)
    return Element(SecureMemory(memory.read(Power()), journal=len(memory._journal)))


def remembered(element: Element) -> State:
    """What an element remembers, once it has power again."""
    return read_state(element.memory.read(Power()))
