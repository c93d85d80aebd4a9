"""Local rules of a device: what it accepts and allows while offline. Pure.

The terms of a coin (hop cap, mode, deadlines) are signed into its epoch and checked in
`offline.chain`; the limits of a tier stand in the certificate's table (`offline.limits`); what stands
here is each device's or operator's own caution and may differ. `Usage` is what a wallet remembers of its
payments, so that they can be counted: a fold of its journal.
"""

from dataclasses import dataclass, replace
from typing import Final

from shuangli.days import DAY_S, OFFSET_S, day_of
from shuangli.errors import Refused
from shuangli.messages.session import Accepts
from shuangli.offline.limits import TierLimits

STANDARD_ACCEPTS: Final = Accepts(
    hops=8, bundle_bytes=65_536, coins=64, claim_time_s=3_600, list_age_s=7 * DAY_S
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeePolicy:
    """What a payee asks for: how long a request stays open, and what it accepts (seconds)."""

    request_life_s: int = 120
    clock_tolerance_s: int = 300
    accepts: Accepts = STANDARD_ACCEPTS


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerPolicy:
    """What a payer's device allows, in fen, seconds and payments.

    After `payments_between_syncs` payments or `offline_s` seconds the wallet must be reconciled first. A
    payment over `pin_above_fen`, or one after `payments_between_pins` without it, needs the PIN. (No PIN up
    to 1,000 yuan is what Chinese bank cards do, by UnionPay's rule of June 2018; the rest is our own choice.)

    A day goes from midnight to midnight where clocks are `day_offset_s` ahead of UTC: the days of the
    published limits, and so of operators and issuer, are Beijing's.
    """

    clock_tolerance_s: int = 300
    payment_limit_fen: int = 500_000
    day_limit_fen: int = 2_000_000
    payments_between_syncs: int = 200
    offline_s: int = 30 * DAY_S
    pin_above_fen: int = 100_000
    payments_between_pins: int = 10
    day_offset_s: int = OFFSET_S

    def day_of(self, at_s: int) -> int:
        """The day of a time in seconds since 1970."""
        return day_of(at_s, offset_s=self.day_offset_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a wallet has paid, as far as limits count it.

    `day` (`PayerPolicy.day_of`) is the day of the last payment and `paid_today_fen` what was paid on it;
    `synced_at_s` is when the operator was reached last, 0 if never.
    """

    day: int = 0
    paid_today_fen: int = 0
    payments_since_sync: int = 0
    payments_since_pin: int = 0
    synced_at_s: int = 0

    def after_payment(self, amount_fen: int, *, on: int, pin: bool) -> "Usage":
        """The usage once a payment is signed on a day; `pin` says whether the holder gave the PIN for it."""
        day = max(self.day, on)
        return Usage(
            day=day,
            paid_today_fen=self.paid_on(day) + amount_fen,
            payments_since_sync=self.payments_since_sync + 1,
            payments_since_pin=0 if pin else self.payments_since_pin + 1,
            synced_at_s=self.synced_at_s,
        )

    def after_sync(self, at_s: int) -> "Usage":
        """The usage once the operator was reached."""
        return replace(self, payments_since_sync=0, synced_at_s=max(self.synced_at_s, at_s))

    def paid_on(self, day: int) -> int:
        """What was paid on a day, in fen. A clock that was put back does not open a new day."""
        return self.paid_today_fen if day <= self.day else 0


def check_payment(
    amount_fen: int, *, policy: PayerPolicy, limits: TierLimits, usage: Usage, now_s: int, pin: bool
) -> None:
    """Make sure that a payer's device may make this payment now. The PIN is asked for last.

    Raises:
        Refused: by how much it is over which limit (`over-limit`); the wallet must be reconciled first
            (`sync-required`); the holder must give the PIN (`pin-required`).
    """
    paid_fen = usage.paid_on(policy.day_of(now_s))
    for what, total_fen, most_fen in (
        ("payment", amount_fen, min(policy.payment_limit_fen, limits.payment_fen)),
        ("day", paid_fen + amount_fen, min(policy.day_limit_fen, limits.day_fen)),
    ):
        if total_fen > most_fen:
            raise _over(what, total_fen - most_fen, most_fen, left_fen=most_fen - total_fen + amount_fen)
    if usage.payments_since_sync >= policy.payments_between_syncs:
        raise Refused(
            "sync-required",
            f"{usage.payments_since_sync} payments since the last reconciliation",
            rule="payments",
            figures={"payments": usage.payments_since_sync},
        )
    if now_s - usage.synced_at_s > policy.offline_s:
        raise Refused(
            "sync-required",
            f"no reconciliation in the last {policy.offline_s} s",
            rule="time",
            figures={"synced_at_s": usage.synced_at_s, "most_s": policy.offline_s},
        )
    if not pin and needs_pin(amount_fen, policy=policy, usage=usage):
        above = amount_fen > policy.pin_above_fen
        raise Refused(
            "pin-required",
            rule="amount" if above else "payments",
            figures={"above_fen": policy.pin_above_fen} if above else {"payments": usage.payments_since_pin},
        )


def _over(rule: str, over_fen: int, most_fen: int, *, left_fen: int) -> Refused:
    return Refused(
        "over-limit",
        f"{over_fen} fen over the {rule} limit of {most_fen} fen",
        rule=rule,
        figures={"over_fen": over_fen, "most_fen": most_fen, "left_fen": max(0, left_fen)},
    )


def needs_pin(amount_fen: int, *, policy: PayerPolicy, usage: Usage) -> bool:
    """Say whether the holder has to give the PIN for a payment."""
    return amount_fen > policy.pin_above_fen or usage.payments_since_pin >= policy.payments_between_pins


def check_list_age(age_s: int | None, *, most_s: int) -> None:
    """Make sure that a device's revocation list is fresh enough; `age_s` is None where it has none.

    Raises:
        Refused: it is not (`stale-list`).
    """
    if age_s is None:
        raise Refused(
            "stale-list", "this device has no revocation list yet: it must go online first", rule="none"
        )
    if age_s > most_s:
        raise Refused(
            "stale-list",
            f"the revocation list is {age_s} s old, at most {most_s} s are accepted",
            rule="old",
            figures={"age_s": age_s, "most_s": most_s},
        )


def check_balance(held_fen: int, amount_fen: int, *, limits: TierLimits) -> None:
    """Make sure that a wallet may hold this much more.

    Raises:
        Refused: by how much it would be over its limit (`over-limit`).
    """
    over_fen = held_fen + amount_fen - limits.balance_fen
    if over_fen > 0:
        raise _over("balance", over_fen, limits.balance_fen, left_fen=limits.balance_fen - held_fen)
