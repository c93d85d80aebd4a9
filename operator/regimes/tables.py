"""Tables of the regimes.

regime_changes    regimes that have come into force here, by their first day (`shuangli.days`)
interest_periods  periods that were settled for all wallets, by their last day
interest_paid     what was settled for a wallet, by the last day of the period; what is carried is in units of
                  `shuangli.operator.regimes.interest`
"""

from typing import Final

from shuangli.database.tables import NUMBER, TEXT, Index, Table

REGIME_CHANGES: Final = Table(
    name="regime_changes",
    columns={"since_day": NUMBER, "kind": TEXT, "noted_at_s": NUMBER},
    key=("since_day",),
)
INTEREST_PERIODS: Final = Table(
    name="interest_periods", columns={"last_day": NUMBER, "settled_at_s": NUMBER}, key=("last_day",)
)
INTEREST_PAID: Final = Table(
    name="interest_paid",
    columns={
        "last_day": NUMBER,
        "wallet_no": NUMBER,
        "fen_days": NUMBER,
        "rate_ppm": NUMBER,
        "paid_fen": NUMBER,
        "carried": NUMBER,
    },
    key=("last_day", "wallet_no"),
    indexes=(Index("interest_by_wallet", ("wallet_no", "last_day")),),
)
REGIME_TABLES: Final = (REGIME_CHANGES, INTEREST_PERIODS, INTEREST_PAID)
