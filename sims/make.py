"""What kind of device one is, and what the devices of a cell have in common. Values."""

from collections.abc import Callable
from dataclasses import dataclass

from shuangli.sims.system import Anchors
from shuangli.sims.uplink import Ask
from shuangli.wallet.rules import WalletRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the devices of a cell have in common; `hard_rules` are those of hard wallets, by operator."""

    anchors: Anchors
    rules: tuple[WalletRules, ...]
    hard_rules: tuple[WalletRules, ...]
    seed: int
    send: Callable[[Ask], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Make:
    """What kind of device it is.

    operator: the position of its operator. remembers: how many checked objects. element: 32 bytes that the
    key in its secure element comes from; empty for a soft wallet. hand: which wallet of its number it holds.
    purposes: those of conditional value that it knows. shared: its key may be in other hands as well.
    clock_off_s, deaf: see `adversaries.attack.Traits`.
    """

    operator: int
    remembers: int
    element: bytes = b""
    hand: int = 0
    shared: bool = False
    clock_off_s: int = 0
    deaf: bool = False
    purposes: tuple[str, ...] = ()
