"""Settings that kinds of adversaries have in common: how many, how much, and how they go about it."""

from typing import Final, Protocol

from shuangli.sims.settings import Concern, setting

HABIT: Final = "habit"
BURST: Final = "burst"
SLOW: Final = "slow"
BURST_PAYMENTS: Final = 4
BURST_EVERY_S: Final = 60
"""Burst: four payments within four minutes, before a list can spread."""
SLOW_PAYMENTS: Final = 8
"""Slow and low: eight parts, spread over all the time that is left."""


class HowMany(Protocol):
    """The settings of a kind, as far as they say how many take part."""

    @property
    def share(self) -> float:
        """The share of those who could."""
        ...

    @property
    def number(self) -> int:
        """So many instead; 0 for by share."""
        ...


def wanted(settings: HowMany) -> bool:
    """Say whether anybody is to take part."""
    return bool(settings.share or settings.number)


def share(whose: str, default: float = 0.0) -> float:
    """Share of those who could that do."""
    return setting(default, f"share of the {whose}", concern=Concern.ATTACK, low=0, high=0.5)


def number() -> int:
    """How many in all."""
    return setting(
        0,
        "so many instead of a share; 0 for by share",
        concern=Concern.ATTACK,
        unit="wallets",
        low=0,
        high=10**6,
    )


def hours(default: float, about: str) -> float:
    """How long something takes, or lasts; at most a year."""
    return setting(default, about, concern=Concern.ATTACK, unit="h", low=0, high=24 * 366)


def budget_fen() -> int:
    """How much each pays at most."""
    return setting(
        0,
        "most that each pays on the side; 0 for all it has",
        concern=Concern.ATTACK,
        unit="fen",
        low=0,
        high=10**12,
    )


def strategy(default: str = BURST) -> str:
    """How it goes about it."""
    return setting(
        default,
        "all within minutes, or in small parts over all the time there is"
        + (", or on the holders' own payments" if default == HABIT else ""),
        concern=Concern.ATTACK,
        choices=(*dict.fromkeys((default, BURST, SLOW)),),
    )
