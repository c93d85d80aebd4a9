"""Requests for who holds a wallet: what is asked, and what an operator answers, as JSON."""

from typing import Annotated, Final, Literal

from pydantic import StringConstraints

from shuangli.api.bodies import EXAMPLE_KEY, TEXT_PATTERN, Asked, Told, WalletKey, example

Reason = Literal["double-spend", "money-laundering", "fraud", "court-order", "holder-asked"]
Step = Literal["requested", "granted", "refused"]
MAX_ORDER: Final = 200
Authority = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[!-~]([ -~]*[!-~])?$")]
Order = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ORDER, pattern=TEXT_PATTERN)]


class IdentityAsked(Asked):
    """Who holds a wallet? Asked for a reason, on the order of an authority."""

    model_config = example(
        wallet=EXAMPLE_KEY, reason="court-order", authority="Court 3", order="2026/117, of 28 November 2026"
    )
    wallet: WalletKey
    reason: Reason
    authority: Authority
    order: Order


class IdentityAnswered(Asked):
    """A request is granted, or refused, by somebody else than who has made it."""

    model_config = example(step="granted")
    step: Literal["granted", "refused"]


class HolderView(Told):
    """The operator's records of who holds a wallet."""

    wallet: int
    person: str
    enrolment: str


class IdentityRequestView(Told):
    """A request and what has become of it; `holder` is there once it is granted, until records are erased."""

    model_config = example(
        request_no=1,
        digest="5f" * 32,
        reason="court-order",
        authority="Court 3",
        order="2026/117, of 28 November 2026",
        asked_by="client/desk-1",
        asked_at_s=1_800_000_000,
        step="granted",
        answered_by="client/desk-2",
        answered_at_s=1_800_003_600,
        holder={"wallet": 12, "person": "3a" * 32, "enrolment": "7c" * 32},
    )
    request_no: int
    digest: str
    reason: Reason
    authority: str
    order: str
    asked_by: str
    asked_at_s: int
    step: Step
    answered_by: str
    answered_at_s: int | None
    holder: HolderView | None
