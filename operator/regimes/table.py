"""What digital yuan in a wallet is, by law, from which day on: a dated table. Pure.

`digital-cash`: value in a wallet is cash. No interest, no insurance; the operator keeps 100 % in reserve.

`deposit-money`, in force since 2026-01-01: value in a real-name wallet (tiers I to III, companies) at a
bank is a deposit. The bank pays interest on the balance as on demand deposits, it is insured up to 500,000
yuan a person and bank, and the bank keeps the required reserve ratio. Wallets of tier IV are anonymous:
they bear no interest and are not insured, but count for reserves. What has been loaded into an offline
purse is on no account, and bears none. An operator that is no bank keeps 100 % in either regime, and pays
nothing.

Sources: People's Bank of China, Action Plan on Further Strengthening the Digital Yuan Management Service
System and Related Financial Infrastructure
(关于进一步加强数字人民币管理服务体系和相关金融基础设施建设的行动方案), announced on 2025-12-29 (Xinhua,
english.news.cn/20251229); ICBC's notice to customers of the same week: tiers I to III bear the posted
demand rate of the settlement day, settled on the 20th of a quarter's last month and credited on the 21st,
tier IV bears none; Deposit Insurance Regulation (存款保险条例, 2015), article 5: 500,000. Rate and ratio
are the operator's own settings: the defaults, 0.05 % a year and 7.5 %, are what large banks posted and
were required to keep from May 2025.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final, TypeVar

from shuangli.errors import BadInput

RETENTION_DAYS: Final = 3_653
"""Personal data is kept for ten years after the end of the business relationship: Anti-Money Laundering Law
of the People's Republic of China (revised 2024, in force from 2025-01-01), article 34; and no longer than it
must be: Personal Information Protection Law, articles 19 and 47."""
MILLION: Final = 1_000_000
ANONYMOUS_TIER: Final = 4


class RegimeKind(Enum):
    """What value in a wallet is."""

    DIGITAL_CASH = "digital-cash"
    DEPOSIT_MONEY = "deposit-money"


class OperatorKind(Enum):
    """What an operator is."""

    BANK = "bank"
    NON_BANK = "non-bank"


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """A regime as it is in force from the first second of a day in Beijing on."""

    since: date
    kind: RegimeKind
    insured_fen: int = 0

    def __post_init__(self) -> None:
        if self.insured_fen < 0 or (self.kind is RegimeKind.DIGITAL_CASH and self.insured_fen):
            raise BadInput("bad-value", f"{self.kind.value} since {self.since}: cash is not insured")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A rate as it holds from a day on, in millionths: 500 is 0.05 %."""

    since: date
    ppm: int

    def __post_init__(self) -> None:
        if not 0 <= self.ppm <= MILLION:
            raise BadInput("bad-value", f"{self.ppm} millionths since {self.since}: give 0 to {MILLION}")


Dated = TypeVar("Dated", Regime, Ratio)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimeTable:
    """All that an operator goes by, in the order of the days from which it holds.

    Attributes:
        operator: what the operator is
        regimes: one after the other; the first also holds before its day
        interest: the posted demand rate, a year of 360 days
        reserves: the required reserve ratio of a bank under deposit money
        retention_days: how long personal data of closed wallets is kept
    """

    operator: OperatorKind
    regimes: tuple[Regime, ...]
    interest: tuple[Ratio, ...]
    reserves: tuple[Ratio, ...]
    retention_days: int = RETENTION_DAYS

    def __post_init__(self) -> None:
        for name in ("regimes", "interest", "reserves"):
            days = [entry.since for entry in getattr(self, name)]
            if not days or days != sorted({*days}):
                raise BadInput("bad-value", f"{name}: give at least one, each with a later day than before")

    def regime_on(self, day: date) -> Regime:
        """The regime that is in force on a day."""
        return _on(self.regimes, day)

    def interest_ppm(self, day: date) -> int:
        """The rate a year that is posted on a day; 0 if the operator pays none on it."""
        pays = self.regime_on(day).kind is RegimeKind.DEPOSIT_MONEY and self.operator is OperatorKind.BANK
        return _on(self.interest, day).ppm if pays else 0

    def reserve_ppm(self, day: date) -> int:
        """The part of all wallets' balances that the operator keeps in reserve on a day."""
        whole = self.regime_on(day).kind is RegimeKind.DIGITAL_CASH or self.operator is OperatorKind.NON_BANK
        return MILLION if whole else _on(self.reserves, day).ppm

    def insured_fen(self, day: date) -> int:
        """What is insured of a person's balances at this operator on a day."""
        return self.regime_on(day).insured_fen if self.operator is OperatorKind.BANK else 0


def is_real_name(tier: int) -> bool:
    """Whether a wallet of this tier is its holder's by name, so that its balance is a deposit."""
    return tier != ANONYMOUS_TIER


def _on(entries: Sequence[Dated], day: date) -> Dated:
    """The newest entry that holds on a day; the first one before all."""
    return next((entry for entry in reversed(entries) if entry.since <= day), entries[0])


CASH: Final = Regime(since=date(2020, 4, 1), kind=RegimeKind.DIGITAL_CASH)
DEPOSITS: Final = Regime(since=date(2026, 1, 1), kind=RegimeKind.DEPOSIT_MONEY, insured_fen=50_000_000)
CHINA: Final = RegimeTable(
    operator=OperatorKind.BANK,
    regimes=(CASH, DEPOSITS),
    interest=(Ratio(since=date(2025, 5, 20), ppm=500),),
    reserves=(Ratio(since=date(2025, 5, 15), ppm=75_000),),
)
"""A large bank's, by the sources above."""
