"""Settings that scenarios have in common, each told once: what devices and the fund allow, what is copied.

Each function makes a field for a class of settings.
"""

from shuangli.sims.scenario import DAY_S, HOUR_S
from shuangli.sims.settings import Concern, setting


def copied_share(whose: str) -> float:
    """Share of `whose` wallets that are copied."""
    return setting(
        0.005, f"share of the {whose} that are secretly copied", concern=Concern.ATTACK, low=0, high=0.5
    )


def copies_each(who: str) -> int:
    """Copies of each copied wallet, and who uses them."""
    return setting(
        1,
        f"copies of each of them, used by as many other {who}",
        concern=Concern.ATTACK,
        unit="wallets",
        low=1,
        high=50,
    )


def day_limit_fen() -> int:
    """The device's own limit of a day."""
    return setting(
        2_000_000,
        "most that a wallet pays offline in a day",
        concern=Concern.POLICY,
        unit="fen",
        low=100,
        high=2_000_000,
    )


def oldest_list_s() -> int:
    """The age of the oldest revocation list that a device accepts."""
    return setting(
        7 * DAY_S,
        "age of the oldest revocation list that a device accepts, its own and the other's",
        concern=Concern.POLICY,
        unit="s",
        low=HOUR_S,
        high=30 * DAY_S,
    )


def cap_per_person_fen() -> int:
    """What the guarantee fund pays at most to one person."""
    return setting(
        1_000_000,
        "most that the guarantee fund pays to one payee",
        concern=Concern.POLICY,
        unit="fen",
        low=0,
        high=10**12,
    )
