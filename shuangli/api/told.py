"""What an operator answers as JSON about wallets, money and merchants."""

from shuangli.api.bodies import EXAMPLE_KEY, OTHER_KEY, Told, example


class Booked(Told):
    """Money has moved: the number of the entry in the operator's books, and what the wallet has now."""

    model_config = example(entry_no=17, at_s=1_800_000_000, amount_fen=50_000, balance_fen=50_000)
    entry_no: int
    at_s: int
    amount_fen: int
    balance_fen: int


class WalletView(Told):
    """A wallet at its operator; `parent` is the wallet that it is under.

    `wallet_no` is the number of its account, as employers name it and statements in ISO 20022 do.
    """

    model_config = example(
        wallet=EXAMPLE_KEY,
        wallet_no=12,
        operator="OP01",
        kind="personal",
        custody="soft",
        tier=2,
        state="open",
        balance_fen=50_000,
        parent=OTHER_KEY,
        certificate_expires_at_s=1_831_536_000,
    )
    wallet: str
    wallet_no: int
    operator: str
    kind: str
    custody: str
    tier: int
    state: str
    balance_fen: int
    parent: str | None
    certificate_expires_at_s: int


class LimitsView(Told):
    """A wallet's limits, from which dated table, and what is left of them, in fen."""

    model_config = example(
        tier=2,
        profile=1,
        since="2022-01-04",
        payment_fen=5_000_000,
        day_fen=10_000_000,
        left_today_fen=9_998_800,
        balance_limit_fen=50_000_000,
        balance_left_fen=49_950_000,
        loaded_today_fen=0,
        load_left_today_fen=10_000_000,
        second_factor_from_fen=100_000,
    )
    tier: int
    profile: int
    since: str
    payment_fen: int
    day_fen: int
    left_today_fen: int
    balance_limit_fen: int
    balance_left_fen: int
    loaded_today_fen: int
    load_left_today_fen: int
    second_factor_from_fen: int


class TierView(Told):
    """The limits of one tier in fen; tier 0 is a company's."""

    tier: int
    balance_fen: int
    payment_fen: int
    day_fen: int


class LimitsTableView(Told):
    """One dated table of limits; `profile` is its number in certificates."""

    profile: int
    since: str
    tiers: list[TierView]


class LimitsTables(Told):
    """All tables of limits, and the number of the one that is in force here."""

    model_config = example(
        in_force=1,
        tables=[
            {
                "profile": 1,
                "since": "2022-01-04",
                "tiers": [{"tier": 4, "balance_fen": 1_000_000, "payment_fen": 200_000, "day_fen": 500_000}],
            }
        ],
    )
    in_force: int
    tables: list[LimitsTableView]


class ReceiptView(Told):
    """A payment between two wallets; its number is that of the entry in the operator's books."""

    model_config = example(
        receipt_no=17,
        kind="refund",
        payer=EXAMPLE_KEY,
        payee=OTHER_KEY,
        amount_fen=1_200,
        at_s=1_800_000_000,
        note="one item was sold out",
        refunds_no=12,
        refunded_fen=0,
    )
    receipt_no: int
    kind: str
    payer: str
    payee: str
    amount_fen: int
    at_s: int
    note: str
    refunds_no: int | None
    refunded_fen: int


class LineView(Told):
    """One line of a statement; what the customer gets is positive."""

    entry_no: int
    at_s: int
    kind: str
    amount_fen: int
    balance_fen: int
    counterparty: str | None
    note: str


class StatementView(Told):
    """A part of a statement; `next` asks for the rest."""

    model_config = example(
        wallet=EXAMPLE_KEY,
        operator="OP01",
        currency="CNY",
        opening_fen=0,
        closing_fen=50_000,
        lines=[
            {
                "entry_no": 16,
                "at_s": 1_800_000_000,
                "kind": "deposit",
                "amount_fen": 50_000,
                "balance_fen": 50_000,
                "counterparty": OTHER_KEY,
                "note": "",
            }
        ],
        next="16",
    )
    wallet: str
    operator: str
    currency: str
    opening_fen: int
    closing_fen: int
    lines: list[LineView]
    next: str | None


class RepaymentView(Told):
    """So much has gone out of the wallet's account to the guarantee fund; `balance_fen` is what is left."""

    model_config = example(wallet=EXAMPLE_KEY, amount_fen=1_200, balance_fen=48_800)
    wallet: str
    amount_fen: int
    balance_fen: int


class EventView(Told):
    """Something that has happened to a wallet; `entry_no` names the entry of the books, if it was one."""

    kind: str
    at_s: int
    amount_fen: int
    entry_no: int | None


class Feed(Told):
    """Events in their order; `next` asks for those after them, also where there are none yet."""

    model_config = example(
        items=[{"kind": "deposit", "at_s": 1_800_000_000, "amount_fen": 50_000, "entry_no": 16}], next="16.0"
    )
    items: list[EventView]
    next: str


class SubWallets(Told):
    """The wallets that are under this one."""

    model_config = example(items=[OTHER_KEY])
    items: list[str]


class DisputeView(Told):
    """A dispute; `outcome` is `open`, `refunded` or `rejected`."""

    model_config = example(
        dispute_no=1,
        receipt_no=17,
        opened_by=EXAMPLE_KEY,
        reason="the goods never came",
        opened_at_s=1_800_000_100,
        outcome="rejected",
        resolved_at_s=1_800_086_400,
    )
    dispute_no: int
    receipt_no: int
    opened_by: str
    reason: str
    opened_at_s: int
    outcome: str
    resolved_at_s: int | None


class MerchantView(Told):
    """A merchant."""

    model_config = example(
        wallet=OTHER_KEY, name="Tea house on Weihai Road", category="5814", since_s=1_800_000_000
    )
    wallet: str
    name: str
    category: str
    since_s: int


class SaleView(Told):
    """What a merchant wants to be paid; `receipt_no` is of the payment, once there is one."""

    model_config = example(
        merchant=OTHER_KEY,
        order_id="A-1042",
        amount_fen=3_600,
        description="two teas",
        expires_at_s=1_800_000_900,
        receipt_no=17,
    )
    merchant: str
    order_id: str
    amount_fen: int
    description: str
    expires_at_s: int
    receipt_no: int | None


class SettledDayView(Told):
    """What a merchant took on one day in Beijing."""

    day: str
    payments: int
    paid_fen: int
    refunds: int
    refunded_fen: int
    net_fen: int


class SettlementStatement(Told):
    """What a merchant took, by day. Payments are booked at once: nothing else is due."""

    model_config = example(
        merchant=OTHER_KEY,
        items=[
            {
                "day": "2027-01-15",
                "payments": 2,
                "paid_fen": 7_200,
                "refunds": 1,
                "refunded_fen": 500,
                "net_fen": 6_700,
            }
        ],
    )
    merchant: str
    items: list[SettledDayView]
