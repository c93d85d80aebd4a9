"""Wallet tiers and their limits: dated tables, numbered as `profile` in certificates.

A certificate names its tier and the table, so everybody who sees a payment can judge it: the payer's
device before it signs, the payee, and the centre at reconciliation.

Personal wallets have four types by how well the bank knows the customer (KYC): I in person with an
account, II remotely with account and identity, III with identity, IV with a telephone number only.
Figures as published with the e-CNY pilot app of January 2022 (People's Bank of China, "Progress of
Research & Development of E-CNY in China", July 2021, section on wallet classes; app's help pages):
type IV balance 10,000, payment 2,000, day 5,000 yuan; type III 20,000, 5,000, 10,000; type II
500,000, 50,000, 100,000; type I without limits. Companies (tier 0) are limited by contract.

The table before it is that of China Construction Bank's app, which opened its wallet to customers in the
pilot regions on 29 August 2020 (its service agreement, quoted by
https://www.xiguacaijing.com/kuaixun/2020/27414.html): type IV balance 1,000, payment 500, day 1,000 yuan;
type III 2,000 each; type II 10,000, 5,000, 10,000; type I 500,000, 50,000, 100,000. Limits of a year, which
both have, are not counted here. We have found no later table than that of 2022.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from shuangli.errors import Refused
from shuangli.messages.certificates import WalletCertificate
from shuangli.money import MAX_FEN

COMPANY: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TierLimits:
    """Limits of one tier in fen: value held, one payment, and loads of one person in a day."""

    balance_fen: int
    payment_fen: int
    day_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsTable:
    """All tiers' limits as in force from `since` (ISO date); `profile` is its number in certificates."""

    profile: int
    since: str
    tiers: tuple[TierLimits, TierLimits, TierLimits, TierLimits, TierLimits]

    def limits(self, tier: int) -> TierLimits:
        """The limits of tier 0 (company) to 4."""
        return self.tiers[tier]

    def check_load(self, tier: int, *, amount_fen: int, loaded_today_fen: int) -> None:
        """Make sure that a person of this tier may load this much more today.

        Raises:
            Refused: by how much it is over which limit (`over-limit`).
        """
        limits = self.limits(tier)
        for what, total_fen, most_fen in (
            ("balance", amount_fen, limits.balance_fen),
            ("day", loaded_today_fen + amount_fen, limits.day_fen),
        ):
            if total_fen > most_fen:
                over_fen = total_fen - most_fen
                raise Refused(
                    "over-limit", f"{over_fen} fen over the {what} limit of {most_fen} fen for tier {tier}"
                )


_NO_LIMIT: Final = TierLimits(balance_fen=MAX_FEN, payment_fen=MAX_FEN, day_fen=MAX_FEN)

LIMITS_2022: Final = LimitsTable(
    profile=1,
    since="2022-01-04",
    tiers=(
        _NO_LIMIT,
        _NO_LIMIT,
        TierLimits(balance_fen=50_000_000, payment_fen=5_000_000, day_fen=10_000_000),
        TierLimits(balance_fen=2_000_000, payment_fen=500_000, day_fen=1_000_000),
        TierLimits(balance_fen=1_000_000, payment_fen=200_000, day_fen=500_000),
    ),
)

LIMITS_2020: Final = LimitsTable(
    profile=2,
    since="2020-08-29",
    tiers=(
        _NO_LIMIT,
        TierLimits(balance_fen=50_000_000, payment_fen=5_000_000, day_fen=10_000_000),
        TierLimits(balance_fen=1_000_000, payment_fen=500_000, day_fen=1_000_000),
        TierLimits(balance_fen=200_000, payment_fen=200_000, day_fen=200_000),
        TierLimits(balance_fen=100_000, payment_fen=50_000, day_fen=100_000),
    ),
)

TABLES: Final = {table.profile: table for table in (LIMITS_2022, LIMITS_2020)}
"""All tables that this program knows, by their numbers, which say nothing of their order in time."""


def limits_on(day: date) -> LimitsTable:
    """The table that is in force on a day; before the first one, that."""
    tables = sorted(TABLES.values(), key=lambda table: table.since)
    begun = [table for table in tables if date.fromisoformat(table.since) <= day]
    return begun[-1] if begun else tables[0]


LOWEST_PAYMENT_FEN: Final = min(tier.payment_fen for table in TABLES.values() for tier in table.tiers)
"""No limit of a payment is lower."""


def limits_of(certificate: WalletCertificate) -> TierLimits:
    """The limits that a certificate names; none where its table is newer than this program."""
    table = TABLES.get(certificate.profile)
    return _NO_LIMIT if table is None else table.limits(certificate.tier)
