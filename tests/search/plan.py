"""What a scenario is planned with: times, people, offers of payments, and names for what may come of them."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from shuangli.crypto import SigningKey, sha256
from shuangli.messages.certificates import Mode, Terms

NETWORK: Final = "search"
NOW: Final = 1_760_000_000
DAY_S: Final = 86_400
OPERATORS: Final = ("OP01", "OP02")
TERMS: Final = Terms(
    currency="CNY",
    mode=Mode.TRANSFERABLE,
    hop_cap=8,
    coin_life_s=30 * DAY_S,
    claim_window_s=2 * DAY_S,
    grace_s=DAY_S,
)
CLAIMED_S: Final = 3 * DAY_S
"""The last second in which what was paid at the start can be claimed, counted from the start."""
EXPIRED_S: Final = 31 * DAY_S
"""The same for coins loaded at the start."""
TIME_LEFT_S: Final = 3_600
"""What a payee wants to have left before the claim deadline."""


def signing_key(name: str) -> SigningKey:
    """The key of this name."""
    return SigningKey(sha256(b"search/" + name.encode()))


ROOT_KEY: Final = signing_key("root")
MINTING_KEY: Final = signing_key("minting")
OPERATOR_KEYS: Final = tuple(map(signing_key, OPERATORS))


class Ref(NamedTuple):
    """A coin by where it comes from: a person's load, the payee's part of an offer's spend, or its change."""

    kind: str
    number: int
    coin: int = 0


def loaded(person: int, index: int = 0) -> Ref:
    """A coin that a person has loaded."""
    return Ref("loaded", person, index)


def paid(offer: int, spend: int = 0) -> Ref:
    """What an offer pays from one of its coins."""
    return Ref("paid", offer, spend)


def change(offer: int, spend: int = 0) -> Ref:
    """What is left of one of its coins."""
    return Ref("change", offer, spend)


def named(ref: Ref) -> str:
    """A coin in words."""
    kind, number, index = ref
    coin = f", coin {index + 1}" if index else ""
    names = {"loaded": "a loaded coin", "paid": f"what payment {number + 1} pays{coin}"}
    return names.get(kind, f"the change of payment {number + 1}{coin}")


class Person(NamedTuple):
    """Somebody with a wallet, loaded with coins of these values; `clock_s` is how fast its clock is."""

    name: str
    values_fen: tuple[int, ...] = ()
    honest: bool = True
    clock_s: int = 0


class Offer(NamedTuple):
    """A payment that may be made: of which coins how much, and at which of the story's times it is signed."""

    payer: int
    payee: int
    spends: tuple[tuple[Ref, int], ...]
    slot: int = 0


class Item(NamedTuple):
    """What may be handed in: a coin to redeem, an own payment to show, a payment with its refusal."""

    kind: str
    ref: Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What somebody hands in, and by when what presses of it is due."""

    who: int
    items: frozenset[Item]
    dues_s: frozenset[int]
