"""What is sent to an operator as JSON."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shuangli.api.bodies import (
    MAX_NOTE,
    OTHER_KEY,
    TEXT_PATTERN,
    Amount,
    Asked,
    Name,
    Note,
    Number,
    WalletKey,
    example,
)


class Identification(Asked):
    """The bank has identified a person: the digest of their record, and for wallets of which tier.

    0 is a company; from 1 to 4 less is shown, and a wallet holds less.
    """

    model_config = example(person=OTHER_KEY, tier=2)
    person: WalletKey
    tier: Annotated[int, Field(ge=0, le=4)]


class MadeUp(Asked):
    """The tier for which a made-up person has shown who they are."""

    model_config = example(tier=2)
    tier: Annotated[int, Field(ge=0, le=4)]


class DepositOrder(Asked):
    """So much is to be paid in from the holder's bank account."""

    model_config = example(amount_fen=50_000)
    amount_fen: Amount


class RedemptionOrder(Asked):
    """So much is to be paid out to the holder's bank account."""

    model_config = example(amount_fen=20_000)
    amount_fen: Amount


class TransferOrder(Asked):
    """So much is to be paid to another wallet of this operator."""

    model_config = example(payee=OTHER_KEY, amount_fen=1_200, note="lunch")
    payee: WalletKey
    amount_fen: Amount
    note: Note = ""


class PurchaseOrder(Asked):
    """A merchant's sale is to be paid."""

    model_config = example(merchant=OTHER_KEY, order_id="A-1042")
    merchant: WalletKey
    order_id: Name


class RefundOrder(Asked):
    """So much of a payment that was received is to go back."""

    model_config = example(receipt_no=17, amount_fen=500, note="one item was sold out")
    receipt_no: Number
    amount_fen: Amount
    note: Note = ""


class Repayment(Asked):
    """So much of what a double spend has cost is to be paid back to the guarantee fund."""

    model_config = example(amount_fen=1_200)
    amount_fen: Amount


class Objection(Asked):
    """Why a payment that was made is disputed."""

    model_config = example(receipt_no=17, reason="the goods never came")
    receipt_no: Number
    reason: Annotated[str, StringConstraints(min_length=1, max_length=MAX_NOTE, pattern=TEXT_PATTERN)]


class Decision(Asked):
    """How a dispute is decided."""

    model_config = example(outcome="refunded")
    outcome: Literal["refunded", "rejected"]


class FreezeOrder(Asked):
    """Why a wallet is frozen."""

    model_config = example(reason="the phone was stolen")
    reason: Note = ""


class CloseOrder(Asked):
    """Whether a wallet was lost: then payments to it do not go back to their payers unasked."""

    model_config = example(lost=False)
    lost: bool = False


class UpgradeOrder(Asked):
    """The tier that a person's wallet gets, once they have shown who they are."""

    model_config = example(tier=2)
    tier: Annotated[int, Field(ge=1, le=4)]


class SubWalletLimits(Asked):
    """What a sub-wallet may pay at once, and in a day."""

    model_config = example(payment_fen=20_000, day_fen=100_000)
    payment_fen: Amount
    day_fen: Amount


class Pull(Asked):
    """So much is to be taken back out of a sub-wallet."""

    model_config = example(amount_fen=5_000)
    amount_fen: Amount


class Code(Asked):
    """A code of six digits (RFC 6238)."""

    model_config = example(code="755224")
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class RecoveryKey(Asked):
    """The public half of a key that may get a new wallet for the holder of a lost one."""

    model_config = example(recovery_key=OTHER_KEY)
    recovery_key: WalletKey


class CounterPlace(Asked):
    """About where a counter is, in tenths of a degree: some ten kilometres."""

    model_config = example(north=312, east=1_215)
    north: Annotated[int, Field(ge=-900, le=900)]
    east: Annotated[int, Field(ge=-1_800, le=1_800)]


class MerchantEntry(Asked):
    """A merchant's name, the category of its trade (ISO 18245), and where its counter is, if it has one."""

    model_config = example(
        name="Tea house on Weihai Road", category="5814", place={"north": 312, "east": 1_215}
    )
    name: Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=TEXT_PATTERN)]
    category: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
    place: CounterPlace | None = None


class SaleOrder(Asked):
    """What a merchant wants to be paid, and until when; the same order again is the same."""

    model_config = example(order_id="A-1042", amount_fen=3_600, description="two teas", expires_in_s=900)
    order_id: Name
    amount_fen: Amount
    description: Note = ""
    expires_in_s: Annotated[int, Field(ge=1, le=7 * 86_400)] = 900


class ClockOrder(Asked):
    """By how much the sandbox's clock is put forward."""

    model_config = example(advance_s=86_400)
    advance_s: Annotated[int, Field(ge=0, le=366 * 86_400)]
