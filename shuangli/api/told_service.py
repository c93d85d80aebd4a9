"""What an operator answers as JSON about access, a sandbox, and itself."""

from typing import Final, Literal

from pydantic import BaseModel

from shuangli.api.bodies import EXAMPLE_KEY, OTHER_KEY, Told, example

EXAMPLE_CODE: Final = "K7QM-3XWD-52TH-ZB6A-LQEV"


class SecretTold(Told):
    """The secret of a second factor, shown once: in base32, and as an address for an app that makes codes."""

    model_config = example(
        secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",  # noqa: S106
        uri="otpauth://totp/OP01:3b6a27bc?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=OP01",
    )
    secret: str
    uri: str


class RecoveryTold(Told):
    """The wallet that a recovery key gives back, and the person and tier to enrol a new one with."""

    model_config = example(wallet=EXAMPLE_KEY, person=OTHER_KEY, tier=2, state="open", balance_fen=50_000)
    wallet: str
    person: str
    tier: int
    state: str
    balance_fen: int


class IdentifiedTold(Told):
    """A person whom the operator has identified, and the code with which they open one wallet.

    `person` is the digest of their record, and the wallet is of this tier or a lower one.
    """

    model_config = example(person=OTHER_KEY, tier=2, code=EXAMPLE_CODE, expires_at_s=1_800_086_400)
    person: str
    tier: int
    code: str
    expires_at_s: int


class TokenTold(Told):
    """An access token (RFC 6749 section 5.1)."""

    model_config = example(
        access_token="Vq3mYc1JmF0x7c0m3tq8kQ",  # noqa: S106
        token_type="Bearer",  # noqa: S106
        expires_in=900,
        scope="wallets:manage",
    )
    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    scope: str


class PersonView(Told):
    """A made-up person: the digest of their `record` and the code to enrol with, up to their tier."""

    name: str
    record: str
    tier: int
    code: str


class Persons(Told):
    """Made-up persons for trying things out."""

    model_config = example(
        items=[{"name": "Li Ming", "record": EXAMPLE_KEY, "tier": 2, "code": EXAMPLE_CODE}]
    )
    items: list[PersonView]


class ClockTold(Told):
    """What time it is for the operator and its issuer."""

    model_config = example(now_s=1_800_000_000)
    now_s: int


class Status(Told):
    """`pass`, or `warn` while something waits for the issuer."""

    model_config = example(status="pass")
    status: str


class Done(Told):
    """It is done, and there is nothing else to say."""

    model_config = example(done=True)
    done: bool = True


class ProblemFields(BaseModel):
    """An answer that says no (RFC 9457). `code` is one of the project's error codes."""

    model_config = example(
        title="Unprocessable Content",
        status=422,
        detail="300 fen over the tier's day limit of 500000 fen",
        kind="refused",
        code="over-limit",
    )
    title: str
    status: int
    detail: str
    kind: str | None = None
    code: str | None = None
