"""Payments online to wallets of other operators, as JSON."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from shuangli.api.bodies import EXAMPLE_KEY, OTHER_KEY, Amount, Asked, Note, Told, WalletKey, example

Direction = Literal["sent", "received"]
State = Literal["under-way", "paid", "returned"]
OperatorName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,15}$")]


class RemittanceOrder(Asked):
    """So much is to be paid to a wallet of another operator."""

    model_config = example(operator="OP02", payee=OTHER_KEY, amount_fen=1_200, note="lunch")
    operator: OperatorName
    payee: WalletKey
    amount_fen: Amount
    note: Note = ""


class RemittanceView(Told):
    """A payment to or from a wallet of another operator, which `operator` names.

    It is `under-way` until the payee's operator has answered, then `paid`, or `returned` for a `reason`, an
    error code. `entry_no` is the entry of this operator's books that took the money, or credited it.
    """

    model_config = example(
        entry_no=17,
        remittance_id="5f" * 32,
        direction="sent",
        operator="OP02",
        payer=EXAMPLE_KEY,
        payee=OTHER_KEY,
        amount_fen=1_200,
        note="lunch",
        state="returned",
        reason="unknown-wallet",
        ordered_at_s=1_800_000_000,
        decided_at_s=1_800_000_004,
    )
    entry_no: int
    remittance_id: str
    direction: Direction
    operator: str
    payer: str
    payee: str
    amount_fen: int
    note: str
    state: State
    reason: str
    ordered_at_s: int
    decided_at_s: int | None
