"""Settings that all scenarios have, each told once: attacks, and the policies that are compared.

A scenario's settings are a class below `Common`. Where its default is another one, it gives the field again,
by the function of the same name here. `policies` and `adversaries` put them to work on its finished plan.
"""

from dataclasses import dataclass
from typing import Final

from shuangli.issuer.losses.policy import LossRule
from shuangli.sims.adversaries.attacks import Attacks
from shuangli.sims.scenario import DAY_S, HOUR_S
from shuangli.sims.settings import Concern, group, setting
from shuangli.sims.signatures import Signatures

TRANSFERABLE: Final = "transferable"
STAGED: Final = "staged"
ON: Final = "on"
OFF: Final = "off"


def tier(default: int) -> int:
    """The tier of persons' wallets."""
    return setting(
        default,
        "tier of persons' wallets, which limits balance, payment and loads of a day: 1 (no limit) to 4",
        concern=Concern.POLICY,
        low=1,
        high=4,
    )


def mode(default: str) -> str:
    """What may be done with received coins."""
    return setting(
        default,
        "what may be done with a received coin before it is handed in: nothing, or pay on",
        concern=Concern.POLICY,
        choices=(TRANSFERABLE, STAGED),
    )


def hop_cap(default: int) -> int:
    """How far coins go."""
    return setting(
        default,
        "changes of key that a transferable coin may see before it must be handed in",
        concern=Concern.POLICY,
        unit="hops",
        low=1,
        high=8,
    )


def claim_window_s(default: int) -> int:
    """How long a payee has."""
    return setting(
        default,
        "how long after a payment its payee may hand it in",
        concern=Concern.POLICY,
        unit="s",
        low=2 * HOUR_S,
        high=60 * DAY_S,
    )


def grace_s(default: int) -> int:
    """How much longer operators take it."""
    return setting(
        default,
        "how much longer an operator takes it",
        concern=Concern.POLICY,
        unit="s",
        low=0,
        high=30 * DAY_S,
    )


def _online_every_s(who: str) -> int:
    return setting(
        0,
        f"how often {who} go online; 0 for as the scenario has it",
        concern=Concern.POLICY,
        unit="s",
        low=0,
        high=31 * DAY_S,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTerms:
    """A change of policy while coins are out: another epoch, under whose terms the mint works from then on.

    What was minted before keeps the terms of its own epoch (F54).
    """

    after_h: float = setting(
        0.0,
        "when the mint changes to new terms, in hours after the first midnight; 0 for never",
        concern=Concern.POLICY,
        unit="h",
        low=0,
        high=24 * 62,
    )
    mode: str = mode(TRANSFERABLE)
    hop_cap: int = hop_cap(4)
    claim_window_s: int = claim_window_s(3 * DAY_S)
    grace_s: int = grace_s(DAY_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOffOperator:
    """An operator that cannot reach the issuer for a time, while its customers reach it (F52)."""

    operator: int = setting(
        0,
        "which one, from 1; 0 for none",
        concern=Concern.WORLD,
        unit="operator",
        low=0,
        high=64,
    )
    from_h: float = setting(
        12.0,
        "from when, in hours after the first midnight",
        concern=Concern.WORLD,
        unit="h",
        low=0,
        high=24 * 62,
    )
    hours: float = setting(6.0, "for how long", concern=Concern.WORLD, unit="h", low=0.1, high=24 * 62)


@dataclass(frozen=True, slots=True, kw_only=True)
class KilledOperator:
    """An operator whose process is killed in a reconciliation, before it has written anything down (F11)."""

    operator: int = setting(
        0, "which one, from 1; 0 for none", concern=Concern.WORLD, unit="operator", low=0, high=64
    )
    from_h: float = setting(
        12.0,
        "in its first reconciliation after so many hours from the first midnight",
        concern=Concern.WORLD,
        unit="h",
        low=0,
        high=24 * 62,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Common(Attacks):
    """What all scenarios can be asked."""

    tier: int = tier(4)
    day_limit_fen: int = setting(
        2_000_000,
        "most that a wallet pays offline in a day",
        concern=Concern.POLICY,
        unit="fen",
        low=100,
        high=2_000_000,
    )
    payment_limit_fen: int = setting(
        500_000, "most that a wallet pays at once", concern=Concern.POLICY, unit="fen", low=100, high=500_000
    )
    payments_between_syncs: int = setting(
        200,
        "payments after which a wallet must have been online",
        concern=Concern.POLICY,
        unit="payments",
        low=1,
        high=1_000_000,
    )
    pin_above_fen: int = setting(
        100_000,
        "largest payment that a wallet makes without its PIN",
        concern=Concern.POLICY,
        unit="fen",
        low=0,
        high=500_000,
    )
    payments_between_pins: int = setting(
        10,
        "most payments in a row that a wallet makes without its PIN",
        concern=Concern.POLICY,
        unit="payments",
        low=0,
        high=1_000_000,
    )
    oldest_list_s: int = setting(
        7 * DAY_S,
        "age of the oldest revocation list that a device accepts, its own and the other's",
        concern=Concern.POLICY,
        unit="s",
        low=HOUR_S,
        high=30 * DAY_S,
    )
    mode: str = mode(STAGED)
    hop_cap: int = hop_cap(1)
    claim_window_s: int = claim_window_s(3 * DAY_S)
    grace_s: int = grace_s(DAY_S)
    new_terms: NewTerms = group(NewTerms)
    returns: str = setting(
        OFF,
        "whether what nobody has claimed goes back in the run, by the watermarks of all operators",
        concern=Concern.POLICY,
        choices=(OFF, ON),
    )
    cut_off: CutOffOperator = group(CutOffOperator)
    killed: KilledOperator = group(KilledOperator)
    persons_online_every_s: int = _online_every_s("persons")
    merchants_online_every_s: int = _online_every_s("merchants")
    hard_share: float = setting(
        0.0,
        "share of persons whose wallet is in a secure element, besides those of the scenario",
        concern=Concern.POLICY,
        low=0,
        high=1,
    )
    torn_share: float = setting(
        0.0,
        "share of payments of which a message is lost, and which are tapped again",
        concern=Concern.WORLD,
        low=0,
        high=1,
    )
    gossip: str = setting(
        OFF,
        "whether two devices compare their revocation lists after a payment",
        concern=Concern.POLICY,
        choices=(OFF, ON),
    )
    list_delay_s: int = setting(
        0,
        "how long after it was made devices can hear of a revocation list",
        concern=Concern.POLICY,
        unit="s",
        low=0,
        high=7 * DAY_S,
    )
    loss_rule: str = setting(
        LossRule.HONOUR_UP_TO_CAP.value,
        "whether the guarantee fund pays honest claims on forks, or only the first claim is paid",
        concern=Concern.POLICY,
        choices=tuple(rule.value for rule in LossRule),
    )
    cap_per_person_fen: int = setting(
        1_000_000,
        "most that the guarantee fund pays to one payee",
        concern=Concern.POLICY,
        unit="fen",
        low=0,
        high=10**12,
    )

    signatures: str = setting(
        Signatures.REAL.value,
        "how signatures are made: as they are, or only accounted for, with the same sizes and outcomes",
        concern=Concern.METHOD,
        choices=tuple(kind.value for kind in Signatures),
    )
