"""Who may ask for what: one table of all routes.

A route that is not in the table answers nobody. `wallet` is the wallet that the path names, with a request
signed by its key; `parent` the wallet that it is under; `scopes` are those of tokens that may do it for any
wallet, `own_scopes` those of tokens of a client that acts for the wallet that the path names.
"""

from dataclasses import dataclass
from typing import Final

MAX_JSON_BYTES: Final = 65_536

SCOPES: Final[dict[str, str]] = {
    "wallets:manage": "upgrade, freeze, release and close wallets, take second factors out of use, after the"
    " operator's own checks",
    "persons:identify": "say whom the bank has identified, and get the code that opens a wallet for them",
    "merchants:manage": "let companies take payments for orders",
    "sales:write": "make out orders, give refunds, and read what was settled, for one merchant's wallet",
    "payments:make": "pay out of one company's wallet, such as wages",
    "webhooks:manage": "be told of the events of one company's wallet, signed, at a URL",
    "statements:read": "read the statements of one company's wallet",
    "disputes:resolve": "decide disputes, and take what is paid back for double spends",
    "identities:request": "ask who holds a wallet, for a reason",
    "identities:grant": "grant requests for who holds a wallet, which somebody else has made",
    "risk:review": "read and decide the cases of risk control",
    "reports:read": "read reports of large values, and the operator's regime",
    "audit:read": "read the entries of the audit log",
    "metrics:read": "read the service's own figures",
}
"""What a token may be for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Who may use a route, and how large a body it takes."""

    anybody: bool = False
    wallet: bool = False
    parent: bool = False
    any_wallet: bool = False
    scopes: tuple[str, ...] = ()
    own_scopes: tuple[str, ...] = ()
    most_bytes: int = MAX_JSON_BYTES


ANYBODY: Final = Rule(anybody=True)
UPLOAD: Final = Rule(anybody=True, most_bytes=2**62)
"""Proves itself; whoever reads it bounds it."""
HOLDER: Final = Rule(wallet=True)
MANAGER: Final = Rule(scopes=("wallets:manage",))
SUBSCRIBER: Final = Rule(own_scopes=("webhooks:manage",))
SELLER: Final = Rule(wallet=True, own_scopes=("sales:write",))

RULES: Final[dict[str, Rule]] = {
    "GET /v1/network": ANYBODY,
    "GET /v1/key-set": ANYBODY,
    "GET /v1/revocation-list": ANYBODY,
    "GET /v1/limits": ANYBODY,
    "GET /v1/health": ANYBODY,
    "GET /v1/live": ANYBODY,
    "GET /v1/docs": ANYBODY,
    "GET /v1/metrics": Rule(scopes=("metrics:read",)),
    "GET /v1/checkpoint": ANYBODY,
    "GET /v1/log/consistency": ANYBODY,
    "GET /v1/log/{number}/proof": ANYBODY,
    "GET /v1/log/entries": Rule(scopes=("audit:read",)),
    "POST /v1/oauth/token": ANYBODY,
    "POST /v1/oauth/revoke": ANYBODY,
    "POST /v1/identifications": Rule(scopes=("persons:identify",)),
    "GET /v1/identification": ANYBODY,
    "POST /v1/made-up-persons": ANYBODY,
    "POST /v1/wallets": UPLOAD,
    "POST /v1/loads": UPLOAD,
    "POST /v1/reconciliations": UPLOAD,
    "GET /v1/wallets/{wallet}": Rule(wallet=True, parent=True, scopes=("wallets:manage",)),
    "GET /v1/wallets/{wallet}/certificate": Rule(wallet=True, parent=True, scopes=("wallets:manage",)),
    "GET /v1/wallets/{wallet}/limits": Rule(wallet=True, parent=True),
    "PUT /v1/wallets/{wallet}/tier": MANAGER,
    "PUT /v1/wallets/{wallet}/freeze": Rule(wallet=True, parent=True, scopes=("wallets:manage",)),
    "DELETE /v1/wallets/{wallet}/freeze": MANAGER,
    "POST /v1/wallets/{wallet}/close": Rule(wallet=True, scopes=("wallets:manage",)),
    "GET /v1/wallets/{wallet}/sub-wallets": HOLDER,
    "PUT /v1/wallets/{wallet}/sub-wallets/{child}": HOLDER,
    "DELETE /v1/wallets/{wallet}/sub-wallets/{child}": HOLDER,
    "POST /v1/wallets/{wallet}/sub-wallets/{child}/pulls": HOLDER,
    "PUT /v1/wallets/{wallet}/recovery-key": HOLDER,
    "GET /v1/recoveries/{wallet}": HOLDER,
    "POST /v1/recoveries/{wallet}": HOLDER,
    "POST /v1/wallets/{wallet}/second-factor": HOLDER,
    "PUT /v1/wallets/{wallet}/second-factor": HOLDER,
    "DELETE /v1/wallets/{wallet}/second-factor": MANAGER,
    "POST /v1/wallets/{wallet}/deposits": HOLDER,
    "POST /v1/wallets/{wallet}/redemptions": HOLDER,
    "POST /v1/wallets/{wallet}/transfers": Rule(wallet=True, own_scopes=("payments:make",)),
    "POST /v1/wallets/{wallet}/remittances": Rule(wallet=True, own_scopes=("payments:make",)),
    "GET /v1/wallets/{wallet}/remittances": Rule(wallet=True, own_scopes=("payments:make",)),
    "GET /v1/wallets/{wallet}/remittances/{entry}": Rule(wallet=True, own_scopes=("payments:make",)),
    "POST /v1/wallets/{wallet}/purchases": HOLDER,
    "POST /v1/wallets/{wallet}/refunds": SELLER,
    "GET /v1/wallets/{wallet}/receipts": Rule(wallet=True, own_scopes=("payments:make", "sales:write")),
    "GET /v1/wallets/{wallet}/receipts/{receipt}": Rule(
        wallet=True, own_scopes=("payments:make", "sales:write")
    ),
    "POST /v1/wallets/{wallet}/repayments": Rule(wallet=True, scopes=("disputes:resolve",)),
    "POST /v1/wallets/{wallet}/disputes": HOLDER,
    "GET /v1/wallets/{wallet}/disputes": HOLDER,
    "GET /v1/wallets/{wallet}/statement": Rule(wallet=True, parent=True, own_scopes=("statements:read",)),
    "GET /v1/wallets/{wallet}/events": HOLDER,
    "GET /v1/wallets/{wallet}/returns": HOLDER,
    "POST /v1/wallets/{wallet}/webhooks": SUBSCRIBER,
    "GET /v1/wallets/{wallet}/webhooks": SUBSCRIBER,
    "DELETE /v1/wallets/{wallet}/webhooks/{webhook}": SUBSCRIBER,
    "GET /v1/wallets/{wallet}/webhooks/{webhook}/deliveries": SUBSCRIBER,
    "GET /v1/merchants/{wallet}": ANYBODY,
    "PUT /v1/merchants/{wallet}": Rule(scopes=("merchants:manage",)),
    "POST /v1/merchants/{wallet}/sales": SELLER,
    "GET /v1/merchants/{wallet}/sales/{order_id}": Rule(any_wallet=True, own_scopes=("sales:write",)),
    "GET /v1/merchants/{wallet}/settlement": SELLER,
    "GET /v1/disputes": Rule(scopes=("disputes:resolve",)),
    "PUT /v1/disputes/{dispute}": Rule(scopes=("disputes:resolve",)),
    "POST /v1/wallets/{wallet}/payroll-batches": Rule(own_scopes=("payments:make",), most_bytes=2**24),
    "GET /v1/wallets/{wallet}/payroll-batches": Rule(own_scopes=("payments:make", "statements:read")),
    "GET /v1/risk/cases": Rule(scopes=("risk:review",)),
    "GET /v1/risk/cases/{case}": Rule(scopes=("risk:review",)),
    "PUT /v1/risk/cases/{case}": Rule(scopes=("risk:review",)),
    "POST /v1/identity-requests": Rule(scopes=("identities:request",)),
    "GET /v1/identity-requests": Rule(scopes=("identities:request", "identities:grant", "audit:read")),
    "GET /v1/identity-requests/{request}": Rule(scopes=("identities:request", "identities:grant")),
    "PUT /v1/identity-requests/{request}": Rule(scopes=("identities:grant",)),
    "GET /v1/large-value-reports": Rule(scopes=("reports:read",)),
    "GET /v1/regime": Rule(scopes=("reports:read",)),
    "GET /v1/sandbox/clock": ANYBODY,
    "POST /v1/sandbox/clock": ANYBODY,
    "GET /v1/sandbox/persons": ANYBODY,
}
"""By method and path. What is open to anybody is published, proves itself, or exists in a sandbox only."""
